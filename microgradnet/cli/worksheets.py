"""``microgradnet verify``, ``examples``, ``draw``, ``derive``, ``check``: worked examples, worksheets and notes."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from microgradnet.cli.application import OUTPUT, complain, dim, is_coloured, width
from microgradnet.errors import ArgumentError, DrawingError, MicrogradnetError, UnknownNameError
from microgradnet.graph import topological
from microgradnet.messages import translate
from microgradnet.text import clean, reflow

if TYPE_CHECKING:
    from microgradnet.drawing.export import Drawing
    from microgradnet.drawing.network import NetworkDrawing
    from microgradnet.drawing.pages import StepPage
    from microgradnet.value import Value
    from microgradnet.verification.notes import CheckedFile
    from microgradnet.verification.report import Report
    from microgradnet.verification.worksheet import Worksheet

SUFFIXES = (".toml", ".md")


def _complete(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Return the worked examples and the files that a shell offers for what is typed so far."""
    from microgradnet.verification import library

    examples = [CompletionItem(name) for name in library.names() if name.startswith(start)]
    return [*examples, CompletionItem(start, type="file")]


one_worksheet = click.argument("which", metavar="NAME|FILE", shell_complete=_complete)


def load(which: str) -> Worksheet:
    """Read a worksheet file, or the worked example of this name."""
    from microgradnet.verification.worksheet import Worksheet

    is_file = which.endswith(SUFFIXES) or "/" in which or "\\" in which
    return Worksheet.load(Path(which)) if is_file else Worksheet.example(which)


def stems(names: Sequence[str]) -> list[str]:
    """Return what the files of each worksheet are called, with its folder where two would be called the same."""
    short = [_without_suffix(Path(name).name) for name in names]
    counts = Counter(short)
    long = [_without_suffix("-".join(part for part in Path(name).parts if part.strip("/\\.:"))) for name in names]
    return [stem if counts[stem] == 1 else other for stem, other in zip(short, long, strict=True)]


