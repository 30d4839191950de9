"""What a check of derivatives found, as data and as a table to read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from microgradnet.calculus.local import LocalCheck, Verdict
from microgradnet.calculus.naming import Names

HEADINGS = ("variable", "value", "engine", "numeric", "difference", "by", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One variable of a check.

    Arguments:
        name: what the variable is called.
        value: the point.
        engine: the engine's derivative of the result by it.
        numeric: the derivative by differences or the complex step.
        method: which of the two.
        verdict: how they compare.
        sides: the slopes on the left and on the right; NaN where there is none.
    """

    name: str
    value: float
    engine: float
    numeric: float
    method: str
    verdict: Verdict
    sides: tuple[float, float]

    @property
    def difference(self) -> float:
        """The engine's derivative less the numeric one."""
        return self.engine - self.numeric


@dataclass(frozen=True, slots=True)
class Check:
    """The result of ``check_gradients`` and ``check_graph``. It is true where nothing is wrong, and prints as a table.

    Arguments:
        rows: one for each variable.
        first_wrong: the first partial derivative, in the order of the calculation, that is wrong; None where all hold.
        kinks: the partial derivatives that are conventions at this point.
        unclear: those that neither differences nor the complex step can decide.
        remarks: what else is wrong, as sentences: a node that is out of date, a number that left the graph.
        notes: what else a reader should know, as sentences: that the point lies at a pole.
        names: what the nodes are called.
    """

    rows: tuple[Row, ...]
    first_wrong: LocalCheck | None
    kinks: tuple[LocalCheck, ...]
    unclear: tuple[LocalCheck, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    names: Names

    @property
    def ok(self) -> bool:
        """Whether every derivative agrees, or lies on a kink, where the report says which convention is used."""
        told = all(row.verdict in (Verdict.AGREES, Verdict.KINK) for row in self.rows)
        return told and self.first_wrong is None and not self.remarks

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __str__(self) -> str:
        table = [HEADINGS, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*lines, "", *filter(None, self._sentences())])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        table = [HEADINGS, ("---",) * len(HEADINGS), *map(_cells, self.rows)]
        lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in table]
        return "\n".join([*lines, "", "\n\n".join(filter(None, self._sentences()))])

    def _sentences(self) -> Iterator[str]:
        if self.ok:
            count = sum(row.verdict is Verdict.AGREES for row in self.rows)
            yield f"{count} of {len(self.rows)} derivatives agree; none is wrong."
        elif not any(row.verdict is Verdict.WRONG for row in self.rows) and self.first_wrong is None:
            count = sum(row.verdict in (Verdict.UNCLEAR, Verdict.NOT_A_NUMBER) for row in self.rows)
            yield f"{count} of {len(self.rows)} derivatives could not be confirmed." if count else ""
        if self.first_wrong is not None:
            yield f"The first wrong local derivative: {self._local(self.first_wrong)}"
        yield from (*self.remarks, *self.notes)
        for kink in self.kinks:
            yield f"On a kink: {self._local(kink)}"
        for unclear in self.unclear:
            yield f"Not decided: {self._local(unclear)}"

    def _local(self, check: LocalCheck) -> str:
        """Return one partial derivative as a sentence."""
        node, names = check.node, self.names
        operands = {names.of(operand): operand.data for operand in node.inputs}
        at = ", ".join(f"{name} = {number!r}" for name, number in operands.items() if name != repr(number))
        place = f" in place {check.place + 1}" if len(operands) < len(node.inputs) else ""
        by = names.of(node.inputs[check.place]) + place
        where = f" in {node.scope!r}" if node.scope else ""
        operation = node.op.name if node.op else ""
        numbers = f"by {by} the rule gives {check.engine!r}, the operation {check.numeric!r}"
        if check.verdict is Verdict.KINK:
            left, right = map(_slope, check.sides)
            numbers = f"by {by} the slope is {left} on the left, {right} on the right, and {check.engine!r} is used"
        note = f": {check.note}" if check.note else ""
        return f"{operation} in {names.definition(node)}{where}, at {at}: {numbers}{note}."


def _cells(row: Row) -> tuple[str, ...]:
    numeric, difference = f"{row.numeric:.12g}", f"{row.difference:.1e}"
    if row.verdict is Verdict.KINK:
        numeric, difference = " | ".join(map(_slope, row.sides)), "-"
    return row.name, f"{row.value:.12g}", f"{row.engine:.12g}", numeric, difference, row.method, row.verdict.value


def _slope(number: float) -> str:
    return "none" if math.isnan(number) else f"{number:.6g}"
