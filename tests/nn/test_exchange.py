"""Networks to torch and back, and to ONNX: the same outputs and gradients as the libraries compute themselves."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, UnknownNameError
from microgradnet.nn.exchange import COUNTERPARTS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
IN_TORCH = sorted(set(COUNTERPARTS) - {"identity", "softmax"})
POINTS = np.array([[0.3, -1.2, 2.0], [-2.5, 0.4, 0.9], [4.0, 3.0, -5.0], [0.0, 0.1, -0.2]])


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def network(activation: str, output: str = "identity") -> MLP:
    return MLP(3, [4, 2], activation=activation, output=output, seed=7)


@pytest.mark.slow  # torch takes seconds to start
@pytest.mark.parametrize("name", IN_TORCH)
def test_torch_gives_the_same_outputs_and_gradients(torch: Any, name: str) -> None:
    mlp = network(name, "softmax")
    module = mlp.to_torch()
    x = torch.tensor(POINTS, requires_grad=True)
    theirs = module(x)
    np.testing.assert_allclose(theirs.detach().numpy(), mlp.predict(POINTS), rtol=1e-12, atol=1e-13)
    theirs[:, 0].sum().backward()
    mg.total(mlp(row)[0] for row in POINTS.tolist()).backward()
    parameters = dict(module.named_parameters())
    ours = [[weight.grad for weight in neuron.w] for neuron in mlp.layers[0].neurons]
    rtol = 1e-7 if name == "hard_sigmoid" else 1e-11  # torch's own 1/6 has single precision there
    np.testing.assert_allclose(parameters["0.weight"].grad.numpy(), ours, rtol=rtol, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TORCH)
def test_a_round_trip_is_bit_equal(torch: Any, name: str) -> None:
    mlp = network(name, "softmax")
    again = MLP.from_torch(mlp.to_torch())
    assert again.state_dict() == mlp.state_dict()
    assert [layer.activation for layer in again.layers] == [layer.activation for layer in mlp.layers]
    single = MLP.from_torch(mlp.to_torch("float32"))
    np.testing.assert_allclose(single.predict(POINTS), mlp.predict(POINTS), atol=1e-5)


@pytest.mark.slow
def test_parameters_of_activations_are_kept(torch: Any) -> None:
    nn = torch.nn
    for part in (
        nn.LeakyReLU(0.2),
        nn.ELU(0.7),
        nn.CELU(2.0),
        nn.Softplus(3.0),
        nn.Softshrink(0.1),
        nn.Hardshrink(0.2),
    ):
        module = nn.Sequential(nn.Linear(3, 4), part, nn.Linear(4, 1)).double()
        found = MLP.from_torch(module).predict(POINTS)
        np.testing.assert_allclose(found, module(torch.tensor(POINTS)).detach().numpy()[:, 0], rtol=1e-8)


@pytest.mark.slow
def test_a_module_with_a_forward_of_its_own_is_read(torch: Any) -> None:
    nn, functional = torch.nn, torch.nn.functional

    class Homework(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2, self.fc3 = nn.Linear(3, 5), nn.Linear(5, 4, bias=False), nn.Linear(4, 2)
            self.drop = nn.Dropout(0.5)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.fc1(torch.flatten(x, 1)))
            x = self.drop(self.fc2(x).tanh())
            return functional.softmax(self.fc3(x), dim=-1)

    module = Homework().double().eval()
    mlp = MLP.from_torch(module)
    assert [layer.activation for layer in mlp.layers] == ["relu", "tanh", "softmax"]
    np.testing.assert_allclose(mlp.predict(POINTS), module(torch.tensor(POINTS)).detach().numpy(), rtol=1e-12)


@pytest.mark.slow
def test_what_is_no_chain_of_layers_is_refused(torch: Any) -> None:
    nn = torch.nn

    class Residual(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def forward(self, x: Any) -> Any:
            return x + self.fc(x)

    linear = nn.Linear(3, 3)
    for module, words in (
        (Residual(), "the function add"),
        (nn.Sequential(nn.Conv1d(3, 3, 1)), "Conv1d"),
        (nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Tanh()), "after another activation"),
        (nn.Sequential(nn.ReLU(), nn.Linear(3, 3)), "before the first layer"),
        (nn.Sequential(linear, nn.Tanh(), linear), "second time"),
        (nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), "eval"),
        (nn.Sequential(nn.Linear(3, 3), nn.Softmax(dim=0)), "Softmax"),
        (nn.Sequential(nn.ReLU()), "before the first layer"),
    ):
        with pytest.raises(ShapeError, match=words):
            MLP.from_torch(module)
    with pytest.raises(NumberTypeError, match=r"nn\.Module"):
        MLP.from_torch([1.0])


def test_an_activation_without_a_counterpart_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    with pytest.raises(UnknownNameError, match="'digamma' in layer 1"):
        network("digamma").to_onnx(tmp_path / "model.onnx")
    with pytest.raises(ArgumentError, match="float64"):
        network("tanh").to_onnx(tmp_path / "model.onnx", dtype="int8")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", sorted({"exp", "sin", "square", *COUNTERPARTS} - {"softmax"}))
def test_onnx_gives_the_same_outputs(tmp_path: Path, name: str, dtype: str) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx.reference")
    mlp = network(name, "softmax")
    mlp.to_onnx(tmp_path / "model.onnx", dtype)
    onnx.checker.check_model(str(tmp_path / "model.onnx"), full_check=True)
    if (name, dtype) == ("gelu", "float64"):  # onnxruntime has no Erf in double precision; the standard has
        session = onnx.reference.ReferenceEvaluator(str(tmp_path / "model.onnx"))
    else:
        session = runtime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": POINTS.astype(dtype)})
    assert found.dtype == dtype
    np.testing.assert_allclose(found, mlp.predict(POINTS), atol=1e-12 if dtype == "float64" else 1e-6)


def test_networks_of_one_output_and_without_biases(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    mlp = MLP(3, [4, 1], activation="tanh", bias=False, seed=random.Random(3))
    mlp.to_onnx(tmp_path / "model.onnx", "float64")
    session = runtime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": POINTS})[0][:, 0], mlp.predict(POINTS), atol=1e-12)
