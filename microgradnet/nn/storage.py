"""Model files: JSON with a format version, written whole or not at all, read strictly. Never pickle, which runs code.

Reading never touches a model; it hands the checked contents to the model, which checks the shape before it changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any

from microgradnet.errors import (
    DomainError,
    ModelFileError,
    NumberTypeError,
    ShapeError,
    UnknownNameError,
    did_you_mean,
    shown,
)
from microgradnet.nn.activations import names
from microgradnet.nn.reading import finite
from microgradnet.text import write_whole

FORMAT, VERSION = "microgradnet model", 1

Path = str | PathLike[str]


def write(path: Path, model: str, contents: dict[str, Any]) -> None:
    """Write a model file, whole or not at all."""
    document = {"format": FORMAT, "version": VERSION, "model": model, **contents}
    entries = (f" {json.dumps(key)}: {json.dumps(entry, allow_nan=False)}" for key, entry in document.items())
    text = "{\n" + ",\n".join(entries) + "\n}\n"
    write_whole(path, text)


@contextmanager
def reading(path: Path, model: str) -> Iterator[dict[str, Any]]:
    """Give the contents of a model file; errors about them that are raised inside name the file.

    Raises:
        ModelFileError: see ``Module.load``.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        raw = file.read()
    try:
        yield _contents(raw, model)
    except (ModelFileError, ShapeError, NumberTypeError, DomainError, UnknownNameError) as error:
        raise ModelFileError(f"{name}: {error.expected}", error.given, error.advice) from error


def _contents(raw: bytes, model: str) -> dict[str, Any]:
    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_repetition)
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as error:
        given = str(error) or type(error).__name__
        raise ModelFileError("a whole JSON file", given, "It may have been cut off; save the model again.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        given = f"format {document.get('format')!r}" if isinstance(document, dict) else f"a {type(document).__name__}"
        raise ModelFileError(f"a file of format {FORMAT!r}", given, "This is not a file that model.save wrote.")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise ModelFileError(f"version {VERSION} of the format", shown(version), "A newer microgradnet may read it.")
    if document.get("model") != model:
        advice = "Load it with the class that saved it."
        raise ModelFileError(f"a saved {model}", shown(document.get("model")), advice)
    return {key: entry for key, entry in document.items() if key not in ("format", "version", "model")}


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        keys = [key for key, _ in pairs]
        given = f"{next(key for key in keys if keys.count(key) > 1)!r} twice"
        raise ModelFileError("a JSON file whose keys stand once each", given, "Remove one of the two.")
    return entries


def only_keys(contents: dict[str, Any], keys: set[str]) -> None:
    """Check that the contents have these keys and no others."""
    for key in sorted(keys ^ set(contents)):
        given = f"no {key!r}" if key in keys else f"{key!r} besides"
        raise ModelFileError(f"the entries {', '.join(sorted(keys))}", given, "Save the model again.")


def plain_numbers(entries: Any) -> dict[str, Any]:
    """Check that this is an object of numbers, and return it."""
    if not isinstance(entries, dict):
        raise ModelFileError("parameters is an object", described(entries), "Save the model again.")
    for name, number in entries.items():
        nested_numbers(number, 0, f"parameters[{name!r}]")
    return entries


def nested_numbers(tree: Any, depth: int, place: str) -> None:
    """Check that lists are nested this deep and hold finite numbers; JSON's true, null and strings are refused."""
    if depth:
        if not isinstance(tree, list):
            raise ModelFileError(f"{place} is a list", described(tree), "Save the model again.")
        for index, entry in enumerate(tree):
            nested_numbers(entry, depth - 1, f"{place}[{index}]")
    elif type(tree) not in (int, float):
        raise ModelFileError(f"{place} is a number", described(tree), "Save the model again.")
    else:
        finite(tree, place)


def dense_layers(contents: dict[str, Any]) -> tuple[list[Any], list[Any], list[str]]:
    """Return the weights, biases and activations of a network's layers, as far as JSON's types say what they are.

    Raises:
        ModelFileError: an entry is missing or of another type, or an activation is no operation of the table.
    """
    only_keys(contents, {"activations", "weights", "biases"} | ({"parameters"} & set(contents)))
    weights, biases, activations = contents["weights"], contents["biases"], contents["activations"]
    nested_numbers(weights, 3, "weights")
    if not isinstance(biases, list):
        raise ModelFileError("biases is a list", described(biases), "Save the model again.")
    for index, vector in enumerate(biases):
        if vector is not None:
            nested_numbers(vector, 1, f"biases[{index}]")
    if not isinstance(activations, list) or len(activations) != len(weights):
        expected = f"activations is a list of {len(weights)} names, one per layer"
        raise ModelFileError(expected, described(activations), "Save the model again.")
    for index, name in enumerate(activations):
        if name not in names():
            advice = f"Define the operation first with mg.define. {did_you_mean(str(name), names())}"
            raise ModelFileError(f"activations[{index}] is an operation", described(name), advice)
    return weights, biases, activations


def finite_numbers(state: Mapping[str, float]) -> dict[str, float]:
    """Return parameters to be saved, after a check that each is finite."""
    return {name: finite(number, name) for name, number in state.items()}


def described(entry: Any) -> str:
    """Return an entry as JSON, shortened, for a message."""
    text = json.dumps(entry)
    return text if len(text) <= 40 else f"{text[:40]}..."
