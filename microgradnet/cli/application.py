"""The command line: which commands there are, how they print, and what an error becomes.

Exit status: 0 where every verdict is as expected, 1 where one is not, 2 where the command can't do what was asked.
"""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import click

from microgradnet.errors import MicrogradnetError, did_you_mean
from microgradnet.messages import LANGUAGES, current_language, language, translate
from microgradnet.text import FALLBACK, clean, wrap

OUTPUT = Path("microgradnet-out")
PIPE_WIDTH = 100  # columns of a table that goes to a file or a pipe, where there is no terminal to ask
_CANCELLED, _PIPE_CLOSED = 130, 141  # as a shell reports SIGINT and SIGPIPE

# Each command by the module of this folder that has the function of its name, in the order of the help.
COMMANDS = {
    "verify": "worksheets",
    "examples": "worksheets",
    "draw": "worksheets",
    "derive": "worksheets",
    "check": "worksheets",
    "grade": "classroom",
    "exercise": "classroom",
    "new": "classroom",
    "schema": "classroom",
    "train": "train",
    "predict": "predict",
    "completion": "application",
}


class _PipeClosed(Exception):  # noqa: N818 - not an error: as by `| head`, whoever read has seen enough
    """Raised for a BrokenPipeError, to which click itself would answer with status 1: a wrong figure, here."""


class _Help(click.HelpFormatter):
    """Writes help in the reader's language, wrapped by columns: Chinese has no blanks to break lines at."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, f"{translate('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(translate(heading))

    def write_text(self, text: str) -> None:
        if current_language() == "en":
            super().write_text(text)
            return
        for place, paragraph in enumerate(text.split("\n\n")):
            self.write("\n" * bool(place))
            for line in wrap(_translated(paragraph), self.width - self.current_indent):
                self.write(f"{' ' * self.current_indent}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        if current_language() != "en":
            width = self.width - min(max(len(term) for term, _ in rows), col_max) - col_spacing - 2
            unwrapped = "\b\n"  # what click leaves as it is
            rows = [(term, unwrapped + "\n".join(wrap(_translated(text), width))) for term, text in rows]
        super().write_dl(rows, col_max, col_spacing)


def _translated(text: str) -> str:
    """Return a paragraph of help in the reader's language; the range of an option, behind two blanks, stays."""
    words, gap, limits = text.partition("  [")
    return translate(" ".join(words.split())) + gap + limits


class _Context(click.Context):
    formatter_class = _Help


def _choose_language(context: click.Context, _: click.Parameter, name: str | None) -> None:
    if name is not None:
        context.find_root().with_resource(language(name))


choose_language = click.Option(
    ["--lang"],
    type=click.Choice(list(LANGUAGES)),
    is_eager=True,
    expose_value=False,
    callback=_choose_language,
    help="The language of help and verdicts.",
)


class Commands(click.Group):
    """The group of all commands; a module is imported when a command of it is asked for."""

    context_class = _Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"microgradnet.cli.{COMMANDS[cmd_name]}"), cmd_name)
        if choose_language not in command.params:  # every command takes it, as does the group
            command.params.append(choose_language)
            command.context_class = _Context
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; in another language the whole first paragraph of each, which has its words."""
        if current_language() == "en":
            super().format_commands(ctx, formatter)
            return
        commands = [(name, self.get_command(ctx, name)) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.help.partition("\n\n")[0]) for name, command in commands if command and command.help]
            )

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and write its output out."""
        try:
            status = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError as error:
            raise _PipeClosed from error
        return status

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with; an error suggests the nearest."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"There is no command {clean(args[0], 40)!r}. {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


def _show_version(context: click.Context, _: click.Parameter, expected: bool) -> None:
    if not expected or context.resilient_parsing:
        return
    from importlib.metadata import version

    from microgradnet.mode import compiled

    click.echo(f"microgradnet {version('microgradnet')} ({'compiled' if compiled else 'plain Python'})")
    context.exit()


@click.group(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Print the version, and whether the engine is compiled.",
)
def app() -> None:
    """Verify, derive and draw backpropagation that was worked out by hand; train on real data."""


app.params.append(choose_language)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in a shell.

    For bash, add this to ~/.bashrc: eval "$(microgradnet completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(app, {}, "microgradnet", "_MICROGRADNET_COMPLETE").source())


def main() -> None:
    """Run the command with the arguments of the process and exit; an error is one line and exit status 2."""
    gc.set_threshold(100_000, 20, 20)  # to look for garbage among modules being imported is a tenth of a short command
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # marks that the terminal can't show become ASCII
            stream.reconfigure(errors=FALLBACK)
    status = _run()
    gc.freeze()  # the collector's last round would go through every module, for memory that goes with the process
    sys.exit(status)


def _run() -> int:
    try:
        status = app.main(prog_name="microgradnet", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return _CANCELLED
    except (BrokenPipeError, _PipeClosed):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except (MicrogradnetError, OSError) as error:
        complain(error)
        return 2
    return status if isinstance(status, int) else 0


def complain(error: MicrogradnetError | OSError) -> None:
    """Print an error as one line on standard error."""
    advice = "" if isinstance(error, MicrogradnetError) else ". Check the path and its permissions."
    print(f"microgradnet: {clean(str(error))}{advice}", file=sys.stderr)


def width() -> int:
    """Return how many columns output may fill."""
    return shutil.get_terminal_size().columns if _is_terminal() else PIPE_WIDTH


def is_coloured() -> bool:
    """Tell whether output is for a terminal that shows colours."""
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def dim(text: str) -> str:
    """Return text that a terminal shows less bright."""
    return f"\x1b[2m{text}\x1b[0m" if is_coloured() else text
