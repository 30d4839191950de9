"""The text of a program: which expressions get a line and a name, and what the program needs beside its lines.

:class:`Listing` turns lines into text, :func:`write_program` adds constants, functions and the pieces of the flat
arrays, :class:`ProgramWriter` does so for the two programs of a graph: the values, and the step with its gradient.
:class:`ArrayGroup` and :class:`Explanation` say which scalars became which array.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import Array, ArrayLayout, ArrayView
from microgradnet.compiler.equations import OUTER, Adjoint, Forward, Piece, ProgramNames, add_piece
from microgradnet.compiler.expressions import (
    COUNT,
    DOUBLE,
    SHARE,
    SMALL,
    ArrayExpression,
    Body,
    ProgramLine,
    RuleDefinition,
    in_precision,
    write_body,
    written,
)
from microgradnet.compiler.expressions import name as variable
from microgradnet.operation import ATOM, PRODUCT, Rule
from microgradnet.text import TextTable, encodable, escape_html

_LONGEST = 60  # characters of an expression that may stand inside another
_LONGEST_COMMENT, _MOST_OPERATIONS = 80, 12  # of an equation that is given as a comment
_DEEPEST = 12  # operations inside each other on one line


class Listing:
    """The lines of a function as text, with names for the expressions that several lines share.

    Arguments:
        lines: the lines, definitions before their uses.
        results: the expressions that the function returns.
        fresh: from a hint to an unused name.
    """

    def __init__(self, lines: Sequence[ProgramLine], results: Iterable[Any], fresh: Callable[[str], str]) -> None:
        self.fresh = fresh
        self.text: list[str] = []
        self.definitions: dict[RuleDefinition, None] = {}
        self.results = [result for result in results if hasattr(result, "body")]
        self.names: dict[Body, str] = {}
        self.own: dict[Body, str] = {}
        self.owners = {line.operands[0].body: line for line in lines if line.own}
        self.uses = _count_uses([*(o for line in lines if line.template for o in line.operands), *self.results])
        for line in lines:
            if line.template:
                self._statement(line)
            else:
                self._definition(line)
        for result in self.results:
            self._name_shared(result.body)

    def write(self, operand: Any) -> str:
        """Return an operand as Python that may use the names of all lines."""
        return written(operand, self.names.get)[0]

    def _statement(self, line: ProgramLine) -> None:
        for operand in line.operands:
            if hasattr(operand, "body"):
                self._name_shared(operand.body)
        body = Body(line.template, line.operands, places=line.places)
        self.text.append(write_body(body, self.names.get)[0])

    def _definition(self, line: ProgramLine) -> None:
        body = line.operands[0].body
        line = self.owners.get(body, line)
        if not self.uses[body] or body in self.names or (body.light and not line.own):
            return
        self._name_shared(body, itself=False)
        text, _ = write_body(body, self.names.get)
        if line.own:
            self._name(body, text, line.hint, self._equation(body, line.hint, text))
            self.own[body] = line.hint
        elif (self.uses[body] > 1 and not self._is_small(body)) or len(text) > _LONGEST:
            self._name(body, text, self.fresh(line.hint))

    def _name_shared(self, root: Body, *, itself: bool = True) -> None:
        """Name the parts of a body that are used more than once or nest too deep, inner ones first."""
        waiting: list[tuple[Body, bool]] = [(root, False)]
        depths: dict[Body, int] = {}
        while waiting:
            body, ready = waiting.pop()
            if body in self.names:
                continue
            if not ready:
                waiting.append((body, True))
                waiting += [(inner, False) for inner in reversed(body.inner())]
                continue
            depths[body] = 1 + max((depths.get(inner, 0) for inner in body.inner()), default=0)
            if body.needs is not None:
                self.definitions[body.needs] = None
            often = self.uses[body] > 1 and not self._is_small(body)
            if (often or depths[body] > _DEEPEST) and not body.light and (itself or body is not root):
                self._name(body, write_body(body, self.names.get)[0], self.fresh("v"))
                depths[body] = 0

    def _is_small(self, body: Body) -> bool:
        """Return whether a body is a sum or difference of two variables, used twice: it reads best where it is used."""
        parts = [operand for operand in body.operands if getattr(operand, "factor", 0.0) == 1.0]
        named = len(parts) == 2 and all(part.body in self.own or not part.body.operands for part in parts)
        return named and self.uses[body] == 2 and body.template in SMALL

    def _equation(self, body: Body, called: str, text: str) -> str:
        """Return the definition of a named body in terms of others; empty where it is long or the line itself."""
        waiting, count = [body], 0
        while waiting:
            inner = waiting.pop()
            if inner not in self.own:
                waiting += inner.inner()
                count += not inner.light
                if count > _MOST_OPERATIONS:
                    return ""
        equation, _ = write_body(body, self.own.get)
        return f"{called} = {equation}" if equation != text and len(equation) <= _LONGEST_COMMENT else ""

    def _name(self, body: Body, text: str, called: str, comment: str = "") -> None:
        self.names[body] = called
        self.text.append(f"{called} = {text}  # {comment}" if comment else f"{called} = {text}")


def _count_uses(roots: Iterable[Any]) -> Counter[Body]:
    """Count how often each body is written; a light one is written again at each use."""
    starts = [root.body for root in roots if hasattr(root, "body")]
    order: list[Body] = []
    seen: set[Body] = set()
    waiting: list[tuple[Body, bool]] = [(body, False) for body in reversed(starts)]
    while waiting:
        body, ready = waiting.pop()
        if ready:
            order.append(body)
        elif body not in seen:
            seen.add(body)
            waiting.append((body, True))
            waiting += [(inner, False) for inner in reversed(body.inner())]
    uses: Counter[Body] = Counter(starts)
    for body in reversed(order):
        for inner in body.inner():
            uses[inner] += uses[body] if body.light else 1
    return uses


_INDENT = "    "


@dataclass(frozen=True, slots=True)
class ProgramText:
    """A program of one function, as text and compiled by Python.

    Arguments:
        text: the text without the numbers of the constants.
        constants: per name, an array.
        external: per name, a rule that the program calls, as it can't be written as a formula.
        code: the compiled text.
        dtype: the type of its numbers.
    """

    text: str
    constants: dict[str, Any]
    external: dict[str, RuleDefinition]
    code: Any
    dtype: str

    def bind(self, parameters: Any, gradient: Any) -> Callable[..., Any]:
        """Return the function, working on these flat arrays."""
        external = {name: on_arrays(definition.rule, self.dtype) for name, definition in self.external.items()}
        names: dict[str, Any] = {"np": np, **external, **self.constants}
        exec(self.code, names)
        return names["program"](parameters, gradient)  # type: ignore[no-any-return]

    @property
    def source(self) -> str:
        """The text of a program that runs by itself."""
        head = ["import numpy as np"]
        dtype = "" if self.dtype == DOUBLE else f", np.{self.dtype}"
        if self.external:
            head += ["from microgradnet.compiler.writing import on_arrays"]
            head += ["from microgradnet.operation import lookup", ""]
            head += [f"{name} = on_arrays({_found(definition)}{dtype})" for name, definition in self.external.items()]
        if self.constants:
            head += ["", *(f"{name} = np.{_literal(numbers)}" for name, numbers in self.constants.items())]
        return "\n".join([*head, "", "", self.text])


def write_program(
    scope: ProgramNames, called: str, lines: Sequence[ProgramLine], results: Sequence[Any], ending: str
) -> tuple[ProgramText, dict[Body, str]]:
    """Return the program of one function, and the names of the bodies that it computes.

    Arguments:
        scope: the names of the program.
        called: the name of the function.
        lines: its lines.
        results: the expressions that it returns.
        ending: its last line, with braces for the results.
    """
    listing = Listing(lines, results, scope.branch())
    body = [*listing.text, ending.format(", ".join(map(listing.write, results)))]
    words = set(re.findall(r"\w+", " ".join(body)))
    parameters, samples = scope.layout.arrays[:2]
    arguments = "samples" if samples.shape[0] else "samples=None"
    function = [f"def {called}({arguments}):", *_indented([*_beginning(scope, words), *body])]
    pieces = [
        f"{name} = {_part(piece, flat)}{said}"
        for piece in scope.pieces[parameters]
        if piece.shape
        for name, flat, said in (
            (piece.name, "parameters", ""),
            (f"d{piece.name}", "gradient", f"  # the derivatives by {piece.name}"),
        )
        if name in words
    ]
    inside = [*pieces, *([""] if pieces else []), *function, "", f"return {called}"]
    definitions, external = _define(listing.definitions)
    text = "\n".join([*definitions, "def program(parameters, gradient):", *_indented(inside), ""])
    text = in_precision(text, scope.dtype)
    words |= set(re.findall(r"\w+", text))
    constants = {name: numbers for name, numbers in scope.constants.items() if name in words}
    code = compile(text, "<compiled graph>", "exec")
    return ProgramText(text, constants, external, code, scope.dtype), listing.names


def _beginning(scope: ProgramNames, words: set[str]) -> list[str]:
    """Return the lines that unpack samples and single parameters."""
    parameters, samples = scope.layout.arrays[:2]
    lines = [
        f"{piece.name} = parameters[{piece.begin}]"
        for piece in scope.pieces[parameters]
        if not piece.shape and piece.name in words
    ]
    lines += [
        f"{piece.name} = samples[:, {piece.begin}:{piece.end}]"
        for piece in scope.pieces[samples]
        if piece.name in words
    ]
    if SHARE in words:
        words.add(COUNT)
        lines.insert(0, f"{SHARE} = 1 / {COUNT}  # of each sample in the mean")
    if COUNT in words and samples.shape[0]:
        lines.insert(0, f"{COUNT} = len(samples)")
    return lines


def _part(piece: Piece, flat: str) -> str:
    shape = f".reshape{piece.shape}" if len(piece.shape) > 1 else ""
    return f"{flat}[{piece.begin}:{piece.end}]{shape}"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{_INDENT}{line}" if line else "" for line in lines]


def _define(needed: Iterable[RuleDefinition]) -> tuple[list[str], dict[str, Any]]:
    """Return the text of functions and of the functions that they call, and those that can't be written."""
    waiting, known = list(needed), dict.fromkeys(needed)
    texts: list[list[str]] = []
    external: dict[str, RuleDefinition] = {}
    while waiting:
        definition = waiting.pop(0)
        if definition.result is None:
            external[definition.name] = definition
            continue
        listing = Listing([], [definition.result], _numbered())
        result = f"return {listing.write(definition.result)}"
        header = f"def {definition.name}({', '.join(definition.parameters)}):"
        texts.append([header, *_indented([*listing.text, result]), "", ""])
        new = [other for other in listing.definitions if other not in known]
        known.update(dict.fromkeys(new))
        waiting += new
    return [line for text in reversed(texts) for line in text], external


