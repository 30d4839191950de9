"""Op: the record of one elementary operation, with its notation, domain, kinks and rules; ``define`` and ``undefine``.

``microgradnet.ops`` is the table of these records. A record applied to numbers returns a number. Applied to operands of
a class with a method ``_apply(op, operands)``, it asks that class what applying means: a ``Value`` records a node, a
symbol writes a formula.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from keyword import iskeyword
from types import FunctionType
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, UnknownNameError, did_you_mean, shown


def is_real(number: Any) -> bool:
    """Tell whether this is an int, a float, a bool or a real NumPy scalar."""
    if isinstance(number, (float, int)):
        return True
    numpy = sys.modules.get("numpy")  # a NumPy scalar can only be here if NumPy has been imported
    return numpy is not None and isinstance(number, numpy.generic) and number.dtype.kind in "biuf"


def is_array(thing: Any) -> bool:
    """Tell whether this is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def as_float(number: Any) -> float:
    """Return an int, float, bool or NumPy scalar as a float.

    Raises:
        NumberTypeError: it is of any other type, however number-like (a string, a list, an array, a complex).
        DomainError: it is an integer too large for a float.
    """
    if is_real(number):
        try:
            return float(number)
        except OverflowError as error:
            expected = "a number here is a float, of absolute value up to 1.8e308"
            raise DomainError(expected, shown(number), "Scale it first.") from error
    expected = "one real number is needed here"
    raise NumberTypeError(expected, f"{shown(number)} of type {type(number).__name__}", _advice(number))


def _advice(thing: Any) -> str:
    """Suggest how to convert this object to a number."""
    if hasattr(type(thing), "_apply"):
        return "Use its .data, a float; arithmetic takes the Value itself."
    if is_array(thing):
        return "Use .item() of an array of one element, or .tolist() and one Value for each."
    if isinstance(thing, str):
        return "Use float(...) of the text."
    if isinstance(thing, complex):
        return "Use its .real or .imag, if that is meant."
    if isinstance(thing, (list, tuple)):
        return "Give one number at a time, as in [Value(number) for number in numbers]."
    return "Use float(...) if it stands for a number."


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


def called(name: str, latex: str) -> dict[str, Any]:
    """Return the symbol and the two notations of a function that is written before its operands in brackets."""
    text, tex = Notation(f"{name}(#1)"), Notation(rf"{latex}\left(#1\right)")
    return {"symbol": name, "text": text, "latex": tex}


Rule = Callable[..., Any]
_TABLE = "microgradnet.ops"  # the modules whose rules are the table's own


def kernel(number: Rule, array: str | Rule) -> Rule:
    """Return a forward rule that is ``number`` on Python numbers and, on arrays, NumPy's function of that name.

    Where NumPy has no one function for it, ``array`` is a rule that is given ``numpy`` before the operands. An operand
    that is neither may bring functions by NumPy's names, in ``_functions`` of its class; NumPy is not imported then.
    """

    def forward(*operands: Any) -> Any:
        for operand in operands:
            if not isinstance(operand, (float, int)):
                functions = getattr(type(operand), "_functions", None)
                if functions is None:
                    import numpy as functions
                return getattr(functions, array)(*operands) if isinstance(array, str) else array(functions, *operands)
        return number(*operands)

    forward.number = number  # type: ignore[attr-defined]  # what a program that only ever sees floats calls
    return forward


def elementwise(rule: Rule) -> Rule:
    """Return a forward rule that computes an array element by element, where NumPy has no function for it."""

    def each(np: Any, *arrays: Any) -> Any:
        if any(np.iscomplexobj(numbers) for numbers in arrays):
            raise TypeError("this function is computed for real numbers only")  # a complex step then says it can't
        with np.errstate(all="ignore"):  # comparing a NaN is no news
            return np.vectorize(rule, otypes=[float])(*arrays)

    return kernel(rule, each)


