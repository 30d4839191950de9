import math

import mpmath
import numpy as np
import pytest
import sympy

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, UnknownNameError
from microgradnet.graph import leaves, topological
from microgradnet.nn import losses

O = sympy.symbols("o1:4")  # noqa: E741
T = sympy.symbols("t1:4")


def mean_of(terms):
    return sum(terms) / len(terms)


def pairs(size):
    return list(zip(O[:size], T[:size], strict=True))


def symbolic_cross_entropy(size):
    whole = sum(sympy.exp(o) for o in O[:size])
    return -sum(t * sympy.log(sympy.exp(o) / whole) for o, t in pairs(size))


# Each loss with its textbook formula, as SymPy writes it, and targets that it takes.
FORMULAS = {
    "half_squared_error": (lambda n: sum((o - t) ** 2 for o, t in pairs(n)) / 2, [0.0, 1.0, 0.3]),
    "squared_error": (lambda n: sum((o - t) ** 2 for o, t in pairs(n)), [0.0, 1.0, 0.3]),
    "mean_squared_error": (lambda n: mean_of([(o - t) ** 2 for o, t in pairs(n)]), [0.0, 1.0, 0.3]),
    "mean_absolute_error": (lambda n: mean_of([sympy.Max(o - t, t - o) for o, t in pairs(n)]), [0.0, 1.0, 0.3]),
    "hinge": (lambda n: mean_of([sympy.Max(0, 1 - t * o) for o, t in pairs(n)]), [1.0, -1.0, 1.0]),
    "binary_cross_entropy": (
        lambda n: sum(-t * sympy.log(o) - (1 - t) * sympy.log(1 - o) for o, t in pairs(n)),
        [0.0, 1.0, 0.3],
    ),
    "cross_entropy": (symbolic_cross_entropy, [0.2, 0.5, 0.3]),
}
OUTPUTS = [0.7, 0.2, 0.55]


def test_each_loss_of_the_registry_is_compared_with_its_formula():
    assert set(FORMULAS) == set(losses.LOSSES) == set(dir(losses)) == set(losses.__all__)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_derivatives_are_those_of_the_formula(name, size):
    write, targets = FORMULAS[name]
    targets = [1.0] if name == "cross_entropy" and size == 1 else targets[:size]
    targets = [0.4, 0.6] if name == "cross_entropy" and size == 2 else targets
    formula = write(size)
    numbers = dict(zip(O, OUTPUTS[:size], strict=False)) | dict(zip(T, targets, strict=False))
    outputs, wanted = [Value(o) for o in OUTPUTS[:size]], [Value(t) for t in targets]
    loss = getattr(losses, name)(outputs, wanted)
    loss.backward()
    assert loss.data == pytest.approx(float(formula.subs(numbers)), rel=1e-13, abs=1e-15)
    for symbol, node in [*zip(O, outputs, strict=False), *zip(T, wanted, strict=False)]:
        expected = float(sympy.diff(formula, symbol).subs(numbers).doit())
        assert node.grad == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_labels_and_scopes(name):
    loss = getattr(losses, name)([Value(0.6, label="a"), Value(0.3, label="b")], [1, 1] if name == "hinge" else [1, 0])
    assert (loss.label, loss.scope) == ("E", "loss")
    assert {node.label for node in leaves(loss)} == {"a", "b", "t[1]", "t[2]"}
    assert {node.scope for node in topological(loss) if node.op} == {"loss"}
    if name != "cross_entropy":
        assert {"E1", "E2"} <= {node.label for node in topological(loss)}


