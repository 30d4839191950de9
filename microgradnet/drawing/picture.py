"""A picture as data, without a place for anything: boxes, edges, scopes, notes; sizes, colours, checked options."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown, type_of
from microgradnet.names import typeset
from microgradnet.text import shorten, wrap
from microgradnet.value import Value

# Advance widths in units of the font size, as in Verdana and DejaVu Sans, the widest of the common sans-serif fonts:
# what fits with these fits with Arial and Helvetica too.
_ADVANCE = {
    **dict.fromkeys("ijl'|", 0.32),
    **dict.fromkeys(" .,:;!/\\I", 0.36),
    **dict.fromkeys('()[]frt-"`', 0.42),
    **dict.fromkeys("mwMW@%&…", 1.0),
    **dict.fromkeys("+=−×÷<>~^#", 0.84),
    **dict.fromkeys("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₐₑₕₒₚᵣₛₜᵤᵥₓ⁰¹²³⁴⁵⁶⁷⁸⁹ⁱˡⁿ", 0.46),
    **dict.fromkeys("⁽⁾₍₎", 0.3),
}
_BOLD = 1.1


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide the text can be at this font size, in the unit of the size."""
    return sum(map(_advance, text)) * size * (_BOLD if bold else 1.0)


def _advance(character: str) -> float:
    if character in _ADVANCE:
        return _ADVANCE[character]
    if character < "\x7f":
        return 0.74 if character.isupper() else 0.64
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    return 1.3 if unicodedata.east_asian_width(character) in "WF" else 0.8


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#rrggbb``. Blue and vermilion stay apart for every common form of colour blindness.

    What they say is always said without them too: by shape, by a sign, by dashes, by words.

    They are M. Okabe and K. Ito's (*Color Universal Design*, 2008), darkened or lightened to a contrast of at least
    4.5 to 1 against the box.
    """

    background: str = "#ffffff"
    box: str = "#ffffff"
    rule: str = "#3c4654"
    text: str = "#111827"
    muted: str = "#5b6675"
    value: str = "#00609a"
    gradient: str = "#b04a00"
    symbol: str = "#e9edf2"
    cluster: str = "#f6f7f9"
    cluster_rule: str = "#c3cad3"
    positive: str = "#00838f"
    negative: str = "#8e24aa"
    stopped: str = "#e2e5ea"
    highlight: str = "#00785a"


LIGHT = Theme()
DARK = Theme(
    background="#11161d",
    box="#1a212b",
    rule="#b4bfcc",
    text="#f2f5f8",
    muted="#a3afbd",
    value="#7cc4f5",
    gradient="#ffa366",
    symbol="#303b49",
    cluster="#161c24",
    cluster_rule="#4a5666",
    positive="#4dd0e1",
    negative="#ce93d8",
    stopped="#39424e",
    highlight="#2fc79b",
)
PRINT = Theme(
    rule="#000000",
    text="#000000",
    muted="#333333",
    value="#000000",
    gradient="#000000",
    symbol="#ffffff",
    cluster="#ffffff",
    cluster_rule="#777777",
    positive="#000000",
    negative="#000000",
    stopped="#dddddd",
    highlight="#000000",
)
AUTO_THEME = Theme()  # light, but in HTML as the notebook, page or system is set: told from LIGHT by identity
THEMES = {"auto": AUTO_THEME, "light": LIGHT, "dark": DARK, "print": PRINT}


def find_theme(theme: str | Theme) -> Theme:
    """Return the theme of this name; a theme of one's own is returned as it is.

    Raises:
        UnknownNameError: there is no theme of this name.
    """
    if isinstance(theme, Theme):
        return theme
    if theme in THEMES:
        return THEMES[theme]
    raise UnknownNameError("the name of a theme", repr(theme), f"There are {', '.join(THEMES)}; or pass a Theme.")


NAME_LIMIT = 24  # characters of a line: wider boxes would push a graph off its slide
HEADING_LIMIT = 48  # of a box's heading, which has at most two lines
_DEEPEST = 12  # levels of nested scopes that are drawn; deeper ones share the twelfth


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One line of a box: a caption and a figure.

    Arguments:
        caption: what the figure is: ``"value"``, ``"grad"``, ``"operations"``, ...
        text: the figure, or the words that stand in its place.
        role: how it is styled: ``"value"``, ``"grad"``, ``"missing"``, ``"parts"``, ``"warning"`` or ``"count"``.
    """

    caption: str
    text: str
    role: str


