"""Where everything stands: :func:`lay_out` writes a picture as DOT text, runs Graphviz on it and reads the answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from microgradnet.drawing.engine import run_graphviz
from microgradnet.drawing.picture import (
    CAPTION_SIZE,
    LABEL_SIZE,
    LIGHT,
    NAME_SIZE,
    USUAL_WIDTH,
    Box,
    Cluster,
    Edge,
    Extent,
    Picture,
    Theme,
    edge_colour,
    edge_width,
    find_levels,
    measure_box,
    name_lines,
)
from microgradnet.text import clean, shorten

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's way.

    Arguments:
        curve: the points of its cubic Bézier curves, from the operand to the result.
        tip: of its arrow.
        label: where its label is centred; None where it has none.
        backward: whether the arrow stands at the operand.
    """

    curve: tuple[Point, ...]
    tip: Point
    label: Point | None
    backward: bool = False

    @property
    def is_upright(self) -> bool:
        """Whether it goes more up or down than sideways."""
        (start_x, start_y), (end_x, end_y) = self.curve[0], self.curve[-1]
        return abs(end_y - start_y) > abs(end_x - start_x)

    @property
    def base(self) -> Point:
        """Where the line ends and the arrow begins."""
        return self.curve[0 if self.backward else -1]


def bezier(segment: Sequence[Point], t: float) -> Point:
    """Return a point of a cubic Bézier curve: its start for t = 0, its end for t = 1."""
    weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    return (
        sum(weight * x for weight, (x, _) in zip(weights, segment, strict=True)),
        sum(weight * y for weight, (_, y) in zip(weights, segment, strict=True)),
    )


SHORT = 3  # columns: edges that cross no more are no burden
_EASY = 700  # columns crossed by all edges together: up to this, the best layout takes some tenths of a second
_LONG = 200  # columns crossed by the longer ones together: beyond both, curves around all boxes take many seconds
_MANY = 400  # boxes: of more than this, a few rounds of improvement give as small a picture as hundreds
_FEW_ROUNDS = {"nslimit": "0.2", "nslimit1": "0.05", "mclimit": "0.1", "splines": "polyline"}
_HASTE = {**_FEW_ROUNDS, "splines": "line"}


def layout_attributes(picture: Picture) -> dict[str, str]:
    """Return Graphviz's attributes for a quick layout where the best would take too long, else none."""
    crossed = spans(picture)
    if sum(crossed) > _EASY and sum(columns for columns in crossed if columns > SHORT) > _LONG:
        return dict(_HASTE)
    return dict(_FEW_ROUNDS) if len(picture.boxes) > _MANY else {}


def _families(picture: Picture) -> list[list[str]]:
    """Return the keys of boxes that stand above each other in the order of their indices: x[1], x[2], x[3].

    A family is of one kind, in one scope and one column. Names of leaves differ in their last index only.
    """
    column, first_use = _columns(picture)
    families: dict[tuple[object, ...], list[tuple[list[int], str]]] = {}
    for box in picture.boxes:
        indices = [int(number) for number in re.findall(r"\d+", box.name)]
        if indices:
            place = column.get(box.key, first_use.get(box.key, -1))
            name = re.sub(r"\d+" if box.kind == "result" else r"\d+(?=\D*$)", "#", box.name)
            family = box.kind, box.symbol, box.scope, place, name, first_use.get(box.key)
            families.setdefault(family, []).append((indices, box.key))
    ordered = [[key for _, key in sorted(each)] for each in families.values() if len(each) > 1]
    return _joined_families(picture, ordered)


def _joined_families(picture: Picture, families: list[list[str]]) -> list[list[str]]:
    """Return the families with those leaves in one that only one box uses, as logits and targets of a loss: t last."""
    boxes, heads = {box.key: box for box in picture.boxes}, dict[str, set[str]]()
    for edge in picture.edges:
        heads.setdefault(edge.tail, set()).add(edge.head)
    joined: dict[object, list[list[str]]] = {}
    for number, family in enumerate(families):
        used = frozenset[str]().union(*(heads.get(key, set()) for key in family))
        alone = boxes[family[0]].kind == "leaf" and len(used) == 1
        joined.setdefault((boxes[family[0]].scope, used) if alone else number, []).append(family)
    return [
        [key for family in sorted(each, key=lambda family: boxes[family[0]].name.startswith("t")) for key in family]
        for each in joined.values()
    ]


def spans(picture: Picture) -> list[int]:
    """Return how many columns each edge crosses, when each box stands as far left as its operands allow."""
    column, first_use = _columns(picture)
    return [column[edge.head] - max(column.get(edge.tail, 0), first_use[edge.tail]) for edge in picture.edges]


