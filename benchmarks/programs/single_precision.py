"""(p) A compiled step of 784-128-10 in float32, beside the same in double and in torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.targets import times_as_long
from benchmarks.training_peers import initial

SIZES = (784, 128, 10)
OURS = Engine("compiled_step", "microgradnet, mg.compile", module="numpy", distribution="microgradnet")
TORCH = Engine("torch_step", "torch, nn.Linear, one thread", module="torch", distribution="torch")
TYPES = ("float32", "float64")


def images(count: int, dtype: str) -> np.ndarray:
    """Return pixels and one-hot targets, side by side."""
    source = np.random.default_rng(0)
    targets = np.eye(SIZES[-1])[source.integers(0, SIZES[-1], count)]
    return np.hstack([source.uniform(size=(count, SIZES[0])), targets]).astype(dtype)


def compiled_step(dtype: str, count: int) -> tuple[Step, float]:
    """Return a step of loss and gradient, and its loss."""
    import microgradnet as mg

    mlp = mg.MLP.from_weights(*initial(SIZES), activation="sigmoid", output="sigmoid")
    x = [mg.Value(0.5, label=f"x[{k}]") for k in range(1, SIZES[0] + 1)]
    t = [mg.Value(0.0, label=f"t[{j}]") for j in range(1, SIZES[-1] + 1)]
    program = mg.compile(mg.losses.half_squared_error(mlp(x), t), batch=[*x, *t], dtype=dtype)
    rows = images(count, dtype)
    return lambda: program.step(rows), program.step(rows)


def torch_step(dtype: str, count: int) -> tuple[Step, float]:
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, dtype)
    layers: list[Any] = []
    for w, b in zip(*initial(SIZES), strict=True):
        linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=kind)
        linear.weight.data[:], linear.bias.data[:] = torch.from_numpy(w), torch.from_numpy(b)
        layers += [linear, torch.nn.Sigmoid()]
    model, rows = torch.nn.Sequential(*layers), torch.from_numpy(images(count, dtype))
    x, t = rows[:, : SIZES[0]], rows[:, SIZES[0] :]

    def step() -> float:
        model.zero_grad()
        loss = 0.5 * ((model(x) - t) ** 2).sum() / count
        loss.backward()
        return float(loss.item())

    return step, step()


def prepare(engine: Engine, count: int) -> Prepared:
    made = {dtype: (compiled_step if engine is OURS else torch_step)(dtype, count) for dtype in TYPES}
    return Prepared({dtype: step for dtype, (step, _) in made.items()}, [loss for _, loss in made.values()])


PROGRAM = Program(
    letter="p",
    title="A compiled step in float32",
    text="784-128-10, sigmoid, quadratic cost, a minibatch of 100: loss and gradient, in single precision and double.",
    engines=[OURS, TORCH],
    phases=[Phase(dtype) for dtype in TYPES],
    prepare=prepare,
    size=100,
    quick_size=5,
    targets=[
        times_as_long(
            "a step in float32, against the same in double", (OURS.name, "float32"), (OURS.name, "float64"), at_most=0.7
        ),
        times_as_long(
            "a step in float32, against torch in float32", (OURS.name, "float32"), (TORCH.name, "float32"), at_most=1.0
        ),
    ],
    shown=[list(TYPES)],
    check_tolerance=1e-6,
)
