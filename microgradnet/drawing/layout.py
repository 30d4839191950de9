"""Where everything stands: Graphviz's answer, in points from the top left corner."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from microgradnet.drawing.dot import cluster_key, write_dot
from microgradnet.drawing.far import arc, covering, far_edges, without
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.rectangle import Point, Rectangle
from microgradnet.drawing.relays import add_relays, relay_key
from microgradnet.drawing.render import render_in_process
from microgradnet.drawing.route import Route


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of everything.

    Arguments:
        area: what the picture covers.
        centres: of the boxes, by their keys.
        routes: of the edges, in order.
        scopes: what each scope covers, by its path.
    """

    area: Rectangle
    centres: dict[str, Point]
    routes: tuple[Route, ...]
    scopes: dict[str, Rectangle]


def lay_out(picture: Picture) -> Layout:
    """Return where the parts of a picture stand; its notes are left to whoever draws it.

    Raises:
        DrawingError: Graphviz fails.
    """
    far = far_edges(picture)
    near = without(replace(picture, notes=()), far)
    whole = add_relays(near)
    answer = json.loads(render_in_process(write_dot(whole), "json0"))
    height = _numbers(answer["bb"])[3]
    objects = answer.get("objects", [])
    centres = {item["name"]: _point(item["pos"], height) for item in objects if "pos" in item}
    rectangles = {item["name"]: _rectangle(item["bb"], height) for item in objects if "bb" in item}
    boxes = {box.key: box for box in picture.boxes}
    arcs = {
        place: arc(picture.edges[place], boxes, centres, upright=picture.direction in ("TB", "BT")) for place in far
    }
    routes = iter(_routes(answer, near, whole, height))
    return Layout(
        area=covering(_rectangle(answer["bb"], height), list(arcs.values())),
        centres=centres,
        routes=tuple(arcs.get(place) or next(routes) for place in range(len(picture.edges))),
        scopes={cluster.path: rectangles[cluster_key(cluster)] for cluster in picture.clusters().below()},
    )


def _routes(answer: dict[str, Any], near: Picture, whole: Picture, height: float) -> list[Route]:
    """Return the ways of the edges that Graphviz laid out, in order."""
    routes = {edge["id"]: _route(edge, height) for edge in answer.get("edges", [])}
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
