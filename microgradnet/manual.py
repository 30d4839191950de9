"""The help of each operation, made from its record: its own ``__doc__`` and ``__signature__``, and those of its method.

Also what a notebook shows of an operation and of a Value.

``help(mg.tanh)`` shows formula, derivative, domain, conventions and an example of tanh; ``help(v.tanh)`` the same in
short. The texts of operations are made when they are asked for, those of methods once, with the class.
"""

from __future__ import annotations

import inspect
import itertools
from functools import cache
from typing import Any

from microgradnet import ops
from microgradnet.errors import MicrogradnetError
from microgradnet.operation import EVERYWHERE, Op
from microgradnet.symbols import Symbol, write_number

_PROBES = (0.5, 2.0, 3.0, 1.0)  # numbers of an example: the first that an operation is defined and smooth at
_KINDS = "a number, a Value or a NumPy array"


def operand_names(op: Op) -> tuple[str, ...]:
    """Return what the operands are called in help and error messages."""
    return ("x", "y")[: len(op.partials)]


def signature(op: Op, *, method: bool = False) -> inspect.Signature:
    """Return the signature of an operation, or of the method that applies it to ``self``."""
    kind = inspect.Parameter
    names = operand_names(op)
    operands = [kind(name, kind.POSITIONAL_ONLY) for name in (("self", *names[1:]) if method else names)]
    if op.parameter is not None:
        operands.append(kind(op.parameter.name, kind.POSITIONAL_OR_KEYWORD, default=op.parameter.usual))
    return inspect.Signature(operands)


@cache
def derivatives(op: Op) -> tuple[str, ...]:
    """Return the partial derivative by each operand as a formula in plain text; "" where its rule is no formula."""
    operands = [Symbol(name) for name in operand_names(op)]
    return tuple(_formula(rule, *operands, Symbol("out")) for rule in op.partials)


def _formula(rule: Any, *operands: Symbol) -> str:
    try:
        found = rule(*operands)
    except (ArithmeticError, TypeError, ValueError, AttributeError):
        return ""
    return found.text if isinstance(found, Symbol) else f"{found:g}"


def documentation(op: Op) -> str:
    """Return the help of an operation."""
    parts = [op.summary or f"The operation {op.name}, defined with mg.define.", "", f"    {_call(op)}", ""]
    if op.text.template != _plain(op):
        parts[2] = f"    {op.formula}, as a function {_call(op)}"
    parts += ["In LaTeX:", f"    {op.latex.template.replace('#1', 'x').replace('#2', 'y')}", ""]
    parts += [*_derivative_lines(op), "", "Arguments:"]
    parts += [f"    {name}: {_KINDS}." for name in operand_names(op)]
    if op.parameter is not None:
        parts.append(f"    {op.parameter.name}: a number or a Value, {op.parameter.usual} where not given.")
    parts += ["", "Returns:"]
    parts += ["    A float for numbers, a recorded Value where an operand is one, an array element by element.", ""]
    parts += ["Raises:", f"    DomainError: {_refusal(op)}.", ""]
    parts += _conventions(op)
    others = ", ".join(f"x.{name}({', '.join(operand_names(op)[1:])})" for name in (op.name, *op.aliases))
    parts += [f"As a method of a Value: {others}.", "", *_example(op)]
    return "\n".join(parts).rstrip() + "\n"


def method_documentation(op: Op) -> str:
    """Return the help of the method of an operation: what needs no derivation."""
    summary = op.summary or f"The operation {op.name}."
    lines = [f"{summary} Here x is this Value.", "", f"Returns mg.{_call(op)}."]
    if op.domain is not EVERYWHERE:
        lines.append(f"Raises a DomainError unless {op.domain.words}.")
    lines += [f"At {kink.words}: {kink.convention}." for kink in op.kinks]
    return "\n".join([*lines, f"See help(mg.{op.name}) for its derivative and an example."])


def _plain(op: Op) -> str:
    places = ", ".join(f"#{place}" for place in range(1, len(op.partials) + 1))
    return f"{op.name}({places})"


def _call(op: Op) -> str:
    operands = [*operand_names(op)]
    if op.parameter is not None:
        operands.append(f"{op.parameter.name}={op.parameter.usual}")
    return f"{op.name}({', '.join(operands)})"


def _derivative_lines(op: Op) -> list[str]:
    found = derivatives(op)
    title = "Derivative:" if len(found) == 1 else "Partial derivatives:"
    if any("out" in formula for formula in found):
        title = title[:-1] + ", where out is the result:"
    found = tuple("a long formula, which mg.derive writes" if len(text) > 200 else text for text in found)
    by = [f"by {name}: " if len(found) > 1 else "" for name in operand_names(op)]
    return [title, *(f"    {name}{formula or 'none'}" for name, formula in zip(by, found, strict=True))]


