"""A drawn SVG as a TikZ document of its own: every line and text at the same place, for any LaTeX.

It is translated from the SVG, so there is one code that draws and nothing to keep in step. Only the few elements that
pictures here are made of are known: groups, rectangles, circles, lines, paths, texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from microgradnet.drawing.tex import PREAMBLE, escape_tex

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_LARGEST = 14000.0  # points: TeX has no lengths above 16383
_ANCHORS = {"middle": "base", "end": "base east"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PIECE = re.compile(r"([MLCvhz])([^MLCvhz]*)")

Point = tuple[float, float]


def write_tikz(svg: str) -> str:
    """Return a LaTeX document with the picture, which compiles with pdfLaTeX, XeLaTeX and LuaLaTeX."""
    root = ElementTree.fromstring(svg)
    _, _, wide, high = _numbers(root.get("viewBox", "0 0 100 100"))
    scale = min(1.0, _LARGEST / max(wide, high))
    body = list(_element(root, scale, (0.0, 0.0)))
    colours = sorted({colour for line in body for colour in re.findall(r"\bm[0-9A-F]{6}\b", line)})
    paper = f"paperwidth={wide * scale + 10:.1f}bp,paperheight={high * scale + 30:.1f}bp,margin=5bp"
    lines = [
        r"\documentclass{article}",
        rf"\usepackage[{paper}]{{geometry}}",
        r"\usepackage{tikz}",
        PREAMBLE.rstrip(),
        r"\pagestyle{empty}\parindent=0pt\topskip=0pt",
        *(rf"\definecolor{{{colour}}}{{HTML}}{{{colour[1:]}}}" for colour in colours),
        r"\begin{document}\sffamily",
        rf"\begin{{tikzpicture}}[x={scale:g}bp,y=-{scale:g}bp,line width={scale:g}bp]",
        *body,
        r"\end{tikzpicture}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _element(element: ElementTree.Element, scale: float, shift: Point) -> Iterator[str]:
    """Yield the lines of an element and of those inside it; pictures nest a few levels deep."""
    tag = element.tag.removeprefix(_NAMESPACE)
    if tag in ("svg", "g"):
        moved = _numbers(element.get("transform", ""))
        inner = (shift[0] + moved[0], shift[1] + moved[1]) if len(moved) == 2 else shift
        opacity = element.get("opacity")
        if opacity:
            yield rf"\begin{{scope}}[opacity={opacity},transparency group]"
        for child in element:
            yield from _element(child, scale, inner)
        if opacity:
            yield r"\end{scope}"
    elif tag == "text":
        yield _text(element, scale, shift)
    else:
        shape = _shape(tag, element, shift)
        style = _style(element, scale)
        if shape and style:
            corner = float(element.get("rx", 0)) * scale if tag == "rect" else 0.0
            yield rf"\path[{style}{f',rounded corners={corner:.1f}bp' if corner else ''}] {shape};"


def _shape(tag: str, element: ElementTree.Element, shift: Point) -> str:
    """Return the way of a shape in TikZ; empty for what has none."""

    def at(*names: str) -> str:
        return _point(tuple(float(element.get(name, 0)) for name in names), shift)

    if tag == "rect":
        size = (float(element.get(name, 0)) for name in ("width", "height"))
        return f"{at('x', 'y')} rectangle ++{_point(tuple(size), (0.0, 0.0))}"
    if tag == "circle":
        return f"{at('cx', 'cy')} circle [radius={float(element.get('r', 0)):.1f}]"
    if tag == "ellipse":
        radii = (float(element.get(name, 0)) for name in ("rx", "ry"))
        return "{} ellipse [x radius={:.1f}, y radius={:.1f}]".format(at("cx", "cy"), *radii)
    if tag == "line":
        return f"{at('x1', 'y1')} -- {at('x2', 'y2')}"
    return _way(element.get("d", ""), shift) if tag == "path" else ""


def _way(path: str, shift: Point) -> str:
    """Return the way of a path of moves, lines, Bézier curves and closings."""
    parts: list[str] = []
    for command, text in _PIECE.findall(path):
        numbers = _numbers(text)
        points = [_point(pair, shift) for pair in zip(numbers[::2], numbers[1::2], strict=False)]
        if command == "M":
            parts += points
        elif command == "L":
            parts += [f"-- {point}" for point in points]
        elif command == "C":
            for first, second, end in zip(points[::3], points[1::3], points[2::3], strict=True):
                parts.append(f".. controls {first} and {second} .. {end}")
        elif command == "z":
            parts.append("-- cycle")
        else:
            parts += [f"-- ++({f'0,{step:.1f}' if command == 'v' else f'{step:.1f},0'})" for step in numbers]
    return " ".join(parts)


def _style(element: ElementTree.Element, scale: float) -> str:
    parts = []
    fill, stroke = element.get("fill", "#000000"), element.get("stroke", "none")
    if fill != "none":
        parts.append(f"fill={_colour(fill)}")
    if stroke != "none":
        parts.append(f"draw={_colour(stroke)},line width={float(element.get('stroke-width', 1)) * scale:.2f}bp")
        dashes = _numbers(element.get("stroke-dasharray", ""))
        if len(dashes) == 2:
            parts.append(f"dash pattern=on {dashes[0] * scale:.1f}bp off {dashes[1] * scale:.1f}bp")
    if element.get("opacity"):
        parts.append(f"opacity={element.get('opacity')}")
    return ",".join(parts)


def _text(element: ElementTree.Element, scale: float, shift: Point) -> str:
    size = float(element.get("font-size", 10)) * scale
    font = rf"\fontsize{{{size:.1f}bp}}{{{size:.1f}bp}}\selectfont"
    font += r"\bfseries" if element.get("font-weight") == "bold" else ""
    font += r"\itshape" if element.get("font-style") == "italic" else ""
    style = [
        f"anchor={_ANCHORS.get(element.get('text-anchor', ''), 'base west')}",
        "inner sep=0pt",
        f"text={_colour(element.get('fill', '#000000'))}",
        f"font={font}",
    ]
    if element.get("opacity"):
        style.append(f"opacity={element.get('opacity')}")
    where = _point((float(element.get("x", 0)), float(element.get("y", 0))), shift)
    return rf"\node[{','.join(style)}] at {where} {{{escape_tex(element.text or '')}}};"


def _colour(colour: str) -> str:
    return f"m{colour[1:].upper()}" if _COLOUR.fullmatch(colour) else "black"


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _point(point: tuple[float, ...], shift: Point) -> str:
    return f"({point[0] + shift[0]:.1f},{point[1] + shift[1]:.1f})"