def shortened(rule: Rule, short: Rule) -> Rule:
    """Return a forward rule that also has a short form, the textbook's, which overflows where the rule does not.

    Compiled programs take the short form: they are watched, and what overflows in them is computed by the rule itself.
    """
    rule.short = short  # type: ignore[attr-defined]
    return rule


def recorded(*operands: Any) -> bool:
    """Tell whether any operand is a node or a symbol, which records what is done to it."""
    return any(hasattr(type(operand), "_apply") for operand in operands)


recorded.number = lambda *operands: False  # type: ignore[attr-defined]

_copies: dict[str, dict[str, Any]] = {}  # per module of the table, its names as a rule finds them that sees only floats


def on_floats(rule: Any) -> Any:
    """Return a version of a rule for floats only, without the type dispatch.

    A rule with an attribute ``number`` names its own version. Other rules of the table get a copy in which the table's
    operations are replaced by their rules for floats. A user's rule stays as it is, because its names may be rebound.
    """
    rule = getattr(rule, "number", rule)
    if not isinstance(rule, FunctionType) or not rule.__module__.startswith(_TABLE):
        return rule
    names = _copies.get(rule.__module__)
    if names is None:
        names = _copies[rule.__module__] = {}  # in place before it is filled, as rules call each other in circles
        names.update({name: on_floats(getattr(thing, "forward", thing)) for name, thing in rule.__globals__.items()})
    return FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, rule.__closure__)


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
        summary: what it computes, as a sentence about x (and y): the first line of its help.
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
    summary: str = ""
    float_rules: tuple[Rule, ...] = field(default=(), init=False, repr=False)  # see read_float_rules

    @property
    def __name__(self) -> str:
        return self.name

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
            given = " and ".join(str(operand.dtype) for operand in operands if is_array(operand))
            raise NumberTypeError(f"{self.name} needs arrays of real numbers", given, "Use .astype(float) if it fits.")
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
        given = ", ".join(
            f"{letter} = {shown(number)}" + (f" (labelled {label!r})" if label else "")
            for letter, number, label in zip(names, numbers, labels, strict=True)
        )
        if self.domain.contains(*numbers):
            return DomainError(
                f"{self.name} needs operands whose {of} is a real number that fits into a float",
                given,
                self.advice,
            )
        return DomainError(f"{self.name} needs {self.domain.words}", given, self.domain.advice)

    def wrong_number(self, count: int, keywords: Iterable[str] = ()) -> ArgumentError:
        """Return (not raise) the error for a call with too few or too many operands, or keywords that it has not."""
        expected = f"{self.name} takes {len(self.partials)} operand{'s' * (len(self.partials) > 1)}"
        if self.parameter is not None:
            expected += f", and {self.parameter.name} ({self.parameter.usual} where it is not given)"
        given = ", ".join([str(count), *(f"{name}=" for name in keywords)])
        return ArgumentError(expected, given, f"Its formula is {self.formula}.")

    @property
    def formula(self) -> str:
        """The operation applied to x and y, in plain text: ``x + y``, ``maximum(x, y)``."""
        return self.text.template.replace("#1", "x").replace("#2", "y")

    def __repr__(self) -> str:
        return f"<Op {self.name}: {self.formula}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)  # there is one record per name, so a copy or a pickle is the name


TABLE: dict[str, Op] = {}
_reserved: set[str] = set()  # names that no user's operation may take: the package's own
_host: tuple[Any, Callable[[Op], Any]] | None = None  # the class whose methods the operations are


def real(result: Any) -> float:
    """Convert the result of a rule, which may be an int or a NumPy scalar, to a float.

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


def reserve(names: Iterable[str]) -> None:
    """Reserve names for the package: no user's operation can take them."""
    _reserved.update(names)


