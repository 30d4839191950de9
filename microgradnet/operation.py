"""What an elementary operation is: the record of which ``ops.py`` is the table.

A record applied to numbers gives a number. Applied to anything whose class has a method ``_apply(op, operands)``, it
asks that class what applying means: a ``Value`` records a node, a symbol writes a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, UnknownNameError, shown
from microgradnet.number import as_float, is_array

Rule = Callable[..., Any]

# How tightly notation binds, loosest first. An operand that binds more loosely than its place allows gets brackets.
SUM, PRODUCT, FRACTION, POWER, ATOM = 10, 20, 25, 30, 40


@dataclass(frozen=True, slots=True)
class Notation:
    """How an operation is written: ``#1`` and ``#2`` in the template stand for its operands.

    Arguments:
        template: the text with its places, for example ``"#1 + #2"``.
        precedence: how tightly the whole binds.
        places: how tightly the operand in each place must bind to stand without brackets; 0 takes anything.
    """

    template: str
    precedence: int = ATOM
    places: tuple[int, ...] = (0, 0)

    def write(self, operands: list[tuple[str, int]], brackets: str = "(#1)") -> tuple[str, int]:
        """Fill in operands, each a pair of its text and its precedence; return the same pair for the whole."""

        def operand(place: re.Match[str]) -> str:
            text, precedence = operands[int(place[1]) - 1]
            return text if precedence >= self.places[int(place[1]) - 1] else brackets.replace("#1", text)

        return re.sub(r"#([12])", operand, self.template), self.precedence


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an operation is defined: in words (``"x > 0"``, operands are called x and y), and as a test."""

    words: str
    contains: Callable[..., bool]


@dataclass(frozen=True, slots=True)
class Kink:
    """A place where a derivative does not exist and this package uses a convention instead.

    Arguments:
        words: where, for example ``"x = 0"``.
        at: the same as a test on the operands' numbers.
        convention: what is used there, and who else does so.
    """

    words: str
    at: Callable[..., bool]
    convention: str


