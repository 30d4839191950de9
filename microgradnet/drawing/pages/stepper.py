"""``StepPage``: the page of ``mg.step_through``, one HTML text that loads nothing and needs no kernel.

The page's content security policy names its one script and its one style sheet by their hashes, so whatever else might
get into it is not executed, and nothing can be requested.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet.derivation import derive
from microgradnet.derivation.page import Equation, EquationRow, Section
from microgradnet.derivation.working import Prose
from microgradnet.drawing.fold import kind_of
from microgradnet.drawing.html import assemble, frame, read_part, save_page, write_themes
from microgradnet.drawing.pages.javascript import write_float, write_rules
from microgradnet.drawing.pages.scene import Look, StepScene
from microgradnet.drawing.pages.steps import (
    MATH,
    RELATION,
    Numbers,
    PageStep,
    Part,
    StepFormulas,
    StepWriter,
    harmless,
    isolate,
)
from microgradnet.drawing.pages.trace import Trace
from microgradnet.operation import EVERYWHERE, Op


class _Once:
    """A list without repeats."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, thing: Any) -> int:
        """Return the number of a thing, which is added where it is new; things are told apart by their repr."""
        number = self._numbers.setdefault(repr(thing), len(self.items))
        if number == len(self.items):
            self.items.append(thing)
        return number


_MOST_PATHS = 4  # beyond it node by node: a page has no room for more
_MOST_STEPS = 24
_FEWEST_DIGITS = 2  # of a derivation


class ChainRules:
    """Collects the derivations of all leaves of a trace.

    Arguments:
        trace: the nodes.
        digits: significant digits of the numbers.
    """

    def __init__(self, trace: Trace, digits: int) -> None:
        self.lines = _Once()  # each ``[left, [[relation, term, ...], ...]]``
        self.sections: dict[str, list[Any]] = {}  # by position: ``[title, [number of a line, ...], [sentence, ...]]``
        for position in trace.leaves:
            derivation = derive(
                trace.loss,
                trace.order[position],
                digits=max(digits, _FEWEST_DIGITS),
                paths=_MOST_PATHS,
                steps=_MOST_STEPS,
            )
            self.sections[str(position)] = [self._section(section) for section in derivation.sections]

    def _section(self, section: Section) -> list[Any]:
        equations = [self.lines.number(_line(equation)) for equation in section.equations]
        return [_prose(section.title), equations, [_prose(sentence) for sentence in section.sentences]]


def _line(equation: Equation) -> list[Any]:
    return [equation.left.latex, [_row(row) for row in equation.rows]]


def _row(row: EquationRow) -> list[str]:
    terms = [term.latex for term in row.terms]
    return [row.relation, *terms] if row.apart else [row.relation, " + ".join(terms)]


def _prose(parts: Prose) -> str:
    return isolate("".join(part if isinstance(part, str) else part.text for part in parts))


CORE = ("arithmetic.js", "recompute.js", "figures.js")  # what needs no page
SCRIPTS = ("element.js", "state.js", "math.js", "typing.js", "picture.js", "map.js", "panel.js", "player.js")
STYLES = ("page.css", "picture.css", "print.css")


def _page_data(
    trace: Trace, steps: Sequence[PageStep], scene: StepScene, chains: ChainRules, names: Sequence[str], digits: int
) -> dict[str, Any]:
    """Return all that the page's script knows; nodes are called by their positions."""
    nodes = [
        [position, names[position], int(not node.inputs)]
        for position, node in enumerate(trace.order)
        if scene.names[position]
    ]
    parts = _Once()
    return {
        "digits": digits,
        "nodes": nodes,
        "boxes": scene.boxes,
        "edges": scene.edges,
        "units": _units(trace),
        "steps": [_step(step, scene, parts) for step in steps],
        "parts": parts.items,
        "lines": chains.lines.items,
        "rules": chains.sections,
        "graph": graph_data(trace),
        "stale": trace.stale,
    }


def _units(trace: Trace) -> dict[str, list[int]]:
    """Return of each node the neuron and the layer that it is in, by number: the steps of who steps by those."""
    scopes = [node.scope.split("/") if node.scope else [] for node in trace.order]
    found = {}
    for kind in ("neuron", "layer"):
        paths = ["/".join(_up_to(parts, kind)) for parts in scopes]
        known = {path: number for number, path in enumerate(dict.fromkeys(paths)) if path}
        found[kind] = [known.get(path, -1) for path in paths]
    return found


def _up_to(parts: Sequence[str], kind: str) -> Sequence[str]:
    """Return a scope's path up to its part of this kind; the outermost part where it has none."""
    return next((parts[: end + 1] for end, part in enumerate(parts) if kind_of(part) == kind), parts[:1])


