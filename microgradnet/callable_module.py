"""Rooms that are also verbs: ``mg.draw(loss)`` calls the package ``microgradnet.draw``.

Importing a package binds its name on the parent, over any function of that name there; so the package itself answers
the call.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class CallableModule(ModuleType):
    """A module that stands for its main function when it is called."""

    _main: Callable[..., Any]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the main function of the room."""
        return self._main(*arguments, **options)


def make_callable(name: str, main: Callable[..., Any]) -> None:
    """Let the module of this name be called as ``main``, with its signature."""
    module = sys.modules[name]
    module.__class__ = CallableModule
    vars(module).update(_main=main, __signature__=inspect.signature(main))
