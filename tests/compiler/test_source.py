"""The text of a program: the four equations of backpropagation, which run with NumPy alone."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from tests.compiler.agreement import assert_close, mean_over
from tests.compiler.recorded import two

EQUATIONS = """
z1 = x @ W1.T + b1
a1 = sigmoid(z1)
z2 = a1 @ W2.T + b2
a2 = sigmoid(z2)
E = 0.5 * ((a2 - t)**2).sum(1)
delta2 = (a2 - t) * a2 * (1 - a2) * share
delta1 = delta2 @ W2 * a1 * (1 - a1)
dW1 = delta1.T @ x
dW2 = delta2.T @ a1
db1 = delta1.sum(0)
db2 = delta2.sum(0)
"""

RUN_ALONE = """
{source}
import sys
parameters, gradient = np.array({parameters}), np.zeros({count})
loss = program(parameters, gradient)(np.array({samples}))
assert not any(module.startswith("microgradnet") for module in sys.modules)
print(float(loss), *gradient.tolist())
"""


def sigmoid_network() -> tuple[Value, list[Value]]:
    """Return the loss of a 2-2-2 sigmoid network, and the leaves that vary by sample."""
    mlp = MLP(2, [2, 2], activation="sigmoid", output="sigmoid", seed=1)
    inputs = [Value(0.5, label="x[1]"), Value(0.3, label="x[2]")]
    targets = [Value(0.0, label="t[1]"), Value(1.0, label="t[2]")]
    return mg.losses.half_squared_error(mlp(inputs), targets), [*inputs, *targets]


SAMPLES = [[0.5, 0.3, 0.0, 1.0], [-0.2, 0.7, 1.0, 0.0], [0.1, -0.9, 1.0, 1.0]]


def test_a_sigmoid_network_reads_as_the_four_equations() -> None:
    loss, batch = sigmoid_network()
    source = mg.compile(loss, batch=batch).source
    said = {line.strip() for text in source.split("\n") for line in text.split("#")}
    for equation in EQUATIONS.strip().split("\n"):
        assert equation in said, equation
    assert "delta2.sum(0, out=db2)" in said
    assert "import numpy as np" in said
    assert source.isascii()


def test_the_text_runs_by_itself_with_numpy_alone() -> None:
    loss, batch = sigmoid_network()
    program = mg.compile(loss, batch=batch)
    text = RUN_ALONE.format(
        source=program.source, parameters=program.parameters.tolist(), count=len(program.leaves), samples=SAMPLES
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    value, *gradient = map(float, done.stdout.split())
    expected = mean_over(loss, batch, SAMPLES, program.leaves)
    assert_close([value], [expected[0]])
    assert_close(gradient, expected[1])


def test_constants_are_part_of_the_text() -> None:
    w = [Value(0.1 * k, label=f"w[{k}]") for k in (1, 2, 3)]
    rows = np.random.default_rng(0).normal(size=(4, 3)).tolist()
    loss = mg.total(mg.tanh(mg.dot(w, row)) ** 2 for row in rows)
    program = mg.compile(loss)
    names: dict[str, Any] = {}
    exec(program.source, names)
    gradient = np.zeros(3)
    assert names["program"](program.parameters, gradient)() == pytest.approx(loss.data, rel=1e-14)
    program.step()
    assert np.array_equal(gradient, program.gradient)


def test_the_same_graph_gives_the_same_text() -> None:
    sources = [mg.compile(*sigmoid_network()).source for _ in range(2)]
    assert sources[0] == sources[1]


@pytest.mark.parametrize("label", ['"; import os', "np", "samples", "for", "z1", "z1.T", "#", "é", "_", "1", "W1"])
def test_labels_never_break_a_program(label: str) -> None:
    x, y = two()
    z = x * y + 1.0
    z.label, x.label = label, label
    loss = mg.sin(z) * mg.cos(z)
    program = mg.compile(loss)
    assert program() == pytest.approx(loss.data)
    assert re.search(r"^import(?! numpy as np)", program.source, re.MULTILINE) is None


def test_linear_outputs_have_a_delta_too() -> None:
    mlp = MLP(2, [3, 2], activation="tanh", seed=1)
    t = [Value(0.0, label="t[1]"), Value(1.0, label="t[2]")]
    x = [Value(0.1, label="x[1]"), Value(0.2, label="x[2]")]
    source = mg.compile(mg.losses.half_squared_error(mlp(x), t), batch=[*x, *t]).source
    assert "delta2 = (z2 - t) * share" in source
    assert "delta1 = delta2 @ W2 * (1 - a1**2)" in source


def test_graphs_of_one_structure_share_what_was_compiled() -> None:
    def build(seed: int) -> Value:
        return mg.losses.squared_error(MLP(3, [4, 2], seed=seed)([0.1, 0.2, 0.3]), [0.5, 1.0])

    first, second = (mg.compile(build(seed)) for seed in (1, 2))
    assert first._plan is second._plan
    assert first.parameters is not second.parameters


def test_an_explanation_says_which_scalars_became_which_array() -> None:
    loss, batch = sigmoid_network()
    program = mg.compile(loss, batch=batch)
    table = str(program.explain())
    assert re.search(r"^W2 +2 x 2 +w2\[1,1\] ... w2\[2,2\] +parameters$", table, re.MULTILINE)
    assert re.search(r"^z1 +n x 2 +z1\[1\] ... z1\[2\] +x @ W1.T \+ b1$", table, re.MULTILINE)
    counted = sum(group.count for group in program.groups)
    assert counted == 12 + 4 + 4 * 2 + 2 + 2 + 1  # parameters, samples, z and a, differences, E1 and E2, E
    node = Value(0.5)
    for _ in range(500):
        node = mg.sin(node)
    assert "one by one" in str(mg.compile(node).explain())
