"""PyTorch used as a scalar engine: every number is a tensor without dimensions, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks.engines.scalars import Function, Scalars


class TorchScalars(Scalars):
    methods: ClassVar[bool] = True

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch

    def start(self, numbers: Sequence[float]) -> None:
        self.leaves = [self._parameter(number) for number in numbers]

    def _parameter(self, number: float) -> Any:
        return self.torch.tensor(number, dtype=self.torch.float64, requires_grad=True)

    def assign(self, numbers: Sequence[float]) -> None:
        with self.torch.no_grad():
            for leaf, number in zip(self.leaves, numbers, strict=True):
                leaf.fill_(number)

    def read(self) -> list[float]:
        return [leaf.item() for leaf in self.leaves]

    def forward(self, function: Function) -> float:
        return function(self.leaves).item()  # type: ignore[no-any-return]

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        loss = function(self.leaves)
        for leaf in self.leaves:
            leaf.grad = None
        loss.backward()
        return loss.item(), [0.0 if leaf.grad is None else leaf.grad.item() for leaf in self.leaves]
