"""From a position of the sliders to what the picture shows: recorded anew, laid out where the structure changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from microgradnet.drawing.explore.recording import Recording, record
from microgradnet.drawing.explore.scene import Look, Scene, make_scene
from microgradnet.drawing.explore.sliders import Slider
from microgradnet.drawing.stepper.parts import harmless
from microgradnet.errors import ArgumentError
from microgradnet.figures import write_figure
from microgradnet.text import shorten
from microgradnet.value import Value

_LONGEST_MESSAGE = 600  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown at one position.

    Arguments:
        values: where the sliders stand.
        texts: the text in each place of the scene.
        slopes: the derivative of the result by each argument, as text.
        summary: the result and its derivatives in words.
        message: why there is no picture of this position; the other fields but ``values`` are the last good ones then.
    """

    values: dict[str, float]
    texts: list[str] = field(default_factory=list)
    slopes: dict[str, str] = field(default_factory=dict)
    summary: str = ""
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
        self.scene: Scene = make_scene(self.recording, look, self.known)
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
            last = self.answer
            self.answer = Answer(numbers, last.texts, last.slopes, last.summary, words)
        return self.answer

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise an ArgumentError where a number is none that its slider can stand at."""
        for name, number in values.items():
            slider = self.sliders.get(name)
            if slider is None:
                raise ArgumentError("the name of a slider", repr(name), f"There are {', '.join(self.sliders)}.")
            if slider.clamp(number) != number:
                wanted = f"{name} lies between {slider.low} and {slider.high}"
                raise ArgumentError(wanted, repr(number), "Explore a wider range.")

    def _draw(self, recording: Recording) -> None:
        structure = recording.structure
        if structure != self._structure:
            self.scene = make_scene(recording, self.look, self.known)
        self.recording, self._structure = recording, structure

    def _read(self, numbers: dict[str, float]) -> Answer:
        digits, result = self.look.digits, self.scene.result
        slopes = {name: write_figure(self.recording.gradient_of(name), digits) for name in self.sliders}
        parts = [f"{result} = {write_figure(self.loss.data, digits)}"]
        parts += [f"∂{result}/∂{name} = {slope}" for name, slope in slopes.items()]
        return Answer(numbers, self.scene.texts(self.recording), slopes, "; ".join(parts))
