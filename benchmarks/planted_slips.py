"""Slips planted by a program that shares nothing with the diagnosis: ``python -m benchmarks.planted_slips``.

Each case is a network of a textbook's size, calculated in plain loops with one slip made on purpose. Its figures are
printed as a worksheet, with every consequence carried on, and judged. The table says for each slip how often the first
wrong figure was found, the slip was among the named, and it was named first; and how many right pages are called wrong.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import microgradnet as mg

Matrix = list[list[float]]
SIZES = [(2, 2, 1), (2, 3, 1), (2, 2, 2), (3, 2, 2), (3, 3, 2)]

# Each slip with the words of which one must be in an explanation that names it.
SLIPS: dict[str, tuple[str, ...]] = {
    "activation left out": ("left out", "pre-activation"),
    "bias left out": ("b1", "bias"),
    "other input": ("x[",),
    "other weight": ("w1[",),
    "other activation": ("tanh", "sigmoid", "relu", "activation"),
    "pre-activation for activation": ("pre-activation", "left out", "z1["),
    "sign of the exponent": ("exponent",),
    "half forgotten": ("1/2", "half"),
    "half twice": ("1/2", "half"),
    "sign of the error": ("sign",),
    "output slope left out": ("slope", "derivative"),
    "hidden slope left out": ("slope", "derivative"),
    "hidden slope twice": ("twice",),
    "slope of the wrong argument": ("operand", "argument", "pre-activation"),
    "1 - a^2 for a(1 - a)": ("1 - a", "tanh", "another activation"),
    "one path only": ("path", "only", "left out"),
    "deltas from updated weights": ("updated",),
    "transposed weights": ("transpose", "may stand where"),
    "input forgotten": ("factor", "left out", "delta"),
    "other input in the gradient": ("x[", "may stand"),
    "other delta": ("delta", "z1["),
    "eta forgotten": ("learning rate",),
    "eta twice": ("learning rate", "twice"),
    "eta added": ("uphill", "added"),
    "other eta": ("learning rate", "eta"),
    "weight times eta subtracted": ("w - eta", "eta times the weight", "eta*w"),
    "log10": ("log10", "base 10", "logarithm"),
    "cross terms left out": ("cross terms", "half"),
    "digits swapped": ("swapped",),
    "point moved": ("decimal point",),
}


def squash(kind: str, z: float) -> float:
    """Return an activation's value."""
    if kind == "relu":
        return max(0.0, z)
    return math.tanh(z) if kind == "tanh" else z if kind == "linear" else 1 / (1 + math.exp(-z))


def slope(kind: str, z: float) -> float:
    """Return an activation's derivative, from z."""
    if kind in ("relu", "linear"):
        return 1.0 if kind == "linear" or z > 0 else 0.0
    return 1 - math.tanh(z) ** 2 if kind == "tanh" else squash(kind, z) * (1 - squash(kind, z))


@dataclass
class Network:
    """A network of one hidden layer as an exercise has it, with everything that a hand calculation needs."""

    sizes: tuple[int, int, int]
    hidden: str
    output: str
    x: list[float]
    t: list[float]
    weights: tuple[Matrix, Matrix]
    biases: tuple[list[float], list[float]]
    eta: float

    def toml(self) -> str:
        """Return the front of its worksheet."""
        loss = "cross_entropy" if self.output == "softmax" else "half_squared_error"
        layers = "".join(
            f"[[network.layers]]\nweights = {w}\nbiases = {b}\nactivation = {kind!r}\n".replace("'", '"')
            for w, b, kind in zip(self.weights, self.biases, (self.hidden, self.output), strict=True)
        )
        head = f'title = "planted"\n[network]\ninputs = {self.x}\ntargets = {self.t}\nloss = "{loss}"\n'
        return f"{head}{layers}[step]\neta = {self.eta}\n"


