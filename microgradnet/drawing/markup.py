"""A picture in the languages of other programs: Mermaid, and TikZ with any text as LaTeX that compiles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from xml.etree import ElementTree

from microgradnet.drawing.layout import cluster_name
from microgradnet.drawing.picture import FADED, LIGHT, Box, Cluster, Edge, Picture, Theme, edge_colour
from microgradnet.text import clean

_COMMANDS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\char34{}", "`": r"\textasciigrave{}", "'": r"{'}", "-": "{-}", ",": "{,}",
    "[": "{[}", "]": "{]}",
}  # fmt: skip
_SIGNS = {
    "−": "-", "×": r"\times", "÷": r"\div", "·": r"\cdot", "→": r"\to", "∂": r"\partial", "≈": r"\approx",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∞": r"\infty", "‖": r"\Vert", "√": r"\surd", "∛": r"\sqrt[3]{}",
    "∑": r"\textstyle\sum", "∏": r"\textstyle\prod", "²": "^2", "³": "^3", "′": r"{}'", "∇": r"\nabla", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg", "ℓ": r"\ell",
    "±": r"\pm",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "ς": "varsigma",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₌₍₎", "0123456789aehijklmnoprstuvx+-=()", strict=True))
_SUPERSCRIPTS = dict(zip("⁰¹⁴⁵⁶⁷⁸⁹ⁱˡⁿ⁺⁻⁼⁽⁾", "01456789iln+-=()", strict=True))
BEYOND = r"\beyond"  # the command around a letter that pdfLaTeX has no font for; see PREAMBLE
# XeLaTeX and LuaLaTeX set any letter that their font has; pdfLaTeX shows where there is one.
PREAMBLE = rf"""\ifdefined\directlua\def{BEYOND}#1{{#1}}\else
\ifdefined\XeTeXversion\def{BEYOND}#1{{#1}}\else
\usepackage[T1]{{fontenc}}
\def{BEYOND}#1{{\textsf{{?}}}}\fi\fi
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
"""


_LETTERS = "A-Za-z" + "".join(_GREEK)
_HATS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u20d7": "vec"}
# A name with indices as names.typeset writes it, w₁,₂⁽¹⁾, or a letter under a hat, with or without indices.
_SET_NAME = re.compile(
    f"([{_LETTERS}]+)([{''.join(_HATS)}]?)([{''.join(_SUBSCRIPTS)}](?:[{''.join(_SUBSCRIPTS)},]*[{''.join(_SUBSCRIPTS)}])?)?"
    f"([{''.join(_SUPERSCRIPTS)}²³]+)?"
)


def escape_tex(text: str) -> str:
    r"""Return text for LaTeX; names with indices become formulas.

    Example:
        >>> print(escape_tex("w_1 → 50 %"), escape_tex("w₁,₂⁽¹⁾"), escape_tex("ŷ₁"), escape_tex("θ"))
        w\_1 $\to$ 50 \% $w_{1,2}^{(1)}$ $\hat{y}_{1}$ $\theta$
    """
    text, parts, end = clean(text), list[str](), 0
    apart = "".join(each if "\xc0" <= each <= "\xff" else unicodedata.normalize("NFD", each) for each in text)
    for found in _SET_NAME.finditer(apart):
        if any(found.groups()[1:]):
            parts += [_tex_text(apart[end : found.start()]), _tex_name(*found.groups())]
            end = found.end()
    return "".join([*parts, _tex_text(apart[end:])])


def _tex_text(text: str) -> str:
    return "".join(map(_tex_character, unicodedata.normalize("NFC", text)))


def _tex_name(letters: str, hat: str, below: str | None, above: str | None) -> str:
    """Return a name in math mode: a single letter slanted, a word upright."""
    base = "".join(f"\\{_GREEK[letter]} " if letter in _GREEK else letter for letter in letters).rstrip()
    base = rf"\mathrm{{{base}}}" if len(letters) > 1 and not hat else base
    base = rf"\{_HATS[hat]}{{{base}}}" if hat else base
    low = "".join(_SUBSCRIPTS.get(sign, sign) for sign in below or "")
    high = "".join({"²": "2", "³": "3", **_SUPERSCRIPTS}[sign] for sign in above or "")
    return f"${base}{f'_{{{low}}}' if low else ''}{f'^{{{high}}}' if high else ''}$"


def _tex_character(character: str) -> str:
    if character in _COMMANDS:
        return _COMMANDS[character]
    if character in _SIGNS:
        return f"${_SIGNS[character]}$"
    if character in _GREEK:
        return rf"$\{_GREEK[character]}$"
    if character in _SUBSCRIPTS:
        return f"$_{_SUBSCRIPTS[character]}$"
    if character in _SUPERSCRIPTS:
        return f"$^{_SUPERSCRIPTS[character]}$"
    if character == "…":
        return r"\dots{}"
    if character == "\N{NO-BREAK SPACE}":
        return "~"
    if character.isascii() or (character.isalpha() and "\xc0" <= character <= "\xff"):
        return character
    return f"{BEYOND}{{{character}}}"


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
        yield _node(element, scale, shift)
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


def _node(element: ElementTree.Element, scale: float, shift: Point) -> str:
    size = float(element.get("font-size", 10)) * scale
    font = rf"\fontsize{{{size:.1f}bp}}{{{size:.1f}bp}}\selectfont"
    font += r"\bfseries\boldmath" if element.get("font-weight") == "bold" else ""
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


# Brackets say the kind: round leaves, square results, boxes with double sides for what is folded.
_BRACKETS = {"leaf": ("(", ")"), "result": ("[", "]"), "folded": ("[[", "]]")}
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
        yield f'{margin}{box.key}{left}"{_box_text(box)}"{right}'
    for inner in cluster.inner:
        first = next(each for each in [inner, *inner.below()] if each.boxes).boxes[0]
        yield f'{margin}subgraph s{depth}{first.key}["{_escape(cluster_name(inner)) or "scope"}"]'
        yield from _cluster_lines(inner, depth + 1)
        yield f"{margin}end"


def _box_text(box: Box) -> str:
    heading = " ".join(filter(None, [_escape(box.symbol), _escape(box.name)]))
    rows = [f"{_escape(row.caption)} {_escape(row.text)}" for row in box.rows]
    return "<br/>".join(filter(None, [heading, *rows])) or " "


def _edge_line(edge: Edge, backward: bool) -> str:
    start, end = (edge.head, edge.tail) if backward else (edge.tail, edge.head)
    arrow = "-.->" if edge.sign == "-" else "-->"
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
    return "".join(map(_code, clean(text)))


def _code(character: str) -> str:
    if not character.isascii() or character.isalnum() or character in _HARMLESS:
        return character
    return f"#{ord(character)};"
