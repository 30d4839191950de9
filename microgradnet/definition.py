"""Defining an operation: one call, which the table's own rows and a user's operations share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from keyword import iskeyword
from typing import Any

from microgradnet.errors import ArgumentError, UnknownNameError, shown
from microgradnet.notation import Notation
from microgradnet.number import is_real
from microgradnet.operation import EVERYWHERE, TABLE, Domain, Kink, Op
from microgradnet.rules import Rule

_reserved: set[str] = set()  # names that no user's operation may take: the package's own
_host: tuple[Any, Callable[[Op], Any]] | None = None  # the class whose methods the operations are


def reserve(names: Iterable[str]) -> None:
    """Keep names for the package: those of its operations, its functions, and the attributes of a Value."""
    _reserved.update(names)


def host(kind: Any, method: Callable[[Op], Any]) -> None:
    """Have a class show each operation of the table, those of now and those to come, as the method that it makes of it.

    What the class defines itself stays.
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
        advice = f"There are {', '.join(own)}." if own else "There is none."
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
        came = f"{name!r}, which the package has already"
        raise ArgumentError("a new operation needs a name of its own", came, "Choose another name.")


def _check_rules(name: str, forward: Rule, partials: Sequence[Rule]) -> None:
    if not isinstance(partials, (tuple, list)):
        came = f"{shown(partials)} for {name!r}"
        raise ArgumentError("the partial derivatives are a list or tuple of rules", came, "Write [rule] for one.")
    if len(partials) not in (1, 2):
        came = f"{len(partials)} partial derivatives for {name!r}"
        raise ArgumentError("an elementary operation has one or two operands", came, "Compose it from smaller ones.")
    letters = "xy"[: len(partials)]
    _check_rule(f"the forward rule of {name}", forward, letters)
    for letter, partial in zip(letters, partials, strict=True):
        _check_rule(f"the rule of {name} for the derivative by {letter}", partial, [*letters, "out"])


def _check_rule(what: str, rule: Any, operands: Iterable[str]) -> None:
    operands = list(operands)
    example = f"Write lambda {', '.join(operands)}: ..."
    if not callable(rule):
        raise ArgumentError(f"{what} is a function of {', '.join(operands)}", shown(rule), example)
    try:
        signature = inspect.signature(rule)
    except (ValueError, TypeError):  # a function written in C may not say
        return
    try:
        signature.bind(*operands)
    except TypeError as error:
        came = f"a function of {signature}"
        raise ArgumentError(f"{what} is a function of {', '.join(operands)}", came, example) from error


def _notation(kind: str, given: Notation | str, places: Sequence[str]) -> Notation:
    notation = Notation(given) if isinstance(given, str) else given
    if not isinstance(notation, Notation) or set(re.findall(r"#\d", notation.template)) != set(places):
        came = shown(given if isinstance(given, str) else getattr(given, "template", given))
        example = "f(#1)" if len(places) == 1 else "f(#1, #2)"
        raise ArgumentError(
            f"{kind} has a place for each operand: {', '.join(places)}", came, f"Write {example!r}, say."
        )
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
    """Return the other fields of a record, with tuples read as the domain and the kinks that they spell."""
    own = [field.name for field in Op.__dataclass_fields__.values() if field.init]
    unknown = set(fields) - set(own)
    if unknown:
        known = ", ".join(own)
        raise ArgumentError(
            f"the fields of {name} are those of an operation", ", ".join(unknown), f"There are {known}."
        )
    read = dict(fields)
    try:
        if isinstance(fields.get("domain"), tuple):
            read["domain"] = Domain(*fields["domain"])
        if "kinks" in fields:
            read["kinks"] = tuple(kink if isinstance(kink, Kink) else Kink(*kink) for kink in fields["kinks"])
    except TypeError as error:
        advice = 'Write domain=("x > 0", test) and kinks=[("x = 0", test, "the derivative is 0")].'
        raise ArgumentError(
            "a domain is words and a test; a kink is words, a test and a convention", str(error), advice
        ) from error
    return read
