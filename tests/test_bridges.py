"""``verify_against``: a right training step in torch is confirmed, and each slip of one is found and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.errors import ShapeError, UnknownNameError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")]
X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def module(torch: Any, output: int = 2, *end: Any) -> Any:
    torch.manual_seed(3)
    nn = torch.nn
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, output), *end).double()


def test_torch_computes_the_gradients_where_nobody_has(torch: Any) -> None:
    targets = {
        "half_squared_error": [[0.1, 0.9]] * 3, "squared_error": [[0.1, 0.9]] * 3, "mse": [[0.1, 0.9]] * 3,
        "mean_absolute_error": [[0.1, 0.9]] * 3, "cross_entropy": [[1, 0], [0, 1], [1, 0]],
    }  # fmt: skip
    for loss, t in targets.items():
        net = module(torch)
        report = mg.verify_against(net, X, t, loss)
        assert report, str(report)
        assert [row.name for row in report.rows] == ["0.weight", "0.bias", "2.weight", "2.bias"]
        assert all(parameter.grad is None for parameter in net.parameters())
    sigmoid = module(torch, 1, torch.nn.Sigmoid())
    assert mg.verify_against(sigmoid, X, [1.0, 0.0, 1.0], "binary_cross_entropy")
    softmax = module(torch, 2, torch.nn.Softmax(dim=-1))
    assert mg.verify_against(softmax, torch.tensor(X), torch.tensor([0, 1, 0]), "cross_entropy")
    assert mg.verify_against(module(torch).float(), X, [[0.1, 0.9]] * 3)


def test_the_callers_own_training_step_is_checked(torch: Any) -> None:
    net, t = module(torch), torch.tensor([0, 1, 0])
    torch.nn.CrossEntropyLoss()(net(torch.tensor(X).double()), t).backward()
    before = [parameter.grad.clone() for parameter in net.parameters()]
    report = mg.verify_against(net, X, t, "cross_entropy")
    assert report
    assert "All 4 gradients agree." in str(report)
    assert "<table" in report._repr_html_()
    assert all(torch.equal(old, new.grad) for old, new in zip(before, net.parameters(), strict=True))


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda torch, net, x, t: [((net(x) - t) ** 2).mean().backward() for _ in range(2)], "backward() called twice"),
        (lambda torch, net, x, t: ((net(x) - t) ** 2).mean(-1).sum().backward(), "a sum over the samples"),
        (lambda torch, net, x, t: (-((net(x) - t) ** 2).mean()).backward(), "a sign"),
    ],
)
def test_one_factor_of_all_gradients_is_named(torch: Any, slip: Any, words: str) -> None:
    net, t = module(torch), torch.full((3, 2), 0.25, dtype=torch.float64)
    slip(torch, net, torch.tensor(X).double(), t)
    report = mg.verify_against(net, X, t)
    assert not report
    assert report.first_wrong is not None
    assert report.first_wrong.name == "0.weight"
    assert words in str(report)


def test_the_first_parameter_with_a_wrong_gradient_is_named(torch: Any) -> None:
    net, t = module(torch), torch.full((3, 2), 0.25, dtype=torch.float64)
    ((net(torch.tensor(X).double()) - t) ** 2).mean().backward()
    net[2].weight.grad[1, 0] *= 1.001  # a hand-written backward with a slip in one entry
    report = mg.verify_against(net, X, t)
    assert [row.agrees for row in report.rows] == [True, True, False, True]
    assert report.first_wrong is not None
    assert (report.first_wrong.name, report.first_wrong.entry) == ("2.weight", "w2[2,1]")
    assert "The first that differs is 2.weight: at w2[2,1]" in str(report)
    net[2].weight.grad = None
    assert "it has no gradient" in str(mg.verify_against(net, X, t))
    net[2].weight.grad = torch.full((2, 3), np.nan, dtype=torch.float64)
    assert not mg.verify_against(net, X, t)


def test_a_backward_of_its_own_that_is_wrong_is_found(torch: Any) -> None:
    class Wrong(torch.autograd.Function):  # type: ignore[misc,name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.tanh(x)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            (x,) = ctx.saved_tensors
            return gradient * (1 - x**2)  # x for tanh(x)

    net, t = module(torch), torch.full((3, 2), 0.25, dtype=torch.float64)
    hidden = Wrong.apply(net[0](torch.tensor(X).double()))
    ((net[2](hidden) - t) ** 2).mean().backward()
    report = mg.verify_against(net, X, t)
    assert report.first_wrong is not None
    assert report.first_wrong.name == "0.weight"
    assert [row.agrees for row in report.rows] == [False, False, True, True]


def test_wrong_use_is_refused(torch: Any) -> None:
    with pytest.raises(ShapeError, match="as many samples"):
        mg.verify_against(module(torch), X, [[0.0, 1.0]])
    with pytest.raises(ShapeError, match="each row of x has 2 numbers"):
        mg.verify_against(module(torch), [[1.0, 2.0, 3.0]], [[0.0, 1.0]])
    with pytest.raises(UnknownNameError, match="Call backward"):
        mg.verify_against(module(torch, 1), X, [1, -1, 1], "hinge")