@pytest.mark.parametrize("name", sorted(set(FORMULAS) - {"cross_entropy"}))
def test_one_output_may_stand_without_a_list(name):
    loss = getattr(losses, name)
    alone, listed = loss(Value(0.25), 1), loss([Value(0.25)], [1])
    assert alone.data == listed.data
    assert "E1" not in {node.label for node in topological(alone)}
    assert loss(np.array([0.25]), np.array([1])).data == listed.data


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    ("outputs", "targets"),
    [([Value(0.5), Value(0.5)], [1.0]), ([Value(0.5)], [1.0, 0.0]), ([], []), ([Value(0.5)], []), ([Value(0.5)], "1")],
)
def test_as_many_targets_as_outputs(name, outputs, targets):
    with pytest.raises(ShapeError):
        getattr(losses, name)(outputs, targets)


@pytest.mark.parametrize("name", FORMULAS)
def test_what_is_no_number(name):
    with pytest.raises(NumberTypeError, match=r"t\[2\]"):
        getattr(losses, name)([Value(0.5), Value(0.5)], [1.0, "0"])
    with pytest.raises(NumberTypeError):
        getattr(losses, name)([Value(0.5), None], [1.0, 0.0])


@pytest.mark.parametrize("target", [0, 0.5, 2])
def test_hinge_takes_minus_one_and_one(target):
    with pytest.raises(ArgumentError, match=r"t\[1\]"):
        losses.hinge(Value(0.5), target)


def test_hinge_of_scores_is_the_data_loss_of_micrograds_demo():
    scores, signs = [Value(0.5), Value(-2.0), Value(1.5)], [1, -1, -1]
    terms = [(1 + -sign * score).relu() for sign, score in zip(signs, scores, strict=True)]
    assert losses.hinge(scores, signs).data == pytest.approx((sum(terms) * (1.0 / len(terms))).data, rel=1e-15)


@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", [-800.0, -40.0, -20.0, -14.0, -13.0, -1.0, 0.0, 1.0, 13.0, 14.0, 20.0, 36.0, 40.0, 800.0])
def test_binary_cross_entropy_of_any_sigmoid_is_right(z, target):
    pre_activation = Value(z)
    loss = losses.binary_cross_entropy(pre_activation.sigmoid(), target)
    loss.backward()
    with mpmath.workdps(1000):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        expected = -target * mpmath.log(p) - (1 - target) * mpmath.log(1 - p)
        assert loss.data == pytest.approx(float(expected), rel=1e-9, abs=1e-15)
        assert pre_activation.grad == pytest.approx(float(p - target), rel=1e-9, abs=1e-15)


def test_binary_cross_entropy_inside_is_the_textbooks_graph():
    p = Value(0.3).sigmoid()
    loss = losses.binary_cross_entropy(p, 1)
    assert [node.op.name for node in topological(loss) if node.op].count("log") == 2
    assert loss.data == -math.log(p.data)


def test_the_cancellation_of_source_1_holds_where_an_output_is_exactly_1():
    mlp = MLP.from_weights([[[1.0], [2.0]], [[30.0, 30.0], [-0.5, 0.25]]], activation="sigmoid", output="sigmoid")
    outputs = mlp([3.0])
    assert outputs[0].data == 1.0
    targets = [0.0, 1.0]
    loss = losses.binary_cross_entropy(outputs, targets)
    loss.backward()
    pre_activations = [node for node in topological(loss) if node.label in ("z2[1]", "z2[2]")]
    deltas = [z.grad for z in sorted(pre_activations, key=lambda node: node.label)]
    assert deltas == pytest.approx([a.data - t for a, t in zip(outputs, targets, strict=True)], rel=1e-14)


def test_certain_probabilities_without_a_sigmoid():
    right = [Value(1.0), Value(0.0)]
    loss = losses.binary_cross_entropy(right, [1, 0])
    loss.backward()
    assert (loss.data, right[0].grad, right[1].grad) == (0.0, -1.0, 1.0)
    with pytest.raises(DomainError, match="log"):
        losses.binary_cross_entropy(Value(1.0), 0)


@pytest.mark.parametrize("number", [-0.5, 1.5, math.nan])
def test_what_is_no_probability(number):  # PyTorch refuses these too; a forgotten sigmoid is the usual cause
    with pytest.raises(DomainError, match=r"z2\[1\] = .*sigmoid"):
        losses.binary_cross_entropy(Value(number, label="z2[1]"), 1)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("targets", [[-0.1, 1.1], [2, 0], [math.nan, 1.0]])
