"""Which engine the suite runs on: never an extension that is older than its source, as no editable install rebuilds it.

``MICROGRADNET_PURE=1 pytest`` runs it on the plain source.
"""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from microgradnet.mode import compiled

collect_ignore = ["microgradnet/value.py"] if compiled else []  # its examples: tests/test_compiled.py
PACKAGE = Path(__file__).parent / "microgradnet"
SOURCES = ("value.py", "value.pxd", "nodes.h")


def stale(folder: Path) -> list[Path]:
    """Return the built engine that Python would import from a folder, if it is older than what it is built from."""
    newest = max((folder / name).stat().st_mtime for name in SOURCES)
    built = [folder / f"value{suffix}" for suffix in EXTENSION_SUFFIXES]
    return [path for path in built if path.exists() and path.stat().st_mtime < newest]


def pytest_configure() -> None:
    """Refuse to begin."""
    old = stale(PACKAGE)
    if old:
        names = ", ".join(path.name for path in old)
        raise pytest.UsageError(f"{names} is older than the engine's source: run pip install -e . again.")
