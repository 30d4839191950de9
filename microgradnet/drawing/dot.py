r"""A picture as DOT text, for any Graphviz. The ``graphviz`` package does the quoting.

Sizes are fixed to what :mod:`microgradnet.drawing.measure` says, so that a layout depends on nobody's fonts. Boxes
are records, whose labels have a notation of their own: ``{ } | < >``, spaces and backslashes are escaped in them.
"""

from __future__ import annotations

from typing import Any

from microgradnet.drawing.effort import layout_attributes
from microgradnet.drawing.lines import USUAL_WIDTH, edge_colour, edge_width
from microgradnet.drawing.measure import CAPTION_SIZE, LABEL_SIZE, NAME_SIZE, measure_box
from microgradnet.drawing.picture import Box, Cluster, Edge, Picture
from microgradnet.drawing.theme import LIGHT, Theme
from microgradnet.text import clean, shorten

FONTS = "Helvetica,Arial,sans-serif"
_POINTS_PER_INCH = 72
_FAINT = "4d"  # the opacity of what a highlight leaves in the background, as two digits behind a colour
# Ranks from one scope to the next: room for the leaves of the next, so that scopes stand beside each other.
_BETWEEN_SCOPES = "2"
_STYLES = {"leaf": "rounded,filled", "constant": "dashed,filled", "result": "filled", "folded": "filled,bold"}

_DEFAULT_BOX = {"shape": "record", "fixedsize": "true", "fontname": FONTS, "fontsize": f"{NAME_SIZE:g}"}
_DEFAULT_EDGE = {"fontname": FONTS, "fontsize": f"{LABEL_SIZE:g}", "arrowsize": "0.6"}


def write_dot(picture: Picture, theme: Theme = LIGHT) -> str:
    """Return the DOT text of a picture, the same for the same picture everywhere."""
    import graphviz

    graph = graphviz.Digraph(
        graph_attr=_graph_attributes(picture, theme),
        node_attr=_DEFAULT_BOX | {"fontcolor": theme.text, "color": theme.rule, "fillcolor": theme.box},
        edge_attr=_DEFAULT_EDGE | {"fontcolor": theme.text, "color": theme.rule},
    )
    sideways = picture.direction in ("LR", "RL")
    _write_cluster(graph, picture.clusters(), theme, sideways)
    boxes = {box.key: box for box in picture.boxes}
    for number, edge in enumerate(picture.edges, 1):
        tail, head = boxes[edge.tail], boxes[edge.head]
        attributes = _edge_attributes(edge, theme)
        if head.kind == "relay" and not edge.backward:
            attributes["arrowhead"] = "none"
        if tail.kind == "relay" and edge.backward:
            attributes["arrowtail"] = "none"
        if tail.scope != head.scope and tail.kind in ("result", "folded") and head.kind == "result":
            attributes["minlen"] = _BETWEEN_SCOPES
        graph.edge(edge.tail, edge.head, id=f"e{number}", **attributes)
    return str(graph.source)


def _graph_attributes(picture: Picture, theme: Theme) -> dict[str, str]:
    return {
        "rankdir": picture.direction,
        "bgcolor": theme.background,
        "fontname": FONTS,
        "fontcolor": theme.muted,
        "fontsize": f"{CAPTION_SIZE:g}",
        "label": "".join(f"{_escape(note)}\\l" for note in picture.notes),
        "labelloc": "b",
        "labeljust": "l",
        "nodesep": "0.22",
        "ranksep": "0.3",
        "tooltip": _escape(picture.title),
        **layout_attributes(picture),
    }


def _write_cluster(graph: Any, cluster: Cluster, theme: Theme, sideways: bool) -> None:
    for box in cluster.boxes:
        graph.node(box.key, **_box_attributes(box, theme, sideways))
    for inner in cluster.inner:
        # The name is made of the first box inside, and never seen: a scope may hold anything.
        with graph.subgraph(name=cluster_key(inner)) as subgraph:
            subgraph.attr(
                label=_escape(cluster_name(inner)),
                tooltip=_escape(cluster_name(inner)),
                labeljust="l",
                labelloc="t",
                style="filled,rounded",
                fillcolor=theme.cluster,
                color=theme.cluster_rule,
                margin="9",
            )
            _write_cluster(subgraph, inner, theme, sideways)


