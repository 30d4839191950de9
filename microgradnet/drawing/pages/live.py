"""What ``mg.explore`` follows: sliders, the graph at their present position, and the numbers that its picture shows."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from microgradnet.drawing.pages.scene import LiveScene, Look, make_live_scene
from microgradnet.drawing.pages.steps import harmless
from microgradnet.drawing.pages.trace import Snapshot, record
from microgradnet.errors import ArgumentError, MicrogradnetError, shown
from microgradnet.figures import write_figure
from microgradnet.operation import as_float
from microgradnet.text import shorten
from microgradnet.value import Value

_FEWEST_STEPS = 100  # of a slider from end to end; a step is a power of ten


@dataclass(frozen=True, slots=True)
class Slider:
    """One argument and its range, ends included.

    Arguments:
        name: of the argument.
        low, high: the ends.
        start: where it stands at first.
    """

    name: str
    low: float
    high: float
    start: float

    @property
    def step(self) -> float:
        """How far an arrow key moves it: a power of ten, of which the range has at least a hundred."""
        return float(f"1e{math.floor(math.log10((self.high - self.low) / _FEWEST_STEPS * (1 + 1e-12)))}")

    def clamp(self, number: Any) -> float:
        """Return a number clipped to the range; its start for anything that is not a number."""
        if isinstance(number, bool) or not isinstance(number, (int, float)) or math.isnan(number):
            return self.start
        return float(min(max(number, self.low), self.high))


def read_sliders(f: Callable[..., Any], ranges: Mapping[str, Any]) -> tuple[Slider, ...]:
    """Return the sliders for a call of ``f``.

    Raises:
        ArgumentError: a range is not one, or ``f`` can't be called with exactly these arguments.
    """
    if not callable(f):
        advice = "Write a function: def f(a): return a**2, then mg.explore(f, a=(-3, 3))."
        raise ArgumentError("explore needs a function of Values", shown(f), advice)
    if not ranges:
        raise ArgumentError(
            "explore needs a range for at least one argument", "none", "Write mg.explore(f, a=(-3, 3))."
        )
    sliders = tuple(_read(name, given) for name, given in ranges.items())
    try:
        signature = inspect.signature(f)
    except (ValueError, TypeError):  # a function written in C may not say
        return sliders
    try:
        signature.bind(**ranges)
    except TypeError as error:
        advice = f"The function is called with {', '.join(f'{name}=' for name in ranges)}; each argument needs a range."
        raise ArgumentError(f"ranges for the arguments {signature}", str(error), advice) from None
    return sliders


def _read(name: str, given: Any) -> Slider:
    expected = f"the range of {name} is (low, high) or (low, high, start)"
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ArgumentError(expected, shown(given), f"Write {name}=(-3, 3); a number that is fixed belongs into f.")
    try:
        low, high, *rest = map(as_float, given)
    except MicrogradnetError as error:
        raise ArgumentError(expected, f"{shown(given)}, where {error.given} is no number", "Use numbers.") from None
    start = rest[0] if rest else low + (high - low) / 2
    if not (math.isfinite(high - low) and low < high and low <= start <= high):
        advice = "low lies below high, start between them, and all three are finite."
        raise ArgumentError(expected, shown(given), advice)
    return Slider(name, low, high, start)


_LONGEST_MESSAGE = 600  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown at one position.

    Arguments:
        values: where the sliders stand.
        texts: the text in each place of the scene.
        slopes: the derivative of the result by each argument, as text.
        summary: the result and its derivatives in words.
        result: the result as text.
        numbers: the result, and its derivative by each argument in the order of the sliders; None for one that is not
            finite.
        curves: for each argument the result along its slider, the others held, at places that are evenly spaced from
            end to end; None where it can't be computed.
        message: why there is no picture of this position; the other fields but ``values`` are the last good ones then.
    """

    values: dict[str, float]
    texts: list[str] = field(default_factory=list)
    slopes: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    result: str = ""
    numbers: tuple[float | None, ...] = ()
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    message: str = ""