def draw_network(rng: random.Random) -> Network:
    """Return a network with numbers of two digits, no two alike in one layer."""
    sizes = rng.choice(SIZES)
    softmax = sizes[2] == 2 and rng.random() < 0.4
    numbers = [sign * n / 100 for n in range(5, 100, 3) for sign in (1, 1, 1, -1)]

    def matrix(rows: int, columns: int) -> Matrix:
        chosen = rng.sample(sorted(set(numbers)), rows * columns)
        return [chosen[row * columns : (row + 1) * columns] for row in range(rows)]

    t = [1.0, 0.0] if softmax else [rng.choice([0.01, 0.99, 0.2, 0.8]) for _ in range(sizes[2])]
    return Network(
        sizes,
        rng.choice(["sigmoid", "sigmoid", "tanh", "relu"]),
        "softmax" if softmax else rng.choice(["sigmoid", "sigmoid", "linear"]),
        rng.sample([0.05, 0.1, 0.35, 0.5, 0.7, 0.9, 1.2], sizes[0]),
        t,
        (matrix(sizes[1], sizes[0]), matrix(sizes[2], sizes[1])),
        (rng.sample([0.1, 0.2, 0.3, 0.35, 0.6], sizes[1]), rng.sample([0.15, 0.25, 0.4, 0.6], sizes[2])),
        rng.choice([0.1, 0.5, 0.05]),
    )


