"""Which of the two speeds runs: the engine compiled to C, or the same source as plain Python.

``MICROGRADNET_PURE=1`` in the environment makes the plain source run where the compiled one is there too.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

_ENGINE = "microgradnet.value"


class _PlainEngine:
    """Finds the engine's source before Python finds the extension beside it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != _ENGINE:
            return None
        return spec_from_file_location(name, Path(__file__).with_name("value.py"))


def _choose() -> bool:
    """Have the wanted engine imported; tell whether it is the compiled one."""
    if os.environ.get("MICROGRADNET_PURE", "0") not in ("", "0"):
        sys.meta_path.insert(0, _PlainEngine)
        return False
    spec = PathFinder.find_spec(_ENGINE, [str(Path(__file__).parent)])
    return spec is not None and not str(spec.origin).endswith(".py")


compiled: bool = _choose()
