"""What the sides of a printed equality are, and whether they agree.

Printed numbers are exact, and rational arithmetic stays exact. A printed result may be rounded at its last place, and
so may each decimal that is new on the right side.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from microgradnet.verification.grammar import Syntax
from microgradnet.verification.lines import FormulaSide, Statement

Number = Fraction | float
Range = tuple[Number, Number]

_NOISE_IN_ULPS = 16  # of a double: how far a short computation may be off
_MOST_BITS = 4_000  # of an exact number; beyond, doubles are used
_MOST_MOVED = 64  # rounded numbers in one formula
_MOST_UNITS = Fraction(10) ** 300  # in the last place, so that a float can say it
_NEGLIGIBLE = Fraction(1, 1_000_000)  # an epsilon that pages drop: 4/(2 + 1e-8) = 4/2
_DOTS = ("·", "⋅", "∙", "•", "\\cdot", "@")
_SCALES_OF_TEN = frozenset("kKMGTB")  # 6 k is six thousand
_VERDICTS = ("exact", "rounded", "truncated", "wrong")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name stands for on a page: a printed number or list, and one unit of its last place (0 for integers)."""

    value: Any
    unit: Fraction = Fraction(0)


def written(value: Any) -> str:
    """Return a number, or a list of them, to 12 digits."""
    return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else f"{float(value):.12g}"


# What a side is.


class _InLettersError(Exception):
    """A side holds letters that no number is known for, or an operation that is not computed."""


def computed(side: FormulaSide, names: Mapping[str, Bound]) -> Any:
    """Return what a side is: a Fraction, a float or a list; None where it holds letters or has no finite value."""
    tree = side.tree
    only = tree
    while only is not None and only.kind in ("group", "norm", "abs"):
        only = only.parts[0]
    if tree is None or only is None or (only.kind == "name" and only.text not in names):
        return None  # a letter by itself is a name, even e and π
    if tree.kind == "call" and tree.text == "C":
        return None  # binomial in C(3,2) 0.5^3; by itself it may be a cost
    try:
        value = _Evaluator(names, {}).value(tree)
    except (_InLettersError, TypeError, ValueError, ArithmeticError):
        return None
    flat = value if isinstance(value, list) else [value]
    if any(isinstance(part, list) for part in flat):
        return None  # matrices are left alone
    return value if all(isinstance(x, Fraction) or math.isfinite(x) for x in flat) else None


def without_unit(statement: Statement, names: Mapping[str, Bound]) -> Statement:
    """Return a statement without the unit behind its numbers: ``3 × 2.5 cm = 7.5 cm``, ``0.5 · 3 = 1.5 N``.

    A letter is a unit where both sides end with it, or where only a printed result does, after numbers without any.
    """
    left, right = _without_denominators(statement.left.tree, names), _without_denominators(statement.right.tree, names)
    unit = _unit_behind(right, names)
    if unit is None or left is None or right is None:
        return statement
    number = replace(statement.right, tree=_without(right, unit))
    if _unit_behind(left, names) == unit:
        return replace(statement, left=replace(statement.left, tree=_without(left, unit)), right=number)
    is_result = printed_number(right.parts[0]) is not None and unit not in _SCALES_OF_TEN
    alone = computed(statement.left, names) is not None and not isinstance(computed(statement.left, names), list)
    return replace(statement, right=number) if is_result and alone else statement


def _without_denominators(tree: Syntax | None, names: Mapping[str, Bound]) -> Syntax | None:
    """Return a side without what its unit is divided by, as in ``19.6 m/s²``."""
    if tree is None or tree.kind != "/":
        return tree
    below = tree.parts[1].parts[0] if tree.parts[1].kind == "^" else tree.parts[1]
    above = _without_denominators(tree.parts[0], names)
    is_unit = below.kind == "name" and below.text not in names and _unit_behind(above, names) is not None
    return above if is_unit else tree


def _unit_behind(tree: Syntax | None, names: Mapping[str, Bound]) -> str | None:
    """Return the name that a product ends with, if no number is known for it and no sign stands before it."""
    while tree is not None and tree.kind == "*" and not (tree.text == "" and tree.parts[1].kind == "name"):
        tree = tree.parts[1]
    if tree is None or tree.kind != "*" or tree.parts[1].start == tree.parts[0].end:
        return None
    name = tree.parts[1].text
    return None if name in names or name in ("e", "π", "pi") or tree.parts[1].primes else name