class Hand:
    """A calculation by hand, figure after figure, with one slip in it ("" for none)."""

    def __init__(self, network: Network, slip: str = "") -> None:
        self.net, self.slip = network, slip
        self.figures: dict[str, float] = {}
        self.forward()
        self.backward()
        self.update()

    def forward(self) -> None:
        """Print pre-activations, activations and the loss."""
        net, slip, figures = self.net, self.slip, self.figures
        x, (w1, w2), (b1, b2) = net.x, net.weights, net.biases
        self.z1, self.a1 = [], []
        for j, row in enumerate(w1):
            inputs, weights = list(x), list(row)
            if j == 0 and slip == "other input":
                inputs[0] = x[1]
            if j == 0 and slip == "other weight":
                weights[0] = row[1]
            z = sum(w * v for w, v in zip(weights, inputs, strict=True))
            z += 0.0 if slip == "bias left out" and j == 0 else b1[j]
            kind = net.hidden
            if j == 0 and slip == "other activation":
                kind = "tanh" if kind == "sigmoid" else "sigmoid"
            a = squash(kind, -z if slip == "sign of the exponent" and j == 0 else z)
            a = z if slip == "activation left out" and j == 0 else a
            self.z1.append(z)
            self.a1.append(a)
            figures[f"z1[{j + 1}]"], figures[f"a1[{j + 1}]"] = z, a
        hidden = list(self.a1)
        if slip == "pre-activation for activation":
            hidden[0] = self.z1[0]
        self.z2 = [sum(w * a for w, a in zip(row, hidden, strict=True)) + b2[i] for i, row in enumerate(w2)]
        if net.output == "softmax":
            powers = [math.exp(z) for z in self.z2]
            self.a2 = [power / sum(powers) for power in powers]
        else:
            self.a2 = [squash(net.output, z) for z in self.z2]
        for i, (z, a) in enumerate(zip(self.z2, self.a2, strict=True)):
            figures[f"z2[{i + 1}]"], figures[f"a2[{i + 1}]"] = z, a
        figures["E"] = self.loss()

    def loss(self) -> float:
        """Return the loss."""
        if self.net.output == "softmax":
            log = math.log10 if self.slip == "log10" else math.log
            return -sum(t * log(a) for t, a in zip(self.net.t, self.a2, strict=True))
        half = {"half forgotten": 1.0, "half twice": 0.25}.get(self.slip, 0.5)
        return half * sum((t - a) ** 2 for t, a in zip(self.net.t, self.a2, strict=True))

    def backward(self) -> None:
        """Print deltas and gradients."""
        net, slip, figures = self.net, self.slip, self.figures
        w2 = net.weights[1]
        self.delta2 = []
        for i, (t, a, z) in enumerate(zip(net.t, self.a2, self.z2, strict=True)):
            error = t - a if slip == "sign of the error" else a - t
            rate = 1.0 if net.output == "softmax" or slip == "output slope left out" else slope(net.output, z)
            if slip == "cross terms left out":
                error, rate = -t / a * a * (1 - a), 1.0
            self.delta2.append(error * rate)
            figures[f"delta2[{i + 1}]"] = self.delta2[-1]
        back = w2
        if slip == "deltas from updated weights":
            back = [
                [w - net.eta * d * a for w, a in zip(row, self.a1, strict=True)]
                for row, d in zip(w2, self.delta2, strict=True)
            ]
        if slip == "transposed weights":
            back = [list(column) for column in zip(*w2, strict=True)]
        self.delta1 = []
        for j, z in enumerate(self.z1):
            paths = [row[j] * d for row, d in zip(back, self.delta2, strict=True)]
            total = paths[0] if slip == "one path only" else sum(paths)
            self.delta1.append(total * self.hidden_slope(z, self.a1[j]))
            figures[f"delta1[{j + 1}]"] = self.delta1[-1]
        self.gradients()

    def hidden_slope(self, z: float, a: float) -> float:
        """Return the slope of a hidden unit."""
        right = slope(self.net.hidden, z)
        return {
            "hidden slope left out": 1.0,
            "hidden slope twice": right**2,
            "slope of the wrong argument": slope(self.net.hidden, a),
            "1 - a^2 for a(1 - a)": 1 - a * a,
        }.get(self.slip, right)

    def gradients(self) -> None:
        """Print the gradient of each weight."""
        net, slip = self.net, self.slip
        self.dw: dict[str, float] = {}
        for layer, deltas, inputs in ((2, self.delta2, self.a1), (1, self.delta1, net.x)):
            for j, delta in enumerate(deltas):
                for k, value in enumerate(inputs):
                    if layer == 1 and j == 0 and k == 0:
                        value = {"input forgotten": 1.0, "other input in the gradient": inputs[1]}.get(slip, value)
                        delta = deltas[1] if slip == "other delta" else delta
                    self.dw[f"w{layer}[{j + 1},{k + 1}]"] = delta * value
        self.figures.update({f"dE/d{name}": gradient for name, gradient in self.dw.items()})

    def update(self) -> None:
        """Print the new weights."""
        net, slip = self.net, self.slip
        rate = {"eta forgotten": 1.0, "eta twice": net.eta**2, "eta added": -net.eta, "other eta": 0.2}.get(
            slip, net.eta
        )
        for name, gradient in self.dw.items():
            layer, j, k = (int(digit) for digit in name if digit.isdigit())
            weight = net.weights[layer - 1][j - 1][k - 1]
            new = weight - (net.eta * weight if slip == "weight times eta subtracted" else rate * gradient)
            self.figures[f"new {name}"] = new


def printed(figures: dict[str, float], digits: int, slip: str, rng: random.Random) -> dict[str, str]:
    """Return the figures as they are printed, with a slip of the pen where that is the slip."""
    texts = {name: f"{value:.{digits}f}" for name, value in figures.items()}
    if slip in ("digits swapped", "point moved"):
        name = rng.choice([name for name in figures if name.startswith(("a", "dE", "new"))])
        text, value = texts[name], figures[name]
        if slip == "point moved":
            texts[name] = f"{value * 10:.{digits}f}"
        else:
            places = [p for p in range(len(text) - 1) if text[p : p + 2].isdigit() and text[p] != text[p + 1] and p > 2]
            if places:
                p = rng.choice(places)
                texts[name] = text[:p] + text[p + 1] + text[p] + text[p + 2 :]
    return texts