def _columns(picture: Picture) -> tuple[dict[str, int], dict[str, int]]:
    """Return the column of each result, and the column before the first use of each operand."""
    after: dict[str, dict[str, None]] = {box.key: {} for box in picture.boxes}
    for edge in picture.edges:
        after[edge.tail][edge.head] = None
    level = find_levels(after)  # without boxes that arrows lead around in a circle
    column = {edge.head: level.get(edge.head, 0) for edge in picture.edges}
    # A leaf with one use stands right before it; only what is used in several places has edges that are long.
    first_use: dict[str, int] = {}
    for edge in picture.edges:
        before = column[edge.head] - 1
        first_use[edge.tail] = min(first_use.get(edge.tail, before), before)
    return column, first_use


FONTS = "Helvetica,Arial,sans-serif"
_POINTS_PER_INCH = 72
_FAINT = "4d"  # the opacity of what a highlight leaves in the background, as two digits behind a colour
# Ranks from one scope to the next: room for the leaves of the next, so that scopes stand beside each other.
_BETWEEN_SCOPES = "2"
_RANK_DISTANCE = 0.3  # inches
_MAIN_LINE = "4"  # how much straighter edges between results are than those from leaves
_STYLES = {"leaf": "rounded,filled", "result": "filled", "folded": "filled,bold"}

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
    families = {keys[0]: keys for keys in _families(picture)} if len(picture.boxes) <= _MANY else {}
    _write_cluster(graph, picture.clusters(), theme, sideways, families)
    boxes = {box.key: box for box in picture.boxes}
    for number, edge in enumerate(picture.edges, 1):
        tail, head = boxes[edge.tail], boxes[edge.head]
        attributes = _edge_attributes(edge, theme, sideways)
        if head.kind == "relay" and not edge.backward:
            attributes["arrowhead"] = "none"
        if tail.kind == "relay" and edge.backward:
            attributes["arrowtail"] = "none"
        if tail.kind != "leaf" and head.kind != "leaf":
            attributes["weight"] = _MAIN_LINE
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
        "ranksep": f"{_rank_distance(picture):g}",
        "tooltip": _escape(picture.title),
        **layout_attributes(picture),
    }


_FEW_LINES = 6  # between two scopes
_PER_LINE, _MOST_APART = 0.06, 1.0  # inches


def _rank_distance(picture: Picture) -> float:
    """Return the distance between two columns in inches: more where many lines without labels cross."""
    scope = {box.key: box.scope for box in picture.boxes if box.kind == "folded"}
    lanes = Counter((scope.get(edge.tail), scope.get(edge.head)) for edge in picture.edges if not edge.label)
    most = max((count for (tail, head), count in lanes.items() if head and tail != head), default=0)
    return min(_RANK_DISTANCE + _PER_LINE * max(0, most - _FEW_LINES), _MOST_APART)


def _write_cluster(graph: Any, cluster: Cluster, theme: Theme, sideways: bool, families: dict[str, list[str]]) -> None:
    for box in cluster.boxes:
        graph.node(box.key, **_box_attributes(box, theme, sideways))
    for box in cluster.boxes:
        if box.key in families and not cluster.path:  # Graphviz does not heed it inside of clusters
            with graph.subgraph() as rank:
                rank.attr(rank="same")
                for first, second in pairwise(families[box.key]):
                    rank.edge(first, second, style="invis")
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
            _write_cluster(subgraph, inner, theme, sideways, families)


def cluster_key(cluster: Cluster) -> str:
    """Return the name of a cluster in the DOT text, made of the first box inside it and its depth."""
    depth = cluster.path.count("/")
    while not cluster.boxes:
        cluster = cluster.inner[0]
    return f"cluster_{cluster.boxes[0].key}_{depth + 1}"


def cluster_name(cluster: Cluster) -> str:
    """Return the title at the top of a cluster."""
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
    lines = ["\\n".join(map(_escape_record, name_lines(box)))] if box.name else []
    lines += [f"{_escape_record(row.caption)}\\ \\ {_escape_record(row.text)}" for row in box.rows]
    stacked = "|".join(lines)
    if box.symbol:
        symbol = _escape_record(box.symbol)
        return f"{{{symbol}|{{{stacked}}}}}" if sideways else f"{symbol}|{{{stacked}}}"
    return stacked if sideways else f"{{{stacked}}}"


