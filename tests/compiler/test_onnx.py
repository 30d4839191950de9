"""Compiled programs as ONNX files: onnxruntime, or the standard's own evaluator, gives the program's numbers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.compiler.onnx import OPERATORS
from microgradnet.errors import ArgumentError, UnknownNameError
from microgradnet.operation import TABLE
from tests.compiler.array_graphs import draw

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx.reference")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
runtime.set_default_logger_severity(4)
IN_SINGLE = {"erf", "gelu"}  # of which onnxruntime and the evaluator have single precision only


def outputs(path: Path, samples: Any, dtype: str = "float64") -> Any:
    onnx.checker.check_model(str(path), full_check=True)
    try:
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception:  # an operator that it has in single precision only; the standard's evaluator has it
        session = onnx.reference.ReferenceEvaluator(str(path))
    (found,) = session.run(None, {"x": np.asarray(samples, dtype)})
    assert found.dtype == dtype
    return found


@pytest.mark.parametrize("name", OPERATORS)
def test_each_operation_is_the_tables_own(tmp_path: Path, name: str) -> None:
    op = TABLE[name]
    drawn = np.random.default_rng(0).uniform(-2.0, 2.0, (40, len(op.partials))).round(2).tolist()
    small = [[each] * len(op.partials) for each in (0.5, 1.0, 1e-9, -1e-9)]
    points = [point for point in [*small, *drawn] if op.domain.contains(*point)]
    leaves = [Value(number, label=f"x{place}") for place, number in enumerate(points[0])]
    program = mg.compile([op(*leaves)], batch=leaves)
    program.to_onnx(tmp_path / "model.onnx", "float64")
    ours = [[op(*point)] for point in points]
    np.testing.assert_allclose(
        outputs(tmp_path / "model.onnx", points), ours, rtol=1e-6 if name in IN_SINGLE else 1e-13, atol=1e-15
    )


def test_random_programs_give_the_same_numbers(tmp_path: Path) -> None:
    """The files of graphs of all shapes that the compiler finds, on samples that they were not made with."""
    checked = 0
    for seed in range(60):
        drawn = draw(seed)
        if drawn is None:
            continue
        batch = [drawn.leaves[place] for place in drawn.blocks[0]]
        below = set(mg.graph.leaves(drawn.loss))
        batch = [leaf for leaf in batch if leaf in below]
        if not batch:
            continue
        program = mg.compile([drawn.loss, *batch[:1]], batch=batch)
        point = np.array([leaf.data for leaf in batch])
        samples = np.stack([point, point * (1 + 1e-3), point])
        used = {node.op.name for node in mg.graph.topological(drawn.loss) if node.op is not None}
        if not used <= set(OPERATORS):
            with pytest.raises(UnknownNameError, match="ONNX computes each operation"):
                program.to_onnx(tmp_path / "model.onnx")
            continue
        program.to_onnx(tmp_path / "model.onnx", "float64")
        near = 1e-6 if used & IN_SINGLE else 1e-9
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, ours = outputs(tmp_path / "model.onnx", samples), program.values(samples)
        np.testing.assert_allclose(found, ours, rtol=near, atol=near, err_msg=f"seed {seed}")
        checked += 1
    assert checked >= 20


def test_a_network_of_several_outputs_in_both_precisions(tmp_path: Path) -> None:
    mlp = MLP(3, [5, 4, 2], activation="tanh", output="softmax", seed=3)
    x = [Value(0.1 * place, label=f"x{place}") for place in range(3)]
    program = mg.compile(mlp(x), batch=x)
    points = np.random.default_rng(1).normal(size=(7, 3))
    for dtype, near in (("float64", 1e-12), ("float32", 1e-6)):
        program.to_onnx(tmp_path / "model.onnx", dtype)
        np.testing.assert_allclose(outputs(tmp_path / "model.onnx", points, dtype), mlp.predict(points), atol=near)
    program.parameters[:] = 0.0
    program.to_onnx(tmp_path / "zero.onnx", "float64")
    np.testing.assert_allclose(outputs(tmp_path / "zero.onnx", points), 0.5)


def test_outputs_that_no_sample_reaches_are_repeated(tmp_path: Path) -> None:
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    mg.compile([w * w, w * x, w * 2], batch=[x]).to_onnx(tmp_path / "model.onnx", "float64")
    assert outputs(tmp_path / "model.onnx", [[1.0], [4.0]]).tolist() == [[9.0, 3.0, 6.0], [9.0, 12.0, 6.0]]


def test_what_onnx_cannot_compute_is_refused(tmp_path: Path) -> None:
    x = Value(2.0, label="x")
    path = tmp_path / "model.onnx"
    with pytest.raises(UnknownNameError, match="'lgamma'"):
        mg.compile([mg.lgamma(x)], batch=[x]).to_onnx(path)
    with pytest.raises(ArgumentError, match="batch="):
        mg.compile(x * x).to_onnx(path)
    with pytest.raises(ArgumentError, match="where"):
        mg.compile(lambda: x * x if x > 0 else -x, batch=[x]).to_onnx(path)
    with pytest.raises(ArgumentError, match="float64"):
        mg.compile([x * x], batch=[x]).to_onnx(path, "float16")
    assert not path.exists()