EVERYWHERE = Domain("any number", lambda *_: True)


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One elementary operation. Calling it applies it to numbers, arrays, Values or symbols.

    Arguments:
        name: the key in :data:`TABLE`, the function ``mg.name`` and the method ``value.name()``.
        symbol: the label of its node in a drawing.
        text: its notation in plain text, which the worksheets' parser reads back.
        latex: its notation in LaTeX.
        forward: the rule from operands to result.
        partials: one rule per operand, from the operands and the result to the partial derivative.
        domain: where it is defined.
        kinks: where a partial derivative is a convention, or infinite.
        operator: Python's operator for it, where there is one.
        neutral: per operand, the number that leaves the other operand as it is (the 0 of ``x + 0``), or None.
        absorbing: per operand, whether a 0 there makes the result 0 (as in ``0*x``).
    """

    name: str
    symbol: str
    text: Notation
    latex: Notation
    forward: Rule
    partials: tuple[Rule, ...]
    domain: Domain = EVERYWHERE
    kinks: tuple[Kink, ...] = ()
    operator: str = ""
    neutral: tuple[float | None, ...] = (None, None)
    absorbing: tuple[bool, ...] = (False, False)

    def __call__(self, *operands: Any) -> Any:
        """Apply the operation; on arrays, to each element.

        Raises:
            ArgumentError: too few or too many operands.
            NumberTypeError: an operand is no number, such as a string or a list.
            DomainError: the operands lie outside the domain, or the result overflows.
        """
        if len(operands) != len(self.partials):
            raise self.wrong_number(len(operands))
        for operand in operands:
            if type(operand) is not float:
                return self._apply_to(operands)
        try:
            return self.forward(*operands)
        except (ValueError, ArithmeticError) as error:
            raise self.domain_error(operands) from error

    def _apply_to(self, operands: tuple[Any, ...]) -> Any:
        """Apply the operation where some operand is not a float: ask its class, its elements, or make it one."""
        if any(map(is_array, operands)):
            return self._apply_to_arrays(operands)
        for operand in operands:
            host = getattr(type(operand), "_apply", None)
            if host is not None:
                return host(self, operands)
        return self(*map(as_float, operands))

    def _apply_to_arrays(self, operands: tuple[Any, ...]) -> Any:
        import numpy

        kinds = [operand.dtype.kind if is_array(operand) else "f" for operand in operands]
        if "O" in kinds or recorded(*operands):
            return numpy.frompyfunc(self, len(operands), 1)(*operands)
        if not {*kinds} <= {*"biuf"}:
            came = " and ".join(str(operand.dtype) for operand in operands if is_array(operand))
            raise NumberTypeError(f"{self.name} needs arrays of real numbers", came, "Use .astype(float) if it fits.")
        numbers: list[Any] = [operand if is_array(operand) else as_float(operand) for operand in operands]
        return self.forward(*(x.astype(float) if kind in "biu" else x for x, kind in zip(numbers, kinds, strict=True)))

    def domain_error(self, numbers: tuple[Any, ...], labels: tuple[str, ...] = (), of: str = "result") -> DomainError:
        """Return (not raise) the error for operands that this operation has no real, finite result for.

        Arguments:
            numbers: the operands.
            labels: what they are called, where they have names.
            of: what could not be computed: ``"result"``, or ``"derivative by y"``.
        """
        names = "xy"[: len(numbers)]
        labels = labels or ("",) * len(numbers)
        came = ", ".join(
            f"{letter} = {shown(number)}" + (f" (labelled {label!r})" if label else "")
            for letter, number, label in zip(names, numbers, labels, strict=True)
        )
        if self.domain.contains(*numbers):
            return DomainError(
                f"{self.name} needs operands whose {of} is a real number that fits into a float",
                came,
                "Use other numbers, or a form that stays finite, such as mg.logsumexp or mg.losses.cross_entropy.",
            )
        return DomainError(f"{self.name} needs {self.domain.words}", came, "Check what feeds this operand.")

    def wrong_number(self, count: int) -> ArgumentError:
        """Return (not raise) the error for a call with too few or too many operands."""
        wanted = f"{self.name} takes {len(self.partials)} operand{'s' * (len(self.partials) > 1)}"
        return ArgumentError(wanted, str(count), f"Its formula is {self.text.template}.")

    def __repr__(self) -> str:
        return f"<Op {self.name}: {self.text.template.replace('#1', 'x').replace('#2', 'y')}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)  # there is one record per name, so a copy or a pickle is the name


TABLE: dict[str, Op] = {}


def define(name: str, **fields: Any) -> Op:
    """Add an operation to the table and return it; the fields are those of :class:`Op`.

    Raises:
        ArgumentError: the name is taken or no identifier, or there are neither one nor two partial derivatives.
    """
    op = Op(name=name, **fields)
    if name in TABLE:
        raise ArgumentError("a new operation needs a name of its own", repr(name), "Choose another name.")
    if not name.isidentifier() or iskeyword(name):
        raise ArgumentError("an operation is called like a function", repr(name), "Choose a Python identifier.")
    if len(op.partials) not in (1, 2):
        came = f"{len(op.partials)} partial derivatives for {name!r}"
        raise ArgumentError("an elementary operation has one or two operands", came, "Compose it from smaller ones.")
    TABLE[name] = op
    return op


def lookup(name: str) -> Op:
    """Return the operation of this name.

    Raises:
        UnknownNameError: the table has none; the message lists those it has.
    """
    if name in TABLE:
        return TABLE[name]
    raise UnknownNameError("an operation of the table", repr(name), f"The table has {', '.join(sorted(TABLE))}.")


def called(name: str, latex: str) -> dict[str, Any]:
    """Return the symbol and the two notations of a function that is written before its operands in brackets."""
    text, tex = Notation(f"{name}(#1)"), Notation(rf"{latex}\left(#1\right)")
    return {"symbol": name, "text": text, "latex": tex}


def kernel(number: Rule, array: str | Rule) -> Rule:
    """Return a forward rule that is ``number`` on Python numbers and, on arrays, NumPy's function of that name.

    Where NumPy has no one function for it, ``array`` is a rule that is given ``numpy`` before the operands.
    """

    def forward(*operands: Any) -> Any:
        for operand in operands:
            if not isinstance(operand, (float, int)):
                import numpy

                return getattr(numpy, array)(*operands) if isinstance(array, str) else array(numpy, *operands)
        return number(*operands)

    forward.number = number  # type: ignore[attr-defined]  # what a program that only ever sees floats calls
    return forward


def recorded(*operands: Any) -> bool:
    """Tell whether any operand is a node or a symbol, which records what is done to it."""
    return any(hasattr(type(operand), "_apply") for operand in operands)