def cluster_key(cluster: Cluster) -> str:
    """Return the name of a cluster in the DOT text, made of the first box inside it and its depth."""
    depth = cluster.path.count("/")
    while not cluster.boxes:
        cluster = cluster.inner[0]
    return f"cluster_{cluster.boxes[0].key}_{depth + 1}"


def cluster_name(cluster: Cluster) -> str:
    """Return what stands at the top of a cluster."""
    return shorten(cluster.name, 40)


def _box_attributes(box: Box, theme: Theme, sideways: bool) -> dict[str, str]:
    if box.kind == "relay":
        return {"shape": "point", "width": "0.01", "height": "0.01", "style": "invis", "label": ""}
    extent = measure_box(box)
    return {
        "label": _record(box, sideways),
        "width": f"{extent.width / _POINTS_PER_INCH:.4f}",
        "height": f"{extent.height / _POINTS_PER_INCH:.4f}",
        "style": _STYLES[box.kind],
        "tooltip": _escape(box.description),
        **({"penwidth": "2.2"} if box.output else {}),
        **_emphasis(box, theme),
    }


def _emphasis(box: Box, theme: Theme) -> dict[str, str]:
    if box.emphasis == "strong":
        return {"color": theme.highlight, "penwidth": "2.2"}
    return {"color": f"{theme.rule}{_FAINT}", "fontcolor": f"{theme.text}{_FAINT}"} if box.emphasis else {}


def _record(box: Box, sideways: bool) -> str:
    """Return the fields of a box: the symbol on the left, the name above the figures on the right.

    The first level of a record runs across the arrows, so braces change between sideways and upright pictures.
    """
    lines = [_escape_record(box.name)] if box.name else []
    lines += [f"{_escape_record(row.caption)}\\ \\ {_escape_record(row.text)}" for row in box.rows]
    stacked = "|".join(lines)
    if box.symbol:
        symbol = _escape_record(box.symbol)
        return f"{{{symbol}|{{{stacked}}}}}" if sideways else f"{symbol}|{{{stacked}}}"
    return stacked if sideways else f"{{{stacked}}}"


def _edge_attributes(edge: Edge, theme: Theme) -> dict[str, str]:
    attributes = {"tooltip": _escape(edge.description)} if edge.description else {}
    if edge.label:
        # Long labels touch the boxes on both sides without some room of their own.
        room = "\N{NO-BREAK SPACE}" if edge.merged or edge.backward else ""
        attributes["label"] = f"{room}{_escape(edge.label)}{room}"
    if edge.quiet:
        attributes |= {"style": "dashed", "color": theme.muted}
    if edge.sign or edge.emphasis == "strong":
        attributes |= {"color": edge_colour(edge, theme), **({"style": "dashed"} if edge.sign == "-" else {})}
    wide = edge_width(edge)
    if wide != USUAL_WIDTH:
        attributes |= {"penwidth": f"{wide:g}", "arrowsize": f"{0.5 + 0.1 * wide:.2f}"}
    if edge.backward:
        attributes["dir"] = "back"
    if edge.emphasis == "faint":
        attributes |= {"color": f"{theme.muted}{_FAINT}", "fontcolor": f"{theme.text}{_FAINT}"}
    return attributes


def _escape(text: str) -> str:
    """Escape what Graphviz reads as a command in any label: backslashes, and the names of characters (``&lt;``)."""
    return clean(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_record(text: str) -> str:
    escaped = _escape(text)
    for character in "{}|":
        escaped = escaped.replace(character, f"\\{character}")
    return escaped.replace(" ", "\\ ")
