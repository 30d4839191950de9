"""Every engine computes the same thing in each program, and that is what a formula or a difference says it is."""

import cmath
import math
from functools import cache

import pytest

from benchmarks.engines import ENGINES, Engine
from benchmarks.engines.floats import Floats
from benchmarks.engines.scalars import UnavailableError
from benchmarks.program import Prepared, programs
from benchmarks.programs import chain, graph_size, network, transformer, wide_sum
from benchmarks.scripts import script, translate
from benchmarks.statistics import agreement
from benchmarks.textbook import Value as TextbookValue

SIZES = {"a": 2, "b": 5, "c": 4, "d": 1, "e": 3}  # as small as they get
PARAMETERS = {"a": 337, "b": 3, "c": 4, "e": 3}


def prepared(letter: str, engine: Engine) -> Prepared:
    if not engine.is_installed:
        pytest.skip(f"{engine.distribution} is not installed")
    try:
        ready = programs()[letter].prepare(engine, SIZES[letter])
    except UnavailableError as reason:  # the mode that this process does not run in
        pytest.skip(str(reason))
    if letter in PARAMETERS:  # the whole gradient, from whoever differentiates
        assert len(ready.check) == 1 + (PARAMETERS[letter] if engine.name != "floats" else 0)
    return ready


@cache
def textbook(letter: str) -> Prepared:
    return prepared(letter, ENGINES["textbook"])


def each_engine(letter: str):
    """Run a test for each engine of a program; peers whose library takes seconds to load only where asked to."""
    return pytest.mark.parametrize(
        "engine",
        [
            pytest.param(engine, id=engine.name, marks=[pytest.mark.slow] * (engine.module not in ("", "microgradnet")))
            for engine in programs()[letter].engines
        ],
    )


def differences(function, numbers, places):
    """Return the loss on bare floats, and its central differences by some of the parameters."""
    slopes = []
    for place in places:
        up, down = list(numbers), list(numbers)
        up[place] += 1e-6
        down[place] -= 1e-6
        slopes.append((function(up) - function(down)) / 2e-6)
    return function(list(numbers)), slopes


@each_engine("a")
def test_the_network_s_loss_and_its_gradient_by_differences(engine):
    check = prepared("a", engine).check
    module = script("network", Floats())
    rows, targets = module.moons(SIZES["a"])

    def loss(numbers):
        return module.loss(module.layers_of(numbers, network.SIZES), numbers, rows, targets)

    places = range(0, 337, 16)
    value, slopes = differences(loss, module.first_parameters(network.SIZES), places)
    assert check[0] == pytest.approx(value, rel=1e-12)
    if len(check) > 1:
        assert [check[1 + place] for place in places] == pytest.approx(slopes, abs=1e-7)


@each_engine("b")
def test_the_chain_is_a_geometric_sum(engine):
    check = prepared("b", engine).check
    x, a, b, n = 1.0, 0.999, 0.001, SIZES["b"]
    value = a**n * x + b * sum(a**k for k in range(n))
    by_a = n * a ** (n - 1) * x + b * sum(k * a ** (k - 1) for k in range(n))
    expected = [value, a**n, by_a, sum(a**k for k in range(n))]
    assert list(check) == pytest.approx(expected[: len(check)], rel=1e-12)


@each_engine("c")
def test_the_gradient_of_the_wide_sum_is_its_inputs(engine):
    expected = textbook("c").check
    check = prepared("c", engine).check
    assert list(check) == pytest.approx(expected[: len(check)], rel=1e-12)
    assert len(set(expected[1:])) == SIZES["c"]


@each_engine("d")
def test_the_transformer_s_first_losses(engine):
    check = prepared("d", engine).check
    assert check[0] == pytest.approx(math.log(27), rel=0.2)  # it has learned nothing yet
    assert agreement(check, textbook("d").check) < 1e-12


def test_the_transformer_s_gradient_by_differences():
    module = script("transformer", Floats())
    numbers, tokens = module.first_parameters(), module.tokens_of("ab")
    leaves = [TextbookValue(number) for number in numbers]
    on_values = script("transformer", ENGINES["textbook"].start())
    on_values.document_loss(on_values.matrices_of(leaves), tokens).backward()
    places = range(40, len(numbers), 331)
    _, slopes = differences(lambda given: module.document_loss(module.matrices_of(given), tokens), numbers, places)
    assert any(slopes)
    assert [leaves[place].grad for place in places] == pytest.approx(slopes, abs=1e-8)


@pytest.mark.slow
def test_training_lowers_the_transformer_s_loss():
    trainer = transformer.Trainer(ENGINES["textbook"].start(), script("transformer", ENGINES["textbook"].start()))
    losses = [trainer.step("a") for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.2


@each_engine("e")
def test_the_rotation_is_a_complex_power(engine):
    check = prepared("e", engine).check
    n = 10**3 // graph_size.NODES_A_STEP
    power = cmath.exp(1j * graph_size.ANGLE * (n - 1))
    expected = [(power * cmath.exp(1j * graph_size.ANGLE)).real, n * power.real, -n * power.imag]
    value, *gradient = check
    found = [value, gradient[0], gradient[1] - gradient[2]] if gradient else [value]  # s stands twice, once as -s
    assert found == pytest.approx(expected[: len(found)], rel=1e-9)


def test_steps_run_and_descent_goes_downhill():
    steps = textbook("a").steps
    assert set(steps) == {"forward", "forward + backward", "step"}
    before = steps["step"]()
    assert steps["forward"]() < before
    assert set(prepared("a", ENGINES["floats"]).steps) == {"forward"}


def test_a_graph_has_as_many_nodes_as_its_title_says():
    scalars = ENGINES["textbook"].start()
    root = graph_size.rotation(scalars, 3)(scalars.leaves)
    seen = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += node._children
    assert len(seen) == pytest.approx(1000, rel=0.01)


def test_a_script_is_translated_where_an_engine_has_functions():
    text = "def f(x):\n    return x.exp().log() + x.relu() + x.data"
    names = translate(text, {"relu": lambda x: 5.0, "exp": math.exp, "log": math.log, "number": lambda x: 7.0})
    assert names["f"](2.0) == 14.0
    in_place = translate(text, {"relu": None, "exp": math.exp, "log": math.log, "number": None})
    assert [in_place["f"](x) for x in (2.0, -2.0)] == [6.0, -4.0]
    with pytest.raises(ValueError, match="write relu on a name"):
        translate("(x + 1).relu()", {"relu": None})


def test_the_programs_of_this_folder_are_found_by_themselves():
    found = programs()
    ours = [network, chain, wide_sum, transformer, graph_size]
    assert [found[letter] for letter in "abcde"] == [module.PROGRAM for module in ours]
    assert "f" in found
