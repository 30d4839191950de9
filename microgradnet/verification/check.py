"""Arithmetic that can be judged from itself: ``mg.check("0.1 - 0.1*0.0084 = 0.09916")``.

Each ``=`` and ``≈`` between two sides that can be computed is judged: a printed result against the formula before it,
numbers put in against the numbers that they replace. Printed numbers are exact, and rational arithmetic stays exact; a
result may be rounded at its last printed place, and so may each decimal that is new on the right side.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from microgradnet.errors import ExpressionError, shown, type_of
from microgradnet.messages import translate
from microgradnet.text import clean, encodable
from microgradnet.verification.agreement import Bound, compare_sides, computed, printed_number, without_unit, written
from microgradnet.verification.grammar import Syntax
from microgradnet.verification.lines import FormulaSide, Statement, join_continuations, statements

# Of matrices: (2×3)(3×1) = 2×1 is about rows and columns.
_SHAPES = re.compile(
    r"\(?\s*(?P<a>\d+)\s*(?P<by>×|x|\\times)\s*(?P<b>\d+)\s*\)?\s*[·⋅*@×]?\s*\(?\s*(?P=b)\s*(?P=by)\s*(?P<c>\d+)\s*\)?"
    r"\s*=\s*\(?\s*(?P=a)\s*(?P=by)\s*(?P=c)\s*\)?"
)
_ROUNDED_AWAY = Fraction(1, 20_000)  # how near two formulas are of which one was rounded, as in 1/99.998 = 1/100
_DECIMAL_DIGITS = re.compile(r"[^\W01]")
_LEADING_ZERO = re.compile(r"(?<![\d.,])0\d+(?![\d.,])")  # of a binary number
_THOUSANDS_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+")
_OF_ANGLES = frozenset(["sin", "cos", "tan"])
_FLAT_POWER = re.compile(r"[×·*]\s?10[-−–]\d")  # 5 × 10−3, copied from print
_SPAN = re.compile(r"^(?:\d[\d.]*–\d[\d.]*|\(\d+[-–]\d+\)|\d{4}-\d{4})$")  # of years or items
_RANGE = re.compile(r"\d[\d.]*[-–]\d[\d.]*")  # from 16 to 32, written 16-32
_MARKS = {"exact": "✓", "rounded": "✓", "truncated": "≈", "wrong": "✗"}


@dataclass(frozen=True, slots=True)
class Equality:
    """One judged equality of a line; true unless it is wrong.

    Arguments:
        left, right: the two sides as printed.
        relation: ``"="`` or ``"≈"``.
        verdict: ``"exact"``, ``"rounded"``, ``"truncated"`` or ``"wrong"``.
        exact: what the left side is, to 12 digits.
        line, column: where the right side begins, counted from 1.
        off: how many units in the last printed place a wrong number is off; None for a formula.
        remark: what would make it hold, such as another base of the logarithm.
    """

    left: str
    right: str
    relation: str
    verdict: str
    exact: str
    line: int
    column: int
    off: float | None = None
    remark: str = ""

    def __bool__(self) -> bool:
        return self.verdict != "wrong"

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}"
        said = f"{clean(self.left)} {self.relation} {clean(self.right)}"
        if self.verdict != "wrong":
            return f"{_MARKS[self.verdict]} " + translate(f"{place}: {said}  {self.verdict}; it is {self.exact}")
        units = "" if self.off is None else f", {self.off:.3g} unit{'s' * (self.off != 1)} in the last place away"
        remark = f"; {self.remark}" if self.remark else ""
        return "✗ " + translate(f"{place}: {said}  wrong: the left side is {self.exact}{units}{remark}")


@dataclass(frozen=True, slots=True)
class CheckedText:
    """What ``mg.check`` found; true if every equality between two sides that can be computed holds.

    Arguments:
        text: what was checked.
        equalities: the judged equalities, in order. A truncated result counts as holding.
        unjudged: the sides that hold letters, with their columns.
        unread: the sides that could not be read, and why.
    """

    text: str
    equalities: tuple[Equality, ...]
    unjudged: tuple[FormulaSide, ...]
    unread: tuple[FormulaSide, ...]

    def __bool__(self) -> bool:
        return all(self.equalities)

    def __str__(self) -> str:
        lines = [str(equality) for equality in self.equalities]
        if self.unjudged:
            letters = ", ".join(clean(side.text) for side in self.unjudged)
            lines.append(translate(f"not judged, in letters: {letters}"))
        lines += [translate(f"not read, from column {side.start + 1}: {clean(side.text)}") for side in self.unread]
        return encodable("\n".join(lines))

    __repr__ = __str__

    def as_json(self) -> dict[str, Any]:
        """Return what was found as plain data."""
        return {
            "holds": bool(self),
            "equalities": [asdict(equality) for equality in self.equalities],
            "unjudged": [side.text for side in self.unjudged],
            "unread": [{"column": side.start + 1, "text": side.text, "why": side.why} for side in self.unread],
        }

    def _repr_html_(self) -> str:
        rows = [
            f'<tr style="color:{"#b3261e" if not equality else "inherit"}"><td>{_MARKS[equality.verdict]}</td>'
            f"<td><code>{html.escape(f'{equality.left} {equality.relation} {equality.right}')}</code></td>"
            f"<td>{equality.verdict}</td><td>{html.escape(equality.exact)}</td></tr>"
            for equality in self.equalities
        ]
        return f"<table><tr><th></th><th>equality</th><th>verdict</th><th>left side</th></tr>{''.join(rows)}</table>"


def check(text: str, names: Mapping[str, float] | None = None, *, decimal: str = "auto") -> CheckedText:
    r"""Judge one line of arithmetic, or several: each ``=`` and ``≈`` whose two sides can be computed.

    Plain text, Unicode and LaTeX are read, with labels, units and remarks around the formulas. A printed number holds
    if the left side rounds to it at its last place (at a tie, either way), or is cut to it (``truncated``). Where the
    right side is a formula, its decimals that are new may be rounded. A name that a line binds to a number, as
    ``x = 2`` does, stands for it in the lines that follow, unless it is bound again to another number.

    Arguments:
        text: the line or lines.
        names: what names stand for.
        decimal: the decimal mark, ``"."`` or ``","``; ``"auto"`` takes a comma where all numbers of a line have one.

    Returns:
        A :class:`CheckedText`, which is true if every judged equality holds, prints, and shows itself in a notebook.

    Raises:
        ExpressionError: there is no equality in the text, or nothing of it can be read; the message has the column.

    Example:
        >>> import microgradnet as mg
        >>> print(mg.check("0.1 - 0.1*0.0084 = 0.09916"))
        ✓ line 1, column 20: 0.1 - 0.1*0.0084 = 0.09916  exact; it is 0.09916
        >>> bool(mg.check(r"\sigma(0.5) = \frac{1}{1 + e^{-0.5}} \approx 0.6235"))
        False
    """
    if not isinstance(text, str):
        raise ExpressionError("check needs a line of arithmetic as text", type_of(text), 'Write mg.check("2*3 = 6").')
    if decimal not in ("auto", ".", ","):
        raise ExpressionError('the decimal mark is "auto", "." or ","', shown(decimal), "Leave it out for a point.")
    given = {name: Bound(Fraction(number)) for name, number in (names or {}).items()}
    found, sides = judge_lines(text.split("\n"), given, decimal=decimal)
    unread = tuple(side for side in sides if side.tree is None)
    unjudged = tuple(side for side in sides if side.tree is not None)
    if not found and not unjudged:
        raise _nothing_read(text, unread)
    return CheckedText(text, tuple(found), unjudged, unread)


def _nothing_read(text: str, unread: tuple[FormulaSide, ...]) -> ExpressionError:
    if unread:
        side = unread[0]
        return ExpressionError(f"column {side.start + 1} begins a formula", shown(side.text), side.why)
    return ExpressionError("a line states an equality, with = or ≈", shown(text), "Write both sides: 2*3 = 6.")


def judge_lines(
    lines: Iterable[str],
    names: Mapping[str, Bound] | None = None,
    *,
    decimal: str = "auto",
    never: frozenset[str] = frozenset(),
    notes: bool = False,
) -> tuple[list[Equality], list[FormulaSide]]:
    """Return the equalities of lines that can be judged, and the sides that could not be computed.

    Arguments:
        lines: the lines; a chain may go on in lines that begin with ``=``.
        names: what names stand for at the beginning.
        decimal: the decimal mark.
        never: names that stand for nothing, as they are bound to several numbers.
        notes: whether an equality of two bare numbers is left alone, as in notes it is seldom arithmetic.
    """
    known = dict(names or {})
    found: list[Equality] = []
    alone: dict[tuple[int, int], FormulaSide] = {}
    carried: tuple[str, Any] | None = None
    reused = set(never)
    for first, line in join_continuations(lines):
        said = statements(line, frozenset(known), decimal=decimal)
        for place, statement in enumerate(said):
            statement = _without_exclamation(without_unit(statement, known), known)
            left, right = computed(statement.left, known), computed(statement.right, known)
            begins = place == 0 or said[place - 1].right.start != statement.left.start
            if begins and _is_name(statement.left):  # a definition, or the result of the line before
                left = carried[1] if carried is not None and statement.left.text == carried[0] else None
                if notes and right is not None and not _is_near(left, right):
                    left = None  # a definition again
            for side, value in ((statement.left, left), (statement.right, right)):
                if value is None:
                    alone.setdefault((first, side.start), side)
            if left is not None and right is not None and not _is_left_alone(statement, left, right, notes):
                equality = _equality(line, first, statement, left, right, known)
                if equality or not (notes and _is_no_result(statement, left, right, line, begins=begins)):
                    found.append(equality)
        carried = _carry(said, known)
        _bind(said, known, reused)
    return found, list(alone.values())


def bindings(lines: Iterable[str]) -> dict[str, set[Any]]:
    """Return the numbers that lines bind each name to."""
    found: dict[str, set[Any]] = {}
    for _, line in join_continuations(lines):
        try:
            bound = binding(statements(line))
        except ExpressionError:
            continue
        if bound is not None:
            found.setdefault(bound[0], set()).add(repr(bound[1].value))
    return found


def _is_name(side: FormulaSide) -> bool:
    tree = side.tree
    while tree is not None and tree.kind == "group":
        tree = tree.parts[0]
    return tree is not None and tree.kind == "name"


# What may mean something else than arithmetic is left alone.


def _is_left_alone(statement: Statement, value: Any, result: Any, notes: bool) -> bool:
    """Tell whether a statement may mean something else: an assignment, or two numbers beside words, ``v1.2 = 1.3``."""
    left, right = statement.left.tree, statement.right.tree
    is_result = right is not None and printed_number(right) is not None
    if notes and is_result and _is_name(statement.left):
        return True  # a definition, wherever it stands
    if is_result and left is not None and printed_number(left) is not None and (notes or statement.left.cut):
        return True  # two numbers
    if left is not None and left.kind == "vector" and not isinstance(result, list):
        return True  # the median of a list, say
    if isinstance(result, list) and not isinstance(value, list):
        return True  # an interval
    if _THOUSANDS_POINT.fullmatch(statement.right.text) and value == int(statement.right.text.replace(".", "")):
        return True  # 1280 × 36 = 46.080 in German
    is_shape = _SHAPES.fullmatch(f"{statement.left.text} = {statement.right.text}") is not None
    return statement.relation == "←" or is_shape or _is_joined(statement) or _is_size(statement, value)


def _without_exclamation(statement: Statement, names: Mapping[str, Bound]) -> Statement:
    """Return a statement without the mark behind its result where the sentence ends with it: ``2*3 = 6!``."""
    tree = statement.right.tree
    if tree is None or tree.kind != "!" or printed_number(tree.parts[0]) is None:
        return statement
    plain = replace(statement, right=replace(statement.right, tree=tree.parts[0]))
    is_factorial = computed(statement.left, names) == computed(statement.right, names)
    return statement if is_factorial else plain


def _is_no_result(statement: Statement, value: Any, result: Any, line: str, *, begins: bool) -> bool:
    """Tell whether notes may state something else, where an equality does not hold, than a result of arithmetic.

    What a line begins with may be an equation (x² + y² = 1), a square of one letter a name (R²) or the error's (e²). A
    number before a formula is what an equation is solved for, or rounded (0.408 = 1/√6); two formulas that are so near
    are rounded; 129–132 is a range, and 0010 a binary number.
    """
    left, right = statement.left.tree, statement.right.tree
    if re.match(r"\s*(?:\\text\{\s*)?bits?\b", line[statement.right.end :]):
        return True  # of so many bytes
    if right is not None and right.kind == "%" and value == 100 * result:
        return True  # 75 - 25 = 50% of the data
    if _is_count(statement, line) or _is_about(statement, value, result):
        return True
    if left is None or right is None:
        return False
    if begins and any(node.kind == "name" and node.text not in ("e", "π", "pi") for node in left.walk()):
        return True
    if left.kind == "^" and left.parts[0].kind == "name" and not _is_near(value, result):
        return True
    if "^" in statement.left.text and not _DECIMAL_DIGITS.search(statement.left.text + statement.right.text):
        return True  # exclusive or, in a program
    if any(sign.search(statement.left.text) for sign in (_FLAT_POWER, _LEADING_ZERO, _SPAN)):
        return True
    if printed_number(right) is not None or isinstance(value, list) or isinstance(result, list):
        return False
    return printed_number(left) is not None or bool(abs(value - result) < abs(value) * _ROUNDED_AWAY)


def _is_near(left: Any, right: Any) -> bool:
    """Tell whether a number may be meant as the value of the formula in the line before."""
    if left is None or isinstance(left, list) or isinstance(right, list):
        return False
    return bool(abs(left - right) <= abs(left) / 10)


def _is_size(statement: Statement, value: Any) -> bool:
    """Tell whether the result is the size of a square, as in ``(28 - 3 + 2)/1 + 1 = 28×28``."""
    size = re.fullmatch(r"\(?(\d+)\s*(?:[×x]|\\times)\s*\1\)?", statement.right.text)
    return size is not None and not isinstance(value, list) and 0 <= value - int(size[1]) < 1


def _is_count(statement: Statement, line: str) -> bool:
    """Tell whether a word counts the terms of a sum, as in ``4 + 1 + 1 = 3 coins``."""
    tree, terms = statement.left.tree, 1
    while tree is not None and tree.kind == "+":
        tree, terms = tree.parts[0], terms + 1
    counted = statement.right.tree is not None and statement.right.tree.text == str(terms)
    return counted and re.match(r"\s+[^\W\d_]{3,}", line[statement.right.start + 1 :]) is not None


def _is_about(statement: Statement, value: Any, result: Any) -> bool:
    """Tell whether a round number stands for one near it: ``8 * 8192 ≈ 65,000``, ``2.5 * 507.5 = 1270``."""
    tree = statement.right.tree
    if tree is None or isinstance(value, list) or isinstance(result, list):
        return False
    if statement.relation == "≈" and tree.kind == "^" and tree.parts[0].text == "10":
        return bool(0 < value < 10 * result < 100 * value)  # an order of magnitude
    if tree.kind != "number":
        return False
    digits = tree.text.rstrip(".")
    zeros = len(digits) - len(digits.rstrip("0")) if digits.isdigit() else 0
    has_decimals = statement.left.tree is not None and any(node.decimals > 0 for node in statement.left.tree.walk())
    reach = 10**zeros if statement.relation == "≈" else Fraction(10**zeros, 2) if has_decimals or zeros > 2 else 0
    return zeros > 0 and abs(value - result) < reach


def _is_joined(statement: Statement) -> bool:
    """Tell whether lists are joined or repeated as in a program: ``[1, 2] + [3] = [1, 2, 3]``."""
    left, right = statement.left.tree, statement.right.tree
    if left is None or right is None or right.kind != "vector" or left.kind not in "+*" or left.kind == "call":
        return False
    lengths = [len(part.parts) if part.kind in ("vector", "group") else 0 for part in left.parts]
    if left.kind == "+":
        return len(right.parts) == sum(lengths) > max(lengths) > 0 < min(lengths)
    times = left.parts[1].number if left.parts[1].kind == "number" else 0
    return lengths[0] > 0 and times > 1 and len(right.parts) == lengths[0] * times


def _carry(said: list[Statement], names: Mapping[str, Bound]) -> tuple[str, Any] | None:
    """Return a name and its formula's value where the next line may give the result, as ``w = 0.3``."""
    tree = said[-1].right.tree if said else None
    if (
        tree is None
        or said[0].left.tree is None
        or said[0].left.tree.kind != "name"
        or printed_number(tree) is not None
        or tree.kind == "vector"
        or _RANGE.fullmatch(said[-1].right.text)
    ):
        return None
    value = computed(said[-1].right, names)
    return None if value is None else (said[0].left.text, value)