def _without(tree: Syntax, unit: str) -> Syntax:
    first, second = tree.parts
    if second.kind == "name" and second.text == unit:
        return first
    return replace(tree, parts=(first, _without(second, unit)))


class _Evaluator:
    """Computes a tree. ``shifts`` moves the numbers and names that begin at a column."""

    def __init__(self, names: Mapping[str, Bound], shifts: Mapping[int, Fraction]) -> None:
        self.names, self.shifts = names, shifts

    def value(self, tree: Syntax) -> Any:
        """Return a Fraction where that is exact, else a float, or a list."""
        kind = tree.kind
        if kind == "number":
            return tree.number + self.shifts.get(tree.start, Fraction(0))
        if kind == "name":
            return self._name(tree)
        if kind == "call":
            return self._call(tree)
        parts = [self.value(part) for part in tree.parts]
        if kind == "vector":
            return parts
        if kind in ("group", "T"):
            return parts[0]
        if kind == "abs" and _is_matrix(parts[0]):
            return _determinant(parts[0])
        if kind == "norm" or (kind == "abs" and isinstance(parts[0], list)):
            return _norm(parts[0], tree.text)
        if kind in _OF_ONE:
            return _map(_OF_ONE[kind], parts[0])
        if kind == "*" and tree.parts[0].kind == "T" and all(isinstance(part, list) for part in parts):
            return _combine(kind, parts[0], parts[1], "·")  # a row times a column
        if kind == "*" and tree.parts[1].kind == "T" and tree.text not in _DOTS:
            raise _InLettersError("a column times a row")
        return _combine(kind, parts[0], parts[1], tree.text)

    def _name(self, tree: Syntax) -> Any:
        bound = self.names.get(tree.text)
        if bound is not None and not tree.primes:
            return bound.value + self.shifts[tree.start] if tree.start in self.shifts else bound.value
        if tree.text in ("π", "pi", "e"):
            return math.e if tree.text == "e" else math.pi
        raise _InLettersError(tree.text)

    def _call(self, tree: Syntax) -> Any:
        from microgradnet.operation import TABLE

        arguments = [self.value(part) for part in tree.parts]
        if tree.text in _OF_LISTS and not tree.primes:
            flat = [x for argument in arguments for x in (argument if isinstance(argument, list) else [argument])]
            return _OF_LISTS[tree.text](flat)
        op = TABLE.get(tree.text.lower())
        if tree.text == "dot" and len(arguments) == 2:
            return _combine("*", arguments[0], arguments[1], "·")
        if tree.text in _OF_WHOLES:
            return Fraction(_OF_WHOLES[tree.text](*(_whole(argument, 10**6) for argument in arguments)))
        if tree.text == "det":
            return _determinant(arguments if len(arguments) > 1 else arguments[0])
        if tree.text == "round" and len(arguments) == 2:
            unit = Fraction(10) ** -_whole(arguments[1], 30)
            return round(Fraction(arguments[0]) / unit) * unit
        if tree.text in _LOGARITHMS and not tree.primes:
            return _LOGARITHMS[tree.text](float(arguments[0]))
        if op is None or tree.primes > 1 or len(arguments) != len(op.partials) or op.parameter is not None:
            raise _InLettersError(tree.text)
        if tree.primes:
            return _map(lambda x: float(op.partials[0](float(x), float(op(float(x))))), arguments[0])
        if len(arguments) == 1:
            return _map(lambda x: float(op(float(x))), arguments[0])
        return float(op(*map(float, arguments)))


def _softmax(numbers: list[Any]) -> list[float]:
    largest = max(map(float, numbers))
    powers = [math.exp(float(x) - largest) for x in numbers]
    return [power / math.fsum(powers) for power in powers]


def _whole(number: Any, largest: int) -> int:
    """Return a whole number that is not negative and not too large."""
    if not isinstance(number, Fraction) or number.denominator != 1 or not 0 <= number <= largest:
        raise _InLettersError("no small whole number")
    return int(number)


def _norm(value: Any, order: str) -> Any:
    """Return the norm of a list, Euclidean where no other order is given."""
    entries = value if isinstance(value, list) else [value]
    if any(isinstance(entry, list) for entry in entries) or order not in ("", "1", "2"):
        raise _InLettersError("another norm")
    if order == "1" or len(entries) == 1:
        return sum(map(abs, entries))
    return math.hypot(*map(float, entries))


