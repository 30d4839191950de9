"""The progress bar of a training run: one line on the terminal, and nothing where there is none."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Any, Self

_INTERVAL = 0.1  # seconds between two pictures of the bar


class Bar:
    """A line with the epoch, the loss, the metric and the time left.

    Arguments:
        wanted: False for no line. Where standard output is no terminal there is none either.
        epochs: how many epochs there are to come.
        minibatches: how many minibatches an epoch has.
    """

    def __init__(self, wanted: bool, epochs: int, minibatches: int) -> None:
        self._wanted = bool(wanted) and sys.stdout.isatty()
        self._epochs, self._minibatches = epochs, minibatches
        self._epoch, self._measured = 1, ""
        self._next = monotonic() if self._wanted else float("inf")
        self._line: Any = None

    def __enter__(self) -> Self:
        if self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            left = TimeRemainingColumn(), TextColumn("left, {task.description}")
            self._line = Progress(BarColumn(24), *left, console=Console(file=sys.stdout), auto_refresh=False)
            self._task = self._line.add_task(f"epoch 1/{self._epochs}", total=self._epochs * self._minibatches)
            self._line.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._line is not None:
            self._line.refresh()
            self._line.stop()

    def tick(self, minibatch: int, total: float, samples: int) -> None:
        """Show how far the epoch is: which minibatch, and the sum of the losses of so many samples."""
        if monotonic() >= self._next:
            self._show(minibatch, f"loss {total / samples:.4g}" + self._measured)

    def finish_epoch(self, epoch: int, loss: float, metric: str) -> None:
        """Show what an epoch came to."""
        self._epoch, self._measured = epoch, f", {metric}" if metric else ""
        if monotonic() >= self._next or epoch == self._epochs:
            self._show(self._minibatches, f"loss {loss:.4g}" + self._measured)
        self._epoch = min(epoch + 1, self._epochs)

    def _show(self, minibatch: int, measured: str) -> None:
        if self._line is not None:
            done = (self._epoch - 1) * self._minibatches + minibatch
            text = f"epoch {self._epoch}/{self._epochs}, {measured}"
            self._line.update(self._task, completed=done, description=text)
            self._line.refresh()
            self._next = monotonic() + _INTERVAL