def _edge_attributes(edge: Edge, theme: Theme, sideways: bool) -> dict[str, str]:
    attributes = {"tooltip": _escape(edge.description)} if edge.description else {}
    if edge.label:
        # Long labels touch the boxes on both sides without some room of their own. Where they stand side by side, they
        # need more than Graphviz thinks, which measures them in a narrow font.
        more = 0 if sideways else len(edge.label) // 7
        room = "\N{NO-BREAK SPACE}" * ((edge.merged or edge.backward) + more)
        attributes["label"] = "\\n".join(f"{room}{_escape(line)}{room}" for line in edge.label.split("\n"))
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


_MOST = 600  # columns crossed by all edges together: up to this, the best layout takes some tenths of a second
_HIGHEST = 150.0  # points that an arc rises
_HEAD = 6.0  # length of an arrow


def far_edges(picture: Picture) -> set[int]:
    """Return the places of the edges that are left out of the layout; none in nearly every picture."""
    crossed = spans(picture)
    long = [place for place, columns in enumerate(crossed) if columns > SHORT]
    total, far = sum(crossed[place] for place in long), set()
    for place in sorted(long, key=lambda place: -crossed[place]):
        if total <= _MOST:
            break
        total -= crossed[place]
        far.add(place)
    return far


def without(picture: Picture, places: set[int]) -> Picture:
    """Return the picture without the edges of these places."""
    return replace(picture, edges=[edge for place, edge in enumerate(picture.edges) if place not in places])


def arc(edge: Edge, boxes: dict[str, Box], centres: dict[str, Point], *, upright: bool) -> Route:
    """Return the way of an edge over the top of what lies between its two boxes.

    Arguments:
        edge: the edge.
        boxes: by their keys.
        centres: where they stand.
        upright: whether the arrows of the picture go up or down; the arc then goes along its left side.
    """
    start, end = (_side(centres[key], measure_box(boxes[key]), upright) for key in (edge.tail, edge.head))
    tip, base_at = (start, 0) if edge.backward else (end, -1)
    rise = min(_HIGHEST, 0.25 * (abs(end[0] - start[0]) + abs(end[1] - start[1])))
    ends = [start, end]
    ends[base_at] = _away(tip, _HEAD, upright)
    peak = min(start[0 if upright else 1], end[0 if upright else 1]) - rise
    first, second = ((peak, start[1]), (peak, end[1])) if upright else ((start[0], peak), (end[0], peak))
    label = _away(end, 3 * _HEAD, upright) if edge.label else None
    return Route((ends[0], first, second, ends[1]), tip, label, edge.backward)


def covering(area: Rectangle, arcs: list[Route]) -> Rectangle:
    """Return the area with room for the arcs."""
    points = [point for each in arcs for point in each.curve]
    left, top = min((x for x, _ in points), default=area.left), min((y for _, y in points), default=area.top)
    return replace(area, left=min(area.left, left), top=min(area.top, top))


def _side(centre: Point, extent: Extent, upright: bool) -> Point:
    x, y = centre
    return (x - extent.width / 2, y) if upright else (x, y - extent.height / 2)


def _away(point: Point, length: float, upright: bool) -> Point:
    return (point[0] - length, point[1]) if upright else (point[0], point[1] - length)


def relay_key(place: int) -> str:
    """Return the key of the relay of an edge, which is counted from 1."""
    return f"r{place}"


def add_relays(picture: Picture) -> Picture:
    """Return the picture with a relay in each edge that enters a scope beside leaves of that scope.

    The edges stay in order; the second halves of those with a relay follow after all others, in the same order.
    """
    boxes = {box.key: box for box in picture.boxes}
    crowded = _heads_with_own_leaves(picture, boxes)
    edges, second_halves, relays = [], [], []
    for place, edge in enumerate(picture.edges, 1):
        if edge.head in crowded and not _inside(boxes[edge.tail].scope, boxes[edge.head].scope):
            key = relay_key(place)
            relays.append(Box(key, "relay", scope=boxes[edge.head].scope))
            edges.append(replace(edge, head=key))
            second_halves.append(replace(edge, tail=key, label="", description=""))
        else:
            edges.append(edge)
    return replace(picture, boxes=[*picture.boxes, *relays], edges=[*edges, *second_halves])


def _heads_with_own_leaves(picture: Picture, boxes: dict[str, Box]) -> set[str]:
    """Return the results that have a leaf of their own scope among their operands."""
    return {
        edge.head
        for edge in picture.edges
        if boxes[edge.tail].kind == "leaf" and boxes[edge.tail].scope == boxes[edge.head].scope
    }


