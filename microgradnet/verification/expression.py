"""Arithmetic written as text, read safely: numbers, names, ``+ - * / **``, and the operations of the table.

A formula from a stranger can compute nothing else. What it may hold is checked character by character before Python's
parser sees it, and node by node afterwards; the result is a list of steps in the order of evaluation, which runs over
whatever its names stand for: floats, ``Value`` nodes or symbols.

This is the language in which a worksheet says what its names *are*, and it has one reading for each text. What pages
print is read by ``grammar``, which has to guess: there ``2 x -1`` is a product, ``f(1,234)`` has one operand,
``x [1]`` is x times a list, and what stays unclear is left unjudged.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial, reduce
from typing import Any

from microgradnet.errors import ExpressionError, close_names
from microgradnet.operation import TABLE, Op
from microgradnet.ops import where

MAX_LENGTH = 2_000  # characters
MAX_DEPTH = 40  # brackets within brackets

_FORBIDDEN = re.compile(r"[^\w\s.,+\-*/()\[\]]")
_INSTEAD = {
    "^": "A power is written with **, as in x**2.",
    "=": "Write only what stands on the right of the equals sign.",
    "·": "A product is written with *.",
    "×": "A product is written with *.",
    "−": "A minus sign is written with -, the hyphen of the keyboard.",
    "–": "A minus sign is written with -, the hyphen of the keyboard.",
    "÷": "A quotient is written with /.",
    "{": "Use round brackets.",
    "}": "Use round brackets.",
    "²": "A power is written with **, as in x**2.",
    "³": "A power is written with **, as in x**3.",
}
ADVICE = "Use numbers, names, + - * / **, round brackets and the operations of the table."
MAX_STEPS = 1_000  # numbers, names and operations
MAX_EXPONENT = 1_000.0  # of a power whose exponent is written as a number

# What people write for an operation of the table; the names of the table come first where both exist.
_ALIASES = {"max": "maximum", "min": "minimum", "ln": "log", "logistic": "sigmoid", "sgn": "sign", "ceiling": "ceil"}
_ALIASES |= {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
_FOLDED = ("maximum", "minimum")  # operations of two operands that are written with any number of them
_WITH_LISTS = re.compile(r"\b(?:sum|mean|dot|norm|max|min|maximum|minimum)\s*\(")
CONSTANTS = {"pi": math.pi}  # names that are numbers, unless the calculation gives the name to something else

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.USub: "-"}


def check_characters(text: str, also: str = "") -> None:
    """Refuse what is too long, too deep or written with characters that arithmetic does not need.

    Raises:
        ExpressionError: it is so; characters of ``also`` are allowed too.
    """
    if len(text) > MAX_LENGTH:
        given = f"{len(text)} characters, starting {shorten(text)}"
        raise ExpressionError(f"a formula of at most {MAX_LENGTH} characters", given, "Split it into smaller ones.")
    if not text.strip():
        raise ExpressionError("a formula", "nothing", ADVICE)
    found = next((found for found in _FORBIDDEN.finditer(text) if found[0] not in also), None)
    if found:
        given = f"{found[0]!r} at column {found.start() + 1} of {shorten(text)}"
        raise ExpressionError("a formula of plain arithmetic", given, _INSTEAD.get(found[0], ADVICE))
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_DEPTH:
            expected = f"at most {MAX_DEPTH} brackets within brackets"
            raise ExpressionError(expected, f"more at column {column} of {shorten(text)}", "Split the formula.")


def shorten(text: str, length: int = 60) -> str:
    """Return a piece of text in quotes, cut to what fits into a line."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of an evaluation: put a number or the value of a name on the stack, or apply something to its top.

    Arguments:
        apply: what to apply to the topmost operands; None for a number or a name.
        operands: how many operands ``apply`` takes.
        content: the number, or the name.
    """

    apply: Callable[..., Any] | None
    operands: int
    content: float | str = 0.0


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula that has been read and found harmless.

    Arguments:
        text: as it was written.
        steps: what to do, in order, operands first.
    """

    text: str
    steps: tuple[Instruction, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the formula uses, each once, in order of appearance."""
        return tuple(dict.fromkeys(step.content for step in self.steps if isinstance(step.content, str)))

    def evaluate(self, find: Callable[[str], Any], alter: Callable[[int, Any], Any] | None = None) -> Any:
        """Return the result, with each name replaced by what ``find`` returns for it.

        Arguments:
            find: from a name to its number, node or symbol.
            alter: is called with the place of each operation in ``steps`` and its result, and returns the result to
                go on with.

        Raises:
            DomainError: an operation has no real, finite result for its operands.
        """
        stack: list[Any] = []
        for place, step in enumerate(self.steps):
            if step.apply is None:
                stack.append(find(step.content) if isinstance(step.content, str) else step.content)
                continue
            operands = stack[-step.operands :]
            del stack[-step.operands :]
            result = step.apply(*operands)
            stack.append(result if alter is None else alter(place, result))
        return stack[0]


Entries = Callable[[str], Sequence[str]]
"""From the name of a list to the names of its entries, in order: ``x`` to ``x[1]``, ``x[2]``; empty for no list."""


def read_expression(text: str, written: str | None = None, entries: Entries | None = None) -> Expression:
    """Read a formula such as ``"0.5*(t[1] - a2[1])**2"``.

    Arguments:
        text: the formula.
        written: what errors show in its place, of the same length.
        entries: knows the lists that ``sum``, ``mean``, ``dot``, ``norm``, ``max`` and ``min`` take.

    Raises:
        ExpressionError: it is not arithmetic, is not allowed, or is too large; the message names the column.

    Example:
        >>> formula = read_expression("(a*b + c)*f")
        >>> formula.evaluate({"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}.get)
        -8.0
    """
    if not isinstance(text, str):
        raise ExpressionError("a formula as text", f"{text!r} of type {type(text).__name__}", ADVICE)
    written = text if written is None else written
    return _read(text, written, entries) if entries and _WITH_LISTS.search(text) else _read_cached(text, written)


@lru_cache(maxsize=4096)
def _read_cached(text: str, written: str) -> Expression:
    return _read(text, written, None)


def _read(text: str, written: str, entries: Entries | None) -> Expression:
    check_characters(text)
    # Python reads a line that starts with a space as indented, so the formula is moved to the left and columns back.
    body = text.lstrip()
    reader = _Reader(text, written, len(text) - len(body), entries)
    try:
        tree = ast.parse(re.sub(r"\s", " ", body), mode="eval").body
    except SyntaxError as error:
        raise reader.not_arithmetic(error) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("a formula that can be read", shorten(text), "Split it into smaller ones.") from None
    return Expression(text, tuple(reader.steps(tree)))


class _Reader:
    """Turns a syntax tree into steps, refusing every part that is not on the list."""

    def __init__(self, text: str, written: str, moved: int, entries: Entries | None) -> None:
        self.text, self.moved, self.entries = written, moved, entries
        self.body = re.sub(r"\s", " ", text[moved:]).encode()

    def steps(self, tree: ast.expr) -> list[Instruction]:
        """Return the steps of a tree, found without recursion, as a long sum is a deep tree."""
        steps: list[Instruction] = []
        waiting: list[ast.expr] = [tree]
        while waiting:  # results first, then operands from right to left: turned around, that is operands first
            step, operands = self.step(waiting.pop())
            steps.append(step)
            waiting += operands
            if len(steps) > MAX_STEPS:
                given = f"more in {shorten(self.text)}"
                raise ExpressionError(f"at most {MAX_STEPS} numbers, names and operations", given, "Split the formula.")
        return steps[::-1]

    def step(self, node: ast.expr) -> tuple[Instruction, list[ast.expr]]:
        """Return the step of one node and the nodes of its operands."""
        match node:
            case ast.Constant():
                return Instruction(None, 0, self.number(node)), []
            case ast.Name() | ast.Subscript():
                return Instruction(None, 0, self.name(node)), []
            case ast.UnaryOp(op=ast.UAdd()):
                return Instruction(_itself, 1), [node.operand]
            case ast.UnaryOp(op=ast.USub()):
                return Instruction(self.operator(node, 1), 1), [node.operand]
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return Instruction(self.operator(node, 2), 2), [node.left, node.right]
            case ast.BinOp(op=ast.Pow()):
                self.check_exponent(node.right)
                return Instruction(self.operator(node, 2), 2), [node.left, node.right]
            case ast.Call():
                return self.call(node)
        raise self.refused(node, "plain arithmetic", ADVICE)

    def number(self, node: ast.Constant) -> float:
        """Read a literal as a float."""
        if type(node.value) not in (int, float):
            raise self.refused(node, "plain arithmetic", ADVICE)
        try:
            number = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.refused(node, "a number that fits into a float, up to 1.8e308", "Use a smaller number.")
        return number

    def name(self, node: ast.expr) -> str:
        """Read a name with its indices, in the one form ``w1[1,2]``."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            indices = [part.value for part in parts if isinstance(part, ast.Constant) and type(part.value) is int]
            if 0 < len(indices) == len(parts) <= 3:
                return f"{node.value.id}[{','.join(map(str, indices))}]"
        raise self.refused(node, "indices that are whole numbers, as in w1[1,2]", "Indices count from 1, as on paper.")

    def operator(self, node: ast.BinOp | ast.UnaryOp, operands: int) -> Op:
        """Find the operation of the table that a Python operator stands for."""
        sign = _OPERATORS[type(node.op)]
        return next(op for op in TABLE.values() if op.operator == sign and len(op.partials) == operands)

    def call(self, node: ast.Call) -> tuple[Instruction, list[ast.expr]]:
        """Read a call of an operation; ``where`` with three operands is the composition of that name."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if not name:
            raise self.refused(
                node, "the name of an operation before the bracket", "A product needs its *, as in 3*(a + b)."
            )
        if name in _OF_LISTS and node.args and not node.keywords:
            lists = [self.listed(operand) for operand in node.args]
            if name == "dot" and (len(lists) != 2 or len(lists[0]) != len(lists[1])):
                raise self.refused(node, "dot of two lists of one length", "Such as dot(w, x), or dot(w1[1], a1).")
            operands = [operand for entries in lists for operand in entries]
            return Instruction(_OF_LISTS[name], len(operands)), operands
        if name not in TABLE:
            alias = _ALIASES.get(name, "")
            if alias not in TABLE:
                raise self.refused(node, "an operation of the table", _suggestion(name))
            name = alias
        if node.keywords or any(isinstance(operand, ast.Starred) for operand in node.args):
            raise self.refused(node, f"plain operands of {name}", ADVICE)
        function: Callable[..., Any] = TABLE[name]
        takes = len(TABLE[name].partials)
        if name == where.__name__ and len(node.args) == 3:
            function, takes = where, 3
        operands = list(node.args)
        if name in _FOLDED:
            operands = [each for operand in node.args for each in self.listed(operand)]
            if len(operands) > takes:
                function, takes = partial(_folded, TABLE[name]), len(operands)
        if len(operands) != takes:
            formula = TABLE[name].text.template.replace("#1", "x").replace("#2", "y")
            raise self.refused(node, f"{takes} operand{'s' * (takes > 1)} of {name}", f"It is written {formula}.")
        return Instruction(function, takes), operands

    def listed(self, node: ast.expr) -> list[ast.expr]:
        """Return the entries of a list that an operand names; the operand itself where it names none."""
        if self.entries is None or not isinstance(node, ast.Name | ast.Subscript):
            return [node]
        names = self.entries(self.name(node))
        return [ast.Name(name, col_offset=node.col_offset, end_col_offset=node.end_col_offset) for name in names] or [
            node
        ]

    def check_exponent(self, node: ast.expr) -> None:
        """Refuse powers whose written exponent is beyond all use."""
        exponent = node.operand if isinstance(node, ast.UnaryOp) else node
        if isinstance(exponent, ast.Constant) and self.number(exponent) > MAX_EXPONENT:
            raise self.refused(node, f"an exponent of at most {MAX_EXPONENT:g}", "Scale the formula first.")

    def refused(self, node: ast.expr, expected: str, advice: str) -> ExpressionError:
        """Return the error for a part of the formula, with its text and column."""
        # The tree counts columns in bytes of UTF-8.
        start = self.moved + len(self.body[: node.col_offset].decode())
        end = self.moved + len(self.body[: node.end_col_offset].decode())
        given = f"{shorten(self.text[start:end])} at column {start + 1} of {shorten(self.text)}"
        return ExpressionError(expected, given, advice)

    def not_arithmetic(self, error: SyntaxError) -> ExpressionError:
        """Return the error for a text that Python can't read."""
        column = self.moved + max(error.offset or 1, 1)
        product = re.search(r"(?<![\w.])(\d+\.?\d*)([^\W\d]\w*)|(\))\s*([\w(])", self.text)
        advice = "Check brackets and operators there."
        if product:
            column = product.start() + 1
            advice = "A product needs its *, as in 3*v."
        given = f"{shorten(self.text[column - 1 :]) if column <= len(self.text) else 'its end'} at column {column}"
        return ExpressionError("a formula", f"{given} of {shorten(self.text)}", advice)


def _folded(op: Op, *operands: Any) -> Any:
    """Return an operation of two operands applied to any number of them, from the left."""
    return reduce(op, operands)


def _sum(*operands: Any) -> Any:
    """Add up any number of operands."""
    return reduce(TABLE["add"], operands) if len(operands) > 1 else operands[0]


def _mean(*operands: Any) -> Any:
    """Return the mean of any number of operands."""
    return TABLE["divide"](_sum(*operands), float(len(operands)))


def _dot(*operands: Any) -> Any:
    """Return the sum of the products of the first half of the operands with the second."""
    half = len(operands) // 2
    return _sum(*(TABLE["multiply"](x, y) for x, y in zip(operands[:half], operands[half:], strict=True)))


def _norm(*operands: Any) -> Any:
    """Return the root of the sum of the squares."""
    return TABLE["sqrt"](_sum(*(TABLE["multiply"](x, x) for x in operands)))


_OF_LISTS: dict[str, Callable[..., Any]] = {"sum": _sum, "mean": _mean, "dot": _dot, "norm": _norm}


def _itself(operand: Any) -> Any:
    """Read +x as x."""
    return operand


def _suggestion(name: str) -> str:
    """Return advice on an operation that is not in the table: one that is written alike, or all there are."""
    command = re.compile(rf"\\{re.escape(name)}(?![a-z])")
    written = [op.name for op in TABLE.values() if name == op.symbol or command.search(op.latex.template)]
    close = written or close_names(name, [*TABLE, *_OF_LISTS])
    return f"Did you mean {close[0]}?" if close else f"The table has {', '.join(sorted(TABLE))}. A product needs its *."
