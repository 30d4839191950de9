import math
import random
import statistics

import pytest

from microgradnet import MLP, Layer
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, UnknownNameError

BOUND = math.sqrt(6 / (30 + 20))


def weights(init):
    layer = Layer(30, 20, seed=1, init=init)
    return [weight.data for neuron in layer.neurons for weight in neuron.w]


@pytest.mark.parametrize(
    ("init", "deviation", "bound"),
    [("uniform", 1 / math.sqrt(3), 1.0), ("xavier", BOUND / math.sqrt(3), BOUND), ("he", math.sqrt(2 / 30), math.inf)],
)
def test_the_spread_is_that_of_the_paper(init, deviation, bound):
    drawn = weights(init)
    assert statistics.stdev(drawn) == pytest.approx(deviation, rel=0.08)  # 600 draws of a fixed seed
    assert statistics.fmean(drawn) == pytest.approx(0.0, abs=0.1 * deviation)
    assert max(map(abs, drawn)) <= bound


def test_biases_begin_at_zero():
    assert [p.data for name, p in MLP(2, [3, 1]).named_parameters().items() if name[0] == "b"] == [0.0] * 4


def test_zeros():
    assert weights("zeros") == [0.0] * 600


def test_a_rule_of_the_callers_own_sees_both_sizes_and_the_source():
    seen = []

    def rule(fan_in, fan_out, source):
        seen.append((fan_in, fan_out))
        return source.random()

    mlp = MLP(2, [3, 1], init=rule, seed=random.Random(4))
    assert seen == [(2, 3)] * 6 + [(3, 1)] * 3
    source = random.Random(4)
    assert mlp.layers[0].neurons[0].w[0].data == source.random()


@pytest.mark.parametrize(
    ("init", "error"),
    [
        ("orthogonal", UnknownNameError),
        (0.5, ArgumentError),
        (lambda *_: "x", NumberTypeError),
        (lambda *_: math.nan, DomainError),
    ],
)
def test_what_is_no_initialization(init, error):
    with pytest.raises(error):
        MLP(1, [1], init=init)


@pytest.mark.parametrize("seed", ["one", 1.5, [1]])
def test_what_is_no_seed(seed):
    with pytest.raises(ArgumentError, match="seed"):
        MLP(1, [1], seed=seed)
