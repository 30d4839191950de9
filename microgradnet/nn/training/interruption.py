"""Ctrl-C between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """A block in which Ctrl-C waits while :attr:`held` is true, to be delivered by :meth:`release`.

    Only what Python's main thread does can be interrupted so; elsewhere, and where the signal is ignored, it does
    nothing. A second Ctrl-C does not wait.

    Attributes:
        held: whether a step is under way, of which half must not be seen.
    """

    def __init__(self) -> None:
        self.held = False
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

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.held and self._waiting is None:
            self._waiting = number, frame
        else:
            self._before(number, frame)

    def release(self) -> None:
        """End the step, and deliver a Ctrl-C that came within it."""
        self.held = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._before(*waiting)
