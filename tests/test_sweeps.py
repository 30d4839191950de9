"""The walk and the sweep of nodes.h are the loops of value.py, bit by bit, in one process.

The loops are read from the source and run on a plain mirror of a recorded graph; the engine runs on the graph itself.
In plain mode both are the same code.
"""

import __future__

import ast
import itertools
import math
import operator
import random
import struct
import threading
from collections import deque
from typing import Any

import pytest

from microgradnet import Value
from microgradnet.graph import topological
from microgradnet.operation import as_float
from microgradnet.value import Constant
from tests.sources import PACKAGE

NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, -3.25, 1e200, -1e-300, 5e-324, math.inf, -math.inf, math.nan)
SEEDS = (1.0, -2.5, 0.0, -0.0, 1e200, math.inf, math.nan)


class Measured(Value):
    """A node of a subclass, with an attribute of its own."""

    unit = "m"


def plain_loops() -> dict[str, Any]:
    """Return ``backward`` and ``_below`` of value.py as plain functions, whichever engine runs."""
    source = ast.parse((PACKAGE / "value.py").read_text(encoding="utf-8"))
    (value,) = (part for part in source.body if isinstance(part, ast.ClassDef) and part.name == "Value")
    loops: list[ast.stmt] = [
        part for part in value.body if isinstance(part, ast.FunctionDef) and part.name in ("backward", "_below")
    ]
    assert len(loops) == 2
    names: dict[str, Any] = {
        "compiled": False, "_watched": 0, "_walking": threading.RLock(), "_walks": itertools.count(1),
        "as_float": as_float, "operator": operator, "deque": deque,
    }  # fmt: skip
    flags = __future__.annotations.compiler_flag
    exec(compile(ast.Module(loops, []), "value.py", "exec", flags, dont_inherit=True), names)
    return names


LOOPS = plain_loops()


class Mirror:
    """What a walk and a sweep read and write of a node."""

    backward, _below = LOOPS["backward"], LOOPS["_below"]
    _adjoint, _walk = 0.0, 0

    def __init__(self, node: Value, mirrors: dict[int, "Mirror"]) -> None:
        operands = [mirrors[id(operand)] for operand in node.inputs] + [None, None]
        self._left, self._right = operands[:2]
        self._left_partial, self._right_partial = (*node.partials, 0.0, 0.0)[:2]
        self._grad = node._grad
        self.node = node


def recorded(source: random.Random, steps: int) -> list[Value]:
    """Return all nodes of a random graph, operands first; many are shared, and some have gradients already."""
    kinds = (Value, Value, Measured, Constant)
    nodes = [source.choice(kinds)(source.choice((*NUMBERS, source.gauss(0, 1)))) for _ in range(5)]
    for _ in range(steps):
        left, right = source.choice(nodes[-8:]), source.choice(nodes)
        kind = source.randrange(6)
        if kind == 5:
            nodes.append(left.relu())
        else:
            nodes.append((left + right, left * right, left - right, left * left, left + left)[kind])
    for node in source.sample(nodes, len(nodes) // 3):
        node.grad = source.choice(NUMBERS)
    return nodes


def bits(numbers: list[float]) -> list[bytes]:
    return [b"nan" if math.isnan(number) else struct.pack("d", number) for number in numbers]


@pytest.mark.parametrize("seed", range(60))
def test_walks_and_sweeps_are_the_loops_of_the_source(seed: int) -> None:
    source = random.Random(seed)
    nodes = recorded(source, source.choice((0, 3, 30, 300)))
    mirrors: dict[int, Mirror] = {}
    for node in nodes:
        mirrors[id(node)] = Mirror(node, mirrors)
    for _ in range(3):
        roots = source.sample(nodes, min(len(nodes), source.randrange(1, 4)))
        order = mirrors[id(roots[0])]._below(*(mirrors[id(root)] for root in roots[1:]))
        assert [mirror.node for mirror in order] == topological(*roots)
        gradient = source.choice(SEEDS)
        mirrors[id(roots[0])].backward(gradient)
        if source.random() < 0.5:
            roots[0].backward(gradient)
        else:
            thread = threading.Thread(target=roots[0].backward, args=(gradient,))
            thread.start()
            thread.join()
        assert bits([node._grad for node in nodes]) == bits([mirrors[id(node)]._grad for node in nodes])


def test_a_lie_about_the_order_would_be_found() -> None:
    """Sums of three shares differ by their order, so that the test above tells one order from another."""
    x = Value(0.1)
    loss = x * 0.1 + x * 0.2 + x * 0.3
    loss.backward()
    assert x.grad == (0.3 + 0.2) + 0.1
    assert x.grad != (0.1 + 0.2) + 0.3