def host(kind: Any, method: Callable[[Op], Any]) -> None:
    """Add every operation, present and future, to a class as a method built by ``method(op)``.

    A method that the class defines itself stays.
    """
    global _host
    for op in TABLE.values():
        for name in (op.name, *op.aliases):
            if not hasattr(kind, name):
                setattr(kind, name, method(op))
    _host = kind, method


def define(
    name: str,
    *,
    forward: Rule,
    partials: Sequence[Rule],
    symbol: str = "",
    text: Notation | str = "",
    latex: Notation | str = "",
    **fields: Any,
) -> Op:
    r"""Add an operation of your own to the table, with the rights of those that are there; return it.

    It is a function ``mg.name`` and a method ``value.name()``; it is drawn, derived, checked, compiled, differentiated
    to any order, read in worksheets, and an activation where it has one operand. Write its rules with Python's
    operators and the table's operations, as in ``mg.cos(x)``, so that they work on Values, arrays and symbols; where a
    rule has to choose, use ``mg.where``. ``forward`` alone may also be a plain function of floats, as ``math.gamma``.

    Defining your own operation again replaces it, so that a notebook's cell can run twice; graphs recorded before keep
    the old one. :func:`undefine` takes it back. What the package itself calls something stays as it is.

    Arguments:
        name: a Python identifier.
        forward: the rule from one or two operands to the result.
        partials: for each operand the rule of the partial derivative, from the operands **and the result**.
        symbol: the label of its node in a drawing; the name where not given.
        text: its notation in plain text, with ``#1`` and ``#2`` for the operands; ``name(#1)`` where not given.
        latex: its notation in LaTeX; ``\operatorname{name}\left(#1\right)`` where not given.
        fields: ``domain``, ``kinks`` and the other fields of :class:`Op`; a :class:`Domain` or a :class:`Kink` may be
            written as the tuple of its fields, as in ``domain=("x > 0", lambda x: x > 0)``.

    Raises:
        ArgumentError: the name is taken or no identifier, there are neither one nor two partial derivatives, a rule is
            not callable with its operands, or a notation does not have their places. Nothing is defined then.

    Example:
        >>> import microgradnet as mg
        >>> cube = mg.define("cube", forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2])
        >>> x = mg.Value(2.0, label="x")
        >>> y = x.cube()
        >>> y.backward()
        >>> y.data, x.grad, mg.cube(2.0)
        (8.0, 12.0, 8.0)
        >>> mg.undefine("cube")
    """
    _check_name(name)
    if _reserved:  # the table's own rows are held to this by their tests, as reading 250 signatures takes a while
        _check_rules(name, forward, partials)
    others = _read_fields(name, fields)
    for alias in others.get("aliases", ()):
        _check_name(alias)
    domain = others.pop("domain", EVERYWHERE)
    places = [f"#{place}" for place in range(1, len(partials) + 1)]
    operands, printed = ", ".join(places), name.replace("_", r"\_")
    op = Op(
        name=name,
        symbol=symbol or name,
        text=_notation("text", text or f"{name}({operands})", places),
        latex=_notation("latex", latex or rf"\operatorname{{{printed}}}\left({operands}\right)", places),
        forward=forward if not _reserved or domain is EVERYWHERE else _inside(domain, forward),
        partials=tuple(partials),
        domain=domain,
        **others,
    )
    return _enter(op)


def undefine(name: str) -> None:
    """Take a user's own operation out of the table; graphs that were recorded with it keep it.

    Raises:
        UnknownNameError: the table has no operation of this name that a user has defined.
    """
    if name in _reserved or name not in TABLE:
        own = sorted(set(TABLE) - _reserved)
        advice = f"You have defined {', '.join(own)}." if own else "You have defined none."
        raise UnknownNameError("an operation that was defined with mg.define", repr(name), advice)
    op = TABLE.pop(name)
    if _host is not None:
        for method in (name, *op.aliases):
            delattr(_host[0], method)


