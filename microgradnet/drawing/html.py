"""Pages in HTML: one text each, which loads nothing and runs at most the one script that it was made with.

The page's content security policy names its script and its style sheet by their hashes, so whatever else might get into
it is not executed, and nothing can be requested.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from microgradnet.drawing.picture import DARK, LIGHT, Theme
from microgradnet.errors import DrawingError
from microgradnet.text import write_whole

_FRAME_HEIGHT = 640  # pixels, in a notebook; its corner can be dragged
_SUFFIXES = (".html", ".htm")
_LEFT_OUT = re.compile(
    r"^\s*//.*\n|^\s+", re.MULTILINE
)  # of a script in a page: comments on lines of their own, indents
_HEAD = """<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<style>{{style}}</style>
</head>"""
_UNSAFE_IN_SCRIPTS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_variables(theme: Theme) -> str:
    """Return the colours of a theme as declarations of CSS variables."""
    return "".join(f"--{css_variable(name)}:{colour};" for name, colour in colours_of(theme).items())


def colours_of(theme: Theme) -> dict[str, str]:
    """Return the colours of a theme by the names of its fields."""
    colours = {field.name: str(getattr(theme, field.name)) for field in fields(Theme)}
    return {name: colour for name, colour in colours.items() if re.fullmatch(r"#[0-9a-fA-F]{3,8}", colour)}


def css_variable(name: str) -> str:
    """Return what the CSS variable of a theme's colour is called, without its two dashes."""
    return name.replace("_", "-")


NOTEBOOK_CLASS = "microgradnet-picture"
_PREFIX = "--microgradnet-"  # of variables in a notebook, where others have theirs
_HOSTS = {
    name: f'body[data-jp-theme-light="{is_light}"],body[data-vscode-theme-kind*="{name}"],html[theme="{name}"]'
    for name, is_light in (("dark", "false"), ("light", "true"))
}


def variable_theme() -> Theme:
    """Return the light theme with colours that a page may change: each a CSS variable, and what it is without one."""
    return Theme(**{name: f"var({_PREFIX}{css_variable(name)},{colour})" for name, colour in colours_of(LIGHT).items()})


def _declared(theme: Theme) -> str:
    return "".join(f"{_PREFIX}{css_variable(name)}:{colour};" for name, colour in colours_of(theme).items())


def write_page_themes() -> str:
    """Return the rule that gives a page's pictures the dark colours where the reader's system is dark."""
    return f"@media screen and (prefers-color-scheme:dark){{:root{{{_declared(DARK)}}}}}\n"


def write_notebook_themes() -> str:
    """Return the rules for a picture in a notebook: the notebook's own theme comes before the system's."""
    dark, light = _declared(DARK), _declared(LIGHT)
    picture = f".{NOTEBOOK_CLASS}"
    return (
        f"@media screen and (prefers-color-scheme:dark){{{picture}{{{dark}}}}}"
        f":is({_HOSTS['dark']}) {picture}{{{dark}}}:is({_HOSTS['light']}) {picture}{{{light}}}"
    )


def write_themes() -> str:
    """Return the colours of both themes as CSS variables of the page."""
    light, dark = write_variables(LIGHT), write_variables(DARK)
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root[data-theme=auto]{{color-scheme:dark;{dark}}}}}\n"
    )


def assemble(
    template: str, title: str, theme: str, *, style: str, script: str, data: Mapping[str, Any], svg: str = ""
) -> str:
    """Return a page that runs its one script, has its one style sheet, and can request nothing.

    Arguments:
        template: its HTML, with ``{{head}}``, ``{{title}}`` and the like for the parts.
        title: what it is called.
        theme: ``"auto"``, ``"light"`` or ``"dark"``.
        style: its rules.
        script: its JavaScript, in strict mode, in a scope of its own.
        data: what the script reads.
        svg: its picture.
    """
    whole = _in_scope(_LEFT_OUT.sub("", script))
    hashes = f"script-src {_hash(whole)}; style-src {_hash(style)}"
    parts = {
        "policy": f"default-src 'none'; {hashes}; base-uri 'none'; form-action 'none'",
        "title": html.escape(title),
        "theme": theme,
        "style": style,
        "svg": svg,
        "data": write_json(data),
        "script": whole,
    }
    return _filled(template, parts)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """Return a template with its parts, whose own braces stay as they are."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template.replace("{{head}}", _HEAD))


def _in_scope(script: str) -> str:
    """Return a script in strict mode, in a scope of its own."""
    return f'"use strict";\n(() => {{\n{script}}})();\n'


def write_json(data: Any) -> str:
    """Return JSON that can stand inside a script element, whatever its strings are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: _UNSAFE_IN_SCRIPTS[found[0]], text)


def _hash(text: str) -> str:
    import base64
    import hashlib  # which loads OpenSSL; a picture without a page has no use for it

    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def read_part(package: str, name: str) -> str:
    """Return the text of a template, a script or a style sheet that stands in a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def write_page(
    title: str, pictures: Sequence[str], members: Sequence[Mapping[str, Sequence[int]]] = (), rules: str = ""
) -> str:
    """Return the page of a picture: it opens whole, and is moved and made larger by pointer, wheel and keys.

    Arguments:
        title: what it is called.
        pictures: its SVG, and those that a click on a box opens, from coarse to fine.
        members: for each of them the nodes that each box stands for, by the key of the box.
        rules: those of its colours, where it does not have them itself.
    """
    script = _in_scope(read_part("microgradnet.drawing", "zoom.js"))
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src 'unsafe-inline'"
    parts = {
        "policy": policy,
        "title": html.escape(title),
        "svg": "".join(pictures),
        "members": html.escape(json.dumps(list(members) if len(pictures) > 1 else [], separators=(",", ":"))),
        "style": rules + read_part("microgradnet.drawing", "zoom.css"),
        "script": script,
    }
    return _filled(read_part("microgradnet.drawing", "zoom.html"), parts)


def save_page(path: str | os.PathLike[str], page: str, picture: str) -> Path:
    """Write a page to an ``.html`` file, whole or not at all; return the path.

    Arguments:
        path: where to.
        page: its text.
        picture: the call that saves a picture in other formats.

    Raises:
        DrawingError: the suffix is another one, or the file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        expected = f"a file name that ends in {' or '.join(_SUFFIXES)}"
        raise DrawingError(expected, repr(str(path)), f"For other formats, save a picture: {picture}.")
    write_file(path, page)
    return path


def frame(title: str, page: str, height: int = _FRAME_HEIGHT) -> str:
    """Return a frame that holds a page, for a notebook."""
    style = f"width:100%;height:{height}px;border:0;resize:vertical;overflow:auto"
    return (
        f'<iframe sandbox="allow-scripts allow-modals" title="{html.escape(title)}" style="{style}" '
        f'srcdoc="{_in_attribute(page)}"></iframe>'
    )


def _in_attribute(text: str) -> str:
    """Return text as it stands between double quotes: in an attribute only these two characters need escaping."""
    return text.replace("&", "&amp;").replace('"', "&quot;")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        DrawingError: the folder does not exist, or can't be written to. An existing file is unchanged then.
    """
    try:
        write_whole(path, content)
    except OSError as error:
        advice = "Check that the folder exists and may be written to."
        raise DrawingError(f"a picture should be written to {path}", error.strerror or str(error), advice) from error
