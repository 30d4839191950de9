"""Early stopping: how long training goes on without a better epoch, and which parameters it ends with."""

from __future__ import annotations

from typing import Any

from microgradnet.nn.reading import as_count
from microgradnet.nn.training.arrays import Arrays
from microgradnet.nn.training.epoch import Epoch


class Patience:
    """Watches the validation loss, or the loss where nothing is validated.

    Arguments:
        epochs: after how many epochs without improvement it stops; None never stops.

    Raises:
        ArgumentError: it is not a whole number of at least 1.
    """

    def __init__(self, epochs: Any) -> None:
        self._epochs = None if epochs is None else as_count(epochs, "patience", "It counts epochs.")
        self._least, self._number = float("inf"), 0
        self._best: Any = None

    def is_over(self, epoch: Epoch, arrays: Arrays) -> bool:
        """Look at an epoch that was just finished; tell whether to stop."""
        if self._epochs is None:
            return False
        if epoch.compared_loss < self._least:
            self._least, self._number, self._best = epoch.compared_loss, epoch.epoch, arrays.snapshot()
        return epoch.epoch - self._number >= self._epochs

    def restore(self, arrays: Arrays) -> None:
        """Go back to the parameters, the optimizer's state and its steps after the best epoch."""
        if self._best is not None:
            arrays.go_back(self._best)
