"""micrograd's own code, used exactly as its README and lectures use it, and its published numbers."""

import random

import pytest

from microgradnet import MLP, Layer, Neuron, Value

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def test_the_readme_prints_24_7041_138_8338_and_645_5773():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


@pytest.mark.parametrize("written_out", [False, True])
def test_the_tanh_neuron_of_the_lecture(written_out):
    x1 = Value(2.0, label="x1")
    x2 = Value(0.0, label="x2")
    w1 = Value(-3.0, label="w1")
    w2 = Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x2w2 = x2 * w2
    n = x1w1 + x2w2 + b
    if written_out:
        e = (2 * n).exp()
        o = (e - 1) / (e + 1)
    else:
        o = n.tanh()
    o.backward()
    assert f"{o.data:.4f}" == "0.7071"
    expected = {x1: -1.5, w1: 1.0, x2: 0.5, w2: 0.0, n: 0.5, b: 0.5, x1w1: 0.5, x2w2: 0.5}
    for node, grad in expected.items():
        assert node.grad == pytest.approx(grad, abs=1e-12)


def test_a_neuron_a_layer_and_a_network_take_lists():
    x = [2.0, 3.0]
    assert isinstance(Neuron(2)(x), Value)
    assert [type(output) for output in Layer(2, 3)(x)] == [Value] * 3
    n = MLP(3, [4, 4, 1])
    assert isinstance(n([2.0, 3.0, -1.0]), Value)
    assert len(n.parameters()) == 41


def test_reprs_are_micrograds():
    assert repr(Neuron(3)) == "ReLUNeuron(3)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Neuron(3, False)) == "LinearNeuron(3)"
    assert repr(Layer(1, 2, nonlin=False)) == "Layer of [LinearNeuron(1), LinearNeuron(1)]"
    assert repr(MLP(2, [1, 1])) == "MLP of [Layer of [ReLUNeuron(2)], Layer of [LinearNeuron(1)]]"


def test_the_training_loop_of_the_lecture_lowers_the_loss():
    random.seed(1337)
    n = MLP(3, [4, 4, 1])
    losses = []
    for _ in range(60):
        ypred = [n(x) for x in XS]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(YS, ypred, strict=True))
        for p in n.parameters():
            p.grad = 0.0
        loss.backward()
        for p in n.parameters():
            p.data += -0.01 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 * losses[0]


def demo(values, network):
    """The loss of micrograd's demo.ipynb, step for step: max-margin and L2, on inputs given as Values."""
    inputs = [list(map(values, row)) for row in XS]
    scores = list(map(network, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(YS, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in network.parameters())
    return data_loss + reg_loss


@pytest.mark.parametrize("sizes", [[1], [4, 4, 1], [16, 16, 1]])
@pytest.mark.parametrize("seed", [0, 1337])
def test_against_the_published_package(sizes, seed):
    pytest.importorskip("micrograd")
    from micrograd.engine import Value as PeerValue
    from micrograd.nn import MLP as PeerMLP  # noqa: N811

    random.seed(seed)
    peer = PeerMLP(3, sizes)
    random.seed(seed)
    ours = MLP(3, sizes)
    assert [p.data for p in ours.parameters()] == [p.data for p in peer.parameters()]
    assert repr(ours) == repr(peer)
    for _ in range(3):
        expected, loss = demo(PeerValue, peer), demo(Value, ours)
        for network, result in ((peer, expected), (ours, loss)):
            network.zero_grad()
            result.backward()
        assert loss.data == pytest.approx(expected.data, rel=1e-12)
        grads = [p.grad for p in peer.parameters()]
        assert [p.grad for p in ours.parameters()] == pytest.approx(grads, rel=1e-12, abs=1e-12)
        for network in (peer, ours):
            for p in network.parameters():
                p.data -= 0.1 * p.grad
