"""SVG to PDF: in-process with typst, else with the machine's ``dot``."""

from __future__ import annotations

import shutil

from microgradnet.drawing.render import render_with_binary
from microgradnet.errors import DrawingError

# Without a date, so that the same picture gives the same bytes.
_SOURCE = """#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.title)
"""
_OTHERS = "Or save as .svg, .png or .tikz, which need nothing more."


def write_pdf(title: str, svg: str, dot: str | None = None) -> bytes:
    """Return the picture as PDF, with text that can be searched and lines that stay sharp.

    Arguments:
        title: of the document.
        svg: the picture.
        dot: the same as DOT text, for the machine's program ``dot`` where typst is not installed; None where there is
            no such text of it.

    Raises:
        DrawingError: neither is there, or it fails.
    """
    try:
        import typst
    except ImportError as error:
        if dot is None:
            advice = f"Install it: pip install 'microgradnet[pdf]'. {_OTHERS}"
            raise DrawingError("a .pdf needs the package typst", "none", advice) from error
        if shutil.which("dot"):
            return render_with_binary(dot, "pdf")
        advice = f"Install one: pip install 'microgradnet[pdf]', or Graphviz (https://graphviz.org/download). {_OTHERS}"
        raise DrawingError("a .pdf needs the package typst or Graphviz's program dot", "neither", advice) from error
    try:
        return bytes(typst.compile(_SOURCE.encode(), sys_inputs={"svg": svg, "title": title}, format="pdf"))
    except typst.TypstError as error:
        raise DrawingError("typst should write a .pdf", str(error), "Save as .svg, which needs nothing.") from error
