"""The texts of worksheets: of a file, and of the worked examples, one page each in the folder ``examples``.

A page or worksheet that is put into the folder is an example from then on, named as its file is. ``TEACHING_ORDER``
only says which come first when all are listed.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from microgradnet.errors import UnknownNameError, WorksheetError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIXES = (".md", ".toml")  # of pages and worksheets
MAX_BYTES = 200_000  # of a worksheet; the longest worked example has 13,000

TEACHING_ORDER = (
    # the five derivations that the package stands on
    "s0-softmax-squared-error",
    "s1-logistic-neurons-cross-entropy",
    "s2-multilayer-perceptron",
    "s3-any-depth",
    "s4-four-equations",
    # expressions: a chain, shared variables, choices, traces
    "ng-J",
    "cs231n-xyz",
    "karpathy-L",
    "lynx-diamond",
    "cs224n-max",
    "micrograd-readme",
    "baydin-survey",
    "griewank-walther",
    # one neuron, one weight, one step
    "toy-linear-sq",
    "karpathy-neuron",
    "cs231n-sigmoid-neuron",
    "gad-single-neuron",
    "jurafsky-lr-sgd",
    "keras-sgd-momentum",
    "adam-theta-squared",
    # networks with a hidden layer
    "hmkcode",
    "mazur-2015",
    "generation5-xor",
    "negnevitsky-xor",
    "han-kamber",
    # networks whose source slipped
    "geeksforgeeks",
    "zju-mooc-8-3",
    "postnetwork-softmax-ce",
    "double-sigmoid-slip",
)


def read_file(path: str | PathLike[str]) -> str:
    """Return the text of a worksheet file.

    Raises:
        WorksheetError: there is no such file, it can't be read, is too large, or is not UTF-8.
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        came = f"{path!r} of type {type(path).__name__}"
        raise WorksheetError("the path of a worksheet", came, "Give it as a string or a Path.") from None
    try:
        with open(name, "rb") as file:
            contents = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise WorksheetError(f"{name}: a worksheet", "no file of this name", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorksheetError(f"{name!r}: a file that can be read", reason, "Check the path.") from None
    if len(contents) > MAX_BYTES:
        raise WorksheetError(f"{name}: at most {MAX_BYTES} bytes", "more", "Split the worksheet.")
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents[: error.start].count(b"\n") + 1
        came = f"the byte 0x{contents[error.start]:02x} in line {line}"
        raise WorksheetError(f"{name}: text in UTF-8", came, "Save the file as UTF-8.") from None


def names() -> tuple[str, ...]:
    """Return the names of all worked examples: those of the teaching order in that order, then any other by name.

    Example:
        >>> names()[0]
        's0-softmax-squared-error'
    """
    found = {Path(entry.name).stem for entry in _folder().iterdir() if entry.name.endswith(SUFFIXES)}
    taught = tuple(name for name in TEACHING_ORDER if name in found)
    return taught + tuple(sorted(found.difference(taught)))


def titles() -> dict[str, str]:
    """Return the title of every worked example by its name, in the order of :func:`names`.

    Example:
        >>> titles()["ng-J"]
        "J = 3(a + bc), the course's computation graph"
    """
    return {name: _title(text(name)) for name in names()}


def _title(text: str) -> str:
    """Return the title of a worksheet, or the first heading of a page."""
    if not text.startswith("+++"):
        return str(tomllib.loads(text)["title"])
    return next(line.removeprefix("# ") for line in text.partition("\n+++\n")[2].split("\n") if line.startswith("# "))


def text(name: str) -> str:
    """Return the worksheet of an example as it is written: something to start one's own from.

    Raises:
        UnknownNameError: there is no example of this name; the message has names that are written alike.
    """
    return file(name).read_text(encoding="utf-8")


def _folder() -> Traversable:
    return resources.files("microgradnet.verification") / "examples"


def file(name: str) -> Traversable:
    """Return the file of an example.

    Raises:
        UnknownNameError: there is no example of this name; the message has names that are written alike.
    """
    known = names()
    if name not in known:
        raise UnknownNameError("the name of a worked example", repr(name), _suggestion(str(name), known))
    return next(entry for entry in _folder().iterdir() if entry.name in [name + suffix for suffix in SUFFIXES])


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    """Return advice: examples that are written alike or start alike, or how to list all."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    folded = name.casefold()
    close = [candidate for fold, candidate in by_folded.items() if folded and fold.startswith(folded)]
    close += [by_folded[fold] for fold in difflib.get_close_matches(folded, by_folded, n=3, cutoff=0.5)]
    alike = ", ".join(dict.fromkeys(close[:3]))
    return f"Written alike: {alike}." if alike else "microgradnet examples lists them all."
