"""A layered network at 60 digits, from its definition alone: no propagation, derivatives are difference quotients.

What the package computes by the chain rule is held against this. It reads the plain data of a worksheet, and shares no
code with the package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mpmath import mp, mpf

DIGITS = 60
NUDGE = mpf("1e-20")  # the quotient is then off by about 1e-40, and the cancellation leaves 40 digits

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mpf(0)),
}
LOSSES = {
    "half_squared_error": lambda a, t: sum((o - y) ** 2 for o, y in zip(a, t, strict=True)) / 2,
    "squared_error": lambda a, t: sum((o - y) ** 2 for o, y in zip(a, t, strict=True)),
    "binary_cross_entropy": lambda a, t: -sum(mp.log(o) if y else mp.log(1 - o) for o, y in zip(a, t, strict=True)),
}


def exact(number: float | int) -> Any:
    """Return the decimal that was written, not the float next to it."""
    return mpf(repr(number))


class Network:
    """A network as a worksheet describes it.

    Arguments:
        sheet: the worksheet's parsed TOML: ``network`` and ``step`` are read.
    """

    def __init__(self, sheet: Mapping[str, Any]) -> None:
        mp.dps = DIGITS
        self.layers, self.loss = sheet["network"]["layers"], LOSSES[sheet["network"]["loss"]]
        self.step = sheet.get("step", {})
        self.leaves = {f"x[{k}]": exact(number) for k, number in enumerate(sheet["network"]["inputs"], 1)}
        self.leaves |= {f"t[{j}]": exact(number) for j, number in enumerate(sheet["network"]["targets"], 1)}
        for name, layer in enumerate(self.layers, 1):
            for j, row in enumerate(layer["weights"], 1):
                self.leaves |= {f"w{name}[{j},{k}]": exact(number) for k, number in enumerate(row, 1)}
            self.leaves |= {f"b{name}[{j}]": exact(number) for j, number in enumerate(layer.get("biases", []), 1)}

    def nodes(self, leaves: Mapping[str, Any] | None = None, nudged: str = "", by: Any = 0) -> dict[str, Any]:
        """Return every named number of the network, with one of them moved before it is used any further."""
        found = dict(leaves or self.leaves)
        if nudged in found:
            found[nudged] += by

        def record(name: str, number: Any) -> Any:
            found[name] = number + by if name == nudged else number
            return found[name]

        below = [found[f"x[{k}]"] for k in range(1, 1 + sum(name.startswith("x[") for name in found))]
        for index, layer in enumerate(self.layers, 1):
            sums = [
                record(f"z{index}[{j}]", self._sum(found, index, j, below)) for j in range(1, 1 + len(layer["weights"]))
            ]
            activated = self._activate(layer["activation"], sums)
            below = [record(f"a{index}[{j}]", number) for j, number in enumerate(activated, 1)]
        found["E"] = self.loss(below, [found[f"t[{j}]"] for j in range(1, 1 + len(below))])
        return found

    @staticmethod
    def _sum(found: Mapping[str, Any], index: int, j: int, below: list[Any]) -> Any:
        products = sum(found[f"w{index}[{j},{k}]"] * number for k, number in enumerate(below, 1))
        return products + found.get(f"b{index}[{j}]", 0)

    @staticmethod
    def _activate(name: str, sums: list[Any]) -> list[Any]:
        if name == "softmax":
            powers = [mp.exp(number) for number in sums]
            return [power / sum(powers) for power in powers]
        return [ACTIVATIONS[name](number) for number in sums]

    def derivative(self, of: str, by: str, leaves: Mapping[str, Any] | None = None) -> Any:
        """Return d of / d by, as a central difference quotient."""
        above, below = (self.nodes(leaves, by, sign * NUDGE)[of] for sign in (1, -1))
        return (above - below) / (2 * NUDGE)

    def after(self, steps: int) -> dict[str, Any]:
        """Return the leaves after steps of gradient descent on all weights and biases, at once."""
        leaves = dict(self.leaves)
        moved = [name for name in leaves if name[0] in "wb"]
        for _ in range(steps):
            slopes = {name: self.derivative("E", name, leaves) for name in moved}
            leaves |= {name: leaves[name] - exact(self.step["eta"]) * slope for name, slope in slopes.items()}
        return leaves

    def evaluate(self, quantity: str) -> Any:
        """Return a quantity of a simple form: a name, a derivative, a delta, a new weight, a name after some steps."""
        if found := re.fullmatch(r"(\S+) at (.+)", quantity):
            changes = dict(change.split("=") for change in re.split(r", (?=\w)", found[2]))
            moved = self.leaves | {name: mpf(number) for name, number in changes.items()}
            return self._simple(found[1], moved)
        if found := re.fullmatch(r"new (\S+)", quantity):
            return self.after(1)[found[1]]
        if found := re.fullmatch(r"(\S+) after (\d+) steps?", quantity):
            return self._simple(found[1], self.after(int(found[2])))
        return self._simple(quantity, self.leaves)

    def _simple(self, quantity: str, leaves: Mapping[str, Any]) -> Any:
        if found := re.fullmatch(r"d([a-zA-Z]\w*(?:\[[\d,]+\])?)/d(\w+(?:\[[\d,]+\])?)", quantity):
            return self.derivative(found[1], found[2], leaves)
        if found := re.fullmatch(r"delta(\d+\[\d+\])", quantity):
            return self.derivative("E", f"z{found[1]}", leaves)
        return self.nodes(leaves)[quantity]
