"""``mg.draw``, and what the caller holds: a picture in every format, which shows itself in a notebook."""

from __future__ import annotations

import copy
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload
from xml.etree import ElementTree

from microgradnet.drawing.bands import wrap
from microgradnet.drawing.engine import render_with_binary
from microgradnet.drawing.fold import USUAL, Fold
from microgradnet.drawing.graph_picture import GraphSource, build_picture, picture_of
from microgradnet.drawing.html import (
    NOTEBOOK_CLASS,
    variable_theme,
    write_file,
    write_notebook_themes,
    write_page,
    write_page_themes,
)
from microgradnet.drawing.layout import Layout, lay_out, write_dot
from microgradnet.drawing.markup import write_mermaid, write_tikz
from microgradnet.drawing.picture import (
    AUTO,
    AUTO_THEME,
    LEVELS,
    LIGHT,
    LIMIT,
    NAME_LIMIT,
    OPERATIONS,
    PARTS,
    SMALLEST_TEXT,
    Box,
    BoxRow,
    Edge,
    Picture,
    Theme,
    check_aspect,
    check_detail,
    check_digits,
    check_direction,
    check_flow,
    check_limit,
    check_loss,
    check_repeats,
    check_show,
    find_theme,
)
from microgradnet.drawing.svg import measure_sheet, write_svg
from microgradnet.errors import DrawingError
from microgradnet.graph import topological
from microgradnet.names import caller_variables
from microgradnet.text import clean, shorten
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.compiler.program import Program
    from microgradnet.compiler.writing import ArrayGroup

_SLIDE, _MOST_ENLARGED = (1220.0, 624.0), 2.6  # pixels below the title of a slide; how much a picture grows at most
Content = TypeVar("Content", str, bytes, covariant=True)


_ZOOM = 2.0  # pixels per pixel of the SVG, for projectors and print
_LONGEST, _MOST = 16_000.0, 60e6  # pixels of a side, and of the whole: more takes gigabytes
FONT_FOLDER = Path(__file__).parent / "fonts"
# What the fonts there hold, as ranges from letter to letter: Latin, Greek, indices, operators, arrows. tools/font.py
# makes the fonts of this.
FONT_LETTERS = (
    (" ", "~"), ("\xa0", "ſ"), ("ʰ", "ʸ"), ("\u0300", "\u030c"), ("Α", "ω"), ("ϑ", "ϕ"), ("\u2000", "\u200a"),
    ("‐", "‧"), ("‰", "›"), ("⁰", "₎"), ("ₐ", "ₜ"), ("\u20d7", "\u20d7"), ("ℂ", "ℂ"), ("ℓ", "ℓ"), ("ℕ", "ℕ"),
    ("←", "↕"), ("⇐", "⇔"), ("∀", "∞"), ("∥", "∫"), ("∼", "∽"), ("≃", "≍"), ("≠", "≫"), ("⊂", "⊙"), ("⋅", "⋱"),
    ("⌈", "⌋"), ("■", "□"), ("▲", "△"), ("○", "●"), ("✓", "✗"), ("ᵢ", "ᵥ"), ("ⱼ", "ⱼ"), ("ℝ", "ℝ"),
)  # fmt: skip


def write_png(svg: str) -> bytes:
    """Return the picture as PNG, with twice the pixels of its SVG, or less where it is very large.

    The text is set in this package's fonts, so that the same picture gives the same bytes on every machine. Letters
    beyond Latin and Greek, such as Chinese ones, come from the machine's fonts.

    Raises:
        DrawingError: resvg is not installed, or fails.
    """
    try:
        import resvg_py
    except ImportError as error:
        advice = "Install it: pip install resvg-py. Or save as .svg, which needs nothing."
        raise DrawingError("a .png needs the package resvg-py", str(error), advice) from error
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=_zoom(svg), **_fonts(svg)))
    except ValueError as error:
        advice = "Draw a smaller part, fold its scopes, or save as .svg."
        raise DrawingError("the picture should be turned into pixels", str(error), advice) from error


def _zoom(svg: str) -> float:
    root = ElementTree.fromstring(svg)
    wide, high = float(root.get("width", 1)), float(root.get("height", 1))
    return min(_ZOOM, _LONGEST / max(wide, high), math.sqrt(_MOST / (wide * high)))