def _inside(scope: str, outer: str) -> bool:
    return f"{scope}/".startswith(f"{outer}/") if outer else True


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of everything.

    Arguments:
        area: what the picture covers.
        centres: of the boxes, by their keys.
        routes: of the edges, in order.
        scopes: what each scope covers, by its path; several parts where the picture is wrapped.
    """

    area: Rectangle
    centres: dict[str, Point]
    routes: tuple[Route, ...]
    scopes: dict[str, tuple[Rectangle, ...]]


def lay_out(picture: Picture) -> Layout:
    """Return where the parts of a picture stand; its notes are left to whoever draws it.

    Raises:
        DrawingError: Graphviz fails.
    """
    far = far_edges(picture)
    near = without(replace(picture, notes=()), far)
    whole = add_relays(near)
    answer = json.loads(run_graphviz(write_dot(whole), "json0"))
    height = _numbers(answer["bb"])[3]
    objects = answer.get("objects", [])
    centres = {item["name"]: _point(item["pos"], height) for item in objects if "pos" in item}
    rectangles = {item["name"]: _rectangle(item["bb"], height) for item in objects if "bb" in item}
    boxes = {box.key: box for box in picture.boxes}
    arcs = {
        place: arc(picture.edges[place], boxes, centres, upright=picture.direction in ("TB", "BT")) for place in far
    }
    routed = iter(_routes(answer, near, whole, height))
    routes = [arcs.get(place) or next(routed) for place in range(len(picture.edges))]
    centres, routes = _in_order(picture, centres, routes)
    return Layout(
        area=covering(_rectangle(answer["bb"], height), list(arcs.values())),
        centres=centres,
        routes=tuple(routes),
        scopes={cluster.path: (rectangles[cluster_key(cluster)],) for cluster in picture.clusters().below()},
    )


def _in_order(picture: Picture, centres: dict[str, Point], routes: list[Route]) -> tuple[dict[str, Point], list[Route]]:
    """Return the places with the members of each family in the order of their indices.

    Members of one size with the same neighbours, such as the neurons of a layer, change places and lines.
    """
    extents = {box.key: measure_box(box) for box in picture.boxes}
    across = 1 if picture.direction in ("LR", "RL") else 0
    places: dict[tuple[str, str], list[int]] = {}
    for place, edge in enumerate(picture.edges):
        places.setdefault((edge.tail, edge.head), []).append(place)
    takes: dict[str, str] = {}  # each box takes the place of another one

    def end(key: str, changes: dict[str, str]) -> str:
        return changes.get(key, key)

    for family in _families(picture):
        if len({extents[key] for key in family}) > 1:
            continue
        changes = takes | dict(zip(family, sorted(family, key=lambda key: centres[key][across]), strict=True))
        moved = ((len(found), (end(tail, changes), end(head, changes))) for (tail, head), found in places.items())
        if all(len(places.get(pair, ())) == count for count, pair in moved):
            takes = changes
    taken = {
        place: other
        for (tail, head), found in places.items()
        for place, other in zip(found, places[end(tail, takes), end(head, takes)], strict=True)
    }
    return {key: centres[end(key, takes)] for key in centres}, [routes[taken[place]] for place in range(len(routes))]


def _routes(answer: dict[str, Any], near: Picture, whole: Picture, height: float) -> list[Route]:
    """Return the ways of the edges that Graphviz laid out, in order."""
    routes = {edge["id"]: _route(edge, height) for edge in answer.get("edges", []) if "id" in edge}
    second_halves = {edge.tail: routes[f"e{place}"] for place, edge in enumerate(whole.edges, 1)}
    return [
        _joined(routes[f"e{place}"], second_halves.get(relay_key(place))) for place in range(1, len(near.edges) + 1)
    ]


def _joined(first: Route, second: Route | None) -> Route:
    """Return an edge whose second half begins at a relay."""
    if second is None:
        return first
    here, there = first.curve[-1], second.curve[0]
    tip = first.tip if first.backward else second.tip
    return Route((*first.curve, here, there, *second.curve), tip, first.label, first.backward)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-+.\de]+", text)]


def _point(text: str, height: float) -> Point:
    x, y = _numbers(text)
    return x, height - y  # Graphviz counts upwards


def _rectangle(text: str, height: float) -> Rectangle:
    left, bottom, right, top = _numbers(text)
    return Rectangle(left, height - top, right, height - bottom)


def _route(edge: dict[str, Any], height: float) -> Route:
    parts = edge["pos"].split()
    arrows = {part[0]: _point(part[2:], height) for part in parts if part.startswith(("e,", "s,"))}
    curve = tuple(_point(part, height) for part in parts if not part.startswith(("e,", "s,")))
    backward = edge.get("dir") == "back"
    tip = arrows.get("s" if backward else "e", curve[0 if backward else -1])
    return Route(curve, tip, _point(edge["lp"], height) if "lp" in edge else None, backward)
