"""One recorded sample serves a whole batch: in any size and form, as Values or as arrays alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from tests.compiler.agreement import assert_agree, assert_close, called, mean_over, state
from tests.compiler.recorded import SAMPLES, network, two


def test_batches_of_any_size_one_after_the_other() -> None:
    """Buffers of one size must not leak into the next."""
    loss, batch, parameters = network()
    program = mg.compile(loss, batch=batch)
    for count in (7, 3, 1, 5, 7):
        samples = SAMPLES[-count:]
        assert_agree(called(program, loss, parameters, samples), mean_over(loss, batch, samples, parameters))


@pytest.mark.parametrize(
    "form",
    [
        np.ndarray.tolist,
        np.asfortranarray,
        lambda samples: np.repeat(samples, 2, axis=1)[:, ::2],
        lambda samples: samples[::-1][::-1],
        lambda samples: tuple(map(tuple, samples)),
    ],
    ids=["lists", "columns", "every second", "backwards", "tuples"],
)
def test_samples_come_in_any_form(form: Any) -> None:
    loss, batch, parameters = network()
    program = mg.compile(loss, batch=batch)
    assert_agree(called(program, loss, parameters, form(SAMPLES)), called(program, loss, parameters, SAMPLES))


def test_samples_are_whole_numbers_or_short_floats_just_as_well() -> None:
    loss, batch, parameters = network()
    program = mg.compile(loss, batch=batch)
    for kind in (int, bool, np.uint8, np.float32):
        samples = np.arange(10).reshape(2, 5).astype(kind)
        expected = mean_over(loss, batch, samples.astype(float), parameters)
        assert_agree(called(program, loss, parameters, samples), expected)


def test_samples_and_the_leaves_that_vary_are_not_written_to() -> None:
    loss, batch, _ = network()
    program, samples = mg.compile(loss, batch=batch), SAMPLES.copy()
    numbers = [leaf.data for leaf in batch]
    program(samples)
    assert (samples == SAMPLES).all()
    assert [leaf.data for leaf in batch] == numbers


def test_one_sample_may_have_targets_that_reach_the_loss_alone() -> None:
    """A target that is only subtracted, an input that is only multiplied, and one that is the loss itself."""
    x, t = two()
    for loss, batch in ((x - t, [t]), (x * t, [t]), (x, [x]), (x + 0.0 * t, [x, t])):
        kept = [leaf for leaf in (x, t) if all(leaf is not varied for varied in batch)]
        samples = [[0.5] * len(batch), [2.0] * len(batch)]
        expected = mean_over(loss, batch, samples, kept)
        assert_agree(called(mg.compile(loss, batch=batch), loss, kept, samples), expected)


# Arrays


def test_step_and_evaluate_touch_no_value_and_load_and_store_carry_the_numbers() -> None:
    loss, batch, parameters = network()
    program = mg.compile(loss, batch=batch)
    before, kept = state(loss), [leaf.data for leaf in parameters]
    expected = mean_over(loss, batch, SAMPLES, parameters)
    assert_close([program.step(SAMPLES)], [expected[0]])
    assert state(loss) == before
    assert program.parameters.dtype == program.gradient.dtype == np.float64
    assert program.parameters.shape == program.gradient.shape == (len(parameters),)
    each = [mean_over(loss, batch, [sample], [])[0] for sample in SAMPLES]
    assert_close(list(program.evaluate(SAMPLES)), each)
    program.parameters -= 0.5 * program.gradient
    assert state(loss) == before
    program.store()
    moved = [leaf.data for leaf in parameters]
    assert_close(moved, [leaf - 0.5 * slope for leaf, slope in zip(kept, expected[1], strict=True)])
    parameters[0].data += 1.0
    program.load()
    assert_close([program.step(SAMPLES)], [mean_over(loss, batch, SAMPLES, parameters)[0]])


def test_the_gradient_of_a_step_is_that_step_s_alone() -> None:
    loss, batch, parameters = network()
    program = mg.compile(loss, batch=batch)
    program.step(SAMPLES)
    once = program.gradient.copy()
    program.step(SAMPLES)
    assert_close(sorted(program.gradient), sorted(once))
    assert_close(sorted(once), sorted(mean_over(loss, batch, SAMPLES, parameters)[1]))
