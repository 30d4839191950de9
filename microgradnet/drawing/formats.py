"""The formats that a picture can be saved in: one row each, from the suffix of the file's name to what is written."""

from __future__ import annotations

from pathlib import Path

from microgradnet.errors import DrawingError

# The attribute of a drawing that holds the text or the bytes.
FORMATS = {
    ".svg": "svg",
    ".html": "html",
    ".png": "png",
    ".pdf": "pdf",
    ".dot": "dot",
    ".gv": "dot",
    ".mermaid": "mermaid",
    ".mmd": "mermaid",
    ".tikz": "tikz",
    ".tex": "tikz",
}


def contents(drawing: object, path: Path) -> bytes:
    """Return what a file of this name holds.

    Raises:
        DrawingError: its suffix is none of those that this drawing knows, or the format can't be made.
    """
    attribute = FORMATS.get(path.suffix.lower(), "")
    if not hasattr(type(drawing), attribute):
        known = [suffix for suffix, attribute in FORMATS.items() if hasattr(type(drawing), attribute)]
        wanted = f"a file name that ends in {', '.join(known)}"
        raise DrawingError(wanted, repr(str(path)), "The suffix says which format to write; .svg needs nothing.")
    content = getattr(drawing, attribute)
    return content if isinstance(content, bytes) else str(content).encode("utf-8")
