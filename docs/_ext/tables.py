"""Pages made from the package's own tables, so that the documentation can't fall behind them; and formulas as MathML.

They are written into ``docs/generated`` when a build begins: the operations, the slips with an example each, and a page
for each group of public names.
"""

from __future__ import annotations

import html
import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx

import microgradnet as mg
from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from microgradnet.verification.calculation import Reading
from microgradnet.verification.figure import Figure
from microgradnet.verification.judging import possible_slips
from microgradnet.verification.otherwise import Otherwise
from microgradnet.verification.report import Claim
from microgradnet.verification.runs import GraphRun
from microgradnet.verification.slips import SLIPS

FAMILIES = {
    "arithmetic": "Arithmetic, comparisons and choices",
    "functions": "Functions",
    "activations": "Activations",
    "special": "Special functions",
}
GROUPS = {  # pages of public names: title and names
    "values": (
        "Values and compositions",
        "Value total mean variance dot norm softmax log_softmax logsumexp where clip scope recompute define undefine",
    ),
    "networks": ("Networks and training", "Neuron Layer MLP Module fit History compile verify_against"),
    "calculus": (
        "Derivatives",
        "grad value_and_grad gradients derivative jacobian hessian jvp hvp check_gradients check_graph detect_anomaly "
        "why_topological",
    ),
    "checking": ("Calculations: verify, check, derive", "verify check derive Worksheet grade exercise"),
    "pictures": ("Pictures", "draw draw_network step_through explore"),
}
RESULTS = {  # what the functions return: by page, the classes and where they are
    "networks": ["compiler.program:Program", "bridges:TorchComparison"],
    "calculus": ["calculus.check:Check"],
    "checking": [
        "verification.report:Report",
        "verification.report:Finding",
        "verification.check:CheckedText",
        "verification.exercises:Exercise",
        "derivation:Derivation",
    ],
    "pictures": [
        "drawing.export:Drawing",
        "drawing.network:NetworkDrawing",
        "drawing.pages.stepper:StepPage",
        "drawing.pages.widget:Explorer",
    ],
    "values": ["operation:Op", "operation:Domain", "operation:Kink"],
}
COMPARISONS = ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"]  # they come last
MODULES = ["losses", "optim", "schedules", "datasets", "plots", "errors", "estimators"]


def operations() -> Iterator[str]:
    """Yield the lines of the page of operations."""
    yield from ["# Operations", ""]
    yield (
        f"The {len(TABLE)} elementary operations. Each is a function, `mg.exp(x)`, and a method, `x.exp()`, of "
        "numbers, arrays and Values; `mg.define` adds your own."
    )
    for family, title in FAMILIES.items():
        yield from ["", f"## {title}", ""]
        for op in sorted(TABLE.values(), key=lambda op: op.name in COMPARISONS):
            if op.forward.__module__.rpartition(".")[2] == family or family_of(op) == family:
                yield from operation(op)


def family_of(op: Op) -> str:
    """Return the module of the table that defines an operation."""
    for family in FAMILIES:
        if any(thing is op for thing in vars(import_module(f"microgradnet.ops.{family}")).values()):
            return family
    return "functions"


def operation(op: Op) -> Iterator[str]:
    """Yield the entry of one operation: formula, derivatives, domain, kinks."""
    names = "xy"[: len(op.partials)]
    operands = [Symbol(name) for name in names]
    result = op(*operands)
    yield from [f"({anchor(op.name)})=", f"### {op.name}", ""]
    yield from ["$$", getattr(result, "latex", str(result)), "$$", ""]
    for name, partial in zip(names, op.partials, strict=True):
        yield from ["$$", rf"\frac{{\partial}}{{\partial {name}}} = {written(partial, operands, result)}", "$$", ""]
    if len(op.partials) == 1:
        yield from [f"![{op.name} and its derivative]({anchor(op.name)}.svg)", ""]
    if op.domain.words:
        yield from [f"Domain: {op.domain.words}.", ""]
    for kink in op.kinks:
        yield from [f"At {kink.words}: {kink.convention}.", ""]
    if op.aliases:
        yield from ["Also " + ", ".join(f"`{alias}`" for alias in op.aliases) + ".", ""]


def written(partial: Callable[..., Any], operands: list[Symbol], result: Any) -> str:
    """Return a partial derivative in LaTeX, with the result as y where the rule uses it."""
    try:
        formula = partial(*operands, result)
    except Exception:  # a rule that only numbers can take
        return r"\text{computed from the numbers}"
    return formula.latex if isinstance(formula, Symbol) else f"{formula:g}"


def anchor(name: str) -> str:
    """Return the label that other pages link to."""
    return f"op-{name.replace('_', '-')}"


