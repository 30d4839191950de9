"""What can go wrong, said so that the next step is clear.

Every message has three parts: what was wanted, what came, and what to do next. Each class is also the built-in
exception that a Python user would expect to catch, so ``except ValueError`` and ``except TypeError`` work.
"""

from __future__ import annotations

import reprlib
from typing import Any


class MicrogradnetError(Exception):
    """The base of every error that this package raises on purpose.

    Arguments:
        wanted: what the operation, file or call needed, as a whole clause.
        came: what it got instead, with the value.
        advice: what to do next, as a whole sentence.
    """

    def __init__(self, wanted: str, came: str, advice: str) -> None:
        super().__init__(wanted, came, advice)
        self.wanted, self.came, self.advice = wanted, came, advice

    def __str__(self) -> str:
        return f"{self.wanted}; got {self.came}. {self.advice}"


class DomainError(MicrogradnetError, ValueError):
    """A number lies outside the domain of an operation, or its result is too large for a float."""


class NumberTypeError(MicrogradnetError, TypeError):
    """Something that is not a real number was given where one is needed."""


class ShapeError(MicrogradnetError, ValueError):
    """A list has another length, or another nesting, than the network needs."""


class UnknownNameError(MicrogradnetError, KeyError):
    """A name that the graph, the model or the table of operations does not have."""

    __str__ = MicrogradnetError.__str__  # KeyError would print the repr of its arguments


class ArgumentError(MicrogradnetError, ValueError):
    """An argument of a call is out of its range, or two arguments contradict each other."""


class ModelFileError(MicrogradnetError, ValueError):
    """A saved model can't be read: truncated, of another shape, or not finite. The model in memory is unchanged."""


class DataFileError(MicrogradnetError, ValueError):
    """A file of data that can't be used: truncated, foreign, or with an entry of another kind; the message names it."""


class FigureError(MicrogradnetError, ValueError):
    """A printed figure that does not read as a number."""


class ExpressionError(MicrogradnetError, ValueError):
    """A written formula that is not arithmetic, is not allowed, or is too large."""


class WorksheetError(MicrogradnetError, ValueError):
    """A worksheet that can't be used; the message names its file and the line or key."""


class AnomalyError(MicrogradnetError, ArithmeticError):
    """A value, a partial derivative or an adjoint is not a finite number; the message says where it was made."""


class DrawingError(MicrogradnetError, RuntimeError):
    """A picture that can't be made: too large to read, or its format needs a tool that is not there."""


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(thing: Any) -> str:
    """Return what came as a message shows it: its repr, shortened where it would fill the screen."""
    try:
        return _SHORT.repr(thing)
    except ValueError:  # Python refuses to write integers of more than 4300 digits
        return f"an integer of about {int(thing.bit_length() * 0.30103) + 1} digits"
