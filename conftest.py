"""Which tests run; refuses an extension that is older than its source, as an editable install does not rebuild it.

Tests marked ``slow`` run on request: ``pytest --slow`` runs everything, ``pytest -m slow`` only them.
Where the extension runs, ``value.py`` beside it is not imported, so its examples are run by ``tests/test_compiled.py``.
"""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "microgradnet"
SOURCES = ("value.py", "value.pxd", "nodes.h")


def stale(folder: Path) -> list[Path]:
    """Return the built engine that Python would import from a folder, if it is older than what it is built from."""
    newest = max((folder / name).stat().st_mtime for name in SOURCES)
    built = [folder / f"value{suffix}" for suffix in EXTENSION_SUFFIXES]
    return [path for path in built if path.exists() and path.stat().st_mtime < newest]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the engine's source to the extension made of it."""
    from microgradnet.mode import compiled

    return True if compiled and collection_path == PACKAGE / "value.py" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow``."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test an old extension; let ``--slow`` lift the selection ``-m 'not slow'`` of pyproject.toml."""
    old = stale(PACKAGE)
    if old:
        names = ", ".join(path.name for path in old)
        raise pytest.UsageError(f"{names} is older than the engine's source: run pip install -e . again.")
    if config.getoption("slow") and config.option.markexpr == "not slow":
        config.option.markexpr = ""
