"""A derivation that goes on from printed figures comes to what the judging calculates with the same figures."""

import math

import pytest

import microgradnet as mg
from microgradnet.derivation import go_on
from microgradnet.errors import ArgumentError, UnknownNameError
from microgradnet.verification.exercises import exercises
from microgradnet.verification.handouts import Exercise
from microgradnet.verification.otherwise import Entry, Figures
from microgradnet.verification.runs import GraphRun
from microgradnet.verification.worksheet import Worksheet

ASK = ("forward", "deltas", "gradients", "updates")
KINDS = [{"network": "2-2-1"}, {"network": "2-3-2", "activation": "tanh"}, {"network": "2-2-2-1", "activation": "relu"}]


def an_exercise(kind: dict[str, str]) -> tuple[Exercise, Worksheet]:
    (one,) = exercises(ask=ASK, seed=3, **kind)
    return one, mg.Worksheet.from_text(one.key, "key.md")


def calculated(worksheet: Worksheet, name: str, figures: dict[str, float]) -> float:
    """The quantity by the judging's own run, with figures as printed."""
    calculation = worksheet.calculation
    places = {calculation.reading().place(calculation.read(each))[:2]: number for each, number in figures.items()}
    entries = {place: Entry(number, "") for place, number in places.items()}
    run = GraphRun(calculation.loss, calculation.descent, Figures(entries))
    return calculation.reading(run).evaluate(calculation.read(name))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind["network"])
def test_without_figures_it_comes_to_the_exact_number(kind: dict[str, str]) -> None:
    one, worksheet = an_exercise(kind)
    for name in one.asked:
        derivation = go_on(worksheet.loss, name, {}, eta=worksheet.eta)
        update = derivation.working.update
        assert math.isclose(update.after if update else derivation.value, worksheet.evaluate(name), abs_tol=1e-15)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind["network"])
def test_with_figures_it_comes_to_what_follows_from_them(kind: dict[str, str]) -> None:
    """Each quantity from those before it, printed wrongly: a tenth too large."""
    one, worksheet = an_exercise(kind)
    for place, name in enumerate(one.asked):
        figures = {each: 1.1 * worksheet.evaluate(each) for each in one.asked[:place]}
        derivation = go_on(worksheet.loss, name, figures, eta=worksheet.eta)
        update = derivation.working.update
        found = update.after if update else derivation.value
        assert math.isclose(found, calculated(worksheet, name, figures), rel_tol=1e-12, abs_tol=1e-15), name


def test_only_what_is_left_to_do_is_shown() -> None:
    _, worksheet = an_exercise(KINDS[0])
    text = go_on(worksheet.loss, "dE/dw1[1,2]", {"delta1[1]": 0.25, "a1[1]": 0.4}).text
    assert "delta1[1] = 0.25" in text
    assert "0.25 * " in text
    assert "0.4" not in text  # a1[1] is not needed any more
    assert "dE/da2" not in text
    assert "dE/da2" in go_on(worksheet.loss, "dE/dw1[1,2]", {}).text


def test_what_cannot_be_worked_out_is_refused() -> None:
    _, worksheet = an_exercise(KINDS[0])
    with pytest.raises(UnknownNameError):
        go_on(worksheet.loss, "z9[1]", {})
    with pytest.raises(ArgumentError):
        go_on(worksheet.loss, "new w1[1,1]", {})
