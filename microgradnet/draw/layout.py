"""Where everything stands: Graphviz's answer, in points from the top left corner."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from microgradnet.draw.dot import cluster_key, write_dot
from microgradnet.draw.picture import Picture
from microgradnet.draw.rectangle import Point, Rectangle
from microgradnet.draw.relays import add_relays, relay_key
from microgradnet.draw.render import render_in_process


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's way: the points of its cubic Bézier curves, the tip of its arrow, and where its label is centred."""

    curve: tuple[Point, ...]
    tip: Point
    label: Point | None


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
    whole = add_relays(replace(picture, notes=()))
    answer = json.loads(render_in_process(write_dot(whole), "json0"))
    height = _numbers(answer["bb"])[3]
    objects = answer.get("objects", [])
    routes = {edge["id"]: _route(edge, height) for edge in answer.get("edges", [])}
    second_halves = {edge.tail: routes[f"e{place}"] for place, edge in enumerate(whole.edges, 1)}
    rectangles = {item["name"]: _rectangle(item["bb"], height) for item in objects if "bb" in item}
    return Layout(
        area=_rectangle(answer["bb"], height),
        centres={item["name"]: _point(item["pos"], height) for item in objects if "pos" in item},
        routes=tuple(
            _joined(routes[f"e{place}"], second_halves.get(relay_key(place)))
            for place in range(1, len(picture.edges) + 1)
        ),
        scopes={cluster.path: rectangles[cluster_key(cluster)] for cluster in picture.clusters().below()},
    )


def _joined(first: Route, second: Route | None) -> Route:
    """Return an edge whose second half begins at a relay."""
    if second is None:
        return first
    here, there = first.curve[-1], second.curve[0]
    return Route((*first.curve, here, there, *second.curve), second.tip, first.label)


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
    ends = [part for part in parts if part.startswith("e,")]
    curve = tuple(_point(part, height) for part in parts if not part.startswith(("e,", "s,")))
    tip = _point(ends[0][2:], height) if ends else curve[-1]
    return Route(curve, tip, _point(edge["lp"], height) if "lp" in edge else None)
