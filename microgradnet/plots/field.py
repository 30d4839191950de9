"""The outputs of a model over a part of the plane, and which class they name where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError
from microgradnet.plots.sampling import compiled
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTS = 150
_SLOW_POINTS = 50  # where the model can't be compiled: a call for each point
_TRIED = 60  # points at which a compiled model is compared with the model itself
_MARGIN = 0.1  # of the extent of the samples, around them


@dataclass(frozen=True, slots=True)
class Field:
    """The outputs of a model over a grid.

    Arguments:
        xs, ys: the two inputs, of shape (n, n).
        outputs: of shape (n, n, outputs); not a number where the model is outside of a domain.
    """

    xs: NDArray[Any]
    ys: NDArray[Any]
    outputs: NDArray[Any]

    def leads(self, border: float) -> NDArray[Any]:
        """Return by how much each class leads: its output less the largest other, or less the border for a single one.

        Of shape (n, n, classes); a class is named where its lead is positive.
        """
        import numpy

        count = self.outputs.shape[2]
        if count == 1:
            lead = self.outputs - border
            return numpy.concatenate([-lead, lead], axis=2)
        others = [numpy.delete(self.outputs, place, axis=2).max(axis=2) for place in range(count)]
        leads: NDArray[Any] = self.outputs - numpy.stack(others, axis=2)
        return leads


def make_field(model: Callable[..., Any], samples: NDArray[Any], points: int | None) -> Field:
    """Compute the outputs over a grid around the samples: at matrix speed where the model can be compiled.

    Arguments:
        model: a function of a list of two Values.
        samples: of shape (samples, 2).
        points: along each axis; chosen by the speed where None.
    """
    import numpy

    inputs = [Value(float(number), label=f"x[{k}]") for k, number in enumerate(samples[0], 1)]
    outputs = _outputs(model, inputs)

    def call(place: Any) -> list[float]:
        try:
            return [float(output) for output in _outputs(model, [Value(float(number)) for number in place])]
        except DomainError:
            return [float("nan")] * len(outputs)

    found, (xs, ys) = None, _grid(samples, points or _POINTS)
    if all(isinstance(output, Value) for output in outputs):
        found = compiled(outputs, inputs, numpy.column_stack([xs.ravel(), ys.ravel()]), call, _TRIED)
    if found is None:
        xs, ys = _grid(samples, points or _SLOW_POINTS)
        found = numpy.array([call(place) for place in zip(xs.ravel(), ys.ravel(), strict=True)])
    return Field(xs, ys, found.reshape(*xs.shape, -1))


def _outputs(model: Callable[..., Any], place: list[Value]) -> list[Any]:
    outputs = model(place)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _grid(samples: NDArray[Any], count: int) -> Any:
    import numpy

    low, high = samples.min(axis=0), samples.max(axis=0)
    margin = numpy.where(high > low, _MARGIN * (high - low), 1.0)
    ends = zip(low - margin, high + margin, strict=True)
    return numpy.meshgrid(*(numpy.linspace(start, end, count) for start, end in ends))