def _determinant(rows: Any) -> Any:
    """Return the determinant of a small square matrix, developed along its first row."""
    if not _is_matrix(rows) or len(rows) > 5 or any(len(row) != len(rows) for row in rows):
        raise _InLettersError("no small square matrix")
    if len(rows) == 1:
        return rows[0][0]
    minors = [[[*row[:place], *row[place + 1 :]] for row in rows[1:]] for place in range(len(rows))]
    return sum((-1) ** place * rows[0][place] * _determinant(minor) for place, minor in enumerate(minors))


def _combinations(above: int, below: int) -> int:
    if above > 60:
        raise _InLettersError("a large binomial coefficient")
    return math.comb(above, below)


def _degree(number: Any) -> float:
    return math.radians(float(number))


_OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "mod": operator.mod,
}
_OF_ONE: dict[str, Callable[[Any], Any]] = {
    "neg": lambda x: -x,
    "%": lambda x: x / 100,
    "abs": abs,
    "floor": lambda x: Fraction(math.floor(x)),
    "ceil": lambda x: Fraction(math.ceil(x)),
    "!": lambda x: Fraction(math.factorial(_whole(x, 170))),
    "°": _degree,
}
_OF_WHOLES: dict[str, Callable[..., int]] = {
    "binom": _combinations,
    "C": _combinations,
    "gcd": math.gcd,
    "lcm": math.lcm,
}
_LOGARITHMS = {"log10": math.log10, "log2": math.log2}
_OF_LISTS: dict[str, Callable[[list[Any]], Any]] = {
    "maximum": max,
    "minimum": min,
    "softmax": _softmax,
    "sum": sum,
    "mean": lambda numbers: sum(numbers) / len(numbers),
}


def _map(function: Callable[[Any], Any], value: Any) -> Any:
    return [_map(function, part) for part in value] if isinstance(value, list) else function(value)


def _combine(kind: str, left: Any, right: Any, sign: str = "") -> Any:
    """Apply an operator: lists go by element, and ``(1, 2) · (5, 6)`` is a dot product; a matrix maps a list."""
    if kind == "*" and sign in ("", *_DOTS) and _is_matrix(left) and isinstance(right, list):
        if _is_matrix(right):
            raise _InLettersError("a product of matrices")
        return [_combine("*", row, right, "·") for row in left]
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right) or kind in "/^":
            raise _InLettersError("lists of other lengths")
        parts = [_combine(kind, x, y) for x, y in zip(left, right, strict=True)]
        return sum(parts) if kind == "*" and sign in _DOTS else parts
    if isinstance(left, list) or isinstance(right, list):
        if (kind in "+-" and not isinstance(left, list)) or (kind in "/^" and isinstance(right, list)):
            raise _InLettersError("a list and a number")
        pairs = [(x, right) for x in left] if isinstance(left, list) else [(left, y) for y in right]
        return [_combine(kind, x, y) for x, y in pairs]
    return _arithmetic(kind, left, right)


def _is_matrix(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)


def _arithmetic(kind: str, left: Number, right: Number) -> Number:
    exact = isinstance(left, Fraction) and isinstance(right, Fraction)
    if kind == "^":
        if isinstance(left, Fraction) and isinstance(right, Fraction) and right.denominator == 1:
            bits = max(left.numerator.bit_length(), left.denominator.bit_length())
            if bits * abs(right.numerator) <= _MOST_BITS:
                return Fraction(left ** int(right))
        return math.pow(float(left), float(right))
    x, y = (left, right) if exact else (float(left), float(right))
    result: Number = _OF_TWO[kind](x, y)
    if isinstance(result, Fraction) and max(result.denominator, abs(result.numerator)).bit_length() > _MOST_BITS:
        return float(result)
    return result


# Whether two sides agree.