def _bind(said: list[Statement], known: dict[str, Bound], reused: set[str]) -> None:
    """Let a name stand for the number that its chain ends with; a name that is bound twice stands for nothing."""
    bound = binding(said)
    if bound is None or bound[0] in reused:
        return
    name, number = bound
    if name in known and known[name].value != number.value:
        reused.add(name)
        del known[name]
    else:
        known[name] = number


def binding(said: list[Statement]) -> tuple[str, Bound] | None:
    """Return the name that a line begins with and the number that its chain ends with."""
    if not said or not _is_name(said[0].left) or said[0].left.cut or said[0].relation != "=":
        return None
    chain = all(before.right.start == after.left.start for before, after in pairwise(said))
    tree = said[-1].right.tree
    printed = printed_number(tree) if tree is not None and chain and not said[-1].right.cut else None
    value = computed(said[-1].right, {})
    if printed is None or value is None or said[0].left.tree is None:
        return None
    number, shift = printed
    unit = Fraction(10) ** (shift - number.decimals) if number.decimals > 0 else Fraction(0)
    return said[0].left.tree.text, Bound(value, unit)


def _equality(
    line: str, first: int, statement: Statement, left: Any, right: Any, names: Mapping[str, Bound]
) -> Equality:
    verdict, off = compare_sides(statement, left, right, names)
    if verdict == "wrong" and _is_signed(line, statement) and not isinstance(left, list):
        both = [(*compare_sides(statement, value, right, names), value) for value in (-left, left)]
        verdict, off, left = min(both, key=lambda judged: judged[0] == "wrong")
    if verdict == "wrong" and (plain := _times_hundred(statement)) is not None:
        verdict, off = compare_sides(plain, left, computed(plain.right, names), names)
    remark = _remark(statement, names) if verdict == "wrong" else ""
    begin = statement.right.start
    row, column = first + 1 + line.count("\n", 0, begin), begin - line.rfind("\n", 0, begin)
    texts = (statement.left.text, statement.right.text, statement.relation)
    return Equality(*texts, verdict, written(left), row, column, off, remark)