def test_targets_are_probabilities(name, targets):
    with pytest.raises(ArgumentError, match=r"t\[1\]"):
        getattr(losses, name)([Value(0.5), Value(0.5)], targets)


def test_targets_of_cross_entropy_sum_to_one():
    with pytest.raises(ArgumentError, match="sum of 2"):
        losses.cross_entropy([Value(0.5), Value(0.5)], [1, 1])
    single = np.array([0.1, 0.2, 0.7], dtype=np.float32)  # sums to 1 in 32 bits only
    assert losses.cross_entropy([Value(0.5)] * 3, single).data == pytest.approx(math.log(3), rel=1e-6)


@pytest.mark.parametrize("logits", [[1000.0, 0.0], [-1000.0, 0.0], [-1000.0, -1001.0], [1e300, -1e300], [3.0, 1.0]])
@pytest.mark.parametrize("index", [0, 1])
def test_cross_entropy_is_finite_and_right_for_any_logits(logits, index):
    by_index, one_hot = [Value(z) for z in logits], [Value(z) for z in logits]
    losses.cross_entropy(by_index, np.int64(index)).backward()
    loss = losses.cross_entropy(one_hot, [1 - index, index])
    loss.backward()
    with mpmath.workdps(60):
        whole = mpmath.exp(0) + mpmath.exp(mpmath.mpf(logits[1]) - mpmath.mpf(logits[0]))
        chances = [1 / whole, 1 - 1 / whole]
        expected = mpmath.log(whole) if index == 0 else mpmath.log(whole) + logits[0] - mpmath.mpf(logits[1])
    assert loss.data == pytest.approx(float(expected), rel=1e-12, abs=1e-12)
    for node, twin, chance, target in zip(one_hot, by_index, chances, [1 - index, index], strict=True):
        assert node.grad == pytest.approx(float(chance) - target, abs=1e-12)
        assert twin.grad == pytest.approx(node.grad, abs=1e-15)


@pytest.mark.parametrize("index", [2, -1, 10**30])
def test_an_index_of_no_class(index):
    with pytest.raises(ShapeError, match="one of 2 classes"):
        losses.cross_entropy([Value(0.5), Value(0.5)], index)


@pytest.mark.parametrize("targets", [True, 1.0, None, Value(1.0)])
def test_an_index_is_a_whole_number(targets):
    with pytest.raises(ShapeError):
        losses.cross_entropy([Value(0.5), Value(0.5)], targets)


def test_the_mean_of_losses_over_samples_has_the_mean_of_the_gradients():  # SOURCES.md, S1
    mlp = MLP(2, [3, 2], activation="sigmoid", output="sigmoid", seed=1)
    samples = [([0.1, 0.9], [1, 0]), ([0.8, -0.3], [0, 1]), ([0.5, 0.5], [1, 1])]
    summed = [0.0] * len(mlp.parameters())
    for x, t in samples:
        mlp.zero_grad()
        losses.binary_cross_entropy(mlp(x), t).backward()
        summed = [whole + parameter.grad for whole, parameter in zip(summed, mlp.parameters(), strict=True)]
    mlp.zero_grad()
    (mg.total(losses.binary_cross_entropy(mlp(x), t) for x, t in samples) / len(samples)).backward()
    assert [3 * parameter.grad for parameter in mlp.parameters()] == pytest.approx(summed, rel=1e-12)


# The outputs of a softmax are recognised, in whatever way they were computed

LOGITS, TARGET = [0.3, -0.2, 1.1], [0.2, 0.5, 0.3]


def written_out(zs):
    powers = [z.exp() for z in zs]
    return [power / sum(powers) for power in powers]


