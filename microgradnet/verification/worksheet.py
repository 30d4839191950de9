"""Worksheets: a calculation that someone worked out by hand, in TOML, and the verdicts on its figures."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import PurePath

from microgradnet.errors import MicrogradnetError, WorksheetError
from microgradnet.ops import negate
from microgradnet.value import Value
from microgradnet.verification import library
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.claim import Claim, examine
from microgradnet.verification.figure import Figure
from microgradnet.verification.network import build, telling
from microgradnet.verification.quantity import Change, Derivative, Name, Quantity
from microgradnet.verification.records import ClaimText, WorksheetText
from microgradnet.verification.report import Finding, Report
from microgradnet.verification.runs import Key, Run
from microgradnet.verification.schema import read_worksheet
from microgradnet.verification.toml_file import read_file
from microgradnet.verification.updates import descent_of
from microgradnet.verification.verdict import Alternative, Verdict

MAX_VISITS = 300_000  # claims times nodes
FORMULA_TOLERANCE = 1e-12  # relative: two ways to compute one number, in doubles


class Worksheet:
    """A calculation with printed figures. Make one with :meth:`load`, :meth:`from_text` or :meth:`example`.

    Attributes:
        title, notes: what the worksheet says of itself.
        source: who printed the figures, with ``.author``, ``.work`` and ``.seen``.
        loss: the node that is differentiated; ``backward()`` has run.
        eta: the learning rate of a step; None where there are no steps.

    Example:
        >>> worksheet = Worksheet.from_text('''
        ...     [expressions]
        ...     w = 0.1
        ...     E = "0.0422*w**2"
        ...     [step]
        ...     eta = 0.1
        ...     [[claims]]
        ...     quantity = "dE/dw"
        ...     printed = "0.0084"
        ... ''')
        >>> worksheet.find("w")
        Value(data=0.1, grad=0.008440000000000001, label='w')
        >>> [finding.verdict.value for finding in worksheet.verify()]
        ['rounded']
    """

    def __init__(self, text: WorksheetText) -> None:
        self.file, self.title, self.notes, self.source = text.file, text.title, text.notes, text.source
        graph = build(text)
        with telling(f"{text.file}: step"):
            descent = None if text.step is None else descent_of(text.step, graph)
        self._calculation = Calculation(graph, descent)
        for name, quantity in text.quantities:
            with telling(f"{text.file}: quantities.{name}"):
                self._calculation.define(name, quantity)
        if graph.size * len(text.claims) > MAX_VISITS:
            came = f"{len(text.claims)} claims about {graph.size} nodes"
            raise WorksheetError(f"{text.file}: claims times nodes up to {MAX_VISITS}", came, "Split the worksheet.")
        self._claims = [self._read(claim) for claim in text.claims]
        self.loss.backward()

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Worksheet:
        """Read a worksheet from a file.

        Raises:
            WorksheetError: it can't be read or used; the message names the file, and the line or the key.
        """
        return cls.from_text(read_file(path), PurePath(os.fsdecode(path)).name)

    @classmethod
    def from_text(cls, text: str, name: str = "worksheet") -> Worksheet:
        """Read a worksheet from its text; the name is used in errors, and as its title where it has none.

        Raises:
            WorksheetError: it can't be used; the message names the line or the key.
        """
        return cls(read_worksheet(text, name))

    @classmethod
    def example(cls, name: str) -> Worksheet:
        """Return a worked example that comes with the package; ``microgradnet examples`` lists their names.

        Raises:
            UnknownNameError: there is no example of this name.
        """
        return cls.from_text(library.text(name), f"{name}.toml")

    @property
    def loss(self) -> Value:
        """The node that is differentiated, with every node below it labelled if the worksheet names it."""
        return self._calculation.loss

    @property
    def eta(self) -> float | None:
        """The learning rate; None where the worksheet has no step."""
        return None if self._calculation.descent is None else self._calculation.descent.eta

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order in which they are computed."""
        return tuple(self._calculation.graph.nodes)

    def find(self, name: str) -> Value:
        """Return the node of a name, such as ``"w1[1,1]"``.

        Raises:
            UnknownNameError: there is none; the message lists those that are spelled alike.
        """
        return self._calculation.graph.find(name)

    def evaluate(self, quantity: str) -> float:
        """Return what a quantity is, such as ``"new w1[1,1]"`` or ``"E after 10 steps"``; see the language there.

        Raises:
            ExpressionError, UnknownNameError, ArgumentError: it can't be read.
            DomainError: it has no value.
        """
        return self._calculation.read(quantity).evaluate(self._calculation.on(Run()))

    def verify(self) -> Report:
        """Judge every claim.

        Raises:
            WorksheetError: a quantity has no value, or the steps exceed what a worksheet may use.
        """
        for read in self._claims:  # first on its own, so that an error names the claim
            with telling(f"{self.file}: {read.text.place}"):
                read.quantity.evaluate(self._calculation.on(Run()))
        judged = iter(examine(read.claim for read in self._claims if read.claim is not None))
        findings = [self._holds(read) if read.claim is None else next(judged) for read in self._claims]
        recalled = [
            _recalled(finding) if self.source.seen and not read.text.seen else finding
            for finding, read in zip(findings, self._claims, strict=True)
        ]
        return Report(recalled, self.title if self.source.seen else f"{self.title} (recalled, not read)", self.notes)

    def _read(self, text: ClaimText) -> _Read:
        """Read one claim: its quantity, and its figures or its formula."""
        place = f"{self.file}: {text.place}"
        with telling(f"{place}.quantity"):
            quantity = self._calculation.read(text.quantity)
        if text.printed is None:
            with telling(f"{place}.formula"):
                return _Read(text, quantity, formula=self._calculation.read(text.formula or ""))
        with telling(f"{place}.printed"):
            printed = Figure.parse(text.printed)
        with telling(f"{place}.also"):
            also = tuple(map(Figure.parse, text.also))
        key, sign = self._key(quantity)
        claim = Claim(
            quantity=text.quantity,
            printed=printed,
            evaluate=lambda run: quantity.evaluate(self._calculation.on(run)),
            name=text.name,
            key=key,
            sign=sign,
            also=also,
            orders=lambda: self._orders(quantity),
            expected=text.expect,
            reason=text.reason,
        )
        return _Read(text, quantity, claim=claim)

    def _key(self, quantity: Quantity) -> tuple[Key | None, int]:
        """Return what a figure of this quantity can stand in for in other claims, and the sign that it has there."""
        nodes = self._calculation.graph.nodes
        steps = quantity.expression.steps
        negated = len(steps) == 2 and steps[1].apply is negate
        if not quantity.atoms or not (len(steps) == 1 or negated):
            return None, 1
        sign = -1 if negated else 1
        match next(iter(quantity.atoms.values())):
            case Name(name) if name in nodes:
                return ("value", nodes[name]), sign
            case Derivative(of, by) if of in nodes and by in nodes:
                return ("derivative", nodes[of], nodes[by]), sign
            case Change(Name(name)) if name in nodes:
                return ("change", nodes[name]), sign
        return None, 1

    def _orders(self, quantity: Quantity) -> Iterator[Alternative]:
        """Yield what a quantity is under other orders of updates; an order in which it has no value is left out."""
        for words, calculation in self._calculation.orders() if quantity.takes_steps else ():
            with suppress(MicrogradnetError):
                yield quantity.evaluate(calculation.on(Run())), words

    def _holds(self, read: _Read) -> Finding:
        """Judge a formula: whether it gives the same number."""
        with telling(f"{self.file}: {read.text.place}.formula"):
            value, claimed = (
                each.evaluate(self._calculation.on(Run())) for each in (read.quantity, read.formula or read.quantity)
            )
        holds = math.isclose(value, claimed, rel_tol=FORMULA_TOLERANCE, abs_tol=FORMULA_TOLERANCE * 1e-3)
        explanation = "" if holds else f"it is {value:.8g}; the formula gives {claimed:.8g}"
        return Finding(
            read.text.name,
            read.text.quantity,
            read.text.formula or "",
            value,
            f"{value:.8g}",
            Verdict.HOLDS if holds else Verdict.WRONG,
            explanation,
            read.text.expect,
            read.text.reason,
        )

    def __repr__(self) -> str:
        return f"<Worksheet {self.title!r}: {len(self._claims)} claims>"


@dataclass(frozen=True, slots=True)
class _Read:
    """A claim whose quantity has been read, with its figure or its formula."""

    text: ClaimText
    quantity: Quantity
    claim: Claim | None = None
    formula: Quantity | None = None


def _recalled(finding: Finding) -> Finding:
    """Say of one figure that it is recalled, where the others of its source were read."""
    words = "; ".join(part for part in (finding.explanation, "the figure is recalled, not read") if part)
    return replace(finding, explanation=words)
