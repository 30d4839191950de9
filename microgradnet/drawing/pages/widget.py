"""``Explorer``: the widget that a notebook holds. It imports anywidget, so it is imported when one is made."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import anywidget
import traitlets

from microgradnet.drawing.export import Drawing
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.drawing.html import read_part, write_variables
from microgradnet.drawing.pages.live import Live
from microgradnet.drawing.picture import DARK, LIGHT, find_theme
from microgradnet.errors import DrawingError
from microgradnet.value import Value

_ROOT = ".microgradnet-explore"
_SCRIPTS = ("element.js", "numbers.js", "sliders.js", "widget.js")


def script() -> str:
    """Return the widget's ES module."""
    return "".join(map(_read, _SCRIPTS))


def style() -> str:
    """Return the widget's style sheet, with the colours of both themes."""
    light, dark = write_variables(LIGHT), write_variables(DARK)
    themes = f"{_ROOT}{{color-scheme:light;{light}}}\n{_ROOT}[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    return themes + _read("widget.css")


def _read(name: str) -> str:
    return read_part("microgradnet.drawing.pages", name)


class Explorer(anywidget.AnyWidget):
    """The picture of a function's graph with sliders. The last expression of a notebook cell shows it.

    Arguments:
        live: the function, its sliders and its picture.
        theme: ``"auto"``, ``"light"`` or ``"dark"``.
    """

    _esm = script()
    _css = style()
    sliders: Any = traitlets.List().tag(sync=True)
    theme = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    nodes: Any = traitlets.List().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # changes with every move; the others only where the structure does

    def __init__(self, live: Live, theme: str) -> None:
        self._live = live
        sliders = [asdict(slider) | {"step": slider.step} for slider in live.sliders.values()]
        super().__init__(sliders=sliders, theme=theme, title=f"Explore {live.name}", **self._state({}))
        self.on_msg(self._hear)

    @property
    def values(self) -> dict[str, float]:
        """Where the sliders stand."""
        return dict(self._live.answer.values)

    @property
    def loss(self) -> Value:
        """The graph whose numbers are shown, with no gradient computed yet: another one after each move."""
        return self._live.loss

    @property
    def message(self) -> str:
        """Why the present position has no picture; "" where it has one."""
        return self._live.answer.message

    def move(self, **values: float) -> None:
        """Move sliders: ``explorer.move(a=2.0)``.

        Raises:
            ArgumentError: there is no such slider, or the number lies outside of its range. None has moved then.
        """
        self._live.check(values)
        self._show(values, {})

    def drawing(self, theme: str = "light") -> Drawing:
        """Return the present picture as :class:`Drawing`, to save or to print."""
        copied, names = self._live.recording.copy(self._live.known)
        look = self._live.look
        detail = look.detail_of(self._live.recording.order)
        options: dict[str, Any] = {"digits": look.digits, "direction": look.direction, "limit": look.limit}
        picture = build_picture(copied, detail=detail, known=names, **options)
        return Drawing(picture, find_theme(theme))

    def _show(self, values: dict[str, Any], origin: dict[str, Any]) -> None:
        self._live.move(values)
        with self.hold_sync():  # one message, in which picture and numbers belong together
            for name, content in self._state(origin).items():
                setattr(self, name, content)

    def _state(self, origin: dict[str, Any]) -> dict[str, Any]:
        scene = self._live.scene
        nodes = [list(node) for node in scene.nodes]
        answer = asdict(self._live.answer) | {"name": scene.result, "origin": origin}
        return {"picture": scene.svg, "nodes": nodes, "answer": answer}

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Move to where the page's sliders stand; its numbers are read with care, as a page could be anybody's."""
        message = message if isinstance(message, dict) else {}
        values = message.get("values")
        origin = {key: message.get(key) for key in ("view", "serial")}
        self._show(values if isinstance(values, dict) else {}, origin)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Return the widget, and the picture for readers that run no widgets: GitHub's, or an export to PDF."""
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        drawing = self.drawing()
        still = {"text/plain": repr(self), "image/svg+xml": drawing.svg}
        with suppress(ImportError, DrawingError):  # a PNG needs a library that may be missing
            still["image/png"] = base64.b64encode(drawing.png).decode("ascii")
        return {**data, **still}, metadata

    def __repr__(self) -> str:
        places = ", ".join(f"{name} = {number}" for name, number in self.values.items())
        first = next(iter(self.values))
        return f"<Explorer of {self._live.name}: {places}; .values, .loss, .move({first}=...)>"
