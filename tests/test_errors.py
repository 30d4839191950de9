"""Every error has three parts, and is the built-in exception that a Python user would catch."""

import pickle
from typing import Any

import numpy as np
import pytest

from microgradnet import errors
from microgradnet.errors import MicrogradnetError, close_names, did_you_mean, shown, type_of

CLASSES = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, MicrogradnetError)]
BUILT_IN = (ValueError, TypeError, KeyError, RuntimeError, ArithmeticError)


@pytest.mark.parametrize("kind", CLASSES)
def test_a_message_says_what_was_wanted_what_came_and_what_to_do(kind: type[MicrogradnetError]) -> None:
    error = kind("an index is a whole number", "2.5", "Round it.")
    assert str(error) == "an index is a whole number; got 2.5. Round it."
    assert (error.expected, error.given, error.advice) == ("an index is a whole number", "2.5", "Round it.")


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_is_caught_as_the_built_in_that_one_expects(kind: type[MicrogradnetError]) -> None:
    assert kind is MicrogradnetError or issubclass(kind, BUILT_IN)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_survives_the_way_between_processes(kind: type[MicrogradnetError]) -> None:
    error = pickle.loads(pickle.dumps(kind("a", "b", "c")))
    assert type(error) is kind
    assert str(error) == "a; got b. c"


@pytest.mark.parametrize(
    "thing",
    ["a" * 10_000, list(range(10_000)), 10**3000, 10**6000, -(10**6000), np.zeros(10_000), {1: "x" * 5000}],
    ids=["text", "list", "integer", "huge integer", "huge negative", "array", "dict"],
)
def test_what_came_never_fills_the_screen(thing: Any) -> None:
    assert len(shown(thing)) < 200


def test_what_is_short_is_shown_as_it_is() -> None:
    for thing in (1.5, "3", [1, 2], None, 1j, (1,)):
        assert shown(thing) == repr(thing)


def test_the_public_names_are_the_exceptions() -> None:
    assert dir(errors) == errors.__all__ == sorted(kind.__name__ for kind in CLASSES)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("rleu", "relu"),
        ("ReLU", "relu"),
        ("logistic", "sigmoid"),
        ("leaky-relu", "leaky_relu"),
        ("leaky relu", "leaky_relu"),
    ],
)
def test_a_name_that_was_probably_meant_is_found(given: str, first: str) -> None:
    known = ["leaky_relu", "relu", "sigmoid", "tanh"]
    assert close_names(given, known, {"logistic": "sigmoid"})[0] == first
    assert f"Did you mean {first!r}" in did_you_mean(given, known, {"logistic": "sigmoid"})


@pytest.mark.parametrize("given", ["qqq", "", 3, None, [1], "x" * 10**6, "\ud800"])
def test_what_resembles_nothing_gets_the_list(given: Any) -> None:
    assert did_you_mean(given, ["relu", "tanh"]) == "Known: relu, tanh."


def test_types_have_their_article() -> None:
    assert [type_of(thing) for thing in (1, "", [], None, np.zeros(1))] == [
        "an int",
        "a str",
        "a list",
        "None",
        "a ndarray",
    ]