def _enter(op: Op) -> Op:
    """Put an operation into the table, and show it as a method."""
    if op.name in TABLE and _host is not None:  # defined again, perhaps with other aliases
        undefine(op.name)
    TABLE[op.name] = op
    if _host is not None:
        kind, method = _host
        for name in (op.name, *op.aliases):
            setattr(kind, name, method(op))
    return op


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name) or name.startswith("_"):
        advice = "Choose a Python identifier that does not begin with an underscore."
        raise ArgumentError("an operation is called like a function", shown(name), advice)
    if name in _reserved:
        given = f"{name!r}, which the package has already"
        raise ArgumentError("a new operation needs a name of its own", given, "Choose another name.")


def _check_rules(name: str, forward: Rule, partials: Sequence[Rule]) -> None:
    if not isinstance(partials, (tuple, list)):
        given = f"{shown(partials)} for {name!r}"
        raise ArgumentError("the partial derivatives are a list or tuple of rules", given, "Write [rule] for one.")
    if len(partials) not in (1, 2):
        given = f"{len(partials)} partial derivatives for {name!r}"
        raise ArgumentError("an elementary operation has one or two operands", given, "Compose it from smaller ones.")
    letters = "xy"[: len(partials)]
    _check_rule(f"the forward rule of {name}", forward, letters)
    for letter, partial in zip(letters, partials, strict=True):
        _check_rule(f"the rule of {name} for the derivative by {letter}", partial, [*letters, "out"])


def _check_rule(what: str, rule: Any, operands: Sequence[str]) -> None:
    letters = ", ".join(operands)
    given = ""
    if not callable(rule):
        given = shown(rule)
    else:
        with suppress(ValueError):  # a function written in C may not say
            signature = inspect.signature(rule)
            try:
                signature.bind(*operands)
            except TypeError:
                given = f"a function of {signature}"
    if given:
        raise ArgumentError(f"{what} is a function of {letters}", given, f"Write lambda {letters}: ...")


def _notation(kind: str, given: Notation | str, places: Sequence[str]) -> Notation:
    notation = Notation(given) if isinstance(given, str) else given
    if not isinstance(notation, Notation) or set(re.findall(r"#\d", notation.template)) != set(places):
        words = shown(given if isinstance(given, str) else getattr(given, "template", given))
        example = "f(#1)" if len(places) == 1 else "f(#1, #2)"
        expected = f"{kind} has a place for each operand: {', '.join(places)}"
        raise ArgumentError(expected, words, f"Write {example!r}, say.")
    return notation


def _inside(domain: Domain, forward: Rule) -> Rule:
    """Return a forward rule that refuses numbers outside the domain; the table's own rules do so by themselves."""

    def rule(*operands: Any) -> Any:
        if not all(map(is_real, operands)):
            raise TypeError("one number at a time")  # on which an array goes through it element by element
        if not domain.contains(*operands):
            raise ValueError(f"outside the domain: {domain.words}")
        return forward(*operands)

    rule.number = rule  # type: ignore[attr-defined]  # programs call it as it is, so that they check too
    return rule


def _read_fields(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the other fields of a record; a domain and kinks may be given as the tuples of their fields."""
    own = [field.name for field in Op.__dataclass_fields__.values() if field.init]
    if unknown := ", ".join(set(fields) - set(own)):
        raise ArgumentError(f"the fields of {name} are those of an operation", unknown, f"There are {', '.join(own)}.")
    read = dict(fields)
    try:
        if isinstance(fields.get("domain"), tuple):
            read["domain"] = Domain(*fields["domain"])
        if "kinks" in fields:
            read["kinks"] = tuple(kink if isinstance(kink, Kink) else Kink(*kink) for kink in fields["kinks"])
    except TypeError as error:
        expected = "a domain is words and a test; a kink is words, a test and a convention"
        advice = 'Write domain=("x > 0", test) and kinks=[("x = 0", test, "the derivative is 0")].'
        raise ArgumentError(expected, str(error), advice) from error
    return read