def _fonts(svg: str) -> dict[str, Any]:
    """Return where resvg finds letters: in the fonts of this package, and where these lack some, in the machine's too.

    Raises:
        DrawingError: this package's fonts are not there.
    """
    files = sorted(map(str, FONT_FOLDER.glob("*.ttf")))
    if not files:
        raise DrawingError("a .png needs the fonts of this package", f"none in {FONT_FOLDER}", "Install it again.")
    beyond = not all(any(first <= letter <= last for first, last in FONT_LETTERS) for letter in {*svg} - {"\n"})
    return {"font_files": files, "skip_system_fonts": not beyond, "sans_serif_family": "DejaVu Sans"}


# Without a date, so that the same picture gives the same bytes.
_SOURCE = """#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.title)
"""
_OTHERS = "Or save as .svg, .png or .tikz, which need nothing more."


def write_pdf(picture: Rendering) -> bytes:
    """Return a picture as PDF, with text that can be searched and lines that stay sharp.

    Where typst is not installed, the machine's program ``dot`` writes what has DOT text.

    Raises:
        DrawingError: neither is there, or it fails.
    """
    dot = getattr(picture, "dot", None)
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
        return bytes(
            typst.compile(
                _SOURCE.encode(),
                sys_inputs={"svg": picture.svg, "title": picture.title},
                font_paths=typst.Fonts(font_paths=[str(FONT_FOLDER)]),
                format="pdf",
            )
        )
    except typst.TypstError as error:
        raise DrawingError("typst should write a .pdf", str(error), "Save as .svg, which needs nothing.") from error


@dataclass(frozen=True)
class Format(Generic[Content]):
    """A format of a picture: an attribute of the class of pictures, and the files that hold it. One record is all.

    The content is written when it is first asked for, and kept.

    Arguments:
        suffixes: of the names of files that hold it.
        write: returns the content for a picture.
        doc: what the attribute is.
    """

    suffixes: tuple[str, ...]
    write: Callable[[Any], Content]
    doc: str

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.doc

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @overload
    def __get__(self, picture: None, owner: type) -> Format[Content]: ...
    @overload
    def __get__(self, picture: object, owner: type) -> Content: ...
    def __get__(self, picture: object | None, owner: type) -> Format[Content] | Content:
        if picture is None:
            return self
        content = self.write(picture)
        vars(picture)[vars(self)["name"]] = content  # found there before this method from now on
        return content


def formats_of(kind: type) -> dict[str, str]:
    """Return for each suffix the attribute of a class of pictures that holds the content of such a file."""
    found = {name: each for base in reversed(kind.__mro__) for name, each in vars(base).items()}
    return {suffix: name for name, each in found.items() if isinstance(each, Format) for suffix in each.suffixes}


class Rendering:
    """A picture in every format that can be made of its SVG. The last expression of a notebook cell shows it.

    A subclass draws the SVG, and adds formats of its own.

    Arguments:
        title: what it shows, in a line.
    """

    svg: Format[str] = Format((".svg",), lambda picture: picture._draw(), "The picture as SVG text.")
    html = Format((".html",), lambda picture: picture._write_page(), "The picture as an HTML page.")
    png = Format((".png",), lambda picture: write_png(picture.svg), "The picture as PNG.")
    pdf = Format((".pdf",), lambda picture: write_pdf(picture), "The picture as PDF; needs typst, or Graphviz's dot.")
    tikz = Format((".tikz", ".tex"), lambda picture: write_tikz(picture.svg), "The picture as a LaTeX document.")

    def __init__(self, title: str) -> None:
        self.title = title

    theme: Theme

    def _draw(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} draws its picture as SVG text")

    def _draw_adaptive(self) -> str:
        """Return the SVG in colours that a page can change, which are the light ones where it does not."""
        adaptive = copy.copy(self)
        adaptive.theme = variable_theme()
        return adaptive._draw()

    def _pages(self) -> list[tuple[Rendering, dict[str, list[int]]]]:
        """Return the pictures of the HTML page, the first one first, each with the nodes that its boxes stand for."""
        return [(self, {})]

    def _write_page(self) -> str:
        pictures, members = zip(*self._pages(), strict=True)
        if self.theme is AUTO_THEME:
            return write_page(self.title, [each._draw_adaptive() for each in pictures], members, write_page_themes())
        return write_page(self.title, [each.svg for each in pictures], members)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the format of its suffix; return the path.

        ``.svg``, ``.html``, ``.tikz`` (``.tex``) and, of graphs, ``.dot`` and ``.mermaid`` (``.mmd``) are the same
        bytes on every machine, and so is ``.png`` unless a label has letters beyond Latin and Greek. ``.pdf`` needs the
        extra ``pdf``, or, for a graph, Graphviz's program ``dot``.

        Raises:
            DrawingError: the suffix is not known, the format needs something that is not there, or the file can't be
                written.
        """
        path = Path(path)
        formats = formats_of(type(self))
        attribute = formats.get(path.suffix.lower())
        if attribute is None:
            expected = f"a picture's file name ends in {', '.join(formats)}"
            raise DrawingError(expected, repr(str(path)), "The suffix says which format to write; .svg needs nothing.")
        write_file(path, getattr(self, attribute))
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """Return the SVG in a page's flow, where it shrinks to the width of its cell; as an image it would be cut."""
        if self.theme is not AUTO_THEME:
            return f'<div style="max-width:100%">{self.svg}</div>'
        style = f"<style>{write_notebook_themes()}</style>"
        return f'<div class="{NOTEBOOK_CLASS}" style="max-width:100%">{style}{self._draw_adaptive()}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "image/svg+xml": self.svg, "text/plain": repr(self)}