def _step(step: PageStep, scene: StepScene, parts: _Once) -> dict[str, Any]:
    rows = [
        [parts.number(caption), *(parts.number(_without_figures(part)) for part in line)] for caption, line in step.rows
    ]
    written: dict[str, Any] = {"kind": step.kind, "heading": step.heading, "rows": rows}
    if step.nodes:
        written["nodes"] = step.nodes
    if step.edge is not None:
        result, place = step.edge
        written["edge"] = scene.edges[result][place]
        written["place"] = place
    if step.gradients:
        written["gradients"] = [[position, part[-1]] for position, part in step.gradients.items()]
    return written


def _without_figures(part: Part) -> Part:
    """Return a part as the page has it, which writes its numbers itself."""
    if isinstance(part, str):
        return part
    if part[0] == MATH:
        return [MATH, part[2]]
    return [part[0], *part[2:]] if part[0] == RELATION else [part[0], part[-1]]


def graph_data(trace: Trace) -> dict[str, Any]:
    """Return the numbers and the shape of a graph, with which a page computes it again."""
    position = {id(node): place for place, node in enumerate(trace.order)}
    results = [(place, trace.order[place]) for place in trace.operations]
    ops = {place: node.op for place, node in results if node.op is not None}
    return {
        "values": [write_float(node.data) for node in trace.order],
        "operands": {place: [position[id(operand)] for operand in node.inputs] for place, node in results},
        "slopes": {place: list(map(write_float, node.partials)) for place, node in results},
        "ops": {place: op.name for place, op in ops.items()},
        "flows": [[edge.result, edge.place] for edge in trace.contributions],
        "domains": {op.name: _needed(op) for op in ops.values()},
    }


def _needed(op: Op) -> str:
    return "a result that fits into a float" if op.domain is EVERYWHERE else op.domain.words


def _read(name: str) -> str:
    return read_part("microgradnet.drawing.pages", name)


def core_script() -> str:
    """Return the part of the page's script that needs no page: arithmetic, the sweep, and how numbers are printed."""
    return "".join(map(_read, CORE))


class StepPage:
    """The forward and the backward pass of one graph as a page. The last expression of a notebook cell shows it.

    Arguments:
        trace: the two passes as data.
        scene: the picture.
        look: how it is drawn.
        theme: ``"auto"``, ``"light"`` or ``"dark"``.
    """

    def __init__(self, trace: Trace, scene: StepScene, look: Look, theme: str) -> None:
        self.trace, self.scene, self.digits, self.theme = trace, scene, look.digits, theme
        self._numbers = Numbers(look.digits)
        self._formulas = StepFormulas(trace, scene.names, self._numbers)

    @cached_property
    def steps(self) -> tuple[PageStep, ...]:
        """What the page shows, step by step."""
        return tuple(StepWriter(self.trace, self._formulas, self._numbers, self.scene.deltas).steps())

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Step through {harmless(self._formulas.names[-1])}"

    @cached_property
    def html(self) -> str:
        """The page as HTML text: one file that loads nothing, the same bytes for the same graph."""
        trace, chains = self.trace, ChainRules(self.trace, self.digits)
        names = [harmless(name) for name in self._formulas.names]
        rules, missing = write_rules(node.op for node in trace.order if node.op is not None)
        data = _page_data(trace, self.steps, self.scene, chains, names, self.digits) | self._typing(missing)
        script = "".join([core_script(), rules, *map(_read, SCRIPTS)])
        style = f"{write_themes()}{self.scene.css}\n{''.join(map(_read, STYLES))}"
        page = _read("page.html")
        return assemble(page, self.title, self.theme, style=style, script=script, data=data, svg=self.scene.svg)

    def _typing(self, missing: Sequence[str]) -> dict[str, Any]:
        """Return which leaves' numbers can be typed into the page, and why none can be where that is so."""
        trace, still = self.trace, ""
        if missing:
            still = f"No numbers can be typed here: {', '.join(missing)} can't be computed in a page."
        elif trace.stale:
            still = "No numbers can be typed here, as results no longer follow from their operands."
        # A leaf without a name is called by its number, which stands in the formulas of others.
        named = [
            position
            for position in trace.leaves
            if self._formulas.names[position] != self._numbers.text(trace.order[position].data)
        ]
        return {"still": still, "typeable": [] if still else named}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to an ``.html`` file, whole or not at all; return the path.

        A browser opens it without a network; ``lesson.html#7`` opens it at step 7.

        Raises:
            DrawingError: the suffix is another one, or the file can't be written.
        """
        return save_page(path, self.html, "mg.draw(loss).save(...)")

    def _repr_html_(self) -> str:
        """Return a frame that holds the whole page, so that no style, name or key of it meets the notebook's."""
        return frame(self.title, self.html)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        forward, backward = len(self.trace.operations), len(self.trace.contributions)
        return f"<StepPage: {self.title}, {forward} steps forward, {backward} backward; .html, .save('lesson.html')>"