def as_in_the_lecture(zs):
    powers = [z.exp() for z in zs]
    whole = sum(powers)
    return [power * whole**-1 for power in powers]


def with_one_whole(zs):
    powers = [z.exp() for z in zs]
    whole = sum(powers)
    return [power / whole for power in powers]


@pytest.mark.parametrize(
    ("softmax", "shift"),
    [(softmax, shift) for softmax in (mg.softmax, mg.log_softmax, list) for shift in (0.0, 400.0, 900.0)]
    + [(softmax, 0.0) for softmax in (with_one_whole, as_in_the_lecture, written_out)],
)
def test_the_outputs_of_a_softmax_are_not_put_into_a_softmax_again(softmax, shift):
    zs = [Value(z + shift) for z in LOGITS]
    loss = mg.losses.cross_entropy(softmax(zs), TARGET)
    loss.backward()
    shares = np.exp(LOGITS) / np.exp(LOGITS).sum()
    assert loss.data == pytest.approx(-np.log(shares) @ TARGET, rel=1e-12)
    assert [z.grad for z in zs] == pytest.approx(list(shares - TARGET), rel=1e-10)


def test_the_example_of_the_readme_in_every_way():
    weights = [[[0.1, 0.7], [0.8, 0.2]], [[0.6, 0.5], [0.4, 0.3]]]
    mlp = MLP.from_weights(weights, activation="sigmoid", output="softmax")
    loss = mg.losses.cross_entropy(mlp([0.7, 1.0]), [0, 1])
    loss.backward()
    found = {node.label: node for node in topological(loss)}
    assert loss.data == pytest.approx(0.83892028, abs=1e-8)
    assert mg.losses.cross_entropy(mlp([0.7, 1.0]), 1).data == loss.data
    assert found["z2[2]"].grad == pytest.approx(-0.56782310, abs=1e-8)
    assert found["a2[2]"].grad == pytest.approx(-1 / 0.43217690, rel=1e-7)  # the loss is written over the outputs
    report = mg.verify(loss, {found["z2[2]"]: "-0.5678", loss: "0.8389"})
    assert [str(finding.verdict) for finding in report] == ["rounded", "rounded"]
    assert "0.839" in mg.draw_network(mlp, [0.7, 1.0], [0, 1], loss=mg.losses.cross_entropy).svg
    history = mg.fit(mlp, [[0.7, 1.0]], [[0, 1]], loss="cross_entropy", optimizer="sgd", lr=0.5, epochs=1)
    assert history[0].loss == pytest.approx(0.83892028, abs=1e-8)
    assert mlp.layers[1].neurons[1].w[0].data == pytest.approx(0.4 + 0.5 * 0.56782310 * found["a1[1]"].data, abs=1e-8)


@pytest.mark.parametrize("saturated", [40.0, 800.0])
def test_a_saturated_softmax_loses_no_digits(saturated):
    right, wrong = (
        mg.losses.cross_entropy(mg.softmax([Value(saturated), Value(0.0)]), target).data for target in (0, 1)
    )
    with mpmath.workdps(500):
        expected = float(mpmath.log(1 + mpmath.exp(-mpmath.mpf(saturated))))
    assert wrong == pytest.approx(saturated + expected, rel=1e-15)
    assert right == pytest.approx(expected, rel=1e-9, abs=1e-16)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda zs: [z.sigmoid() for z in zs], "binary_cross_entropy"),
        (lambda zs: [z.relu() for z in zs], "outputs of relu. Let the network end"),
        (lambda zs: mg.softmax(zs)[:2], "mg.softmax as it is"),
        (lambda zs: [*mg.softmax(zs[:2]), *mg.softmax(zs[:2])], "mg.softmax as it is"),
        (lambda zs: [mg.exp(z) for z in mg.log_softmax(zs)], "mg.softmax as it is"),
        (lambda zs: [mg.clip(p, 1e-7, 1.0) for p in mg.softmax(zs)], "mg.softmax as it is"),
    ],
)
def test_other_probabilities_are_refused(make, named):
    outputs = make([Value(z) for z in LOGITS])
    with pytest.raises(ArgumentError, match=named):
        mg.losses.cross_entropy(outputs, 1)


