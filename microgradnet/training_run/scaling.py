r"""Bringing inputs to one size before training, and teaching the trained model to take them as they came.

Training works on :math:`x' = (x - m)/s`. Its first layer then computes :math:`W (x - m)/s + b`, which is :math:`(W/s) x
+ (b - (W/s) m)`: with the weights :math:`W/s` and the biases :math:`b - (W/s) m` the model takes x itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import DomainError
from microgradnet.nn import MLP

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A shift and a spread for each feature.

    Arguments:
        shift: m, an array (features,).
        spread: s, likewise, above 0.
    """

    shift: np.ndarray[Any, Any]
    spread: np.ndarray[Any, Any]

    @classmethod
    def of(cls, data: Dataset, *, per_feature: bool) -> Scaling:
        """Return the mean and the standard deviation, of each feature or of all together; 1 where nothing varies.

        Raises:
            DomainError: the numbers are too large to be squared.
        """
        import numpy as np

        axis = 0 if per_feature else None
        width = data.X.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            shift, spread = (np.broadcast_to(each(data.X, axis=axis), width) for each in (np.mean, np.std))
        if not np.isfinite(spread).all():
            came = f"numbers of up to {np.abs(data.X).max():.1e}"
            raise DomainError("features whose squares are finite", came, "Change the unit of the largest.")
        rounding = 1e-12 * np.abs(shift)  # the deviation of a constant is a rounding error
        return cls(shift, np.where(spread > rounding, spread, 1.0))

    def __call__(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return samples brought to one size."""
        scaled: np.ndarray[Any, Any] = (rows - self.shift) / self.spread
        return scaled

    def fold_into(self, model: MLP) -> None:
        """Change the first layer so that the model does for samples as they came what it did for scaled ones."""
        for neuron in model.layers[0].neurons:
            shifted = 0.0
            for weight, shift, spread in zip(neuron.w, self.shift.tolist(), self.spread.tolist(), strict=True):
                weight.data /= spread
                shifted += weight.data * shift
            if neuron.b is not None:
                neuron.b.data -= shifted
