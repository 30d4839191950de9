"""Elements of an SVG, with numbers written short."""

from __future__ import annotations

from xml.etree import ElementTree

Style = dict[str, str | float]


def number(length: float) -> str:
    """Return a length with one decimal, without a trailing zero."""
    return f"{round(length, 1) + 0.0:.1f}".removesuffix(".0")


def add(parent: ElementTree.Element, tag: str, **attributes: str | float) -> ElementTree.Element:
    """Add an element and return it. ``css`` is the class; underscores in names stand for hyphens."""
    written = {
        "class" if name == "css" else name.replace("_", "-"): value if isinstance(value, str) else number(value)
        for name, value in attributes.items()
    }
    return ElementTree.SubElement(parent, tag, written)


def add_text(parent: ElementTree.Element, text: str, x: float, y: float, **attributes: str | float) -> None:
    """Add one line of text whose baseline starts at a point (``text_anchor`` may say otherwise)."""
    add(parent, "text", x=x, y=y, **attributes).text = text
