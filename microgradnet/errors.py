"""The exceptions of the package, and the helpers that word their messages.

Every message has three parts: what was expected, what was given, and what to do next. Each class is also the built-in
exception that a Python user would expect to catch, so ``except ValueError`` and ``except TypeError`` work.
"""

from __future__ import annotations

import importlib
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = [
    "AnomalyError",
    "ArgumentError",
    "DataFileError",
    "DomainError",
    "DrawingError",
    "ExpressionError",
    "FigureError",
    "MicrogradnetError",
    "ModelFileError",
    "NumberTypeError",
    "ShapeError",
    "UnknownNameError",
    "WorksheetError",
]


def __dir__() -> list[str]:
    return __all__


class MicrogradnetError(Exception):
    """The base of every error that this package raises on purpose.

    Arguments:
        expected: what the operation, file or call expects, as a whole clause: "log needs x > 0".
        given: what it was given instead, with the value.
        advice: what to do next, as a whole sentence.
    """

    def __init__(self, expected: str, given: str, advice: str) -> None:
        super().__init__(expected, given, advice)
        self.expected, self.given, self.advice = expected, given, advice

    def __str__(self) -> str:
        return f"{self.expected}; got {self.given}. {self.advice}".rstrip()


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


def not_installed(library: str, extra: str) -> ImportError:
    """Return the error about a missing optional library; its message says how to install it.

    Arguments:
        library: its name.
        extra: the extra of this package that brings it.

    Example:
        >>> print(not_installed("torch", extra="torch"))
        torch is not installed: pip install "microgradnet[torch]".
    """
    return ImportError(f'{library} is not installed: pip install "microgradnet[{extra}]".', name=library)


def import_extra(library: str, extra: str) -> Any:
    """Import an optional library.

    Raises:
        ImportError: it is not installed; see :func:`not_installed`.
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise not_installed(library, extra) from error


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(thing: Any) -> str:
    """Return the repr of a given object for a message, shortened to a line."""
    try:
        return _SHORT.repr(thing)
    except ValueError:  # Python refuses to write integers of more than 4300 digits
        return f"an integer of about {int(thing.bit_length() * 0.30103) + 1} digits"


def described(thing: Any) -> str:
    """Return the repr and the type of a given object, for a message: ``3, an int``, ``None``."""
    return "None" if thing is None else f"{shown(thing)}, {type_of(thing)}"


def type_of(thing: Any) -> str:
    """Return the type of a given object with its article, for a message: ``an int``, ``a list``, ``None``."""
    if thing is None:
        return "None"
    name = type(thing).__name__
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def did_you_mean(given: Any, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return the advice of an error about an unknown name: the names that were probably meant, and those there are.

    Arguments:
        given: the unknown name; anything that is not a string has no near names.
        known: the names there are, in the order to list them; the first 60 are listed.
        aliases: names from elsewhere, in lower case, and what they are called here: ``{"mse": "mean_squared_error"}``.

    Example:
        >>> did_you_mean("rleu", ["relu", "sigmoid"])
        "Did you mean 'relu'? Known: relu, sigmoid."
        >>> did_you_mean("mse", ["half_squared_error", "squared_error"], {"mse": "squared_error"})
        "Did you mean 'squared_error'? Known: half_squared_error, squared_error."
    """
    names = list(known)
    listed = ", ".join(names[:60]) + (", ..." if len(names) > 60 else "")
    close = close_names(given, names, aliases)
    question = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"{question}Known: {listed}." if names else "There are no names."


def close_names(given: Any, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> list[str]:
    """Return up to three known names that an unknown one may stand for, the likeliest first; see did_you_mean."""
    if not isinstance(given, str):
        return []
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    word = given[:100].strip().casefold()
    if aliases and word in aliases:
        return [aliases[word]]
    # Spaces and hyphens are how people write underscores.
    joined = word.replace(" ", "_").replace("-", "_")
    if joined in folded:
        return [folded[joined]]
    import difflib

    return [folded[close] for close in difflib.get_close_matches(word, list(folded)[:2_000], n=3, cutoff=0.6)]
