"""Engines whose scalar is a class with ``.data``, ``.grad`` and ``backward()``: ours, micrograd's, the textbook's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks.engines.scalars import Function, Scalars, UnavailableError


class Values(Scalars):
    methods: ClassVar[bool] = True
    value: Any
    mlp: Any = None  # the library's own network, where it has one

    def start(self, numbers: Sequence[float]) -> None:
        self.leaves = [self.value(number) for number in numbers]

    def assign(self, numbers: Sequence[float]) -> None:
        for leaf, number in zip(self.leaves, numbers, strict=True):
            leaf.data = number

    def read(self) -> list[float]:
        return [leaf.data for leaf in self.leaves]

    def lift(self, number: float) -> Any:
        return self.value(number)

    def forward(self, function: Function) -> float:
        return function(self.leaves).data  # type: ignore[no-any-return]

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        loss = function(self.leaves)
        for leaf in self.leaves:
            leaf.grad = 0.0
        loss.backward()
        return loss.data, [leaf.grad for leaf in self.leaves]


class _Ours(Values):
    is_compiled: ClassVar[bool]

    def __init__(self) -> None:
        import microgradnet

        if getattr(microgradnet, "compiled", False) != self.is_compiled:
            advice = "install the package where a C compiler is present" if self.is_compiled else "it runs compiled"
            raise UnavailableError(f"this build of microgradnet has no such mode: {advice}")
        self.value, self.mlp = microgradnet.Value, microgradnet.MLP


class Compiled(_Ours):
    is_compiled = True
    most_nodes = 1e7


class Plain(_Ours):
    is_compiled = False
    most_nodes = 1e6


class Micrograd(Values):
    def __init__(self) -> None:
        from micrograd.engine import Value
        from micrograd.nn import MLP

        self.value, self.mlp = Value, MLP


class Textbook(Values):
    def __init__(self) -> None:
        from benchmarks.textbook import Value

        self.value = Value