def fits(network: Network, slip: str) -> bool:
    """Tell whether a slip can be made in a network."""
    if slip in ("log10", "cross terms left out"):
        return network.output == "softmax"
    if slip in ("half forgotten", "half twice", "output slope left out"):
        return network.output != "softmax" and (slip[0] == "h" or network.output == "sigmoid")
    if slip in ("1 - a^2 for a(1 - a)", "sign of the exponent"):
        return network.hidden == "sigmoid"
    if slip in ("slope of the wrong argument", "hidden slope left out", "hidden slope twice", "other activation"):
        return network.hidden != "relu"
    if slip in ("one path only", "transposed weights"):
        return network.sizes[2] > 1 and (slip[0] == "o" or network.sizes[1] == network.sizes[2])
    return True


def cases(slip: str, count: int, digits: int, seed: int = 0) -> Iterator[tuple[Network, dict[str, str], str]]:
    """Yield networks with their printed figures, and the first figure that the slip makes wrong at these digits."""
    rng = random.Random(f"{seed} {slip} {digits}")
    made = 0
    while made < count:
        network = draw_network(rng)
        if slip and not fits(network, slip):
            continue
        right = Hand(network).figures
        texts = printed(Hand(network, slip).figures, digits, slip, rng)
        wrong = [name for name, text in texts.items() if abs(float(text) - right[name]) > 1.01 * 10.0**-digits]
        if bool(wrong) != bool(slip):
            continue
        made += 1
        yield network, texts, wrong[0] if wrong else ""


def worksheet(network: Network, texts: dict[str, str]) -> str:
    """Return a whole worksheet."""
    claims = "".join(f'[[claims]]\nquantity = "{name}"\nprinted = "{text}"\n' for name, text in texts.items())
    return network.toml() + claims


@dataclass
class Score:
    """How a slip fared."""

    cases: int = 0
    found: int = 0
    named: int = 0
    first: int = 0


def _is_plain(finding: object) -> bool:
    """Tell whether a figure is right without a remark on another order or convention."""
    return finding.verdict.name not in ("WRONG", "FOLLOWS", "OTHER_ORDER")  # type: ignore[attr-defined]


def measure(slip: str, count: int, digits: int, judge: Callable[[str], object]) -> tuple[Score, Counter[str]]:
    """Judge cases of one slip; return the score, and what was said where the slip was not named."""
    score, missed = Score(), Counter[str]()
    for network, texts, root in cases(slip, count, digits):
        report = judge(worksheet(network, texts))
        findings = {finding.quantity: finding for finding in report}  # type: ignore[attr-defined]
        score.cases += 1
        if not slip:
            score.found += any(not _is_plain(finding) for finding in findings.values())
            continue
        finding = findings[root]
        score.found += not _is_plain(finding)
        said = list(getattr(finding, "slips", ()) or [finding.explanation])
        hits = [place for place, text in enumerate(said) if any(word in str(text) for word in SLIPS[slip])]
        score.named += bool(hits)
        score.first += bool(hits) and hits[0] == 0
        if not hits:
            missed[f"{root}: {'; '.join(map(str, said))[:140]}"] += 1
    return score, missed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--digits", type=int, nargs="*", default=[3, 4, 6])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--missed", action="store_true", help="print what was said in place of the slip")
    options = parser.parse_args()
    for digits in options.digits:
        print(f"\n{digits} decimals: slip, cases, wrong found, named, named first")
        for slip in options.only or ["", *SLIPS]:
            score, missed = measure(slip, options.count, digits, lambda text: mg.Worksheet.from_text(text).verify())
            print(f"{slip or 'none: false alarms':32} {score.cases:5} {score.found:5} {score.named:5} {score.first:5}")
            if options.missed:
                print("".join(f"      {times} x {text}\n" for text, times in missed.most_common(4)), end="")


if __name__ == "__main__":
    main()
