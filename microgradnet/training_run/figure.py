"""Matplotlib figures as SVG: the same figure gives the same bytes, and text stays text."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = 'pip install "microgradnet[notebooks]"'
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "microgradnet",  # what the names inside are made of, else random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}
LONGEST = 24  # characters of a name in a picture


def is_possible() -> bool:
    """Tell whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def plain(name: str) -> str:
    """Return a name of the user's as a picture shows it: shortened, without control characters, no $ read as LaTeX."""
    kept = "".join(letter if letter.isprintable() else " " for letter in name)
    short = kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"
    return short.replace("$", r"\$")


def as_svg(figure: Figure) -> str:
    """Return the text of an SVG file."""
    import matplotlib

    text = io.StringIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": "microgradnet"}
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        # Letters that matplotlib's own font lacks are found by whatever shows the picture.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        figure.savefig(text, format="svg", metadata=metadata)
    return text.getvalue()