def test_logits_that_happen_to_sum_to_one_are_logits():
    zs = MLP.from_weights([[[0.25], [0.75]]], output="identity")([1.0])
    assert mg.losses.cross_entropy(zs, 0).data == pytest.approx(math.log(1 + math.exp(0.5)), rel=1e-14)
    assert mg.losses.cross_entropy([Value(1.0), 0.0], 0).data == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-14)


def test_a_permuted_softmax_is_that_of_the_permuted_logits():
    zs = [Value(z) for z in LOGITS]
    turned = mg.losses.cross_entropy(mg.softmax(zs)[::-1], 0)
    assert turned.data == pytest.approx(mg.losses.cross_entropy(zs, 2).data, rel=1e-14)


# The registry


def test_aliases_are_names_of_one_loss_each():
    aliases = [alias for loss in losses.LOSSES.values() for alias in loss.aliases]
    assert len({*aliases, *losses.LOSSES}) == len(aliases) + len(losses.LOSSES)
    assert [losses.find(name).name for name in ("mse", "bce", "MAE", "Cross-Entropy", "log loss")] == [
        "mean_squared_error", "binary_cross_entropy", "mean_absolute_error", "cross_entropy", "binary_cross_entropy",
    ]  # fmt: skip


def test_a_misspelt_loss():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'cross_entropy'.*Known: half_squared_error"):
        losses.find("cros_entropy")


@pytest.mark.parametrize("form", [losses.FOR_ONE, losses.ACCURATE, losses.SHIFTED])
@pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy"])
def test_a_smooth_loss_has_its_derivative_where_a_logit_is_exactly_0(name, form):
    """Weights of 0, or relus that are all off, make logits of 0: |z| and max(z, 0) gave -t there instead of p - t."""
    logits, targets = [Value(0.0), Value(0.0)], [0.0, 1.0]
    with losses.recording_form(form):
        outputs = [z.sigmoid() for z in logits] if name == "binary_cross_entropy" else logits
        loss = getattr(losses, name)(outputs, targets)
    loss.backward()
    assert [z.grad for z in logits] == [0.5, -0.5]
    loss.zero_grad()
    assert mg.compile(loss)() == loss.data == pytest.approx(math.log(2) * (2 if name == "binary_cross_entropy" else 1))
    assert [z.grad for z in logits] == [0.5, -0.5]


def test_logistic_regression_from_weights_of_zero_takes_the_step_of_the_mean_of_p_less_t():
    model = MLP(1, [1], output="sigmoid", init="zeros")
    mg.fit(model, [[1.0], [2.0], [-1.0]], [1, 1, 0], loss="binary_cross_entropy", epochs=1, batch_size=None,
           optimizer=mg.optim.SGD(model.parameters(), lr=1.0), progress=False)  # fmt: skip
    assert [p.data for p in model.parameters()] == pytest.approx([(0.5 + 1.0 + 0.5) / 3, (0.5 + 0.5 - 0.5) / 3])


@pytest.mark.parametrize("z", [-800.0, -40.0, -15.0, 15.0, 40.0, 800.0])
@pytest.mark.parametrize("t", [0.0, 1.0, 0.25])
def test_binary_cross_entropy_of_a_saturated_sigmoid_keeps_all_digits_of_value_and_derivative(z, t):
    node = Value(z)
    loss = losses.binary_cross_entropy(node.sigmoid(), t)
    loss.backward()
    with mpmath.workdps(400):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        value, slope = -t * mpmath.log(p) - (1 - t) * mpmath.log(1 - p), p - t
        assert loss.data == pytest.approx(float(value), rel=1e-14, abs=1e-300)
        assert node.grad == pytest.approx(float(slope), rel=1e-14, abs=1e-300)