def _without_suffix(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def save_graph(worksheet: Worksheet, path: Path) -> None:
    """Draw a worksheet's graph into a file; its folder is made if needed."""
    from microgradnet.drawing import draw

    path.parent.mkdir(parents=True, exist_ok=True)
    draw(worksheet.loss).save(path)


@click.command()
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1, shell_complete=_complete)
@click.option("--out", type=click.Path(path_type=Path), default=OUTPUT, help="The folder for pictures of the graphs.")
@click.option("--draw/--no-draw", default=True, help="Write an SVG of each graph, or none.")
@click.option("--expectations/--no-expectations", default=True, help="Whether a file may expect a wrong figure.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify(names: tuple[str, ...], out: Path, draw: bool, expectations: bool, as_json: bool) -> int:
    """Check printed figures: exact, rounded, or wrong, and why.

    NAME is a worked example (see `microgradnet examples`), FILE a worksheet. Without any, every example is checked. A
    file that can't be read does not stop the others; the exit status is 2 then.
    """
    from microgradnet.verification import library

    chosen = list(dict.fromkeys(names)) or list(library.names())
    reports: dict[str, Report] = {}
    unread: dict[str, str] = {}
    for name, stem in zip(chosen, stems(chosen), strict=True):
        try:
            worksheet = load(name)
            reports[name] = worksheet.verify(expectations=expectations)
            if not as_json:
                _print_report(name, worksheet, reports[name])
            if draw:
                save_graph(worksheet, out / f"{stem}.svg")
        except BrokenPipeError:
            raise
        except (MicrogradnetError, OSError) as error:
            print(end="", flush=True)  # so that both streams keep their order on one terminal
            complain(error)
            unread[name] = str(error)
    if as_json:
        found = [{"file": name, **report.as_data()} for name, report in reports.items()]
        print(json.dumps({"worksheets": found, "unreadable": unread}, indent=2))
    else:
        _print_end(reports, unread, out if draw else None)
    return 2 if unread else 0 if all(report.as_expected for report in reports.values()) else 1


def _print_report(name: str, worksheet: Worksheet, report: Report) -> None:
    heading = f"{name}: {report.title}" if report.title else name
    if report.convention:
        print(translate(report.convention))
    print(report.table(heading).text(width(), colour=is_coloured()) if len(report) else heading)
    print(report.summary)
    source = str(worksheet.source)
    for remark in (*map(str, report.unread), translate(f"Source: {source}") if source else "", worksheet.notes):
        if remark.strip():
            print(dim(reflow(remark, width())))
    print()


def _print_end(reports: dict[str, Report], unread: dict[str, str], drawn: Path | None) -> None:
    if len(reports) + len(unread) > 1:
        _print_summary(list(reports.values()), len(unread))
    if drawn is not None and reports:
        print(translate(f"{len(reports)} graph{'s' * (len(reports) > 1)} drawn, in {clean(str(drawn))}/."))


def _print_summary(reports: list[Report], unread: int) -> None:
    totals: Counter[str] = Counter()
    for report in reports:
        totals.update({str(verdict): count for verdict, count in report.counts().items()})
    unexpected = sum(not finding.as_expected for report in reports for finding in report)
    parts = ", ".join(f"{count} {translate(verdict)}" for verdict, count in totals.items())
    outcome = "every verdict as expected" if not unexpected else f"{unexpected} not as expected"
    could_not = f"; {unread} could not be read" if unread else ""
    claims = f"{totals.total()} claims: {parts or translate('none')}"
    print(translate(f"{len(reports)} worksheets, {claims}; {outcome}{could_not}."))


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
def examples(name: str | None) -> None:
    """List the worked examples, or print the page of one: NAME.

    `microgradnet examples han-kamber > page.md` is a page to change.
    """
    from microgradnet.verification import library

    if name is not None:
        print(library.text(name), end="")
        return
    titles = library.titles()
    widest = max(map(len, titles))
    room = max(width() - widest - 2, 20) if sys.stdout.isatty() else None
    for name, title in titles.items():
        print(f"{name:{widest}}  {title if room is None else clean(title, room)}")


@click.command()
@one_worksheet
@click.option("--detail", metavar="LEVEL", help="One box for: operations, sums, neurons, layers; or auto.")
@click.option("--flow", is_flag=True, help="How the gradient flows back: wide lines carry much.")
@click.option("--highlight", metavar="NAME", multiple=True, help="The paths from this node; of a network, this unit.")
@click.option("--fold", metavar="SCOPE", multiple=True, help='One box for each "layer", "neuron", "layer 1", ...')
@click.option("--network", is_flag=True, help="The network as circles and lines, with updates or gradients.")
@click.option("--step", is_flag=True, help="An HTML page that steps through both passes.")
@click.option("--theme", metavar="THEME", default=None, help="auto, light, dark or print.")
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="The file: .svg, .html, .png, .pdf, .dot, .mermaid or .tikz.",
)
def draw(which: str, out: Path | None, network: bool, step: bool, **look: Any) -> None:
    """Draw the computation graph of a worksheet, which needs no claims."""
    given = {name: value for name, value in look.items() if value}
    _check_together(given, network, step)
    worksheet = load(which)
    picture: Drawing | NetworkDrawing | StepPage
    if network:
        if "highlight" in given:
            given["highlight"] = [_unit(worksheet, name) for name in given["highlight"]]
        picture = _network_picture(worksheet, **given)
    elif step:
        from microgradnet.drawing.pages import step_through

        picture = step_through(worksheet.result, **given)
    else:
        from microgradnet.drawing import draw as draw_graph

        highlight = [_below_result(worksheet, name) for name in given.pop("highlight", ())]
        picture = draw_graph(worksheet.result, highlight=highlight or None, **given)
    path = out or OUTPUT / f"{stems([which])[0]}{'.html' if step else '.svg'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)
    print(clean(str(path)))


def _below_result(worksheet: Worksheet, name: str) -> Value:
    """Return the node that a name is about, which the picture has to show."""
    try:
        node = worksheet.find(name)
    except UnknownNameError:
        node = worksheet.asked(name)[1]
    if node not in {*topological(worksheet.result)}:
        given = f"{name!r}, which is calculated beside it"
        advice = "The picture shows what leads to the result."
        raise ArgumentError(f"--highlight names what {worksheet.result.label} is calculated from", given, advice)
    return node


def _unit(worksheet: Worksheet, name: str) -> str:
    """Return what a picture of the network calls the unit that the page calls so."""
    try:
        return re.sub(r"^z(?=\d)", "a", worksheet.find(name).label)
    except UnknownNameError:
        return name


