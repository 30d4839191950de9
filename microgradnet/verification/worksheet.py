"""Worksheets: a calculation that someone worked out by hand, in TOML, and the verdicts on its figures.

A worksheet becomes a graph, names, a step and claims, and its claims take the path that those of ``mg.verify`` take.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING

from msgspec import structs

from microgradnet.compositions import mean, total
from microgradnet.errors import ArgumentError, MicrogradnetError, UnknownNameError, WorksheetError
from microgradnet.graph import scope, topological
from microgradnet.nn import MLP, losses, optim
from microgradnet.text import TextTable
from microgradnet.value import Value
from microgradnet.verification import library
from microgradnet.verification.calculation import ETA, Calculation, kept_by
from microgradnet.verification.expression import CONSTANTS, read_expression, shorten
from microgradnet.verification.figure import Figure
from microgradnet.verification.judging import judge
from microgradnet.verification.language import (
    NAME,
    Derivative,
    Name,
    Number,
    Quantity,
    entries,
    of_sample,
    said,
    spell,
    unknown_name,
)
from microgradnet.verification.lines import begin_of_front, read_page
from microgradnet.verification.page import RECALLED, PageReader
from microgradnet.verification.report import Claim, Report, Verdict, telling, with_consequences
from microgradnet.verification.schema import ClaimText, NetworkText, StepText, WorksheetText, read_worksheet
from microgradnet.verification.spelling import Spelling, is_group, is_loss, plain

if TYPE_CHECKING:
    from microgradnet.derivation import Derivation

MAX_NODES = 10_000  # of a worksheet's graph
_MOST_LISTED = 5
MAX_VISITS = 300_000  # claims times nodes
_LOSS_SCOPE = "loss"


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
        recording = _Recording(text)
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
    def _written_out(self) -> _WrittenOut:
        return _WrittenOut(self, has_loss=self._has_loss)

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
            inner = [*calculation.quantities[atom.name].atoms.values()]
            atom = inner[0] if len(inner) == 1 else None
        if isinstance(atom, Derivative):
            of, by = calculation.find(atom.of), calculation.find(atom.by)
        elif isinstance(atom, Name) and not (atom.name == ETA and self.eta is not None):
            of, by = self.result, calculation.find(atom.name)
        else:
            text = self.names_printed.get(quantity, text)
            given = shorten(quantity) + (f", which is {text}" if text != quantity else "")
            raise ArgumentError("a node or a derivative", given, "Such as w1[1,1], delta1[2] or dE/dw1[1,1].")
        if by not in {*topological(of)} and not (self._has_loss and by in {*self.calculation.nodes.values()}):
            expected = f"what {of.label} is calculated from"
            raise ArgumentError(expected, by.label, f"Ask for the derivative of what is calculated from {by.label}.")
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
        found = self._spelling.quantity(quantity.strip())
        with self._labels(is_of_page=found is not None and spell(found) != spell(quantity)):
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


class _WrittenOut:
    """The formulas that a page gives names, as nodes above its graph: what pictures and derivations know.

    Attributes:
        calculation: with these nodes.
        spelling: of all names of the page.
    """

    def __init__(self, sheet: Worksheet, *, has_loss: bool) -> None:
        as_read, names = sheet.as_read
        called = {quantity: plain(printed) for printed, quantity in names.items()}
        self._formulas: dict[str, Value] = {}
        for name, quantity in as_read.quantities.items():
            node = self._recorded(quantity, as_read)
            if node is not None:
                node.label = node.label or called.get(name, name)
                self._formulas[name] = node
        self._results = {sheet.calculation.loss_name: sheet.loss} if has_loss else self._without_loss(sheet)
        only = len(self._results) == 1 and next(iter(self._results))
        loss_name = only or sheet.calculation.loss_name
        loss = self._results.get(loss_name, sheet.loss)
        if loss is not sheet.loss:
            sheet.loss.zero_grad()
            loss.backward()
        self.calculation = Calculation(loss, sheet.calculation.nodes | self._formulas, loss_name)
        self.calculation.descent = sheet.calculation.descent
        for name, quantity in as_read.quantities.items():
            if name not in self._formulas:
                with suppress(MicrogradnetError):
                    self.calculation.define(name, quantity.text)
        known, lent = self.calculation.known(), loss_name if loss.inputs else None
        self.spelling = Spelling(names, known, self.calculation.evaluate, lent)

    def _recorded(self, quantity: Quantity, calculation: Calculation) -> Value | None:
        """Return the node of a formula; None where it has derivatives or steps, or no value."""
        operands: dict[str, Value | float] = {}
        for place, atom in quantity.atoms.items():
            if not isinstance(atom, Name | Number):
                return None
            node = self._formulas.get(atom.name)
            if isinstance(atom, Number):
                operands[place] = CONSTANTS[atom.name]
            elif node is not None or (atom.name != ETA and atom.name not in calculation.quantities):
                operands[place] = node if node is not None else calculation.find(atom.name)
            else:
                return None
        with suppress(MicrogradnetError):
            result = quantity.expression.evaluate(operands.__getitem__)
            return result if isinstance(result, Value) else None
        return None

    def _without_loss(self, sheet: Worksheet) -> dict[str, Value]:
        """Return the loss of the text; where it has none, all formulas that nothing else is made from."""
        found = {name: node for name, node in self._formulas.items() if is_loss(node.label)}
        if len(found) == 1 and (not sheet.loss.inputs or sheet.loss in {*topological(*found.values())}):
            return found
        if sheet.loss.inputs or not self._formulas:
            return {sheet.calculation.loss_name: sheet.loss}
        below = {operand for node in topological(*self._formulas.values()) for operand in node.inputs}
        return {name: node for name, node in self._formulas.items() if node not in below}

    def result(self) -> Value:
        """Return the one result of the page; raise an ArgumentError where there are several."""
        if len(self._results) > 1:
            listed = ", ".join(node.label for node in [*self._results.values()][:_MOST_LISTED])
            advice = f"Ask for a derivative such as d{listed.partition(',')[0]}/d..., or write the loss as a formula."
            raise ArgumentError("a page with a loss, or with one result", listed, advice)
        return next(iter(self._results.values()))


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


@dataclass(frozen=True, slots=True)
class SheetNetwork:
    """The network of a worksheet.

    Arguments:
        model: with the weights and biases.
        samples: the inputs and the targets of each.
        loss: from outputs and targets; None where an expression is the loss.
    """

    model: MLP
    samples: Sequence[tuple[Sequence[float], Sequence[float]]]
    loss: Callable[..., Value] | None


class _Recording:
    """The graph of a worksheet, in which every quantity has its name.

    Attributes:
        nodes: every node that has a name, in the order in which they were made.
        loss: the node that is differentiated.
        loss_name: its name.
        size: how many nodes there are at most.
    """

    def __init__(self, text: WorksheetText) -> None:
        self.nodes: dict[str, Value] = {}
        self.size = 0
        self.network: SheetNetwork | None = None
        self.samples: list[Value] = []  # the loss of each
        self._of_samples = total if text.network is not None and text.network.samples == "sum" else mean
        network_loss: Value | None = None
        if text.network is not None:
            with telling(text.place("network")):
                network_loss = self._add_network(text.network)
        for name, content in text.expressions.items():
            with telling(text.place(f"expressions.{name}")):
                self._add(name, content, network_loss)
        self.loss_name = next(reversed(self.nodes)) if network_loss is None else "E"
        if text.loss is not None:
            with telling(text.place("loss")):
                self.loss_name = next(name for name, node in self.nodes.items() if node is self._find(text.loss))
        self.loss = self.nodes[self.loss_name]
        self.is_loss_given = network_loss is not None or text.loss is not None
        if text.step is not None and not self.loss.inputs and not self.is_loss_given:
            given = f"{self.loss_name}, the last of [expressions], which is a number"
            raise WorksheetError(f"{text.file}: a loss that a step makes smaller", given, "Write its formula there.")
        for name, node in self.nodes.items():
            if not math.isfinite(node.data):
                given = f"{name} = {node.data}"
                raise WorksheetError(f"{text.file}: numbers that fit into a float", given, "Check what feeds it.")

    def _add_network(self, text: NetworkText) -> Value | None:
        """Record a network and its loss, whose nodes name themselves; return the loss, if there is one."""
        mlp = MLP.from_weights(
            [layer.weights for layer in text.layers],
            [
                (layer.biases,) * len(layer.weights) if isinstance(layer.biases, float) else layer.biases
                for layer in text.layers
            ],
            activation=[layer.activation for layer in text.layers],
        )
        for number, (layer, made) in enumerate(zip(text.layers, mlp.layers, strict=True), 1):
            if isinstance(layer.biases, float):  # one for all neurons of the layer
                shared = Value(layer.biases, label=f"b{number}")
                for neuron in made.neurons:
                    neuron.b = shared
        function = None if text.loss is None else losses.find(text.loss).function
        self.network = SheetNetwork(mlp, text.rows(), function)
        of_samples = [
            self._add_sample(text, mlp, inputs, targets, number if text.has_samples else 0)
            for number, (inputs, targets) in enumerate(text.rows(), 1)
        ]
        if not text.has_samples or None in of_samples:
            return of_samples[0]
        self.samples = [each for each in of_samples if each is not None]
        loss = self.batch(range(1, len(self.samples) + 1))
        loss.label = "E"
        self.nodes["E"] = loss
        self.size += 2 * len(of_samples)
        return loss

    def batch(self, numbers: Sequence[int]) -> Value:
        """Return the loss of some of the samples, counted from 1."""
        with scope(_LOSS_SCOPE):
            loss: Value = self._of_samples([self.samples[number - 1] for number in numbers])
        return loss

    def _add_sample(
        self, text: NetworkText, mlp: MLP, inputs: Sequence[float], targets: Sequence[float], number: int
    ) -> Value | None:
        """Record one sample; where there are several, its nodes are called ``z1[1]#2``, the weights as they are."""
        result = mlp(list(inputs))
        outputs = result if isinstance(result, list) else [result]
        expected = [Value(target, label=f"t[{place}]") for place, target in enumerate(targets, 1)]
        loss = None if text.loss is None else losses.find(text.loss).function(outputs, expected)
        shared = set(mlp.parameters())
        for node in topological(*([] if loss is None else [loss]), *outputs, *expected):
            self.size += 1
            if node.label:
                name = f"{node.label}#{number}" if number and node not in shared else node.label
                self.nodes.setdefault(name, node)
        return loss

    def _add(self, name: str, content: float | str, network_loss: Value | None) -> None:
        """Record one named expression; a plain number is a leaf."""
        self._make_room(name, network_loss)
        if isinstance(content, float):
            self.nodes[name] = Value(content, label=name)
            return
        expression = read_expression(content, entries=lambda name: entries(name, self.nodes))
        self.size += len(expression.steps)
        if self.size > MAX_NODES:
            raise WorksheetError(f"at most {MAX_NODES} nodes", "more", "Split the worksheet.")
        result = expression.evaluate(self._operand)
        node = result if isinstance(result, Value) else Value(result)
        if not node.label:
            node.label = name
        self.nodes[name] = node

    def _operand(self, name: str) -> Value | float:
        """Return the node of a name, or the number that the name stands for wherever nothing else has it."""
        return CONSTANTS[name] if name in CONSTANTS and name not in self.nodes else self._find(name)

    def _find(self, name: str) -> Value:
        spelled = spell(name)
        before = f"z{spelled[1:]}"  # behind an identity activation, a2[1] is z2[1]
        if spelled not in self.nodes and spelled.startswith("a") and before in self.nodes:
            spelled = before
        if spelled not in self.nodes:
            raise unknown_name(name, self.nodes, shorten(name))
        return self.nodes[spelled]

    def _make_room(self, name: str, network_loss: Value | None) -> None:
        """Refuse a name that is taken, but for the terms of the network's loss: E1 may be defined anew."""
        taken = self.nodes.get(name)
        if taken is None:
            return
        if taken is network_loss or not taken.scope.startswith(_LOSS_SCOPE):
            raise WorksheetError("a name of its own", f"{name!r}, which the network has", "Choose another name.")
        taken.label = ""
        del self.nodes[name]
