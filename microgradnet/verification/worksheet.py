"""Worksheets: a calculation that someone worked out by hand, in TOML, and the verdicts on its figures.

A worksheet becomes a graph, names, a step and claims, and its claims take the path that those of ``mg.verify`` take.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING

from msgspec import structs

from microgradnet.errors import ArgumentError, UnknownNameError, WorksheetError
from microgradnet.graph import topological
from microgradnet.nn import optim
from microgradnet.operation import TABLE
from microgradnet.text import TextTable
from microgradnet.value import Value
from microgradnet.verification import library
from microgradnet.verification.calculation import ETA, Calculation, kept_by
from microgradnet.verification.chains import RECALLED
from microgradnet.verification.expression import shorten
from microgradnet.verification.figure import Figure
from microgradnet.verification.judging import judge
from microgradnet.verification.language import (
    NAME,
    Derivative,
    Name,
    of_sample,
    said,
    spell,
)
from microgradnet.verification.lines import begin_of_front, read_page
from microgradnet.verification.page import PageReader
from microgradnet.verification.recording import Recording, WrittenOut
from microgradnet.verification.report import Claim, Report, Verdict, telling, with_consequences
from microgradnet.verification.schema import ClaimText, StepText, WorksheetText, read_worksheet
from microgradnet.verification.spelling import Spelling, is_group, plain

if TYPE_CHECKING:
    from microgradnet.derivation import Derivation

MAX_VISITS = 300_000  # claims times nodes


class Worksheet:
    """A calculation with printed figures. Make one with :meth:`load`, :meth:`from_text` or :meth:`example`.

    Attributes:
        title, notes: what the worksheet says of itself.
        source: who printed the figures, with ``.author``, ``.work`` and ``.seen``.
        loss: the node that is differentiated; ``backward()`` has run.
        eta: the learning rate of a step; None where there are no steps.
        network: the model that the worksheet describes, with its samples; None where it has none.
        names_printed: the names of [names], as the page prints them, with their quantities.
        decimal: the decimal mark of the page, "auto" where it does not say.
        calculation: its names, quantities and steps.

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

    def __init__(self, text: WorksheetText, lines: Sequence[str] = ()) -> None:
        self._lines = lines
        self.file, self.title, self.notes, self.source = text.file, text.title, text.notes, text.source
        recording = Recording(text)
        self.network = recording.network
        self.calculation = Calculation(recording.loss, recording.nodes, recording.loss_name)
        step = text.step
        self._has_loss = recording.is_loss_given
        self._is_plain = step is not None and _is_plain(step) and step.update is None and step.weights != "updated"
        if text.step is not None:
            with telling(text.place("step")):
                _set_step(self.calculation, text.step, [recording.batch(each) for each in text.step.batches or ()])
        self.names_printed, self.decimal = dict(text.names), text.decimal
        for kind, table in (("names", text.names), ("quantities", text.quantities)):
            for name, quantity in table.items():
                with telling(text.place(f"{kind}.{name}")):
                    if kind == "names" and is_group(quantity, self.calculation.known()):
                        continue
                    if kind == "names" and recording.samples:
                        of_one = of_sample(quantity, 1, self.calculation.nodes, recording.loss_name)
                        if of_one != quantity and not self._is_known(quantity):  # of each sample, under its heading
                            self.calculation.read(of_one)
                            continue
                    if kind == "quantities" or re.fullmatch(NAME, name):
                        self.calculation.define(name, quantity)
                    else:  # as a page prints it, such as \\hat{y}
                        self.calculation.read(quantity)
        if recording.size * len(text.claims) > MAX_VISITS:
            given = f"{len(text.claims)} claims about {recording.size} nodes"
            raise WorksheetError(f"{text.file}: claims times nodes up to {MAX_VISITS}", given, "Split the worksheet.")
        self._claims = [self._read(text, claim, place) for place, claim in enumerate(text.claims, 1)]
        self.loss.backward()

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Worksheet:
        """Read a worksheet from a file.

        Raises:
            WorksheetError: it can't be read or used; the message names the file, and the line or the key.
        """
        return cls.from_text(library.read_file(path), PurePath(os.fsdecode(path)).name)

    @classmethod
    def from_text(cls, text: str, name: str = "worksheet") -> Worksheet:
        """Read a worksheet, TOML or a page, from its text; the name is used in errors, and as a title.

        Raises:
            WorksheetError: it can't be used; the message names the line or the key.
        """
        if not isinstance(text, str) or begin_of_front(text.split("\n")) is None:
            return cls(read_worksheet(text, name))
        page = read_page(text, name)
        sheet = read_worksheet(page.front, name, first_line=2, title=page.title)
        return cls(structs.replace(sheet, notes=sheet.notes or page.notes), page.lines)

    @classmethod
    def example(cls, name: str) -> Worksheet:
        """Return a worked example that comes with the package; ``microgradnet examples`` lists their names.

        Raises:
            UnknownNameError: there is no example of this name.
        """
        return cls.from_text(library.text(name), library.file(name).name)

    @property
    def loss(self) -> Value:
        """The node that is differentiated, with every node below it labelled if the worksheet names it."""
        return self.calculation.loss

    @property
    def eta(self) -> float | None:
        """The learning rate; None where the worksheet has no step."""
        return None if self.calculation.descent is None else self.calculation.descent.eta

    @property
    def plain_eta(self) -> float | None:
        """The learning rate where a step is plain gradient descent; None where it is another, or there is none."""
        return self.eta if self._is_plain else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order in which they are computed."""
        return tuple(self.calculation.nodes)

    def find(self, name: str) -> Value:
        """Return the node of a name, such as ``"w1[1,1]"``, or ``"w5"`` where the page calls it so.

        Raises:
            UnknownNameError: there is none; the message lists those that are spelled alike.
        """
        for calculation, spelling in self._readings():
            quantity = spelling.quantity(name) if isinstance(name, str) else None
            if quantity is not None and calculation.resolve_node(spell(quantity)) is not None:
                return calculation.find(quantity)
        return self.calculation.find(name)

    def _readings(self) -> Iterator[tuple[Calculation, Spelling]]:
        """Yield the calculation with the names of the front matter, then with what the text of the page defines."""
        if self._has_loss or not self._lines:
            yield self.calculation, self._spelling
        if self._lines:
            yield self._written_out.calculation, self._written_out.spelling

    @property
    def result(self) -> Value:
        """The node that a picture or a derivation begins at: the loss, be it of the front matter or of the text.

        Raises:
            ArgumentError: neither has a loss, and the text calculates several results.
        """
        return self.loss if self._has_loss or not self._lines else self._written_out.result()

    @cached_property
    def _written_out(self) -> WrittenOut:
        return WrittenOut(self.calculation, *self.as_read, has_loss=self._has_loss)

    def asked(self, quantity: str) -> tuple[Value, Value]:
        """Return what is differentiated by what where a node, ``"w5"``, or a derivative, ``"dL/dw5"``, is asked for.

        Raises:
            UnknownNameError: a name is unknown.
            ArgumentError: it is neither; the message says what the quantity stands for.
        """
        readings = [*self._readings()]
        for calculation, spelling in readings:
            try:
                return self._asked(quantity.strip(), calculation, spelling)
            except (UnknownNameError, ArgumentError):
                if calculation is readings[-1][0]:
                    raise
        raise AssertionError

    def _asked(self, quantity: str, calculation: Calculation, spelling: Spelling) -> tuple[Value, Value]:
        text = spelling.quantity(quantity) or quantity
        read = calculation.read(re.sub(r"^new\s+", "", text))
        inside = [*read.atoms.values()] or [Name(name) for name in read.expression.names]
        atom = inside[0] if len(inside) == 1 else None
        while isinstance(atom, Name) and atom.name in calculation.quantities:
            named = calculation.quantities[atom.name]
            signs = [step.apply for step in named.expression.steps if step.apply is not None]
            inner = [*named.atoms.values()]
            atom = inner[0] if len(inner) == 1 and all(sign is TABLE["negate"] for sign in signs) else None
        if isinstance(atom, Derivative):
            of, by = calculation.find(atom.of), calculation.find(atom.by)
        elif isinstance(atom, Name) and not (atom.name == ETA and self.eta is not None):
            of, by = self.result, calculation.find(atom.name)
        else:
            text = self.names_printed.get(quantity, text)
            given = shorten(quantity) + (f", which is {text}" if text != quantity else "")
            raise ArgumentError("a node or a derivative", given, "Such as w1[1,1], delta1[2] or dE/dw1[1,1].")
        if by not in {*topological(of)} and not (self._has_loss and by in {*self.calculation.nodes.values()}):
            expected, given = f"a node that {of.label} is calculated from", f"{by.label}, which is calculated beside it"
            raise ArgumentError(
                expected, given, f"Ask for d{by.label}/d..., or for what {of.label} is calculated from."
            )
        return of, by

    def derive(self, quantity: str) -> Derivation:
        """Write out the chain rule for a node or a derivative, with the update where the step is plain descent.

        Arguments:
            quantity: such as ``"w1[1,1]"``, ``"dE/dw1[1,1]"``, ``"delta1[2]"``, or what the page calls it. Where it is
                one of the page's names, the derivation is written with these.

        Raises:
            UnknownNameError, ArgumentError: see :meth:`asked`.

        Example:
            >>> Worksheet.example("mazur-2015").derive("w5").value
            0.08216704056423078
        """
        from microgradnet.derivation import derive

        of, by = self.asked(quantity)
        updated = self.updated(by) if of is self.loss else None
        known = (spelling.quantity(quantity.strip()) for _, spelling in self._readings())
        found = next(filter(None, known), quantity)
        with self._labels(is_of_page=spell(found) != spell(quantity)):
            derivation = derive(of, by)
            if updated is not None and self.eta and math.isclose(updated, by.data - self.eta * derivation.value):
                derivation = derive(of, by, eta=self.eta)
        return derivation

    def updated(self, node: Value) -> float | None:
        """Return a leaf's number after the worksheet's step; None where the step does not update it."""
        rule = self.calculation.descent
        return (
            None
            if rule is None or node not in rule
            else self.calculation.evaluate(f"new {self.calculation.name_of(node)}")
        )

    @contextmanager
    def _labels(self, *, is_of_page: bool) -> Iterator[None]:
        """Label nodes by their samples, and as the page calls them, while something is written."""
        nodes = self.calculation.nodes
        labels = {node: said(name) for name, node in nodes.items() if "#" in name}
        for printed in self.names_printed if is_of_page else ():
            quantity = spell(self._spelling.quantity(printed) or "")
            if quantity in nodes:
                labels[nodes[quantity]] = plain(printed)
        before = {node: node.label for node in labels}
        try:
            for node, label in labels.items():
                node.label = label
            yield
        finally:
            for node, label in before.items():
                node.label = label

    @cached_property
    def _spelling(self) -> Spelling:
        calculation = self.calculation
        return Spelling(self.names_printed, calculation.known(), calculation.evaluate, calculation.loss_name)

    def evaluate(self, quantity: str) -> float:
        """Return what a quantity is, such as ``"new w1[1,1]"`` or ``"E after 10 steps"``; see the language there.

        Raises:
            ExpressionError, UnknownNameError, ArgumentError: it can't be read.
            DomainError: it has no value.
        """
        return self.calculation.evaluate(quantity)

    def step_in_words(self, name: str) -> str:
        """Return how the step of the worksheet changes a leaf, where that is not plain descent on the derivative.

        Raises:
            UnknownNameError: there is no leaf of this name.
        """
        rule, leaf, run = self.calculation.descent, self.find(name), self.calculation.reading().run
        if rule is None or leaf not in rule:
            return ""
        gradient, (new, _, memory) = run.derivative(run.loss_of_step, leaf), run.moved(leaf)
        of = "dE/d" + name if self.calculation.loss_name == "E" else f"d{self.calculation.loss_name}/d{name}"
        words = [f"in the first batch {of} = {gradient:.8g}"] if rule.batches else []
        if len(rule.stages) > 1:
            words.append(f"with the layers behind it updated first {of} = {gradient:.8g}")
        kept = kept_by(rule.optimizer)
        words += [f"{which} {name} = {number:.8g}" for which, number in zip(kept, memory, strict=False)]
        if rule.optimizer is None:
            sign = "+" if rule.ascent else "-"
            words.append(f"new {name} = {name} {sign} eta*{of} = {leaf.data:.8g} {sign} {rule.eta:g}*{gradient:.8g}")
            return f"The worksheet's step: {', '.join(words)} = {new:.8g}"
        words.append(f"new {name} = {new:.8g}")
        uphill = ", uphill" if rule.ascent else ""
        return f"The worksheet's step, by {type(rule.optimizer).__name__}{uphill}: {', '.join(words)}"

    def verify(self, *, expectations: bool = True) -> Report:
        """Judge every claim.

        Arguments:
            expectations: whether a verdict that the worksheet itself expects, such as ``expect = "wrong"`` of a known
                mistake, counts as it should be; False where somebody else's work is marked.

        Raises:
            WorksheetError: a quantity has no value, or the steps exceed what a worksheet may use.
        """
        title = self.title if self.source.seen else f"{self.title} (recalled, not read)"
        claims = self._claims if expectations else [replace(claim, expected=None) for claim in self._claims]
        if not self._lines:
            report = judge(self.calculation, claims, title, self.notes)
            return Report(with_consequences(report), title, self.notes, report.convention)
        reader = PageReader(self.calculation, self.names_printed, self.decimal, expectations=expectations)
        with telling(self.file):
            return reader.judge(self._lines, title, self.notes, claims)

    @cached_property
    def as_read(self) -> tuple[Calculation, dict[str, str]]:
        """The calculation with what the text of the page defines, and all names of the page with their quantities.

        A name that the text gives to several formulas in turn is none of them.
        """
        reader = PageReader(self.calculation.anew(), self.names_printed, self.decimal)
        with telling(self.file):
            reader.judge(self._lines)
        phrases = {letter: phrase for phrase, letter in reader.stand_ins.items()}
        defined = {phrases.get(name[0], name): quantity for name, quantity in reader.defined.items() if quantity}
        return reader.calculation, {**defined, **self.names_printed}

    def _is_known(self, quantity: str) -> bool:
        try:
            self.calculation.read(quantity)
        except UnknownNameError:
            return False
        return True

    def _read(self, text: WorksheetText, claim: ClaimText, number: int) -> Claim:
        """Read one claim: its quantity, and its figures or its formula."""
        path = f"claims[{number}]"
        with telling(text.place(f"{path}.quantity")):
            quantity = self.calculation.read(claim.quantity)
        with telling(text.place(f"{path}.formula")):
            formula = None if claim.formula is None else self.calculation.read(claim.formula)
        with telling(text.place(f"{path}.printed")):
            printed = None if claim.printed is None else Figure.parse(claim.printed)
        with telling(text.place(f"{path}.also")):
            also = tuple(map(Figure.parse, claim.also or ()))
        return Claim(
            quantity,
            printed,
            name=claim.name,
            formula=formula,
            also=also,
            expected=None if claim.expect is None else Verdict(claim.expect),
            reason=claim.reason,
            remark=RECALLED if self.source.seen and not claim.seen else "",
            place=text.place(path),
            line=text.lines.get(f"{path}.quantity", text.lines.get(path, 0)),
        )

    def _repr_html_(self) -> str:
        claimed = [claim.printed or claim.formula for claim in self._claims]
        rows = [[claim.title, said.text if said else ""] for claim, said in zip(self._claims, claimed, strict=True)]
        return TextTable(["quantity", "claimed"], rows, align="lr", title=self.title).html()

    def __repr__(self) -> str:
        size = f"a page of {len(self._lines)} lines" if self._lines else f"{len(self._claims)} claims"
        return f"<Worksheet {self.title!r}: {size}>"


def _is_plain(step: StepText) -> bool:
    return optim.find(step.optimizer) is optim.SGD and not (step.options() or step.batches or step.ascent)


def _set_step(calculation: Calculation, step: StepText, batches: Sequence[Value]) -> None:
    """Say what one step is."""
    options, kind = step.options(), optim.find(step.optimizer)
    optimizer = None if kind is optim.SGD and not options else partial(kind, lr=step.eta, **options)
    calculation.set_step(
        step.eta,
        step.update,
        updated_weights=step.weights == "updated",
        optimizer=optimizer,
        batches=batches,
        ascent=step.ascent,
    )