@dataclass(frozen=True, slots=True)
class Box:
    """One node of a picture, or one folded scope.

    Arguments:
        key: its id in the DOT text and the SVG, made of its position in topological order.
        kind: ``"leaf"``, ``"result"`` or ``"folded"``; each has a shape of its own.
        name: its heading, cut to the length of two lines; empty where it has none.
        symbol: the symbol of its operation; empty for a leaf.
        rows: its figures.
        scope: the path of the cluster that it stands in.
        output: whether it is the node that was drawn, where the gradients start.
        description: the whole box in words.
        emphasis: ``"strong"`` or ``"faint"`` where a picture highlights some of its boxes.
        several: whether it stands for several that are built alike.
        least: points that its texts take at least, so that boxes above each other line up.
    """

    key: str
    kind: str
    name: str = ""
    symbol: str = ""
    rows: tuple[BoxRow, ...] = ()
    scope: str = ""
    output: bool = False
    description: str = ""
    emphasis: str = ""
    several: bool = False
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from an operand to its result, with the local derivative; there are as many as operands.

    Arguments:
        tail: the key of the operand's box.
        head: the key of the result's box.
        label: the local derivative of the result by this operand; empty where none is shown.
        description: the edge in words.
        width: of the line, in points; 0 where it is the usual one.
        sign: of the adjoint that flows through it: ``"+"``, ``"-"``, or empty for 0, several, or where none is drawn.
        backward: whether the arrow points from the result to the operand, as adjoints flow.
        emphasis: ``"strong"`` or ``"faint"`` where a picture highlights some of its edges.
        merged: whether it stands for several edges at a folded box.
    """

    tail: str
    head: str
    label: str = ""
    description: str = ""
    width: float = 0.0
    sign: str = ""
    backward: bool = False
    emphasis: str = ""
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of a legend: an edge that looks so, and what it means."""

    edge: Edge
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a strip.

    Arguments:
        caption: what it stands for.
        figure: the size, as it is printed.
        share: its height as a share of the highest, from 0 to 1.
    """

    caption: str
    figure: str
    share: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Bars beside each other under a picture, such as the size of delta in each layer; none where it is not drawn."""

    title: str = ""
    bars: Sequence[Bar] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scope: the boxes that stand in it, and the scopes inside it."""

    path: str
    boxes: list[Box] = field(default_factory=list)
    inner: list[Cluster] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def below(self) -> list[Cluster]:
        """Return all scopes inside this one, outer ones first."""
        order = [*self.inner]
        for cluster in order:
            order += cluster.inner
        return order


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn.

    Arguments:
        title: what it is a picture of.
        boxes: in topological order.
        edges: in the order of their results, and of the operands of each.
        notes: what is said under the picture about how to read it; each begins a line.
        legend: samples of lines, with what their width and dashes mean.
        strip: bars under the picture.
        direction: where the arrows go, in Graphviz's words: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
    """

    title: str
    boxes: Sequence[Box]
    edges: Sequence[Edge]
    notes: Sequence[str] = ()
    legend: Sequence[Sample] = ()
    strip: Strip = Strip()
    direction: str = "LR"

    def clusters(self) -> Cluster:
        """Return the tree of scopes, without those of a single box, which would only add a line."""
        root = Cluster("")
        found = {"": root}
        for box in self.boxes:
            cluster = root
            path = ""
            for part in box.scope.split("/", _DEEPEST - 1) if box.scope else ():
                path = f"{path}/{part}" if path else part
                if path not in found:
                    found[path] = Cluster(path)
                    cluster.inner.append(found[path])
                cluster = found[path]
            cluster.boxes.append(box)
        _merge_small(root)
        return root


def _merge_small(root: Cluster) -> None:
    """Move the box of a scope that has only one into the scope around it, from the inside out."""
    for cluster in reversed([root, *root.below()]):
        kept = []
        for inner in cluster.inner:
            if len(inner.boxes) + len(inner.inner) > 1 or inner.inner:
                kept.append(inner)
            else:
                cluster.boxes.extend(inner.boxes)
        cluster.inner[:] = kept


Key = TypeVar("Key", bound=Hashable)