_MOST_OPENED = 2_000, 200  # nodes of a graph whose boxes open in HTML, and boxes of a picture that is opened


class Inside:
    """The finer pictures of a graph that is drawn, for as long as its numbers are those of the drawing.

    Arguments:
        loss: the node that is drawn.
        level: the level of detail.
        options: those of the picture.
    """

    def __init__(self, loss: Value, level: str, options: Mapping[str, Any]) -> None:
        self._loss, self._level, self._options = loss, level, dict(options)
        order = topological(loss)
        self._numbers = _numbers_of(order) if len(order) <= _MOST_OPENED[0] else None

    @cached_property
    def members(self) -> dict[str, list[int]]:
        """The positions of the nodes in each box, by its key."""
        return self._read(self._level, self._options["fold"])[1]

    def finer(self, boxes: int) -> Iterator[tuple[Picture, dict[str, list[int]]]]:
        """Yield each finer picture that has more boxes than the one before, with the nodes in its boxes."""
        if self._numbers is None or self._numbers != _numbers_of(topological(self._loss)):
            return
        finer = LEVELS[: LEVELS.index(self._level) + (self._options["fold"] is not None)]
        for level in reversed(finer):
            try:
                picture, members = self._read(level, None)
            except DrawingError:  # more boxes than the limit
                return
            if boxes < len(picture.boxes) <= _MOST_OPENED[1]:
                boxes = len(picture.boxes)
                yield picture, members

    def _read(self, level: str, fold: Fold) -> tuple[Picture, dict[str, list[int]]]:
        options = {**self._options, "fold": fold}
        direction = options.pop("direction")
        source = GraphSource(self._loss, detail=level, **options)
        members: dict[str, list[int]] = {}
        for position, node in enumerate(source.order):
            members.setdefault(source.end(node), []).append(position)
        return picture_of(source, direction), members


def _numbers_of(order: Iterable[Value]) -> list[tuple[float, float]]:
    return [(node.data, node.grad) for node in order]


class Drawing(Rendering):
    """The picture of a graph, in every format. The last expression of a notebook cell shows it.

    Arguments:
        picture: its boxes and edges.
        theme: its colours.
        aspect: width to height that long pictures are wrapped to; None for no wrapping.
        inside: the finer pictures of the same graph, which an HTML page opens; None for none.
    """

    dot = Format((".dot", ".gv"), lambda drawing: write_dot(drawing.picture, drawing.theme), "The picture as DOT text.")
    mermaid = Format(
        (".mermaid", ".mmd"),
        lambda drawing: write_mermaid(drawing.picture, drawing.theme),
        "The picture as Mermaid text, for a fenced block on GitHub.",
    )

    def __init__(
        self, picture: Picture, theme: Theme = LIGHT, aspect: float | None = None, inside: Inside | None = None
    ) -> None:
        super().__init__(picture.title)
        self.picture, self.theme, self.aspect, self._inside = picture, theme, aspect, inside

    def _pages(self) -> list[tuple[Rendering, dict[str, list[int]]]]:
        if self._inside is None:
            return super()._pages()
        finer = self._inside.finer(len(self.picture.boxes))
        return [
            (self, self._inside.members),
            *((Drawing(picture, self.theme, self.aspect), members) for picture, members in finer),
        ]

    @cached_property
    def layout(self) -> Layout:
        """Where the parts stand, in bands where the picture would else be long.

        Raises:
            DrawingError: the layout fails.
        """
        layout = lay_out(self.picture)
        if self.aspect is None:
            return layout
        below = measure_sheet(self.picture, layout)[1] - layout.area.height
        return wrap(self.picture, layout, self.aspect, below)

    @property
    def text_size(self) -> float:
        """The size of the smallest text, in pixels, where the picture fills a slide of 1280 x 720 with a title."""
        width, height = measure_sheet(self.picture, self.layout)
        return SMALLEST_TEXT * min(_SLIDE[0] / width, _SLIDE[1] / height, _MOST_ENLARGED)

    def _draw(self) -> str:
        return write_svg(self.picture, self.layout, self.theme)

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<Drawing: {self.picture.title}, {boxes} boxes, {edges} edges; .svg, .dot, .save('graph.svg')>"


