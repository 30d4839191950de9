"""Where Graphviz puts the boxes, edges and clusters of a picture, in points from the top left corner."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from microgradnet.draw.render import render_in_process

Point = tuple[float, float]


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
        width: of the whole, in points.
        height: of the whole.
        centres: of the boxes, by their keys.
        routes: of the edges, by their ids.
        clusters: left, top, right and bottom by cluster name, outer ones first.
    """

    width: float
    height: float
    centres: dict[str, Point]
    routes: dict[str, Route]
    clusters: dict[str, tuple[float, float, float, float]]


def lay_out(dot: str) -> Layout:
    """Return the layout that Graphviz gives to DOT text whose edges have ids.

    Raises:
        DrawingError: Graphviz fails.
    """
    answer = json.loads(render_in_process(dot, "json0"))
    _, _, width, height = _numbers(answer["bb"])
    objects = answer.get("objects", [])
    return Layout(
        width=width,
        height=height,
        centres={item["name"]: _point(item["pos"], height) for item in objects if "pos" in item},
        routes={edge["id"]: _route(edge, height) for edge in answer.get("edges", [])},
        clusters={item["name"]: _rectangle(item["bb"], height) for item in objects if "bb" in item},
    )


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-+.\de]+", text)]


def _point(text: str, height: float) -> Point:
    x, y = _numbers(text)
    return x, height - y  # Graphviz counts upwards


def _rectangle(text: str, height: float) -> tuple[float, float, float, float]:
    left, bottom, right, top = _numbers(text)
    return left, height - top, right, height - bottom


def _route(edge: dict[str, Any], height: float) -> Route:
    parts = edge["pos"].split()
    ends = [part for part in parts if part.startswith("e,")]
    curve = tuple(_point(part, height) for part in parts if not part.startswith(("e,", "s,")))
    tip = _point(ends[0][2:], height) if ends else curve[-1]
    return Route(curve, tip, _point(edge["lp"], height) if "lp" in edge else None)