def _numbered() -> Callable[[str], str]:
    count = iter(range(1, 1000))
    return lambda hint: f"{hint}{next(count)}"


def _found(definition: RuleDefinition) -> str:
    partial = "" if definition.place is None else f".partials[{definition.place}]"
    return f'lookup("{definition.op.name}"){partial}'


def on_arrays(rule: Rule, dtype: Any = float) -> Rule:
    """Return an elementwise rule that takes numbers and arrays of any shape and always returns an array of this type.

    A rule of the table returns a float for a NumPy scalar, and a user's rule may be written for one number at a time.
    """

    def elementwise(*operands: Any) -> Any:
        try:
            return np.asarray(rule(*operands), dtype)
        except (TypeError, ValueError):
            return np.vectorize(rule, otypes=[dtype])(*operands)

    return elementwise


def _literal(numbers: Any) -> str:
    with np.printoptions(threshold=np.iinfo(int).max, linewidth=120, floatmode="unique"):
        return repr(numbers).replace("nan", "np.nan").replace("inf", "np.inf").replace("=float32", "=np.float32")


_FACTORS = (PRODUCT, PRODUCT + 1)


def gradient_lines(scope: ProgramNames, parts: dict[Any, list[tuple[ArrayView, Any]]]) -> list[ProgramLine]:
    """Return the lines that write the adjoints of the parameters into their places in the flat gradient.

    Matrix products come first, as they can be computed in place. The first part of a place sets it, later ones add.
    """
    parameters = scope.layout.arrays[0]
    targets: list[Piece | Array] = [*scope.pieces[parameters], parameters]
    places = [(target, view, part) for target in targets for view, part in parts.get(target, [])]
    places.sort(key=lambda each: not _is_product(each[2]))
    covered = np.zeros(parameters.shape[0], bool)
    lines: list[ProgramLine] = []
    for target, view, part in places:
        reached = _reached(target, view)
        sets = not covered[reached].any() and view.gather is None
        if not sets and not covered[reached].all():
            lines.insert(0, _zeros(reached[~covered[reached]]))
        covered[reached] = True
        lines.append(_line(scope, target, view, part, "=" if sets else "+="))
    if not covered.all():
        lines.insert(0, _zeros(np.flatnonzero(~covered)))
    return lines