_READABLE = 11.0  # pixels of the smallest text on a slide that is read from the last row
_MOST_NODES = 20_000  # of a graph of which finer details than layers are tried
_MOST_READABLE = 90  # boxes: no slide holds more in letters that can be read


def draw(
    loss: Any,
    *,
    direction: str = "LR",
    digits: int = 4,
    show: str | Iterable[str] = PARTS,
    flow: bool = False,
    highlight: Any = None,
    detail: str = AUTO,
    fold: Fold = None,
    repeats: int = USUAL,
    aspect: float | None = 16 / 9,
    theme: str | Theme = "auto",
    limit: int = LIMIT,
) -> Drawing:
    """Draw the computation graph below a node: the label, value and gradient of each, local derivatives on the edges.

    The numbers are those at the time of the call; nothing in the graph is changed. Leaves have round corners, results
    are square with their operation's symbol and the constants that it takes, and ``loss`` has a heavy border. Names are
    labels; a node without one is called as the caller's variable that is bound to it at the time of the call, else by
    its formula, or by its number: v1.

    Arguments:
        loss: the node, a Value; or a program of ``mg.compile``, which is drawn array by array, and for which only
            ``direction``, ``aspect``, ``theme`` and ``limit`` count.
        direction: of the arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        digits: significant digits of the numbers; numbers that are exact in fewer are shown in fewer.
        show: the parts to show: ``"value"``, ``"grad"``, ``"local"`` (local derivatives), ``"scope"`` (a box around the
            nodes of each scope), ``"note"`` (how to read it).
        flow: whether to draw the gradient flow: each edge as wide as the part of the gradient that flows back through
            it (the adjoint of the result times the local derivative), solid where it is positive and dashed where it
            is negative. Widths are logarithmic where parts span more than two decades; a legend shows them. The parts
            that arrive at a node add up to its gradient; saturated units (slope below 5 % of the steepest) and dead
            relus are grey. The adjoints are computed for the picture, before ``backward()`` as well as after; ``.grad``
            is neither read nor changed.
        highlight: a node, its name, or a list of such: the paths from it to ``loss`` stand out, all else is faint;
            under the picture stand the products of the local derivatives along each path, and their sum, which is the
            gradient. Of more than 6 paths, their number and sum.
        detail: what one box stands for: ``"operations"``; ``"sums"``: a sum of products, with each weight and its
            gradient on the line, the softmax, the loss; ``"neurons"``; ``"layers"``; or ``"auto"``: the finest of these
            whose text is at least 11 pixels high on a slide of 1280 x 720 (``"operations"`` with ``fold``).
        fold: what to draw as one box each: a kind of scope such as ``"layer"`` or ``"neuron"``, the name or path of one
            scope, ``"scope"`` for every outermost one, ``"repeats"`` for none; or a list of such.
        repeats: how many folded boxes, and nodes beside them, that are built alike are still drawn one by one; more
            become one box, "×16".
        aspect: width to height that long pictures are wrapped to, in bands; None for no wrapping.
        theme: ``"auto"`` (light; in a notebook and in HTML as those are set), ``"light"``, ``"dark"``, ``"print"``
            (black on white) or a :class:`Theme`.
        limit: how many boxes are still drawn.

    Returns:
        A :class:`Drawing`, which a notebook shows; ``.svg``, ``.html``, ``.dot``, ``.mermaid``, ``.tikz``,
        ``.png``, ``.pdf``, ``.save("graph.svg")``.

    Raises:
        NumberTypeError: ``loss`` is not a Value; a TypeError too.
        ArgumentError: another argument has a value that is not listed above.
        UnknownNameError: there is no theme of this name.
        DrawingError: there are more boxes than ``limit``.

    Example:
        >>> from microgradnet import Value
        >>> a = Value(3.0, label="a")
        >>> draw(a + a)
        <Drawing: Computation graph of loss, 2 boxes, 2 edges; .svg, .dot, .save('graph.svg')>
    """
    if not isinstance(loss, Value):
        return _draw_program(loss, direction, theme, limit, aspect)
    check_direction(direction)
    check_digits(digits)
    check_limit(limit)
    check_repeats(repeats)
    check_flow(flow)
    check_detail(detail)
    check_aspect(aspect)
    colours = find_theme(theme)
    options: dict[str, Any] = {"show": check_show(show), "digits": digits, "direction": direction, "fold": fold}
    options |= {"repeats": repeats, "limit": limit, "flow": flow, "highlight": highlight, "known": caller_variables()}

    def drawn(level: str) -> Drawing:
        return Drawing(build_picture(loss, detail=level, **options), colours, aspect, Inside(loss, level, options))

    if detail != AUTO:
        return drawn(detail)
    return drawn(OPERATIONS) if fold else _finest(drawn, len(topological(loss)))


