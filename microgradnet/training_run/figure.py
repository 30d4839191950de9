"""Matplotlib figures as SVG: the same figure gives the same bytes, and text stays text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = 'pip install "microgradnet[notebooks]"'
SETTINGS = {
    "svg.hashsalt": "microgradnet",  # what the names inside are made of, else random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}


def is_possible() -> bool:
    """Tell whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def as_svg(figure: Figure) -> str:
    """Return the text of an SVG file."""
    import matplotlib

    text = io.StringIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": "microgradnet"}
    with matplotlib.rc_context(SETTINGS):
        figure.savefig(text, format="svg", metadata=metadata)
    return text.getvalue()