def _is_product(part: Any) -> bool:
    return isinstance(part, ArrayExpression) and " @ " in part.body.template


def _reached(target: Any, view: ArrayView) -> Any:
    """Return the places in the flat gradient that a view covers."""
    begin = target.begin if isinstance(target, Piece) else 0
    if view.gather is not None:
        return np.unique(view.gather[view.gather >= 0]) + begin
    numbers = np.arange(int(np.prod(view.source))).reshape(view.source if view.split is None else view.split)
    return begin + np.unique(numbers if view.index is None else numbers[view.index])


def _zeros(places: Any) -> ProgramLine:
    low, high = int(places.min()), int(places.max())
    if high - low == len(np.unique(places)) - 1:
        return ProgramLine((), f"gradient[{low}:{high + 1}] = 0")
    return ProgramLine((), "gradient[:] = 0")


def _line(scope: ProgramNames, target: Piece | Array, view: ArrayView, part: Any, sign: str) -> ProgramLine:
    if isinstance(target, Piece) and not target.shape:
        return ProgramLine((part,), f"gradient[{target.begin}] {sign} #1")
    called = f"d{target.name}" if isinstance(target, Piece) else "gradient"
    array = variable(called, target.shape)
    if view.whole and sign == "=" and isinstance(part, ArrayExpression) and part.shape == target.shape:
        template = part.body.template
        if template == "#1 @ #2" and part.factor == 1.0 and len(part.shape) in (1, 2):
            return ProgramLine(
                part.body.operands, f"np.matmul(#1, #2, out={called})  # {called} = #1 @ #2", places=_FACTORS
            )
        if template == OUTER and part.factor == 1.0:
            text = f"np.multiply(#1[:, None], #2, out={called})  # {called} = outer product of #1 and #2"
            return ProgramLine(part.body.operands, text, places=(ATOM, 0))
        if template == "#1.sum(0)" and part.factor == 1.0:
            (summed,) = part.body.operands
            text = f"#1.sum(0, out={called})"
            if not summed.batched and len(summed.shape) == 2:  # in half of the time, by BLAS
                text = f"np.matmul({scope.constant('ones', np.ones(summed.shape[0]))}, #1, out={called})"
            return ProgramLine((summed,), f"{text}  # {called} = #1.sum(0)", places=(ATOM,))
    if view.whole and sign == "+=":
        return ProgramLine((array, part), "np.add(#1, #2, out=#1)")
    if view.whole:
        return ProgramLine((array, part), "#1[:] = #2")
    return add_piece(array, view, part, scope.constant, sign)