def _finest(drawn: Callable[[str], Drawing], nodes: int) -> Drawing:
    """Return the picture of the finest detail that can be read on a slide, else the one with the largest text."""
    best: Drawing | None = None
    for level in LEVELS if nodes <= _MOST_NODES else LEVELS[-1:]:
        try:
            drawing = drawn(level)
        except DrawingError:  # more boxes than the limit
            if best is None and level == LEVELS[-1]:
                raise
            continue
        count = len(drawing.picture.boxes)
        if count > _MOST_READABLE and level != LEVELS[-1]:
            continue
        if best is not None and count >= len(best.picture.boxes):
            continue
        if best is None or drawing.text_size > best.text_size:
            best = drawing
        if best.text_size >= _READABLE:
            return best
    return best if best is not None else drawn(OPERATIONS)


def _draw_program(program: Any, direction: str, theme: str | Theme, limit: int, aspect: float | None) -> Drawing:
    from microgradnet.compiler.program import Program  # with NumPy, which a graph is drawn without

    if not isinstance(program, Program):
        check_loss(program)
    check_direction(direction)
    check_limit(limit)
    check_aspect(aspect)
    return Drawing(program_picture(program, direction=direction, limit=limit), find_theme(theme), aspect)


_LONGEST_EQUATION = 44  # characters of an equation in a box


def program_picture(program: Program, *, direction: str = "LR", limit: int = LIMIT) -> Picture:
    """Return the picture of the arrays that a program computes, each with its shape, its equation and its scalars.

    Raises:
        DrawingError: the graph was too narrow for arrays, or there are more of them than ``limit``.
    """
    groups = program.groups
    if not groups:
        advice = "Draw the graph itself: mg.draw(loss)."
        raise DrawingError("a picture of a program shows its arrays", "a graph too narrow for arrays", advice)
    if len(groups) > limit:
        advice = f"Insist with limit={len(groups)}, or read program.explain()."
        raise DrawingError(f"a picture that can be read has at most {limit} boxes", f"{len(groups)}", advice)
    boxes = tuple(_array_box(place, group, place == len(groups) - 1) for place, group in enumerate(groups))
    edges = tuple(
        Edge(
            _array_key(operand),
            _array_key(place),
            description=f"{_array_name(groups[operand])} goes into {_array_name(group)}",
        )
        for place, group in enumerate(groups)
        for operand in group.operands
    )
    batched = any(group.batched for group in groups)
    notes = ("n: the number of samples",) if batched else ()
    return Picture(title="Arrays of a compiled program", boxes=boxes, edges=edges, notes=notes, direction=direction)


def _array_key(place: int) -> str:
    return f"array{place + 1}"


def _array_name(group: ArrayGroup) -> str:
    return group.name or shorten(group.equation, NAME_LIMIT)


def _array_box(place: int, group: ArrayGroup, last: bool) -> Box:
    rows = [BoxRow("shape", group.size, "count")]
    if group.kind == "computed" and group.name:
        rows.insert(0, BoxRow("=", shorten(group.equation, _LONGEST_EQUATION), "value"))
    return Box(
        key=_array_key(place),
        kind="result" if group.kind == "computed" else "leaf",
        name=_array_name(group),
        rows=tuple(rows),
        output=last,
        description=f"{_array_name(group)}, {group.kind}: {clean(group.scalars)}, shape {group.size}",
    )