class Live:
    """A function, its sliders, and the picture that was drawn last.

    Arguments:
        f: the function.
        sliders: one for each argument that is varied.
        look: how it is drawn.
        known: what the caller calls Values without a label, by their ``id``.

    Attributes:
        scene: the picture.
        recording: the graph whose numbers are shown.
        answer: what is shown.

    Raises:
        Exception: whatever the function raises where the sliders start.
    """

    def __init__(self, f: Callable[..., Any], sliders: Sequence[Slider], look: Look, known: Mapping[int, str]) -> None:
        self.sliders = {slider.name: slider for slider in sliders}
        self.name = harmless(getattr(f, "__name__", type(f).__name__))
        self._f, self.look, self.known = f, look, dict(known)
        self.recording = record(f, {slider.name: slider.start for slider in sliders})
        self._structure = self.recording.structure
        self.scene: LiveScene = make_live_scene(self.recording, look, self.known)
        self.answer = self._read({slider.name: slider.start for slider in sliders})

    @property
    def loss(self) -> Value:
        """The graph whose numbers are shown: another one after each move."""
        return self.recording.order[-1]

    def move(self, values: Mapping[str, Any]) -> Answer:
        """Move sliders and return what is shown then; what can't be computed becomes a message, never an error.

        Numbers outside of a slider's range are held at its end; names of no slider are passed over.
        """
        numbers = dict(self.answer.values)
        for name in numbers.keys() & values.keys():
            numbers[name] = self.sliders[name].clamp(values[name])
        try:
            self._draw(record(self._f, numbers))
            self.answer = self._read(numbers)
        except Exception as error:  # the function's own errors are for the one who moves the sliders
            words = shorten(harmless(f"{type(error).__name__}: {error}"), _LONGEST_MESSAGE)
            self.answer = replace(self.answer, values=numbers, message=words)
        return self.answer

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise an ArgumentError for a number that its slider can't take."""
        for name, number in values.items():
            slider = self.sliders.get(name)
            if slider is None:
                raise ArgumentError("the name of a slider", repr(name), f"There are {', '.join(self.sliders)}.")
            if slider.clamp(number) != number:
                expected = f"{name} lies between {slider.low} and {slider.high}"
                raise ArgumentError(expected, repr(number), "Explore a wider range.")

    def _draw(self, recording: Snapshot) -> None:
        structure = recording.structure
        if structure != self._structure:
            self.scene = make_live_scene(recording, self.look, self.known)
        self.recording, self._structure = recording, structure

    def _read(self, numbers: dict[str, float]) -> Answer:
        digits, result = self.look.digits, self.scene.result
        slopes = {name: write_figure(self.recording.gradient_of(name), digits) for name in self.sliders}
        shown = f"{result} = {write_figure(self.loss.data, digits)}"
        summary = "; ".join([shown, *(f"∂{result}/∂{name} = {slope}" for name, slope in slopes.items())])
        found = (self.loss.data, *map(self.recording.gradient_of, self.sliders))
        curves = {name: self._curve(slider, numbers) for name, slider in self.sliders.items()}
        texts = self.scene.texts(self.recording)
        return Answer(numbers, texts, slopes, summary, shown, tuple(map(_finite, found)), curves)

    def _curve(self, slider: Slider, numbers: Mapping[str, float]) -> list[float | None]:
        """Return the result along one slider: at fewer places where the graph is large, as it is recorded at each."""
        count = _MOST_WORK // (len(self.recording.order) * len(self.sliders))
        last = min(max(count, _FEWEST_PLACES), _MOST_PLACES) - 1
        places = (slider.low + (slider.high - slider.low) * place / last for place in range(last + 1))
        return [self._result_at({**numbers, slider.name: place}) for place in places]

    def _result_at(self, numbers: Mapping[str, float]) -> float | None:
        try:
            result = self._f(**{name: Value(number) for name, number in numbers.items()})
        except Exception:  # outside of a domain; it is said when the slider stands there
            return None
        return _finite(result.data) if isinstance(result, Value) else None


_FEWEST_PLACES, _MOST_PLACES = 9, 61  # of a curve
_MOST_WORK = 6000  # nodes that are recorded for all curves together


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