def _refusal(op: Op) -> str:
    words = "the result does not fit into a float (a derivative that does not is inf or nan)"
    return words if op.domain is EVERYWHERE else f"unless {op.domain.words}; or {words}"


def _conventions(op: Op) -> list[str]:
    if not op.kinks:
        return []
    return ["Conventions:", *(f"    At {kink.words}: {kink.convention}." for kink in op.kinks), ""]


def _example(op: Op) -> list[str]:
    point = _point(op)
    if point is None or getattr(ops, op.name, op) is not op:  # mg.where is the composition of two gates
        return []
    counted = [not formula for formula in derivatives(op)]  # a number that nothing can be differentiated by
    names = [repr(number) if plain else name for number, plain, name in zip(point, counted, "xy", strict=False)]
    made = [f'{name} = mg.Value({number}, label="{name}")' for name, number in zip(names, point, strict=True)]
    made = [line for line, plain in zip(made, counted, strict=True) if not plain]
    numbers = op(*point), tuple(_slope(op, place, point) for place, plain in enumerate(counted) if not plain)
    shown = f"({numbers[0]!r}, {numbers[1]!r})"
    partials = "out.partials" if not any(counted) else "out.partials[1:]"
    return [
        "Example:",
        "    >>> import microgradnet as mg",
        *(f"    >>> {line}" for line in made),
        f"    >>> out = mg.{op.name}({', '.join(names)})",
        f"    >>> out.data, {partials}",
        f"    {shown}",
    ]


def _point(op: Op) -> tuple[float, ...] | None:
    for point in itertools.product(_PROBES, repeat=len(op.partials)):
        isolated = any(kink.at(*point) for kink in op.kinks) and op.name != "detach"
        if op.domain.contains(*point) and not isolated and len(set(point)) == len(point):
            return point
    return None


def _slope(op: Op, place: int, point: tuple[float, ...]) -> float:
    try:
        return float(op.partials[place](*point, op(*point)))
    except MicrogradnetError:
        return float("nan")


def markdown(op: Op) -> str:
    """Return an operation as a notebook shows it: what it computes, its formula, and its derivatives."""
    names = operand_names(op)
    operands = [Symbol(name) for name in names]
    parts = [rf"f = {op(*operands).latex}"]
    for name, rule in zip(names, op.partials, strict=True):
        slope = _written_slope(rule, *operands)
        d = "d" if len(names) == 1 else r"\partial"
        if slope:
            parts.append(rf"\frac{{{d} f}}{{{d} {name}}} = {slope}")
    equations = r", \qquad ".join(parts)
    return f"**{op.name}**: {op.summary}\n\n$${equations}$$"


def _written_slope(rule: Any, *operands: Symbol) -> str:
    try:
        found = rule(*operands, Symbol("f"))
    except (ArithmeticError, TypeError, ValueError, AttributeError):
        return ""
    return found.latex if isinstance(found, Symbol) else write_number(found, "latex")[0]


def node_html(node: Any) -> str:
    """Return a Value as a notebook shows it: its number, its gradient, and the operation that made it."""
    from microgradnet.text import TextTable  # a notebook has loaded more than this already

    rows = [["number", f"{node._data:.10g}"]]
    rows.append(["gradient", f"{node.grad:.10g}" if node.has_grad else "not computed yet: call .backward()"])
    if node.op is not None:
        names = [operand.label or f"{operand._data:.6g}" for operand in node.inputs]
        rows.append(["made by", f"{node.op.name}({', '.join(names)})"])
        by = zip(names, node.partials, strict=True)
        rows.append(["local derivatives", ", ".join(f"by {name}: {partial:.10g}" for name, partial in by)])
    if node.scope:
        rows.append(["scope", node.scope])
    return TextTable(["Value", node.label or "without a label"], rows, align="ll").html()


class _Help:
    """An attribute that each operation makes of its record, and the class has for itself."""

    def __init__(self, make: Any, own: Any = None) -> None:
        self.make, self.own = make, own

    def __get__(self, op: Op | None, kind: Any = None) -> Any:
        if op is not None:
            return self.make(op)
        if self.own is None:
            raise AttributeError("an operation has it, the class has not")
        return self.own


Op.__doc__ = _Help(documentation, Op.__doc__)  # type: ignore[assignment]
Op.__signature__ = _Help(signature)  # type: ignore[attr-defined]
Op._repr_markdown_ = markdown  # type: ignore[attr-defined]
