"""Which arguments of a call a derivative is taken by: by position, by name, or all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from microgradnet.errors import ArgumentError, UnknownNameError, shown

Key = int | str  # an argument of a call: its position, or its keyword
By = int | str | Sequence[int | str] | None


def parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return what a function calls its first arguments; those of ``*xs`` are ``xs[1]``, ``xs[2]``, ..."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):  # a function written in C may not say
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in kinds]
    rest = [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL]
    many = rest[0] if rest else "argument"
    return [names[i] if i < len(names) else f"{many}[{i + 1 - len(names)}]" for i in range(count)]


def chosen(f: Callable[..., Any], by: By, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> list[Key]:
    """Return the arguments of this call to differentiate by: all those in position, where ``by`` is None.

    Raises:
        ArgumentError: there is no argument to differentiate by.
        UnknownNameError: the call has no argument of this name or at this position.
    """
    if by is None:
        if arguments:
            return list(range(len(arguments)))
        came = "only keywords" if keywords else "no arguments"
        raise ArgumentError("a derivative is by an argument", came, 'Name it, as in mg.grad(f, by="x")(x=2.0).')
    keys: list[Key] = [
        _find(f, each, arguments, keywords) for each in ([by] if isinstance(by, (int, str)) else list(by))
    ]
    if not keys or len({*keys}) < len(keys):
        came = f"by={shown(by)}"
        raise ArgumentError("a derivative is by one or more different arguments", came, "Name each argument once.")
    return keys


def _find(f: Callable[..., Any], by: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Key:
    names = parameter_names(f, len(arguments))
    if isinstance(by, int) and not isinstance(by, bool) and -len(arguments) <= by < len(arguments):
        return by % len(arguments)
    if isinstance(by, str) and by in keywords:
        return by
    if isinstance(by, str) and by in names:
        return names.index(by)
    has = ", ".join([*names, *keywords]) or "no arguments"
    advice = f"The call has {has}. Positions count from 0, as in Python."
    raise UnknownNameError("an argument to differentiate by, by its name or position", f"by={shown(by)}", advice)