def _times_hundred(statement: Statement) -> Statement | None:
    """Return a statement without the sign of ``80/100 × 100 = 80%``; None where there is no such factor."""
    left, right = statement.left.tree, statement.right.tree
    if left is None or right is None or right.kind != "%" or left.kind != "*" or left.parts[1].text != "100":
        return None
    return replace(statement, right=replace(statement.right, tree=right.parts[0]))


def _is_signed(line: str, statement: Statement) -> bool:
    """Tell whether what was taken for a bullet, before the left side, may be its sign: ``- (0.3 - 0.5) = 0.2``."""
    return re.fullmatch(r"\s*[-−]\s+", line[: statement.left.start]) is not None or statement.left.text[:2] == "- "


def _remark(statement: Statement, names: Mapping[str, Bound]) -> str:
    """Say what only the author of a wrong equality knows: where a bracket ends, a logarithm's base, an angle's unit."""
    if statement.left.text.count("(") > statement.left.text.count(")"):
        return "a bracket on the left is never closed"
    trees = (statement.left.tree, statement.right.tree)
    called = {node.text for tree in trees if tree for node in tree.walk() if node.kind == "call"}
    for functions, meaning, reading in _OTHER_READINGS:
        if called & functions and _holds_otherwise(statement, names, reading):
            return meaning
    return ""