def find_levels(after: Mapping[Key, Collection[Key]]) -> dict[Key, int]:
    """Return the level of each box that no circle leads to.

    Arguments:
        after: the boxes that the arrows from each box lead to.
    """
    waiting_for = dict.fromkeys(after, 0)
    for followers in after.values():
        for follower in followers:
            waiting_for[follower] += 1
    ready = [key for key, count in waiting_for.items() if count == 0]
    level = dict.fromkeys(ready, 0)
    for key in ready:  # grows while it is walked
        for follower in after[key]:
            level[follower] = max(level.get(follower, 0), level[key] + 1)
            waiting_for[follower] -= 1
            if waiting_for[follower] == 0:
                ready.append(follower)
    reached = set(ready)
    return {key: found for key, found in level.items() if key in reached}


# All in points. The name is set in bold, the captions of the rows small.
NAME_SIZE, FIGURE_SIZE, CAPTION_SIZE, SYMBOL_SIZE, LABEL_SIZE, NOTE_SIZE = 13.0, 13.0, 11.0, 15.0, 11.0, 11.0
SMALLEST_TEXT = 11.0
LINE = 18.0  # height of a line of a box
PADDING = 8.0  # left and right of the text of a box
MARGIN = 5.0  # above and below it
_SIZES = {"missing": CAPTION_SIZE, "parts": LABEL_SIZE}  # of the texts that are not figures
_GAP = 10.0  # at least, between a caption and its figure
_SMALLEST = 26.0
_STEP = 12.0  # widths of boxes go in steps, so that boxes above each other mostly line up


@dataclass(frozen=True, slots=True)
class Extent:
    """The width and height of a box.

    Arguments:
        width, height: of all of it.
        strip: the width of the strip on its left that holds the operation's symbol.
        sheets: how far the sheets below a folded box reach out at the right and at the bottom, within its size.
    """

    width: float
    height: float
    strip: float = 0.0
    sheets: float = 0.0

    @property
    def top_sheet(self) -> Extent:
        """The box without the sheets below it."""
        return replace(self, width=self.width - self.sheets, height=self.height - self.sheets, sheets=0.0)


def name_lines(box: Box) -> list[str]:
    """Return the heading of a box as it is set: in one line, a long one in two; none where it has no name."""
    name = typeset(box.name)
    if len(name) <= NAME_LIMIT:
        return [name] if name else []
    first, *rest = wrap(name, NAME_LIMIT)
    return [first, shorten(" ".join(rest), NAME_LIMIT)] if rest else [first]


def label_lines(label: str) -> list[str]:
    """Return the lines of a label beside an edge, as they are drawn."""
    return typeset(label).split("\n")


def label_width(label: str) -> float:
    """Return how wide a label beside an edge is."""
    return max(width(line, LABEL_SIZE) for line in label_lines(label))


def measure_box(box: Box) -> Extent:
    """Return the size of a box in points, rounded up to whole points."""
    name = name_lines(box)
    widest = max((width(line, NAME_SIZE, bold=True) for line in name), default=0.0)
    for row in box.rows:
        size = _SIZES.get(row.role, FIGURE_SIZE)
        caption = width(typeset(row.caption), CAPTION_SIZE, bold=row.role == "warning")
        widest = max(widest, caption + _GAP + width(row.text, size))
    strip = _whole(max(_SMALLEST, width(typeset(box.symbol), SYMBOL_SIZE) + 10.0)) if box.symbol else 0.0
    lines = max(1, len(box.rows) + len(name))
    body = max(box.least, math.ceil(max(_SMALLEST, widest + 2 * PADDING) / _STEP) * _STEP)
    sheets = max(sheet_offsets(box), default=0.0)
    return Extent(body + strip + sheets, lines * LINE + 2 * MARGIN + sheets, strip, sheets)


