"""A picture as Mermaid text, which GitHub, GitLab and many notebooks draw from a fenced block ``mermaid``."""

from __future__ import annotations

from collections.abc import Iterator

from microgradnet.drawing.dot import cluster_name
from microgradnet.drawing.lines import FADED, edge_colour
from microgradnet.drawing.picture import Box, Cluster, Edge, Picture
from microgradnet.drawing.theme import LIGHT, Theme
from microgradnet.text import clean

# Brackets say the kind: round leaves, hexagonal constants, square results, boxes with double sides for what is folded.
_BRACKETS = {"leaf": ("(", ")"), "constant": ("{{", "}}"), "result": ("[", "]"), "folded": ("[[", "]]")}
_REVERSED = {"LR": "RL", "RL": "LR", "TB": "BT", "BT": "TB"}
_HARMLESS = frozenset(" .,:()[]=+/'")  # all other ASCII characters than these, letters and digits are written as codes


def write_mermaid(picture: Picture, theme: Theme = LIGHT) -> str:
    """Return the Mermaid text of a picture.

    Where adjoints flow, arrows are written from results to operands and the direction is reversed, as Mermaid has no
    arrow that points back.
    """
    backward = any(edge.backward for edge in picture.edges)
    direction = _REVERSED[picture.direction] if backward else picture.direction
    lines = [f"flowchart {direction}", *_cluster_lines(picture.clusters(), 1)]
    for edge in picture.edges:
        lines.append(f"  {_edge_line(edge, backward)}")
    lines += (f"  {line}" for line in _styles(picture, theme))
    lines += (f"  %% {_escape(note)}" for note in picture.notes)
    return "\n".join(lines) + "\n"


def _cluster_lines(cluster: Cluster, depth: int) -> Iterator[str]:
    """Yield the boxes of a cluster and of those inside it. Clusters nest a dozen deep at most."""
    margin = "  " * depth
    for box in cluster.boxes:
        left, right = _BRACKETS[box.kind]
        yield f'{margin}{box.key}{left}"{_text(box)}"{right}'
    for inner in cluster.inner:
        first = next(each for each in [inner, *inner.below()] if each.boxes).boxes[0]
        yield f'{margin}subgraph s{depth}{first.key}["{_escape(cluster_name(inner)) or "scope"}"]'
        yield from _cluster_lines(inner, depth + 1)
        yield f"{margin}end"


def _text(box: Box) -> str:
    heading = " ".join(filter(None, [_escape(box.symbol), _escape(box.name)]))
    rows = [f"{_escape(row.caption)} {_escape(row.text)}" for row in box.rows]
    return "<br/>".join(filter(None, [heading, *rows])) or " "


def _edge_line(edge: Edge, backward: bool) -> str:
    start, end = (edge.head, edge.tail) if backward else (edge.tail, edge.head)
    dotted = edge.quiet or edge.sign == "-"
    arrow = "-.-" if edge.quiet and backward else "-.->" if dotted else "-->"  # nothing flows to a constant
    label = f'|"{_escape(edge.label)}"|' if edge.label else ""
    return f"{start} {arrow}{label} {end}"


def _styles(picture: Picture, theme: Theme) -> Iterator[str]:
    for place, edge in enumerate(picture.edges):
        parts = []
        if edge.sign or edge.emphasis == "strong":
            parts.append(f"stroke:{edge_colour(edge, theme)}")
        if edge.width or edge.emphasis == "strong":
            parts.append(f"stroke-width:{edge.width or 3:g}px")
        if edge.emphasis == "faint":
            parts.append(f"opacity:{FADED}")
        if parts:
            yield f"linkStyle {place} {','.join(parts)}"
    styles = {
        "faint": f"opacity:{FADED}",
        "strong": f"stroke:{theme.highlight},stroke-width:3px",
        "output": "stroke-width:3px",
    }
    for name, style in styles.items():
        keys = [box.key for box in picture.boxes if box.emphasis == name or (name == "output" and box.output)]
        if keys:
            yield f"classDef {name} {style}"
            yield f"class {','.join(keys)} {name}"


def _escape(text: str) -> str:
    """Return text in which no character means anything to Mermaid, Markdown or HTML."""
    return "".join(map(_character, clean(text)))


def _character(character: str) -> str:
    if not character.isascii() or character.isalnum() or character in _HARMLESS:
        return character
    return f"#{ord(character)};"
