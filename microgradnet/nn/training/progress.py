"""What goes on around a run of training: the progress bar, and Ctrl-C, which waits for the end of a step."""

from __future__ import annotations

import signal
import sys
import threading
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Self

from microgradnet.text import escape_html


class Bar:
    """The progress bar: a line with the epoch, the loss, the metric and the time left, on a terminal or in a notebook.

    Arguments:
        wanted: False for no line. Where there is neither a terminal nor a notebook, there is none either.
        epochs: the number of epochs.
        minibatches: the number of minibatches of an epoch.
    """

    _INTERVAL = 0.1  # seconds between two pictures of the bar

    def __init__(self, wanted: bool, epochs: int, minibatches: int) -> None:
        self._in_notebook = bool(wanted) and in_notebook()
        self._wanted = self._in_notebook or (bool(wanted) and sys.stdout.isatty())
        self._epochs, self._minibatches = epochs, minibatches
        self._epoch, self._measured = 1, ""
        self._begin = monotonic()
        self._next = self._begin if self._wanted else float("inf")
        self._line: Any = None

    def __enter__(self) -> Self:
        if self._in_notebook:
            from IPython.display import HTML, display

            self._line = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call]
        elif self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            left = TimeRemainingColumn(), TextColumn("left, {task.description}")
            self._line = Progress(BarColumn(24), *left, console=Console(file=sys.stdout), auto_refresh=False)
            self._task = self._line.add_task(f"epoch 1/{self._epochs}", total=self._epochs * self._minibatches)
            self._line.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._line is not None and not self._in_notebook:
            self._line.refresh()
            self._line.stop()

    def tick(self, minibatch: int, total: float, samples: int) -> None:
        """Show how far the epoch is: the minibatch, and the mean of the losses so far, given their sum."""
        if monotonic() >= self._next:
            self._show(minibatch, f"loss {total / samples:.4g}" + self._measured)

    def finish_epoch(self, epoch: int, loss: float, metric: str) -> None:
        """Show the loss and the metric of a finished epoch."""
        self._epoch, self._measured = epoch, f", {metric}" if metric else ""
        if monotonic() >= self._next or epoch == self._epochs:
            self._show(self._minibatches, f"loss {loss:.4g}" + self._measured)
        self._epoch = min(epoch + 1, self._epochs)

    def _show(self, minibatch: int, measured: str) -> None:
        if self._line is None:
            return
        done, whole = (self._epoch - 1) * self._minibatches + minibatch, self._epochs * self._minibatches
        text = f"epoch {self._epoch}/{self._epochs}, {measured}"
        if self._in_notebook:
            from IPython.display import HTML

            left = (monotonic() - self._begin) * (whole - done) / max(done, 1)
            words = escape_html(f"{left:.0f} s left, {text}")
            bar = f'<progress value="{done}" max="{whole}"></progress> {words}'
            self._line.update(HTML(bar))  # type: ignore[no-untyped-call]
        else:
            self._line.update(self._task, completed=done, description=text)
            self._line.refresh()
        self._next = monotonic() + self._INTERVAL


def in_notebook() -> bool:
    """Tell whether the program runs in a notebook's kernel, which shows HTML."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


class Interruption:
    """A block of code that Ctrl-C can interrupt, but for the parts inside ``with self._interruption.hold():``.

    Such a part is finished first, then Ctrl-C is delivered. Only what Python's main thread does can be held; elsewhere,
    and where the signal is ignored, nothing changes. A second Ctrl-C does not wait.

    Attributes:
        is_held: whether such a part is under way.
    """

    def __init__(self) -> None:
        self.is_held, self._hold = False, _Hold(self)
        self._waiting: tuple[int, FrameType | None] | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if callable(self._before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._receive)
        else:
            self._before = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def hold(self) -> _Hold:
        """Return the context in which Ctrl-C waits for the end of the block."""
        return self._hold

    def release(self) -> None:
        """End such a block, and deliver a Ctrl-C that came within it."""
        self.is_held = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._before(*waiting)

    def ignore(self) -> None:
        """Ignore the next Ctrl-C until the end of the block: the run is being finished."""
        self.is_held = True

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.is_held and self._waiting is None:
            self._waiting = number, frame
        else:
            self._before(number, frame)


class _Hold:
    """The context of ``hold``: one object for all steps, as making one takes longer than a small step."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def __enter__(self) -> None:
        self._interruption.is_held = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._interruption.release()
