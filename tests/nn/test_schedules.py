"""Schedules: against the formulas, against torch's schedulers, and by hand with an optimizer."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import ArgumentError, UnknownNameError
from microgradnet.nn import schedules
from microgradnet.nn.schedules import Cosine, Exponential, Linear, Scheduler, Sequential, Step, WarmUp

INITIAL, COUNT = 0.8, 40

RULES: dict[str, Any] = {
    "step": Step(7, gamma=0.3),
    "step of torch's usual factor": Step(5),
    "linear": Linear(0.2, 0.9, 6),
    "linear of torch's usual factors": Linear(),
    "exponential": Exponential(0.9),
    "cosine": Cosine(9, eta_min=0.05),
    "warm-up": WarmUp(5, then=Cosine(20), start_factor=0.1),
    "warm-up alone": WarmUp(4),
    "three in a row": Sequential([Exponential(0.5), Linear(0.1, 1.0, 4), Step(3)], milestones=[4, 11]),
}


def torchs(name: str, L: Any, o: Any) -> Any:
    return {
        "step": lambda: L.StepLR(o, 7, 0.3),
        "step of torch's usual factor": lambda: L.StepLR(o, 5),
        "linear": lambda: L.LinearLR(o, 0.2, 0.9, 6),
        "linear of torch's usual factors": lambda: L.LinearLR(o),
        "exponential": lambda: L.ExponentialLR(o, 0.9),
        "cosine": lambda: L.CosineAnnealingLR(o, 9, 0.05),
        "warm-up": lambda: L.SequentialLR(o, [L.LinearLR(o, 0.1, 1.0, 5), L.CosineAnnealingLR(o, 20)], [5]),
        "warm-up alone": lambda: L.LinearLR(o, 0.1, 1.0, 4),
        "three in a row": lambda: L.SequentialLR(
            o, [L.ExponentialLR(o, 0.5), L.LinearLR(o, 0.1, 1.0, 4), L.StepLR(o, 3)], [4, 11]
        ),
    }[name]()


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")  # torch's own SequentialLR passes one
@pytest.mark.parametrize("name", RULES)
def test_the_rates_are_torchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=INITIAL)
    scheduler, expected = torchs(name, torch.optim.lr_scheduler, optimizer), []
    for _ in range(COUNT):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert [RULES[name](count, INITIAL) for count in range(COUNT)] == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_the_rates_are_the_formulas() -> None:
    for t in range(COUNT):
        height = (1 + mpmath.cos(mpmath.pi * t / 9)) / 2
        expected = {
            "step": INITIAL * mpmath.mpf(0.3) ** (t // 7),
            "linear": INITIAL * (0.2 + (0.9 - 0.2) * min(t, 6) / mpmath.mpf(6)),
            "exponential": INITIAL * mpmath.mpf(0.9) ** t,
            "cosine": 0.05 + (INITIAL - 0.05) * height,
        }
        for name, rate in expected.items():
            assert RULES[name](t, INITIAL) == pytest.approx(float(rate), rel=1e-13)


def test_a_warm_up_hands_over_at_the_full_rate_and_the_next_counts_from_there() -> None:
    schedule = WarmUp(4, then=Step(2, gamma=0.5), start_factor=0.5)
    assert [schedule(count, 8.0) for count in range(9)] == [4.0, 5.0, 6.0, 7.0, 8.0, 8.0, 4.0, 4.0, 2.0]


def test_by_hand_beside_an_optimizer() -> None:
    parameter = Value(0.0)
    sgd = mg.optim.SGD([parameter], lr=0.8)
    scheduler, path = mg.schedules.Scheduler(sgd, mg.schedules.Exponential(0.5)), []
    for _ in range(3):
        parameter.grad = -1.0
        sgd.step()
        scheduler.step()
        path.append(parameter.data)
    assert path == pytest.approx([0.8, 1.2, 1.4])


def test_a_function_of_the_callers_is_a_schedule() -> None:
    sgd = mg.optim.SGD([Value(0.0)], lr=0.8)
    scheduler = Scheduler(sgd, lambda count, initial: initial / (1 + count))
    scheduler.step()
    assert sgd.lr == 0.4


def test_a_warm_up_sets_the_first_rate_at_once() -> None:
    sgd = mg.optim.SGD([Value(0.0)], lr=0.8)
    Scheduler(sgd, WarmUp(4, start_factor=0.25))
    assert sgd.lr == 0.2


def test_a_scheduler_goes_on_from_its_state() -> None:
    sgd, other = (mg.optim.SGD([Value(0.0)], lr=rate) for rate in (0.8, 0.1))
    first, second = Scheduler(sgd, Exponential(0.5)), Scheduler(other, Exponential(0.5))
    first.step()
    second.load_state_dict(first.state_dict())
    assert (other.lr, second.count) == (0.4, 1)
    second.step()
    assert other.lr == 0.2


@pytest.mark.parametrize("saved", [None, {}, {"count": -1, "initial": 0.1}, {"count": 1, "initial": math.nan}])
def test_a_saved_state_that_does_not_fit(saved: Any) -> None:
    sgd = mg.optim.SGD([Value(0.0)], lr=0.8)
    scheduler = Scheduler(sgd, Exponential(0.5))
    with pytest.raises(ArgumentError):
        scheduler.load_state_dict(saved)
    assert (sgd.lr, scheduler.count) == (0.8, 0)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Step(0), "step_size"),
        (lambda: Step(1.5), "step_size"),
        (lambda: Exponential(-0.1), "gamma"),
        (lambda: Linear(math.inf), "start_factor"),
        (lambda: Cosine(0), "t_max"),
        (lambda: Cosine(5, eta_min=-1.0), "eta_min"),
        (lambda: WarmUp(0), "total_iters|steps"),
        (lambda: Sequential([Step(1), Step(2)], milestones=[]), "milestones"),
        (lambda: Sequential([Step(1)] * 3, milestones=[5, 5]), "milestones"),
        (lambda: Sequential([Step(1), 0.1], milestones=[5]), "a schedule"),
        (lambda: Scheduler(Cosine(10), Cosine(10)), "an optimizer"),
        (lambda: Scheduler(mg.optim.SGD([Value(0.0)], lr=0.1), Cosine), "a schedule"),
    ],
)
def test_arguments_out_of_range(make: Any, match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        make()


def test_a_rate_that_is_none_is_refused_and_the_old_one_stays() -> None:
    sgd = mg.optim.SGD([Value(0.0)], lr=0.8)
    scheduler = Scheduler(sgd, lambda count, initial: initial if count == 0 else math.nan)
    with pytest.raises(ArgumentError, match="lr"):
        scheduler.step()
    assert (sgd.lr, scheduler.count) == (0.8, 0)


def test_schedules_are_found_by_name_and_listed():
    assert {kind.__name__ for kind in schedules.SCHEDULES.values()} | {"Scheduler"} == {*dir(schedules)}
    assert schedules.find("StepLR") is schedules.Step
    assert schedules.find("warm-up") is schedules.WarmUp
    with pytest.raises(UnknownNameError, match="Did you mean 'cosine'"):
        schedules.find("cosin")


@pytest.mark.parametrize("given", ["cosine", schedules.Cosine])
def test_a_schedule_without_its_arguments_is_refused_with_them(given):
    with pytest.raises(ArgumentError, match=r"schedules\.Cosine\(t_max, eta_min=0\.0\)"):
        schedules.Scheduler(mg.optim.SGD([mg.Value(1.0)], lr=0.1), given)