class ProgramWriter:
    """The two programs of a layout.

    Arguments:
        layout: the arrays.
        dtype: the type of their numbers.

    Attributes:
        values: the program that computes the outputs.
        step: the program that computes the loss and its gradient; None where there is more than one output.
        columns: per array that ``values`` returns, the columns of the outputs that it fills.
        groups: the scalars that each array holds.
    """

    def __init__(self, layout: ArrayLayout, dtype: str) -> None:
        self.layout, self.scope = layout, ProgramNames(layout, dtype)
        self.forward = Forward(self.scope)
        self.lines = [line for array in layout.arrays[2:] for line in self._compute(array)]
        self.columns, results = self._results()
        self.step: ProgramText | None = None
        self.values, names = write_program(self.scope, "values", self.lines, results, "return {},")
        if len(layout.recording.outputs) == 1:
            self.step, names = self._step(results[0])
        self.groups = explain(layout, self.forward, names)

    def _compute(self, array: Array) -> list[ProgramLine]:
        """Return the line that computes an array; none where it is a number."""
        value = self.forward.compute(array)
        called = self.scope.names.get(array, "")
        if called and isinstance(value, ArrayExpression) and (value.factor != 1.0 or value.body.light):
            value = ArrayExpression(Body("#1", (value,), light=False), value.shape, value.batched)
        self.scope.values[array] = value
        if not isinstance(value, ArrayExpression):
            return []
        value.body.shared = True
        return [ProgramLine((value,), hint=called or "v", own=bool(called))]

    def _results(self) -> tuple[list[Any], list[Any]]:
        """Return, per array that holds outputs, the columns that it fills and its expression."""
        layout = self.layout
        nodes = np.array(layout.recording.outputs)
        if len(nodes) == 1:
            return [np.array([0])], [self.forward.read(layout.operand(nodes[0].reshape(())))]
        kinds = layout.grouped.of[nodes]
        columns = [np.flatnonzero(kinds == kind) for kind in dict.fromkeys(kinds.tolist())]
        return columns, [self.forward.read(layout.operand(nodes[each])) for each in columns]

    def _step(self, result: Any) -> tuple[ProgramText, dict[Body, str]]:
        layout = self.layout
        loss = layout.home[layout.grouped.of[layout.recording.outputs[0]]]
        lines = list(self.lines)
        if loss.varied:
            adjoint = Adjoint(self.forward, layout.arrays, layout.recording.outputs[0], loss)
            lines += [*adjoint.lines, *gradient_lines(self.scope, adjoint.parts)]
        if isinstance(result, ArrayExpression) and result.batched:
            body = Body(f"#1.sum() / {COUNT}", (result.bare,), PRODUCT, (ATOM,))
            result = ArrayExpression(body, (), False, result.factor)
        return write_program(self.scope, "step", lines, [result], "return {}")


