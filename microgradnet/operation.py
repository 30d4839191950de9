"""What an elementary operation is: the record of which ``ops`` is the table.

A record applied to numbers gives a number. Applied to anything whose class has a method ``_apply(op, operands)``, it
asks that class what applying means: a ``Value`` records a node, a symbol writes a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, UnknownNameError, did_you_mean, shown
from microgradnet.notation import ATOM as ATOM
from microgradnet.notation import FRACTION as FRACTION
from microgradnet.notation import POWER as POWER
from microgradnet.notation import PRODUCT as PRODUCT
from microgradnet.notation import SUM as SUM
from microgradnet.notation import Notation as Notation
from microgradnet.notation import called as called
from microgradnet.number import as_float, is_array
from microgradnet.rules import Rule as Rule
from microgradnet.rules import kernel as kernel
from microgradnet.rules import on_floats
from microgradnet.rules import recorded as recorded


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an operation is defined.

    Arguments:
        words: in words, for example ``"x > 0"``; the operands are called x and y.
        contains: the same as a test on the operands' numbers.
        advice: what to do about an operand outside, as a sentence.
    """

    words: str
    contains: Callable[..., bool]
    advice: str = "Check what feeds this operand."


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


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that an operation fixes and a call may choose: ``leaky_relu(x, slope=0.2)``.

    Arguments:
        name: its keyword.
        usual: the number that it has in the operation itself.
        rule: from the operand and the parameter, which may be a Value, to the result, composed of operations.
    """

    name: str
    usual: float
    rule: Rule


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
        parameter: what a call may choose beside the operand, for an operation of one operand.
        aliases: further names of the method, as NumPy's ``arcsin`` of ``asin``; :func:`find` knows them too.
        advice: what to do where the result, or a derivative, does not fit into a float.
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
    parameter: Parameter | None = None
    aliases: tuple[str, ...] = ()
    advice: str = ""
    float_rules: tuple[Rule, ...] = field(default=(), init=False, repr=False)  # see read_float_rules

    def read_float_rules(self) -> tuple[Rule, ...]:
        """Return the forward rule and the partial derivatives for floats alone, which the engine calls for every node.

        They are read when first used, as a rule may call operations that are defined after its own.
        """
        rules = tuple(map(on_floats, (self.forward, *self.partials)))
        object.__setattr__(self, "float_rules", rules)
        return rules

    def __call__(self, *operands: Any, **parameter: Any) -> Any:
        """Apply the operation; on arrays, to each element.

        Raises:
            ArgumentError: too few or too many operands.
            NumberTypeError: an operand is no number, such as a string or a list.
            DomainError: the operands lie outside the domain, or the result overflows.
        """
        if parameter or len(operands) != len(self.partials):
            return self._apply_with(operands, parameter)
        for operand in operands:
            if type(operand) is not float:
                return self._apply_to(operands)
        try:
            result = (self.float_rules or self.read_float_rules())[0](*operands)
            return result if type(result) is float else real(result)
        except (ValueError, ArithmeticError) as error:
            raise self.domain_error(operands) from error

    def _apply_to(self, operands: tuple[Any, ...]) -> Any:
        """Apply the operation where some operand is not a float: ask its class, its elements, or make it one."""
        hosts = [host for operand in operands if (host := getattr(type(operand), "_apply", None)) is not None]
        if len(hosts) < len(operands) and any(map(is_array, operands)):
            return self._apply_to_arrays(operands)
        if hosts:
            return hosts[0](self, operands)
        return self(*map(as_float, operands))

    def _apply_with(self, operands: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Apply the operation with its parameter given, as a second operand or by its keyword."""
        known = self.parameter
        if known is None or not operands or set(keywords) - {known.name} or len(operands) + len(keywords) != 2:
            raise self.wrong_number(len(operands), keywords)
        return known.rule(*operands, *keywords.values())

    def _apply_to_arrays(self, operands: tuple[Any, ...]) -> Any:
        import numpy

        kinds = [operand.dtype.kind if is_array(operand) else "f" for operand in operands]
        if "O" in kinds or recorded(*operands):
            return numpy.frompyfunc(self, len(operands), 1)(*operands)
        if not {*kinds} <= {*"biuf"}:
            came = " and ".join(str(operand.dtype) for operand in operands if is_array(operand))
            raise NumberTypeError(f"{self.name} needs arrays of real numbers", came, "Use .astype(float) if it fits.")
        numbers: list[Any] = [operand if is_array(operand) else as_float(operand) for operand in operands]
        numbers = [x.astype(float) if kind in "biu" else x for x, kind in zip(numbers, kinds, strict=True)]
        try:
            out = self.forward(*numbers)
        except (TypeError, ValueError, ArithmeticError):
            out = None
        if out is None or type(out) is float:  # a rule for one number, such as math.gamma; or one element has no result
            out = numpy.vectorize(self, otypes=[float])(*numbers)
        return out

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
                self.advice,
            )
        return DomainError(f"{self.name} needs {self.domain.words}", came, self.domain.advice)

    def wrong_number(self, count: int, keywords: Iterable[str] = ()) -> ArgumentError:
        """Return (not raise) the error for a call with too few or too many operands, or keywords that it has not."""
        wanted = f"{self.name} takes {len(self.partials)} operand{'s' * (len(self.partials) > 1)}"
        if self.parameter is not None:
            wanted += f", and {self.parameter.name} ({self.parameter.usual} where it is not given)"
        came = ", ".join([str(count), *(f"{name}=" for name in keywords)])
        return ArgumentError(wanted, came, f"Its formula is {self.formula}.")

    @property
    def formula(self) -> str:
        """The operation applied to x and y, in plain text: ``x + y``, ``maximum(x, y)``."""
        return self.text.template.replace("#1", "x").replace("#2", "y")

    def __repr__(self) -> str:
        return f"<Op {self.name}: {self.formula}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)  # there is one record per name, so a copy or a pickle is the name


TABLE: dict[str, Op] = {}


def real(result: Any) -> float:
    """Return what a rule gave, which may be an int or a NumPy scalar, as a float.

    Raises:
        ValueError: it is complex, as ``(-1.0)**0.5`` is in Python.
        NumberTypeError: it is no number.
    """
    if isinstance(result, complex):
        raise ValueError(f"{result} is not real")
    return as_float(result)


def lookup(name: str) -> Op:
    """Return the operation of this name.

    Raises:
        UnknownNameError: the table has none; the message lists those it has.
    """
    if name in TABLE:
        return TABLE[name]
    raise UnknownNameError("the table has an operation of this name", repr(name), did_you_mean(name, sorted(TABLE)))


def find(name: str) -> Op | None:
    """Return the operation of this name or alias, such as NumPy's ``arcsin`` for ``asin``; None if there is none."""
    return TABLE.get(name) or next((op for op in TABLE.values() if name in op.aliases), None)
