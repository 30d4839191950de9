"""From steps, picture and derivations to one HTML page: all text escaped, nothing loaded, nothing but its own script.

The page's content security policy names its one script and its one style sheet by their hashes, so whatever else might
get into it is not executed, and nothing can be requested.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from microgradnet.drawing.stepper.chain_rules import ChainRules
from microgradnet.drawing.stepper.once import Once
from microgradnet.drawing.stepper.scene import Scene, write_variables
from microgradnet.drawing.stepper.steps import Step
from microgradnet.drawing.stepper.trace import Trace
from microgradnet.drawing.theme import DARK, LIGHT

SCRIPTS = ("element.js", "state.js", "picture.js", "panel.js", "player.js")
_UNSAFE_IN_SCRIPTS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def assemble(title: str, theme: str, scene: Scene, data: Mapping[str, Any]) -> str:
    """Return the page."""
    style = _style(scene.css)
    script = "".join(['"use strict";\n(() => {\n', *map(_read, SCRIPTS), "})();\n"])
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": html.escape(title),
        "theme": theme,
        "style": style,
        "svg": scene.svg,
        "data": write_json(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _read("page.html"))


def page_data(trace: Trace, steps: Sequence[Step], scene: Scene, rules: ChainRules, names: Sequence[str]) -> Any:
    """Return all that the page's script knows; nodes are called by their positions."""
    nodes = [
        [position, scene.keys[position], names[position], int(not node.inputs)]
        for position, node in enumerate(trace.order)
        if scene.keys[position]
    ]
    parts = Once()
    return {
        "nodes": nodes,
        "edges": {str(position): numbers for position, numbers in scene.edges.items()},
        "steps": [_step(step, scene, parts) for step in steps],
        "parts": parts.items,
        "lines": rules.lines.items,
        "rules": rules.sections,
        "stale": trace.stale,
    }


def _step(step: Step, scene: Scene, parts: Once) -> dict[str, Any]:
    rows = [[parts.number(caption), *map(parts.number, line)] for caption, line in step.rows]
    written: dict[str, Any] = {"kind": step.kind, "heading": step.heading, "rows": rows}
    if step.nodes:
        written["nodes"] = step.nodes
    if step.edge is not None:
        result, place = step.edge
        written["edge"] = scene.edges[result][place]
    if step.gradients:
        written["gradients"] = [[position, parts.number(number)] for position, number in step.gradients.items()]
    return written


def write_json(data: Any) -> str:
    """Return JSON that can stand inside a script element, whatever its strings are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: _UNSAFE_IN_SCRIPTS[found[0]], text)


def _style(picture: str) -> str:
    light, dark = write_variables(LIGHT), write_variables(DARK)
    themes = (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root[data-theme=auto]{{color-scheme:dark;{dark}}}}}\n"
    )
    return f"{themes}{picture}\n{_read('page.css')}{_read('picture.css')}{_read('print.css')}"


@cache
def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
