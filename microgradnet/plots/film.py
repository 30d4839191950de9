"""``Film``: how a model of two inputs learns, epoch by epoch, as a page that plays.

A film is a callback of ``mg.fit``. It keeps the outputs over the plane as one byte for each point, so that a file with
sixty pictures stays small, and it needs neither matplotlib nor a kernel.
"""

from __future__ import annotations

import base64
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.drawing.html import assemble, frame, read_part, save_page, write_themes
from microgradnet.errors import ArgumentError, NumberTypeError, shown
from microgradnet.figures import write_figure
from microgradnet.nn.base import Module
from microgradnet.nn.reading import as_count
from microgradnet.plots.axes import COLOURS, check_points, points_of
from microgradnet.plots.boundary import Field, find_border, grid_ends, make_field, read_classes
from microgradnet.text import clean, shorten

if TYPE_CHECKING:
    from microgradnet.nn.training.history import Epoch

_POINTS = 48  # along each axis
_LEVELS = 32  # of confidence; with the class, one byte
_MOST_CLASSES = 256 // _LEVELS
_MOST_SAMPLES = 600  # that are shown, evenly spaced
_DIGITS = 4
_WEIGHT = re.compile(r"(w|b)(\d+)\[(\d+)(?:,(\d+))?\]")
_MOST_UNITS = 12  # neurons of a layer in the sketch
_FRAME_HEIGHT = 620  # pixels, in a notebook
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a film.

    Arguments:
        epoch: after which it was taken; 0 is before training.
        field: for each point of the plane a byte: the class times 32, and how sure the model is, from 0 to 31.
        weights: the parameters, in the order of the model.
    """

    epoch: int
    field: bytes
    weights: tuple[float, ...]


class Film:
    """Films how a model of two inputs learns. Give it to ``mg.fit`` as a callback.

    The page plays the decision boundary with the samples, the network with its weights as the widths of lines, and the
    curve of the loss, epoch by epoch. It is one HTML text that loads nothing and needs no kernel. Space plays, arrow
    keys go from picture to picture. The model stays as it is.

    Arguments:
        model: a function of a list of two numbers, as in :func:`decision_boundary`; the sketch of the network is of an
            MLP, or of any Module whose parameters are called ``w1[1,2]`` and ``b1[1]``.
        X: the samples, rows of two numbers.
        y: the class of each sample, as in :func:`decision_boundary`.
        threshold: for a single output; 0.5, or 0 where a class is -1, where not given.
        pictures: how many are kept at most: of longer runs every second, fourth, ... epoch, and the last one.
        points: along each axis.
        names: of the two inputs.
        classes: their names, in order; "class 0", ... where not given.

    Raises:
        ShapeError: there is not one class for each sample.
        NumberTypeError: the samples are no rows of two numbers, or a class is no number.
        ArgumentError: another argument is out of its range, or there are more than 8 classes.

    Example:
        >>> import microgradnet as mg
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> mlp = mg.MLP(2, [4, 1], activation="tanh", output="sigmoid", seed=2)
        >>> film = mg.plots.Film(mlp, X, y)
        >>> history = mg.fit(mlp, X, y, loss="binary_cross_entropy", lr=0.1, epochs=20, seed=1, callbacks=film)
        >>> film
        <Film of 20 epochs, 21 pictures; .html, .save('film.html')>
    """

    def __init__(
        self,
        model: Callable[..., Any],
        X: Any,  # noqa: N803 - as scikit-learn and mg.fit call it
        y: Any,
        *,
        threshold: float | None = None,
        pictures: int = 60,
        points: int = _POINTS,
        names: Sequence[str] = ("x[1]", "x[2]"),
        classes: Sequence[str] | None = None,
    ) -> None:
        if not callable(model):
            raise NumberTypeError("a model is a function of a list of two numbers", shown(model), "Pass an MLP, say.")
        self._model, self._points = model, check_points(points)
        self._most = max(2, as_count(pictures, "pictures", "60 play in a quarter of a minute."))
        self._samples = points_of(X, "samples to film are rows of two numbers", 2)
        self._names = [_name(name) for name in names]
        self._border = find_border(y, len(self._samples), threshold)
        field = self._field(model)
        self._classes = read_classes(y, len(self._samples), field.outputs.shape[2])
        self._count = max(field.outputs.shape[2], 2)
        if self._count > _MOST_CLASSES:
            advice = "Film fewer of them: the colours of more can't be told apart."
            raise ArgumentError(f"a film has at most {_MOST_CLASSES} classes", str(self._count), advice)
        self._kinds = [_name(name) for name in classes or [f"class {place}" for place in range(self._count)]]
        for what, given, count in (("names", self._names, 2), ("classes", self._kinds, self._count)):
            if len(given) != count:
                raise ArgumentError(f"{what} are {count} texts", f"{len(given)}", "Give one for each.")
        self.epochs: list[Epoch] = []
        self.shots: list[Shot] = [self._shoot(model, 0, field)]
        self._pace = 1
        self._waiting: tuple[int, list[float]] | None = None

    def __call__(self, epoch: Epoch) -> None:
        """Keep what an epoch has made of the model; ``mg.fit`` calls it."""
        self.record(epoch, self._model)

    def record(self, epoch: Epoch, model: Callable[..., Any] | None) -> None:
        """Keep an epoch, and a picture of the model after it where it is one of those that are kept.

        Arguments:
            epoch: what was measured.
            model: of the same kind as the film's own; None for no picture.
        """
        self.epochs.append(epoch)
        self.__dict__.pop("html", None)
        if model is None:
            return
        numbers = _numbers(model)
        self._waiting = None
        if epoch.epoch % self._pace and numbers and model is self._model:
            self._waiting = epoch.epoch, numbers  # whether it is the last one is not known yet
            return
        self._add(self._shoot(model, epoch.epoch, self._field(model)))

    def _add(self, shot: Shot) -> None:
        if self.shots[-1].epoch % self._pace:  # the last one, which only ends the film
            self.shots.pop()
        self.shots.append(shot)
        while len(self.shots) > self._most:
            self._pace *= 2
            self.shots = [each for each in self.shots if not each.epoch % self._pace or each is shot]

    def _finish(self) -> None:
        """Take the picture after the last epoch, where the model is still as it was then."""
        if self._waiting is not None and self._waiting[1] == _numbers(self._model):
            self._add(self._shoot(self._model, self._waiting[0], self._field(self._model)))
        self._waiting = None

    @cached_property
    def html(self) -> str:
        """The film as HTML text: one file that loads nothing."""
        self._finish()
        page, rules, script = (read_part("microgradnet.plots", f"film.{kind}") for kind in ("html", "css", "js"))
        style = write_themes() + rules
        return assemble(page, "A film of training", "auto", style=style, script=script, data=self._data())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the film to an ``.html`` file, whole or not at all; return the path.

        Raises:
            DrawingError: the suffix is another one, or the file can't be written.
        """
        return save_page(path, self.html, "mg.plots.decision_boundary(model, X, y).figure.savefig(...)")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": frame("A film of training", self.html, _FRAME_HEIGHT), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Film of {len(self.epochs)} epochs, {len(self.shots)} pictures; .html, .save('film.html')>"

    def _field(self, model: Callable[..., Any]) -> Field:
        return make_field(model, self._samples, self._points)

    def _shoot(self, model: Callable[..., Any], epoch: int, field: Field) -> Shot:
        import numpy

        leads = numpy.nan_to_num(field.leads(self._border))
        levels = numpy.rint(field.confidence(leads) * (_LEVELS - 1))
        coded = (leads.argmax(axis=2) * _LEVELS + levels).astype(numpy.uint8)[::-1]  # the first row is the top one
        return Shot(epoch, coded.tobytes(), tuple(float(f"{number:.{_DIGITS}g}") for number in _numbers(model)))

    def _data(self) -> dict[str, Any]:
        xs, ys = grid_ends(self._samples)
        chosen = slice(None, None, -(-len(self._samples) // _MOST_SAMPLES))
        shape, places = _sketch(self._model)
        return {
            "names": self._names,
            "classes": self._kinds,
            "colours": [COLOURS[place % len(COLOURS)] for place in range(self._count)],
            "points": self._points,
            "levels": _LEVELS,
            "x": xs,
            "y": ys,
            "ticks": [[_tick(end) for end in ends] for ends in (xs, ys)],
            "samples": [
                [round(float(x), 6), round(float(y), 6), int(kind)]
                for (x, y), kind in zip(self._samples[chosen], self._classes[chosen], strict=True)
            ],
            "layers": shape,
            "weights": places,
            "shots": [
                [shot.epoch, base64.b64encode(shot.field).decode("ascii"), list(map(_plain, shot.weights))]
                for shot in self.shots
            ],
            "epochs": [
                [epoch.epoch, *map(_plain, (epoch.loss, epoch.validation_loss, epoch.metric))] for epoch in self.epochs
            ],
            "metric": self.epochs[-1].metric_name if self.epochs else "",
        }


def _parameters(model: Any) -> dict[str, Any]:
    return dict(model.named_parameters()) if isinstance(model, Module) else {}


def _numbers(model: Any) -> list[float]:
    return [parameter.data for parameter in _parameters(model).values()]


def _sketch(model: Any) -> tuple[list[int], list[list[int]]]:
    """Return the sizes of the layers, inputs first, and where each parameter belongs; nothing for other models.

    A parameter belongs to a layer, to the neuron it leads to, and to the one it comes from: 0 for a bias.
    """
    found = [_WEIGHT.fullmatch(name) for name in _parameters(model)]
    if not found or not all(found):
        return [], []
    places = [[int(match[2]), int(match[3]), int(match[4] or 0)] for match in found if match]
    layers = max(layer for layer, _, _ in places)
    sizes = [max((k for layer, _, k in places if layer == 1), default=0)]
    sizes += [max((j for layer, j, _ in places if layer == number), default=0) for number in range(1, layers + 1)]
    return (sizes, places) if all(sizes) and max(sizes) <= _MOST_UNITS else ([], [])


def _name(name: Any) -> str:
    return shorten(clean(str(name)), _LONGEST_NAME)


def _plain(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _tick(number: float) -> str:
    return write_figure(number, 3)