def line_up(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Return the boxes with one width for all that are alike, as the neurons of a layer are."""
    families: dict[tuple[object, ...], float] = {}
    bodies = []
    for box in boxes:
        extent = measure_box(box)
        family = box.kind, box.symbol, box.scope, len(box.rows), re.sub(r"\d+", "#", box.name)
        bodies.append((family, extent.top_sheet.width - extent.strip))
        families[family] = max(families.get(family, 0.0), bodies[-1][1])
    return tuple(replace(box, least=families[family]) for box, (family, _) in zip(boxes, bodies, strict=True))


def sheet_offsets(box: Box) -> tuple[float, ...]:
    """Return how far each sheet below a folded box reaches out, the lowest first; more for a box of several."""
    if box.kind != "folded":
        return ()
    return (6.0, 4.0, 2.0) if box.several else (4.0, 2.0)


def _whole(length: float) -> float:
    return float(int(length) + 1)


FADED = 0.3  # the opacity of what a highlight leaves in the background
USUAL_WIDTH = 1.0  # points
_STRONG_WIDTH = 2.2


def edge_width(edge: Edge) -> float:
    """Return the width of an edge's line in points."""
    return edge.width or (_STRONG_WIDTH if edge.emphasis == "strong" else USUAL_WIDTH)


def edge_colour(edge: Edge, theme: Theme) -> str:
    """Return the colour of an edge's line: that of its sign where adjoints flow, else that of its emphasis."""
    if edge.sign:
        return theme.positive if edge.sign == "+" else theme.negative
    if edge.emphasis == "strong":
        return theme.highlight
    return theme.rule


def dash_pattern(edge: Edge) -> tuple[float, ...]:
    """Return the lengths of dashes and gaps in points: none for a whole line.

    Those of a negative part are longer than the line is wide, so that a wide line still looks dashed.
    """
    if edge.sign == "-":
        wide = edge_width(edge)
        return 4.0 + wide, 2.0 + wide / 2
    return ()


OPERATIONS, SUMS, NEURONS, LAYERS = LEVELS = ("operations", "sums", "neurons", "layers")
AUTO = "auto"
DIRECTIONS = {"LR": "left to right", "TB": "top to bottom", "RL": "right to left", "BT": "bottom to top"}
PARTS = ("value", "grad", "local", "scope", "note")  # what a picture can show besides names and symbols
LIMIT = 1000  # boxes: more than this can't be read on any page
MOST_DIGITS = 17  # as many as tell every double from every other


def check_loss(loss: Any, function: str = "draw") -> None:
    """Raise a NumberTypeError where ``loss``, the argument of a function of this name, is not a node of a graph."""
    if not isinstance(loss, Value):
        advice = "Pass the result of a computation on Values; of several results, one, or their mg.total."
        raise NumberTypeError(f"{function} needs a Value", type_of(loss), advice)


def check_direction(direction: Any) -> None:
    """Raise an ArgumentError unless the direction is one of the four."""
    if direction not in DIRECTIONS:
        known = ", ".join(f'"{short}" ({long})' for short, long in DIRECTIONS.items())
        raise ArgumentError("a direction of the arrows", repr(direction), f"Choose {known}.")


def check_digits(digits: Any) -> None:
    """Raise an ArgumentError where the number of significant digits is not between 1 and 17."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_DIGITS:
        expected = f"digits needs a whole number from 1 to {MOST_DIGITS}"
        raise ArgumentError(expected, repr(digits), "It counts significant digits; 4 is what fits on a slide.")


def check_limit(limit: Any) -> None:
    """Raise an ArgumentError where the limit is not a positive whole number."""
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ArgumentError("limit needs a positive whole number", repr(limit), f"It counts boxes; usual is {LIMIT}.")


def check_repeats(repeats: Any) -> None:
    """Raise an ArgumentError where the number of boxes that are still drawn one by one is not a whole number from 1."""
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
        advice = "It counts boxes that are built alike and still drawn one by one when something is folded."
        raise ArgumentError("repeats needs a positive whole number", repr(repeats), advice)


def check_detail(detail: Any) -> None:
    """Raise an ArgumentError unless the detail is one of the levels."""
    if detail not in (AUTO, *LEVELS):
        advice = f"Choose {', '.join(map(repr, (AUTO, *LEVELS)))}."
        raise ArgumentError("detail is a level of detail", shown(detail), advice)


def check_aspect(aspect: Any) -> None:
    """Raise an ArgumentError where the aspect is neither None nor a number from 0.1 to 10."""
    is_number = isinstance(aspect, (int, float)) and not isinstance(aspect, bool)
    if aspect is not None and not (is_number and 0.1 <= aspect <= 10.0):
        advice = "Usual are 16/9 and 4/3; None does not wrap."
        raise ArgumentError("aspect is width to height, from 0.1 to 10", shown(aspect), advice)


def check_flow(flow: Any) -> None:
    """Raise an ArgumentError where ``flow`` is neither true nor false."""
    if not isinstance(flow, bool):
        raise ArgumentError("flow is True or False", shown(flow), "flow=True draws how gradients flow back.")


def check_show(show: str | Iterable[str]) -> frozenset[str]:
    """Return the parts to show as a set.

    Raises:
        ArgumentError: one of them is not known.
    """
    parts = (show,) if isinstance(show, str) else tuple(show)
    for part in parts:
        if part not in PARTS:
            raise ArgumentError("show needs parts of a picture", repr(part), f"Choose from {', '.join(PARTS)}.")
    return frozenset(parts)