_WIDEST = 60  # characters of an equation


@dataclass(frozen=True, slots=True)
class ArrayGroup:
    """Scalars that one array of a program holds.

    Arguments:
        name: the array's variable; empty where the program writes it inside another.
        kind: ``"parameters"``, ``"samples"`` or ``"computed"``.
        shape: its shape for one sample.
        batched: whether it has one row for each sample.
        count: how many scalars of the recorded graph it holds.
        first, last: the labels of the first and the last of them; empty where they have none.
        equation: the expression that computes it.
        operands: the places, among the groups, of its operands.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    batched: bool
    count: int
    first: str
    last: str
    equation: str
    operands: tuple[int, ...]

    @property
    def scalars(self) -> str:
        """The scalars, in a few words."""
        if not self.first:
            return f"{self.count} node{'s' * (self.count > 1)}"
        return self.first if self.count == 1 else f"{self.first} ... {self.last}"

    @property
    def size(self) -> str:
        """The shape in words: ``n x 30`` for a row of 30 for each sample."""
        return " x ".join([*(["n"] * self.batched), *map(str, self.shape)]) or "1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The arrays of a program; printed, it is a table.

    Arguments:
        nodes: how many nodes the recorded graph has.
        groups: the arrays, operands before results; none where the graph was too narrow for arrays.
        source: the text shown where there are none.
    """

    nodes: int
    groups: tuple[ArrayGroup, ...]
    source: str = ""

    def __str__(self) -> str:
        if not self.groups:
            return self.source.replace("# ", "").strip()
        return encodable(self._table().text())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._table().html() if self.groups else f"<pre>{escape_html(str(self))}</pre>"

    def _table(self) -> TextTable:
        rows = [(group.name or "-", group.size, group.scalars, group.equation) for group in self.groups]
        computed = sum(group.kind == "computed" for group in self.groups)
        title = f"{self.nodes} nodes became {computed} arrays."
        return TextTable(("array", "shape", "scalars", "computed as"), rows, title=title)


def explain(layout: ArrayLayout, forward: Forward, names: dict[Body, str]) -> tuple[ArrayGroup, ...]:
    """Return the groups of a layout.

    Arguments:
        layout: the arrays.
        forward: their expressions.
        names: the names of their bodies in the program.
    """
    scope = forward.scope
    groups: list[ArrayGroup] = []
    place: dict[Any, int] = {}
    for array in layout.arrays:
        for part in scope.pieces.get(array, [array]):
            if array.made is None or array.nodes is not None:
                place[part] = len(groups)
                operands = tuple(dict.fromkeys(place[each] for each in _operands(array, forward)))
                groups.append(_group(part, array, scope, names, operands))
    return tuple(groups)


def _operands(array: Array, forward: Forward) -> list[Any]:
    """Return the arrays and pieces that an array is computed from, looking through arrays that no group owns."""
    found: list[Any] = []
    for operand in array.made.operands if array.made is not None else []:
        if operand.source is None:
            continue
        part = forward.view(operand)[0]
        if isinstance(part, Array) and part.made is not None and part.nodes is None:
            found += _operands(part, forward)
        elif isinstance(part, Array) and part.made is None:
            found += forward.scope.pieces[part]
        else:
            found.append(part)
    return found


def _group(
    part: Piece | Array, array: Array, scope: ProgramNames, names: dict[Body, str], operands: tuple[int, ...]
) -> ArrayGroup:
    labels = [scope.layout.recording.labels[node] for node in (part.nodes.flat[0], part.nodes.flat[-1])]
    first, last = labels if all(labels) else ("", "")
    if isinstance(part, Piece):
        kind = "samples" if array.batched else "parameters"
        return ArrayGroup(part.name, kind, part.shape, array.batched, part.nodes.size, first, last, kind, ())
    value = scope.values[array]
    name = names.get(value.body, "") if isinstance(value, ArrayExpression) else ""
    equation = _equation(value, names.get)
    count = int((part.nodes >= 0).sum())
    return ArrayGroup(name, "computed", array.shape, array.batched, count, first, last, equation, operands)


def _equation(value: Any, named: Callable[[Body], str | None]) -> str:
    if isinstance(value, ArrayExpression) and value.factor == 1.0:
        text = write_body(value.body, lambda body: None if body is value.body else named(body))[0]
    else:
        text = written(value, named)[0]
    text = in_precision(text, DOUBLE)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