def api(page: str, title: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the page of some public names, and of the classes that they return."""
    yield from [f"# {title}", "", "```{eval-rst}"]
    for name in names:
        thing = getattr(mg, name)
        yield from entry(thing, f"microgradnet.{name}")
        if thing is mg.Value:  # its operations have a page of their own
            aliases = [alias for op in TABLE.values() for alias in op.aliases]
            yield from [f"   :exclude-members: {', '.join([*TABLE, *aliases])}", ""]
    yield "```"
    if page in RESULTS:
        yield from ["", "## What they return", "", "```{eval-rst}"]
        for place in RESULTS[page]:
            where, _, name = place.partition(":")
            yield from entry(getattr(import_module(f"microgradnet.{where}"), name), f"microgradnet.{where}.{name}")
        yield "```"


def entry(thing: Any, path: str) -> list[str]:
    """Return the directive that documents a class or a function."""
    if isinstance(thing, type):
        return [f".. autoclass:: {path}", "   :members:", *[""][: thing is not mg.Value]]
    return [f".. autofunction:: {path}", ""]


def module(name: str) -> Iterator[str]:
    """Yield the page of a public module: each of its public names."""
    found = import_module(f"microgradnet.{name}") if name == "estimators" else getattr(mg, name)
    yield from [f"# microgradnet.{name}", "", "```{eval-rst}", f".. automodule:: {found.__name__}", "", ""]
    for public in found.__all__:
        thing = getattr(found, public)
        if callable(thing):
            yield from entry(thing, f"{thing.__module__}.{thing.__qualname__}")[:2]
            wires = [each for each in dir(thing) if each.startswith("set_") and each.endswith("_request")]
            yield from [f"   :exclude-members: {', '.join(wires)}"] if wires else []  # scikit-learn's own
            yield ""
        else:
            yield from [f".. autodata:: {found.__name__}.{public}", ""]
    yield "```"


def commands() -> Iterator[str]:
    """Yield the page of the command: what each of its commands takes, as its own help says it."""
    import click

    from microgradnet.cli.application import COMMANDS, Commands

    group = Commands()
    yield from [
        "# The command",
        "",
        "`microgradnet COMMAND --help` says the same. The exit status is 0 where all is as",
    ]
    yield "expected, 1 where a figure is not, 2 where the command was not usable."
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        context = click.Context(command, info_name=f"microgradnet {name}")
        pieces = " ".join(command.collect_usage_pieces(context))
        yield from ["", f"## {name}", "", f"`microgradnet {name} {pieces}`", ""]
        yield from inspect.cleandoc(command.help or "").replace("\b", "").splitlines()
        options = [option for option in command.params if isinstance(option, click.Option)]
        if options:
            yield from ["", "| option | meaning |", "| --- | --- |"]
            for option in options:
                spelt, words = option.get_help_record(context)
                yield f"| `{spelt}` | {words} |".replace("<", "&lt;")


SLIP_PAGE = """+++
[network]
inputs = [0.35, 0.9]
targets = {targets}
loss = "{loss}"
layers = [
  {{ weights = [[0.1, 0.8], [0.4, 0.6]], biases = [0.3, -0.2], activation = "sigmoid" }},
  {{ weights = [[0.3, 0.9], [-0.5, 0.7]], activation = "{output}" }},
]
[step]
eta = 0.5
+++
    {claims}
"""
SQUARED = {"loss": "half_squared_error", "targets": [0.2, 0.7]}
NETWORKS = [
    {"output": "sigmoid", **SQUARED},
    {"output": "softmax", **SQUARED},
    {"output": "softmax", "loss": "cross_entropy", "targets": [0, 1]},
]
QUANTITIES = (
    "dE/dw1[1,1]", "new w2[1,2]", "delta2[1]", "E", "a1[1]", "z2[1]", "delta1[1]", "dE/dw2[1,2]", "change w1[1,1]",
)  # fmt: skip


def slips() -> Iterator[str]:
    """Yield the page of slips: each record of the table with a figure that it makes, and what the report says of it."""
    yield from ["# Slips", ""]
    yield (
        "A figure that is wrong is calculated again under each slip of the table in `verification/slips.py`. Those "
        "that give the printed digits are named, at most three: slips of the calculus before mixed-up indices, those "
        "before misprints. Each is a guess, and worded as one; the column of digits says how many have to agree before "
        "it is made. A slip of your own is one function there, under `@slip`."
    )
    yield from ["", "The examples are figures of one network:", "", "```markdown"]
    yield from [*SLIP_PAGE.format(**NETWORKS[0], claims="...").splitlines(), "```", ""]
    yield "Slips of the softmax and of the cross-entropy have these in its output layer."
    yield from ["", "| slip | digits | figure | printed | the report |", "| --- | --- | --- | --- | --- |"]
    found = slip_examples()
    for record in SLIPS:
        quantity, printed, words = found[record.name]
        yield f"| {record.name} | {record.digits} | `{quantity}` | {printed} | {words} |"
    yield from ["", "## Conventions", ""]
    yield (
        "A convention that makes a whole page hold is one sentence at its top and not many wrong figures: a loss "
        "without its 1/2 or with one, the sum for the mean, transposed weights, weights that are updated before the "
        "deltas of the layer below are computed, log10 for ln."
    )


def slip_examples() -> dict[str, tuple[str, str, str]]:
    """Return for each slip a quantity, the figure that the slip makes of it, and what the report says."""
    found: dict[str, tuple[str, str, str]] = {}
    first = f"delta2[1] = {number_of('delta2[1]'):.6f}"
    report = reported(f"{first}; {first.replace('[1]', '[2]')}")
    found["another quantity"] = ("delta2[2]", first.rpartition(" ")[2], report[1].explanation)
    for network in NETWORKS:
        for quantity in QUANTITIES:
            for record, words, printed in made_by_slips(quantity, network):
                if record not in found and len(found) < len(SLIPS):
                    finding = reported(f"{quantity} = {printed}", network)[0]
                    if words in finding.slips:
                        found[record] = (quantity, printed, finding.explanation)
    return found


def made_by_slips(quantity: str, network: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what slips make of a quantity: the record's name, the words for it, and the figure."""
    sheet = mg.Worksheet.from_text(SLIP_PAGE.format(**network, claims=f"{quantity} = 1"))
    calculation, right = sheet.calculation, f"{sheet.evaluate(quantity):.6f}"
    swapped = f"{right[:-3]}{right[-2]}{right[-3]}{right[-1]}"
    for written in (right, swapped, f"{10 * float(right):.5f}"):
        claim = Claim(calculation.read(quantity), Figure.parse(written))
        for record, words, change in possible_slips(calculation, claim):
            value = change
            if isinstance(change, Otherwise):
                run = GraphRun(calculation.loss, calculation.descent, change)
                try:
                    value = Reading(calculation, run).evaluate(claim.quantity)
                except (ArithmeticError, ValueError):  # outside of a domain
                    continue
            if math.isfinite(value) and abs(value) > 1e-4 and f"{value:.6f}" != right:
                yield record.name, words, f"{value:.6f}"


def reported(claims: str, network: dict[str, Any] = NETWORKS[0]) -> list[Any]:
    """Return the findings on some claims about the network."""
    return [*mg.Worksheet.from_text(SLIP_PAGE.format(**network, claims=claims)).verify()]


def number_of(quantity: str) -> float:
    """Return a quantity of the network."""
    return mg.Worksheet.from_text(SLIP_PAGE.format(**NETWORKS[0], claims="E = 1")).evaluate(quantity)


def curves(folder: Path) -> None:
    """Draw each operation of one operand with its derivative, where Matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    import numpy

    for op in TABLE.values():
        if len(op.partials) == 1:
            x = numpy.linspace(-4, 4, 401)
            numbers = [curve_point(op, float(each)) for each in x]
            figure = Figure(figsize=(3.2, 2.0), layout="constrained")
            axes = figure.subplots()
            axes.plot(x, [value for value, _ in numbers], label=op.name)
            axes.plot(x, [slope for _, slope in numbers], linestyle="--", label="derivative")
            axes.set_ylim(-4, 4)
            axes.legend(fontsize=7)
            figure.savefig(folder / f"{anchor(op.name)}.svg", metadata={"Date": None})


def curve_point(op: Op, x: float) -> tuple[float, float]:
    """Return value and derivative at x; nan outside the domain."""
    try:
        node = op(mg.Value(x))
    except ArithmeticError:
        return math.nan, math.nan
    except ValueError:
        return math.nan, math.nan
    return node.data, node.partials[0]


def generate(app: Sphinx) -> None:
    """Write the pages."""
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    curves(folder)
    pages = {"operations": operations(), "slips": slips(), "command": commands()}
    pages |= {name: api(name, title, names.split()) for name, (title, names) in GROUPS.items()}
    pages |= {name: module(name) for name in MODULES}
    for name, lines in pages.items():
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def visit_math(translator: Any, node: nodes.Node) -> None:
    """Write a formula as MathML, which browsers show without a script."""
    block = isinstance(node, nodes.math_block)
    try:
        text = latex2mathml.converter.convert(node.astext(), display="block" if block else "inline")
    except Exception:
        text = f"<code>{html.escape(node.astext())}</code>"
    translator.body.append(f'<div class="math">{text}</div>' if block else text)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", generate)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
