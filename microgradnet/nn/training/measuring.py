"""What is measured after each epoch: the validation loss and a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet.nn.training.compiled import Outputs
from microgradnet.nn.training.data import Samples
from microgradnet.nn.training.metrics import read_metric
from microgradnet.nn.training.recorder import Recorder

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SAMPLES = 1000  # to train on, of which the metric that fit chose by itself is measured


class Measures:
    """Measures a model.

    Arguments:
        recorder: says how targets reach the loss.
        training: inputs and targets to train on.
        validation: those to validate on; None for none.
        metric: see :func:`read_metric`. Without validation samples, ``"auto"`` looks at up to 1,000 of the others.

    Attributes:
        validation_rows: the validation samples as the recorder makes them; None for none.
        name: what the metric is called; "" for none.
        is_watched: whether the metric is a function of the caller's, which may look at parameters.
    """

    def __init__(self, recorder: Recorder, training: Samples, validation: Samples | None, metric: Any) -> None:
        self.validation_rows = None if validation is None else recorder.samples(*validation)
        name, self._function = read_metric(metric, recorder.target_rows(training[1]))
        self.name = f"validation {name}" if name and validation is not None else name
        self._is_accuracy = isinstance(metric, str)
        self.is_watched = self._function is not None and not self._is_accuracy
        inputs, self._targets = validation or (_some(training) if metric == "auto" else training)
        self._outputs = Outputs(recorder, inputs.rows) if self._function is not None else None

    def metric(self) -> float | None:
        """Return the metric at the numbers that the Values hold; None without one."""
        if self._function is None or self._outputs is None:
            return None
        return float(self._function(self._values(), self._targets.given))

    def _values(self) -> NDArray[Any] | None:
        import numpy

        with numpy.errstate(all="ignore"):
            return self._outputs.values() if self._outputs is not None else None

    def described(self, metric: float | None) -> str:
        """Return the metric as the progress bar shows it."""
        if metric is None:
            return ""
        return f"{self.name} {metric:.1%}" if self._is_accuracy else f"{self.name} {metric:.4g}"


def _some(samples: Samples) -> Samples:
    """Return samples taken evenly, so that data sorted by class keep all classes."""
    import numpy

    inputs, targets = samples
    if len(inputs.rows) <= MOST_SAMPLES:
        return samples
    places = numpy.linspace(0, len(inputs.rows) - 1, MOST_SAMPLES).astype(int)
    return inputs.select(places), targets.select(places)