def _holds_otherwise(statement: Statement, names: Mapping[str, Bound], reading: Callable[[Syntax], Syntax]) -> bool:
    """Tell whether a statement holds where each call is read otherwise."""
    sides = [replace(side, tree=_reread(side.tree, reading)) for side in (statement.left, statement.right)]
    left, right = computed(sides[0], names), computed(sides[1], names)
    if left is None or right is None:
        return False
    return compare_sides(Statement(sides[0], statement.relation, sides[1]), left, right, names)[0] != "wrong"


def _reread(tree: Syntax | None, reading: Callable[[Syntax], Syntax]) -> Syntax | None:
    if tree is None:
        return None
    parts = tuple(part for part in (_reread(part, reading) for part in tree.parts) if part is not None)
    changed = replace(tree, parts=parts)
    return reading(changed) if tree.kind == "call" else changed


def _in_degrees(call: Syntax) -> Syntax:
    if call.text not in _OF_ANGLES:
        return call
    return replace(call, parts=tuple(replace(part, kind="°", parts=(part,)) for part in call.parts))


def _logarithm(name: str) -> Callable[[Syntax], Syntax]:
    return lambda call: replace(call, text=name if call.text == "log" else call.text)


# Functions that are read in two ways: what is said where the other one holds, and how a call is read then.
_OTHER_READINGS: list[tuple[frozenset[str], str, Callable[[Syntax], Syntax]]] = [
    (frozenset(["log"]), "it holds with log to base 2", _logarithm("log2")),
    (frozenset(["log"]), "it holds with log to base 10", _logarithm("log10")),
    (_OF_ANGLES, "it holds in degrees", _in_degrees),
]
