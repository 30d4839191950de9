"""Which arguments of a call a derivative is taken by: by position, by name, or all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown

Key = int | str  # an argument of a call: its position, or its keyword
Argnums = int | Sequence[int] | None
Argnames = str | Sequence[str] | None


def parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names of a function's first arguments; those of ``*xs`` are ``xs[1]``, ``xs[2]``, ..."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):  # a function written in C may not say
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in kinds]
    rest = [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL]
    many = rest[0] if rest else "argument"
    return [names[i] if i < len(names) else f"{many}[{i + 1 - len(names)}]" for i in range(count)]


def chosen(
    f: Callable[..., Any], argnums: Argnums, argnames: Argnames, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> list[Key]:
    """Return the arguments of this call to differentiate by: all positional ones where nothing is chosen.

    Raises:
        ArgumentError: there is no argument to differentiate by, or one is chosen twice.
        UnknownNameError: the call has no argument of this name or at this position.
    """
    if argnums is None and argnames is None:
        if arguments:
            return list(range(len(arguments)))
        came = "only keywords" if keywords else "no arguments"
        advice = 'Name it, as in mg.grad(f, argnames="x")(x=2.0).'
        raise ArgumentError("a derivative is by an argument", came, advice)
    names = parameter_names(f, len(arguments))
    numbers = [argnums] if isinstance(argnums, (int, str)) or argnums is None else list(argnums)
    words = [argnames] if isinstance(argnames, (int, str)) or argnames is None else list(argnames)
    keys = [_numbered(each, names, keywords) for each in numbers if each is not None]
    keys += [_named(each, names, keywords) for each in words if each is not None]
    if not keys or len({*keys}) < len(keys):
        came = f"argnums={shown(argnums)}, argnames={shown(argnames)}"
        raise ArgumentError("a derivative is by one or more different arguments", came, "Name each argument once.")
    return keys


def _numbered(number: Any, names: Sequence[str], keywords: Mapping[str, Any]) -> Key:
    count = len(names)
    if isinstance(number, int) and not isinstance(number, bool) and -count <= number < count:
        return number % count
    advice = f"The call has {_listed(names, keywords)}. Positions count from 0"
    advice += f'; a name is argnames="{number}".' if isinstance(number, str) else ", as in Python."
    raise UnknownNameError("argnums holds positions of arguments", f"argnums={shown(number)}", advice)


def _named(name: Any, names: Sequence[str], keywords: Mapping[str, Any]) -> Key:
    if isinstance(name, str) and name in keywords:
        return name
    if isinstance(name, str) and name in names:
        return names.index(name)
    advice = f"The call has {_listed(names, keywords)}."
    if isinstance(name, int):
        advice += f" A position is argnums={name}."
    raise UnknownNameError("argnames holds names of arguments", f"argnames={shown(name)}", advice)


def _listed(names: Sequence[str], keywords: Mapping[str, Any]) -> str:
    return ", ".join([*names, *keywords]) or "no arguments"


def sequence_of_arguments(primals: Any, caller: str) -> tuple[Any, ...]:
    """Return ``primals``, the tuple or list of a function's arguments, as a tuple.

    Raises:
        NumberTypeError: it is anything else, such as the one argument itself; a TypeError, as in ``jax.jvp``.
        ArgumentError: it is empty.
    """
    if not isinstance(primals, (tuple, list)):
        wanted = f"{caller} needs the arguments of f in a tuple or list, as jax.jvp does"
        raise NumberTypeError(wanted, f"{shown(primals)} of type {type(primals).__name__}", "For one argument: (x,).")
    if not primals:
        raise ArgumentError(f"{caller} needs at least one argument of f", "none", "For one argument: (x,).")
    return tuple(primals)