def _check_together(given: Mapping[str, Any], network: bool, step: bool) -> None:
    """Raise an ArgumentError where options contradict each other."""
    if network and step:
        raise ArgumentError("--network and --step are two pictures", "both", "Choose one.")
    kind = "--network" if network else "--step"
    allowed = {"theme", "flow", "highlight"} if network else {"theme", "detail"} if step else {*given}
    for name in given:
        if name not in allowed:
            listed = ", ".join(f"--{each}" for each in sorted(allowed))
            raise ArgumentError(f"{kind} goes with {listed}", f"--{name}", f"Leave out {kind} or --{name}.")
    if network and len(given.get("highlight", ())) > 1:
        raise ArgumentError("--network highlights one unit", "several", "Give --highlight once.")


def _network_picture(
    worksheet: Worksheet, *, flow: bool = False, highlight: Sequence[str] = ("",), theme: str = "auto"
) -> NetworkDrawing:
    """Return the network of a worksheet: with its updates, else its gradients; of several samples, without z and a."""
    from microgradnet.drawing.network import draw_network

    network = worksheet.network
    if network is None:
        raise DrawingError("--network needs a [network]", "a worksheet without one", "Leave --network out.")
    look: dict[str, Any] = {"theme": theme, "focus": highlight[0] or None}
    if network.loss is None:
        return draw_network(network.model, **look)
    sample, eta = network.samples[0] if len(network.samples) == 1 else (), worksheet.plain_eta
    if not sample:  # the gradients of all samples are those that a sweep leaves
        worksheet.loss.zero_grad()
        worksheet.loss.backward()
    if flow or eta is None:
        look |= {"show": "gradients", "lines": "thickness" if flow else "auto"}
    else:
        look |= {"show": "updates", "eta": eta}
    return draw_network(network.model, *sample, loss=network.loss, **look)


@click.command()
@one_worksheet
@click.argument("quantity")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "latex"]), default="text", help="How it is written."
)
def derive(which: str, quantity: str, form: str) -> None:
    """Write out the chain rule for one node of a worksheet.

    QUANTITY is the node to derive by, w1[1,1], or a derivative: dE/dw1[1,1], delta1[1], and dy/dx for another node y
    than the last; or what the page calls it. For a node that the worksheet updates, the update follows.
    """
    worksheet = load(which)
    derivation = worksheet.derive(quantity)
    text = derivation.wrapped(min(width(), 100))
    print({"text": text, "markdown": derivation.markdown, "latex": derivation.latex}[form])
    loss, node = worksheet.asked(quantity)
    updated = worksheet.updated(node) if loss is worksheet.loss else None
    if updated is not None and form != "latex" and derivation.working.update is None:
        print(f"\n{worksheet.step_in_words(node.label)}")


@click.command()
@click.argument("what", metavar="LINE|FILE|FOLDER...", nargs=-1, required=True)
@click.option("--all", "every", is_flag=True, help="List the equalities of files that hold, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check(what: tuple[str, ...], every: bool, as_json: bool) -> int:
    """Judge arithmetic: a LINE such as "0.1 - 0.1*0.0084 = 0.09916", or every equality of notes that can be computed.

    FILE is Markdown, LaTeX, a notebook, plain text or source code, whose comments are read; of a FOLDER all notes are,
    but no source code. False equalities are listed with file, line and column; the exit status is 1 if there are any, 2
    if a file can't be read.
    """
    from microgradnet.verification.check import check as check_line

    lines = [text for text in what if ("=" in text or "≈" in text) and not Path(text).exists()]
    files = [text for text in what if text not in lines]
    reports = [check_line(line) for line in lines]
    for report in reports if not as_json else ():
        print(report)
    found, unread = _check_files(files)
    if as_json:
        print(
            json.dumps({"lines": [report.as_json() for report in reports], "files": [file.as_json() for file in found]})
        )
    elif files and (found or not unread):
        for file in found:
            for equality in file.equalities if every else file.alarms:
                print(equality)
        judged, false = sum(len(file.equalities) for file in found), sum(len(file.alarms) for file in found)
        print(translate(f"{judged} equalities in {len(found)} file{'s' * (len(found) != 1)} judged, {false} false."))
    return 2 if unread else 0 if all([*reports, *found]) else 1


def _check_files(names: Sequence[str]) -> tuple[list[CheckedFile], int]:
    """Return what was found in files and folders, and how many files could not be read."""
    from microgradnet.verification.notes import check_file, notes_in

    found, unread = [], 0
    files = [file for name in names for file in (notes_in(Path(name)) if name and Path(name).is_dir() else [name])]
    for file in files:
        try:
            found.append(check_file(file))
        except MicrogradnetError as error:
            print(end="", flush=True)
            complain(error)
            unread += 1
    return found, unread
