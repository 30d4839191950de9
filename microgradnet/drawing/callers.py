"""Names from the code that asks for a picture: the variables that are bound to a node while it is drawn.

Nothing is remembered while a graph is recorded, so a name can't be wrong: after ``a = a * 2`` the variable ``a`` is the
product, and the first operand has no name any more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from microgradnet.value import Constant, Value

_PACKAGE = str(Path(__file__).parents[1])
_HISTORY = ("In", "Out")  # IPython's lists of what was typed and shown
_MOST = 1000  # elements of a list that are looked at
_DEEPEST = 2  # lists inside lists


def caller_names() -> dict[int, str]:
    """Return the names that the code outside this package has for its nodes, by the ``id`` of the node.

    Local variables come before global ones, and plain variables before elements: ``xs[0]`` is what one would type.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return {}
    variables = _variables(frame)
    names: dict[int, str] = {}
    for name, held in variables.items():
        _note(names, held, name)
    for name, held in variables.items():
        for path, element in _elements(name, held):
            _note(names, element, path)
    return names


def _variables(frame: FrameType) -> dict[str, Any]:
    found = dict(frame.f_locals)
    for name in _collecting(frame.f_code):
        found.pop(name, None)
    for name, held in list(frame.f_globals.items()):
        found.setdefault(name, held)
    return {name: held for name, held in found.items() if _is_plain(name)}


def _collecting(code: CodeType) -> tuple[str, ...]:
    """Return the names of ``*args`` and ``**kwargs``: what is in them was not called so by anybody."""
    place = code.co_argcount + code.co_kwonlyargcount
    flags = (CO_VARARGS, CO_VARKEYWORDS)
    return code.co_varnames[place : place + sum(bool(code.co_flags & flag) for flag in flags)]


def _is_plain(name: str) -> bool:
    """Tell whether somebody typed the name for use: tools add others, such as ``_3`` or ``@py_assert1``."""
    return name.isidentifier() and not name.startswith("_") and name not in _HISTORY


def _note(names: dict[int, str], held: Any, name: str) -> None:
    if isinstance(held, Value) and not isinstance(held, Constant):
        names.setdefault(id(held), name)


def _elements(name: str, held: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is in a list, tuple or dict, and in those inside it, with the expression that gives it."""
    waiting = [(name, held, 0)]
    while waiting:
        path, container, depth = waiting.pop()
        for key, element in _items(container):
            inside = f"{path}[{key!r}]"
            yield inside, element
            if depth + 1 < _DEEPEST:
                waiting.append((inside, element, depth + 1))


def _items(container: Any) -> list[tuple[Any, Any]]:
    if type(container) in (list, tuple) and len(container) <= _MOST:
        return list(enumerate(container))
    if type(container) is dict and len(container) <= _MOST:
        return [(key, element) for key, element in container.items() if isinstance(key, (str, int))]
    return []
