"""SVG to PNG in-process, with resvg: no browser, no Cairo, no Graphviz on the machine."""

from __future__ import annotations

import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from microgradnet.errors import DrawingError

_ZOOM = 2.0  # pixels per pixel of the SVG, for projectors and print
_LONGEST, _MOST = 16_000.0, 60e6  # pixels of a side, and of the whole: more takes gigabytes
_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="{}">{}</text></svg>'
_ADVICE = "Save as .svg, which needs nothing; or install a font (Debian: apt install fonts-dejavu-core), or matplotlib."


def write_png(svg: str) -> bytes:
    """Return the picture as PNG, with twice the pixels of its SVG, or less where it is very large.

    Raises:
        DrawingError: resvg is not installed, fails, or finds no font, so that the picture would have no text.
    """
    try:
        import resvg_py
    except ImportError as error:
        advice = "Install it: pip install resvg-py. Or save as .svg, which needs nothing."
        raise DrawingError("a .png needs the package resvg-py", str(error), advice) from error
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=_zoom(svg), **_fonts()))
    except ValueError as error:
        advice = "Draw a smaller part, fold its scopes, or save as .svg."
        raise DrawingError("the picture should be turned into pixels", str(error), advice) from error


def _zoom(svg: str) -> float:
    root = ElementTree.fromstring(svg)
    wide, high = float(root.get("width", 1)), float(root.get("height", 1))
    return min(_ZOOM, _LONGEST / max(wide, high), math.sqrt(_MOST / (wide * high)))


def _fonts() -> dict[str, Any]:
    """Return where resvg finds letters: the machine's fonts, else those that matplotlib brings.

    Raises:
        DrawingError: there are none.
    """
    if system_has_fonts():
        return {}
    files = _fonts_of_matplotlib()
    if not files:
        raise DrawingError("a .png needs a font to write with", "a machine without any", _ADVICE)
    return {"font_files": files, "skip_system_fonts": True, "sans_serif_family": "DejaVu Sans"}


@cache
def system_has_fonts() -> bool:
    """Tell whether text leaves any mark, with the fonts that the machine has."""
    import resvg_py

    from microgradnet.drawing.svg import FONTS

    with_text, without = (bytes(resvg_py.svg_to_bytes(svg_string=_PROBE.format(FONTS, text))) for text in ("w1", ""))
    return with_text != without


def _fonts_of_matplotlib() -> list[str]:
    spec = find_spec("matplotlib")
    places = list(spec.submodule_search_locations or []) if spec else []
    folder = Path(places[0], "mpl-data", "fonts", "ttf") if places else None
    return sorted(map(str, folder.glob("DejaVuSans*.ttf"))) if folder else []
