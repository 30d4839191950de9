"""Networks that the tests of their pictures share, and what a drawn SVG says, read back from it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from xml.etree import ElementTree

from microgradnet import MLP
from microgradnet.drawing.picture import width
from microgradnet.verification import library
from microgradnet.verification.lines import read_page

SVG = "{http://www.w3.org/2000/svg}"


def worked(name: str) -> tuple[MLP, dict]:
    """Return the network of a worked example, and all that its file says."""
    said = tomllib.loads(read_page(library.text(name)).front)
    layers = said["network"]["layers"]
    activations = [layer.get("activation", "identity") for layer in layers]
    biases = [layer.get("biases") for layer in layers]
    return MLP.from_weights([layer["weights"] for layer in layers], biases, activation=activations), said


@dataclass
class Seen:
    """What stands in an SVG: rectangles as (left, top, right, bottom)."""

    lines: list[tuple[str, tuple[float, float], tuple[float, float]]]  # with the title of each
    labels: list[tuple[float, float, float, float]]
    label_texts: list[list[str]]
    circles: list[tuple[float, float, float]]
    texts: list[tuple[str, tuple[float, float, float, float]]]  # in and around the circles
    root: ElementTree.Element


def see(svg: str) -> Seen:
    """Read an SVG back."""
    root = ElementTree.fromstring(svg)
    body = root.find(f"{SVG}g")
    seen = Seen([], [], [], [], [], root)
    for group in body.iter(f"{SVG}g"):
        if group.get("class") == "weight":
            line = group.find(f"{SVG}line")
            ends = [float(line.get(name)) for name in ("x1", "y1", "x2", "y2")]
            seen.lines.append((group.find(f"{SVG}title").text, tuple(ends[:2]), tuple(ends[2:])))
        elif group.get("class") in ("neuron", "input"):
            circle = group.find(f"{SVG}circle")
            seen.circles.append(tuple(float(circle.get(name)) for name in ("cx", "cy", "r")))
            seen.texts += [(text.text, _box(text)) for text in group.iter(f"{SVG}text")]
    for element in body:  # the labels come last, each a rectangle and its lines of text
        if element.get("class") == "label":
            left, top, wide, high = (float(element.get(name)) for name in ("x", "y", "width", "height"))
            seen.labels.append((left, top, left + wide, top + high))
            seen.label_texts.append([])
        elif element.tag == f"{SVG}text" and element.get("class") != "note":
            seen.label_texts[-1].append(element.text)
    return seen


def _box(text: ElementTree.Element) -> tuple[float, float, float, float]:
    x, y, size = (float(text.get(name)) for name in ("x", "y", "font-size"))
    half = width(text.text, size) / 2
    return x - half, y - 0.75 * size, x + half, y + 0.2 * size


def number_of(title: str) -> float:
    """Return the weight that the title of a line tells."""
    return float(re.search(r" = (\S+), from ", title)[1])
