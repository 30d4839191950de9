"""Pages made from the package's own tables, so that the documentation can't fall behind them; and formulas as MathML.

They are written into ``docs/generated`` when a build begins: the operations, the slips with an example each, and a page
for each group of public names.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx

import microgradnet as mg
from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol

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
COMPARISONS = ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"]  # they come last
MODULES = ["losses", "optim", "schedules", "datasets", "plots", "errors"]


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
    from importlib import import_module

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


def api(title: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the page of some public names."""
    yield from [f"# {title}", "", "```{eval-rst}"]
    for name in names:
        thing = getattr(mg, name, None)
        if thing is None:
            continue
        kind = "autoclass" if isinstance(thing, type) else "autofunction"
        yield from [f".. {kind}:: microgradnet.{name}"]
        if kind == "autoclass":
            yield "   :members:"
            if thing is mg.Value:  # its operations have a page of their own
                aliases = [alias for op in TABLE.values() for alias in op.aliases]
                yield f"   :exclude-members: {', '.join([*TABLE, *aliases])}"
        yield ""
    yield "```"


def module(name: str) -> Iterator[str]:
    """Yield the page of a public module: each of its public names."""
    yield from [f"# microgradnet.{name}", "", "```{eval-rst}", f".. automodule:: microgradnet.{home(name)}", "", ""]
    found = getattr(mg, name)
    for public in getattr(found, "__all__", []):
        thing = getattr(found, public)
        kind = "autoclass" if isinstance(thing, type) else "autofunction" if callable(thing) else "autodata"
        where = thing.__module__ if callable(thing) else found.__name__
        yield from [
            f".. {kind}:: {where}.{getattr(thing, '__qualname__', public)}",
            *["   :members:"][: kind == "autoclass"],
            "",
        ]
    yield "```"


def slips() -> Iterator[str]:
    """Yield the page of slips: for each that a program plants, a figure with it and what the report says of it."""
    from benchmarks import planted_slips as planted

    yield from ["# Slips", ""]
    yield (
        "A figure that is wrong is calculated again under each slip of the table in `verification/slips.py`; those "
        "that give the printed digits are named, slips of the calculus before misprints. Each is a guess, and worded "
        "as one."
    )
    yield from ["", "## The table", "", "| slip | digits that must agree |", "| --- | --- |"]
    from microgradnet.verification.slips import SLIPS

    yield from (f"| {slip.name} | {slip.digits} |" for slip in SLIPS)
    yield from ["", "## Examples", ""]
    yield "In each a network of a textbook's size is calculated with one slip; shown is the first figure that is wrong."
    yield from ["", "| slip | figure | printed | exact | the report |", "| --- | --- | --- | --- | --- |"]
    for slip in planted.SLIPS:
        found = example_of(planted, slip)
        if found is not None:
            cells = (slip, f"`{found.quantity}`", found.printed, f"{found.value:.8g}", found.explanation)
            yield "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"


def example_of(planted: Any, slip: str) -> Any:
    """Return the finding on the first wrong figure of a page with a slip; one that names the slip, if there is any."""
    found = None
    for network, texts, root in planted.cases(slip, 8, planted.Print(5)):
        report = mg.Worksheet.from_text(planted.worksheet(network, texts)).verify()
        finding = next(each for each in report if each.quantity == root)
        if planted.is_named(slip, finding.explanation):
            return finding
        found = found or finding
    return found


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


def home(name: str) -> str:
    """Return where a public module lies."""
    return getattr(mg, name).__name__.removeprefix("microgradnet.")


def generate(app: Sphinx) -> None:
    """Write the pages."""
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    curves(folder)
    pages = {"operations": operations(), "slips": slips()}
    pages |= {name: api(title, names.split()) for name, (title, names) in GROUPS.items()}
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