def compare_sides(
    statement: Statement, left: Any, right: Any, names: Mapping[str, Bound], given: Container[float] = ()
) -> tuple[str, float | None]:
    """Return the verdict on a statement and, for a wrong number, how many units in its last place it is off.

    Arguments:
        statement: the statement.
        left: what its left side is.
        right: what its right side is.
        names: what names stand for.
        given: numbers that are exact wherever they are printed.
    """
    left_tree, right_tree = statement.left.tree, statement.right.tree
    assert right_tree is not None
    old = {node.text for node in left_tree.walk() if node.kind == "number"} if left_tree is not None else set()
    judged = _Judge(names, old, statement.relation, given)
    verdict, off = judged.compare(left, right, left_tree, right_tree)
    if verdict == "wrong" and left_tree is not None:
        without = _without_epsilon(left_tree, names)
        if without is not None and judged.compare(without, right, left_tree, right_tree)[0] == "exact":
            return "rounded", None
    return verdict, off


def may_round_to(statement: Statement, right: Any, given: Container[float]) -> bool:
    """Tell whether the right side can result from the left one if the left one shows numbers rounded.

    Numbers that are ``given`` are exact.
    """
    tree, printed = statement.left.tree, statement.right.tree
    if tree is None or printed is None or isinstance(right, list):
        return False
    centre = computed(statement.left, {})
    if centre is None or isinstance(centre, list):
        return False
    low, high = _Judge({}, set(), "=", given)._reach(tree, centre, _halves)
    number = printed_number(printed)
    half = Fraction(10) ** (number[1] - number[0].decimals) / 2 if number is not None else Fraction(0)
    return bool(low - half <= right <= high + half)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Compares sides: ``old`` are the numbers of the left side as printed, which the right side only repeats."""

    names: Mapping[str, Bound]
    old: set[str]
    relation: str
    given: Container[float] = ()

    def compare(self, left: Any, right: Any, left_tree: Syntax | None, tree: Syntax) -> tuple[str, float | None]:
        """Return the verdict, and how far off a wrong number is."""
        if isinstance(left, list) or isinstance(right, list):
            return self._lists(left, right, tree), None
        low, high = self._reach(left_tree, left, _halves, names_only=True)
        noise = _noise(left, right)
        if abs(Fraction(left) - Fraction(right)) <= noise:
            return "exact", None
        printed = printed_number(tree)
        if printed is not None:
            return self._number(low, high, left, right, printed, noise)
        for verdict, moves in (("rounded", _halves), ("truncated", _cuts)):
            least, most = self._reach(tree, right, moves)
            if least - noise <= high and low <= most + noise:
                return verdict, None
        return "wrong", None

    def _number(
        self, low: Number, high: Number, left: Number, right: Number, printed: tuple[Syntax, int], noise: Fraction
    ) -> tuple[str, float | None]:
        number, shift = printed
        unit = Fraction(10) ** (shift - number.decimals)
        exact = Fraction(right)
        if exact - unit / 2 - noise <= Fraction(high) and Fraction(low) <= exact + unit / 2 + noise:
            return "rounded", None
        cut = abs(Fraction(left)) - abs(exact)
        if Fraction(left) * exact >= 0 and 0 <= cut < unit + noise:
            return ("rounded" if number.cut else "truncated"), None
        if len(number.text.strip("0.")) >= 15 and math.isclose(float(left), float(right), rel_tol=1e-15):
            return "rounded", None  # doubles as a computer prints them: 0.1 + 0.2 = 0.30000000000000004
        return "wrong", float(min(abs(Fraction(left) - exact) / unit, _MOST_UNITS))

    def _lists(self, left: Any, right: Any, tree: Syntax) -> str:
        while tree.kind == "group":
            tree = tree.parts[0]
        if isinstance(left, list) and not isinstance(right, list):  # [1, 2] * [3, 4] = 11 can only be a dot product
            return self.compare(sum(left), right, None, tree)[0]
        if not isinstance(left, list) or len(left) != len(right):
            return "wrong"
        parts = tree.parts if tree.kind == "vector" else [None] * len(left)
        verdicts = [
            self.compare(x, y, None, part)[0] if part is not None else "exact" if _agree(x, y) else "wrong"
            for x, y, part in zip(left, right, parts, strict=True)
        ]
        return max(verdicts, key=_VERDICTS.index)

    def _reach(
        self,
        tree: Syntax | None,
        centre: Number,
        moves: Callable[[Fraction], tuple[Fraction, Fraction]],
        *,
        names_only: bool = False,
    ) -> Range:
        """Return between which values a formula lies if its rounded numbers move (exact if monotone in each)."""
        movable = (
            [] if tree is None else [(node, unit) for node in tree.walk() if (unit := self._unit(node, names_only))]
        )
        if tree is None or not movable or len(movable) > _MOST_MOVED:
            return centre, centre
        low: dict[int, Fraction] = {}
        high: dict[int, Fraction] = {}
        for node, unit in movable:
            ends = sorted(moves(unit), key=lambda move: self._shifted(tree, {node.start: move}, centre))
            low[node.start], high[node.start] = ends
        found = [centre, self._shifted(tree, low, centre), self._shifted(tree, high, centre)]
        return min(found), max(found)

    def _unit(self, node: Syntax, names_only: bool) -> Fraction:
        """Return one unit in the last place of a number that may have been rounded; 0 for any other node."""
        if node.kind == "name" and node.text in self.names and not isinstance(self.names[node.text].value, list):
            return self.names[node.text].unit
        if names_only or node.kind != "number" or node.text in self.old or float(node.number) in self.given:
            return Fraction(0)
        may_move = node.decimals > 0 or (self.relation == "≈" and node.text.isdigit())
        return Fraction(10) ** -node.decimals if may_move else Fraction(0)

    def _shifted(self, tree: Syntax, shifts: Mapping[int, Fraction], centre: Number) -> Number:
        try:
            return _Evaluator(self.names, shifts).value(tree)  # type: ignore[no-any-return]
        except (_InLettersError, TypeError, ValueError, ArithmeticError):
            return centre


def _halves(unit: Fraction) -> tuple[Fraction, Fraction]:
    return -unit / 2, unit / 2


def _cuts(unit: Fraction) -> tuple[Fraction, Fraction]:
    return Fraction(0), unit


def _agree(left: Number, right: Number) -> bool:
    return abs(Fraction(left) - Fraction(right)) <= _noise(left, right)


def _noise(*values: Number) -> Fraction:
    """Return how far apart two doubles may be that stand for one number; 0 for exact numbers."""
    if all(isinstance(value, Fraction) for value in values):
        return Fraction(0)
    return _NOISE_IN_ULPS * Fraction(max(math.ulp(float(value)) for value in values))


def _without_epsilon(tree: Syntax, names: Mapping[str, Bound]) -> Any:
    """Return what a side is with its negligible numbers left out, as pages do with ε; None where it has none."""
    tiny = {
        node.start: -node.number
        for node in tree.walk()
        if node.kind == "number" and 0 < abs(node.number) <= _NEGLIGIBLE
    }
    try:
        return _Evaluator(names, tiny).value(tree) if tiny else None
    except (_InLettersError, TypeError, ValueError, ArithmeticError):
        return None


def printed_number(tree: Syntax) -> tuple[Syntax, int] | None:
    """Return the number and its power of ten if a side is a printed number: ``-0.25``, ``99.5%``, ``3 × 10^-4``."""
    shift = 0
    while tree.kind != "number":
        if tree.kind == "^" and (alone := _power_of_ten(tree)) is not None:  # 10^12, an order of magnitude
            return replace(tree.parts[0], number=Fraction(1), decimals=0, text="1"), shift + alone
        power = _power_of_ten(tree.parts[1]) if tree.kind == "*" else None
        if tree.kind not in ("group", "neg", "%") and power is None:
            return None
        shift += power or (-2 if tree.kind == "%" else 0)
        tree = tree.parts[0]
    return (tree, shift) if tree.text[:1].isascii() else None


def as_printed(tree: Syntax) -> str | None:
    """Return a printed number in plain notation, such as ``-2.5e-4``; None if a side is no printed number."""
    printed = printed_number(tree)
    if printed is None:
        return None
    number, shift = printed
    negative, percent = False, False
    while tree is not number and tree.parts:
        negative ^= tree.kind == "neg"
        percent |= tree.kind == "%"
        tree = tree.parts[0]
    shift += 2 * percent
    digits = number.text + (f"e{shift}" if shift else "")
    return ("-" if negative else "") + digits + ("%" if percent else "")


def _power_of_ten(tree: Syntax) -> int | None:
    if tree.kind != "^" or tree.parts[0].kind != "number" or tree.parts[0].number != 10:
        return None
    exponent, sign = tree.parts[1], 1
    while exponent.kind in ("neg", "group"):
        sign, exponent = (-sign if exponent.kind == "neg" else sign), exponent.parts[0]
    is_whole = exponent.kind == "number" and exponent.number.denominator == 1 and abs(exponent.number) < 400
    return sign * int(exponent.number) if is_whole else None
