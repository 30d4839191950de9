"""Slips planted by a program that shares nothing with the diagnosis: ``python -m benchmarks.planted_slips``.

Each case is a network of a textbook's size, calculated in plain loops with one slip made on purpose. Its figures are
printed as a worksheet, with every consequence carried on, and judged. The table says for each slip how often the first
wrong figure was found, the slip was among the named, and it was named first; and how many right pages are called wrong.
"""

from __future__ import annotations

import argparse
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import microgradnet as mg

Matrix = list[list[float]]
SIZES = [(2, 2, 1), (2, 3, 1), (2, 2, 2), (3, 2, 2), (3, 3, 2)]

# Each slip with a pattern of the sentences that name it.
_ACTIVATION = r"(sigmoid|tanh|relu|sin)"
SLIPS: dict[str, str] = {
    # the forward pass
    "activation left out": rf"{_ACTIVATION} may be left out|pre-activation z1\[1\] may stand",
    "bias left out": r"the term b1\[1\] may be left out",
    "term left out": r"the term (w1\[1,1\]\*x\[1\]|x\[1\]\*w1\[1,1\]) may be left out",
    "factor left out": r"the factor x\[1\] may be left out",
    "other input": r"x\[2\] may stand where x\[1\] belongs",
    "other weight": r"w1\[1,2\] may stand where w1\[1,1\] belongs",
    "other bias": r"b1\[2\] may stand where b1\[1\] belongs",
    "other hidden output": r"a1\[2\] may stand where a1\[1\] belongs",
    "weights from the wrong side": r"w1 (may be|are) transposed|w1\[2,1\] may stand where w1\[1,2\] belongs",
    "other activation": r"(tanh|sigmoid) may stand where (tanh|sigmoid) belongs",
    "pre-activation for activation": rf"pre-activation z1\[1\] may stand where a1\[1\]|{_ACTIVATION} may be left out",
    "sign of the exponent": r"exponent .* wrong sign",
    "degrees": r"degrees",
    # the loss
    "half forgotten": r"without the 1/2|factor 0\.5",
    "half twice": r"one 1/2 too many",
    "log10": r"log10",
    "sum over outputs for the mean": r"[Ss]um .*mean|(factor|division by).* left out|without the (division|factor)|"
    r"twice the right",
    "sum over samples for the mean": r"[Ss]um .*mean|(factor|division by).* left out|without the (division|factor)|"
    r"twice the right",
    # the chain rule
    "sign of the error": r"sign may be lost",
    "output slope left out": r"derivatives? of sigmoid\(z2.* may be left out",
    "error for the slope": r"the error a2\[1\] - t\[1\] may stand where the derivative",
    "loss for the slope": r"E may stand where the derivative",
    "other target": r"t\[2\] may stand where t\[1\] belongs",
    "cross terms left out": r"cross terms",
    "hidden slope left out": rf"derivatives? of {_ACTIVATION}\(z1.* may be left out",
    "hidden slope twice": rf"derivatives? of {_ACTIVATION}\(z1.* may be applied twice",
    "slope of the wrong argument": r"taken at the result where the operand belongs",
    "1 - a^2 for a(1 - a)": r"taken as 1 - a²",
    "a(1 - a) for 1 - a^2": r"taken as a\(1 - a\)",
    "one path only": r"only the path through",
    "other output weight": r"w2\[1,2\] may stand where w2\[1,1\] belongs",
    "deltas from updated weights": r"output weights updated before",
    "transposed weights": r"w2 (may be|are) transposed|w2\[(1,2|2,1)\] may stand where w2\[(1,2|2,1)\] belongs",
    # gradients and steps
    "input forgotten": r"the factor x\[1\] may be left out|value of delta1\[1\]",
    "deltas for gradients": r"the factors? a1\[1\].* may be left out|value of delta2\[1\]",
    "other input in the gradient": r"x\[2\] may stand where x\[1\]|value of dE/dw1\[1,2\]",
    "other delta": r"(delta1\[2\]|that by z1\[2\]|derivative by z1\[2\]) may stand where|value of dE/dw1\[2,1\]",
    "eta forgotten": r"learning rate may be left out",
    "eta twice": r"learning rate may be applied twice",
    "eta added": r"the gradient is added, not subtracted",
    "other eta": r"a learning rate of 0\.(2|3|01|07|8) may be used",
    "weight times eta subtracted": r"eta times the weight may be subtracted",
    # the pen
    "digits swapped": r"two digits may be swapped",
    "point moved": r"point may be moved: 10 times too large",
}
_OF_SOFTMAX = ("log10", "cross terms left out")
_OF_SQUARES = ("half forgotten", "half twice", "sum over outputs for the mean")
_OF_SLOPES = (
    "slope of the wrong argument", "hidden slope left out", "hidden slope twice", "other activation",
    "1 - a^2 for a(1 - a)", "a(1 - a) for 1 - a^2",
)  # fmt: skip
_OF_SLOPED_OUTPUTS = ("output slope left out", "error for the slope", "loss for the slope")
_OF_SEVERAL_OUTPUTS = (
    "one path only", "transposed weights", "other target", "cross terms left out", "sum over outputs for the mean",
)  # fmt: skip


def squash(kind: str, z: float) -> float:
    """Return an activation's value."""
    if kind == "relu":
        return max(0.0, z)
    if kind == "sin":
        return math.sin(z)
    return math.tanh(z) if kind == "tanh" else z if kind == "linear" else 1 / (1 + math.exp(-z))


def slope(kind: str, z: float) -> float:
    """Return an activation's derivative, from z."""
    if kind in ("relu", "linear"):
        return 1.0 if kind == "linear" or z > 0 else 0.0
    if kind == "sin":
        return math.cos(z)
    return 1 - math.tanh(z) ** 2 if kind == "tanh" else squash(kind, z) * (1 - squash(kind, z))


@dataclass(frozen=True)
class Network:
    """A network of one hidden layer as an exercise has it, with everything that a hand calculation needs."""

    sizes: tuple[int, int, int]
    hidden: str
    output: str
    loss: str
    samples: list[tuple[list[float], list[float]]]
    weights: tuple[Matrix, Matrix]
    biases: tuple[list[float], list[float]]
    eta: float

    def toml(self) -> str:
        """Return the front of its worksheet."""
        layers = "".join(
            f"[[network.layers]]\nweights = {w}\nbiases = {b}\nactivation = {kind!r}\n".replace("'", '"')
            for w, b, kind in zip(self.weights, self.biases, (self.hidden, self.output), strict=True)
        )
        inputs, targets = ([sample[place] for sample in self.samples] for place in (0, 1))
        if len(self.samples) == 1:
            inputs, targets = inputs[0], targets[0]  # type: ignore[assignment]
        head = f'title = "planted"\n[network]\ninputs = {inputs}\ntargets = {targets}\nloss = "{self.loss}"\n'
        return f"{head}{layers}[step]\neta = {self.eta}\n"


def draw_network(rng: random.Random, slip: str = "") -> Network:
    """Return a network with numbers of two digits, no two alike in one layer."""
    sizes = rng.choice(SIZES)
    softmax = sizes[2] == 2 and rng.random() < 0.4
    numbers = [sign * n / 100 for n in range(5, 100, 3) for sign in (1, 1, 1, -1)]

    def matrix(rows: int, columns: int) -> Matrix:
        chosen = rng.sample(sorted(set(numbers)), rows * columns)
        return [chosen[row * columns : (row + 1) * columns] for row in range(rows)]

    def sample() -> tuple[list[float], list[float]]:
        t = [1.0, 0.0] if softmax else [rng.choice([0.01, 0.99, 0.2, 0.8]) for _ in range(sizes[2])]
        return rng.sample([0.05, 0.1, 0.35, 0.5, 0.7, 0.9, 1.2], sizes[0]), t

    loss = "mean_squared_error" if slip == "sum over outputs for the mean" else "half_squared_error"
    return Network(
        sizes,
        "sin" if slip == "degrees" else rng.choice(["sigmoid", "sigmoid", "tanh", "relu"]),
        "softmax" if softmax else rng.choice(["sigmoid", "sigmoid", "linear"]),
        "cross_entropy" if softmax else loss,
        [sample() for _ in range(2 if slip == "sum over samples for the mean" else 1)],
        (matrix(sizes[1], sizes[0]), matrix(sizes[2], sizes[1])),
        (rng.sample([0.1, 0.2, 0.3, 0.35, 0.6], sizes[1]), rng.sample([0.15, 0.25, 0.4, 0.6], sizes[2])),
        rng.choice([0.1, 0.5, 0.05]),
    )


def as_it_is(value: float) -> float:
    """Carry a figure on unrounded."""
    return value


class Hand:
    """A calculation by hand, figure after figure, with one slip in it ("" for none).

    ``carried`` is what becomes of each figure before the next ones are computed from it.
    """

    def __init__(self, network: Network, slip: str = "", carried: Callable[[float], float] = as_it_is) -> None:
        self.net, self.slip, self.carried = network, slip, carried
        self.figures: dict[str, float] = {}
        several = len(network.samples) > 1
        errors: list[float] = []
        total: dict[str, float] = {}
        for number, (x, t) in enumerate(network.samples, 1):
            self.x, self.t, self.suffix = x, t, f" of sample {number}" if several else ""
            self.forward()
            errors.append(self.loss())
            if not several:
                self.note("E", errors[0], "")
            self.backward()
            total = {name: total.get(name, 0.0) + gradient for name, gradient in self.gradients().items()}
        share = 1.0 if slip == "sum over samples for the mean" else 1.0 / len(errors)
        if several:
            self.note("E", share * sum(errors), "")
        self.dw = {name: self.note(f"dE/d{name}", share * gradient, "") for name, gradient in total.items()}
        self.update()

    def note(self, name: str, value: float, suffix: str | None = None) -> float:
        """Print a figure, and return the number that is carried on."""
        self.figures[name + (self.suffix if suffix is None else suffix)] = value
        return self.carried(value)

    def forward(self) -> None:
        """Print pre-activations and activations."""
        net, slip, note = self.net, self.slip, self.note
        (w1, w2), (b1, b2) = net.weights, net.biases
        if slip == "weights from the wrong side":
            w1 = [list(column) for column in zip(*w1, strict=True)]
        self.z1, self.a1 = [], []
        for j, row in enumerate(w1):
            inputs, weights, bias = list(self.x), list(row), b1[j]
            if j == 0:
                inputs[0] = {"other input": inputs[1], "factor left out": 1.0}.get(slip, inputs[0])
                weights[0] = {"other weight": row[1], "term left out": 0.0}.get(slip, row[0])
                bias = {"bias left out": 0.0, "other bias": b1[1]}.get(slip, bias)
            z = note(f"z1[{j + 1}]", sum(w * v for w, v in zip(weights, inputs, strict=True)) + bias)
            self.z1.append(z)
            self.a1.append(note(f"a1[{j + 1}]", self.activation(j, z)))
        hidden = list(self.a1)
        hidden[0] = {"pre-activation for activation": self.z1[0], "other hidden output": self.a1[1]}.get(
            slip, hidden[0]
        )
        self.z2 = [
            note(f"z2[{i + 1}]", sum(w * a for w, a in zip(row, hidden, strict=True)) + b2[i])
            for i, row in enumerate(w2)
        ]
        powers = [math.exp(z) for z in self.z2]
        outputs = [squash(net.output, z) for z in self.z2]
        if net.output == "softmax":
            outputs = [power / sum(powers) for power in powers]
        self.a2 = [note(f"a2[{i + 1}]", a) for i, a in enumerate(outputs)]

    def activation(self, j: int, z: float) -> float:
        """Return what a hidden neuron puts out."""
        kind, slip = self.net.hidden, self.slip
        if slip == "degrees":
            return math.sin(math.radians(z))
        if j == 0 and slip == "activation left out":
            return z
        if j == 0 and slip == "other activation":
            return squash("tanh" if kind == "sigmoid" else "sigmoid", z)
        return squash(kind, -z if j == 0 and slip == "sign of the exponent" else z)

    def loss(self) -> float:
        """Return the loss of a sample."""
        if self.net.loss == "cross_entropy":
            log = math.log10 if self.slip == "log10" else math.log
            return -sum(t * log(a) for t, a in zip(self.t, self.a2, strict=True))
        squares = sum((t - a) ** 2 for t, a in zip(self.t, self.a2, strict=True))
        if self.net.loss == "mean_squared_error":
            return squares / (1 if self.slip == "sum over outputs for the mean" else len(self.t))
        return {"half forgotten": 1.0, "half twice": 0.25}.get(self.slip, 0.5) * squares

    def delta(self, i: int, t: float, a: float, z: float) -> float:
        """Return the derivative of the loss by a pre-activation of the output layer."""
        net, slip = self.net, self.slip
        if i == 0 and slip == "other target":
            t = self.t[1]
        error = t - a if slip == "sign of the error" else a - t
        if net.output == "softmax":
            return a * (1 - a) * -t / a if slip == "cross terms left out" else error
        if net.loss == "mean_squared_error":
            error *= 2 / (1 if slip == "sum over outputs for the mean" else len(self.t))
        others = {"output slope left out": 1.0, "error for the slope": a - t, "loss for the slope": self.loss()}
        return error * others.get(slip, slope(net.output, z))

    def backward(self) -> None:
        """Print deltas."""
        net, slip = self.net, self.slip
        w2 = net.weights[1]

        def note(name: str, value: float) -> float:
            return self.carried(value) if self.suffix else self.note(name, value)

        self.delta2 = [
            note(f"delta2[{i + 1}]", self.delta(i, t, a, z))
            for i, (t, a, z) in enumerate(zip(self.t, self.a2, self.z2, strict=True))
        ]
        back = [list(row) for row in w2]
        if slip == "deltas from updated weights":
            back = [
                [w - net.eta * d * a for w, a in zip(row, self.a1, strict=True)]
                for row, d in zip(w2, self.delta2, strict=True)
            ]
        if slip == "transposed weights":
            back = [list(column) for column in zip(*w2, strict=True)]
        if slip == "other output weight":
            back[0][0] = w2[0][1]
        self.delta1 = []
        for j, z in enumerate(self.z1):
            paths = [row[j] * d for row, d in zip(back, self.delta2, strict=True)]
            total = paths[0] if slip == "one path only" else sum(paths)
            self.delta1.append(note(f"delta1[{j + 1}]", total * self.hidden_slope(z, self.a1[j])))

    def hidden_slope(self, z: float, a: float) -> float:
        """Return the slope of a hidden unit."""
        right = slope(self.net.hidden, z)
        return {
            "hidden slope left out": 1.0,
            "hidden slope twice": right**2,
            "slope of the wrong argument": slope(self.net.hidden, a),
            "1 - a^2 for a(1 - a)": 1 - a * a,
            "a(1 - a) for 1 - a^2": a * (1 - a),
        }.get(self.slip, right)

    def gradients(self) -> dict[str, float]:
        """Return the gradient of each weight."""
        slip = self.slip
        found: dict[str, float] = {}
        for layer, deltas, inputs in ((2, self.delta2, self.a1), (1, self.delta1, self.x)):
            for j, delta in enumerate(deltas):
                for k, value in enumerate(inputs):
                    if layer == 1 and j == 0 and k == 0:
                        value = {"input forgotten": 1.0, "other input in the gradient": inputs[1]}.get(slip, value)
                        delta = deltas[1] if slip == "other delta" else delta
                    if layer == 2 and slip == "deltas for gradients":
                        value = 1.0
                    found[f"w{layer}[{j + 1},{k + 1}]"] = delta * value
        return found

    def update(self) -> None:
        """Print the new weights."""
        net, slip = self.net, self.slip
        other = {0.1: 0.3, 0.5: 0.2, 0.05: 0.07}[net.eta]
        rate = {"eta forgotten": 1.0, "eta twice": net.eta**2, "eta added": -net.eta, "other eta": other}.get(
            slip, net.eta
        )
        for name, gradient in self.dw.items():
            layer, j, k = (int(digit) for digit in name if digit.isdigit())
            weight = net.weights[layer - 1][j - 1][k - 1]
            new = weight - (net.eta * weight if slip == "weight times eta subtracted" else rate * gradient)
            self.note(f"new {name}", new, "")


@dataclass(frozen=True)
class Print:
    """How figures are printed: to so many significant digits, or decimals; ``chained`` if they are carried on so."""

    digits: int
    decimals: bool = False
    chained: bool = False

    def places(self, value: float) -> int:
        """Return how many decimals a figure has."""
        if self.decimals or value == 0:
            return self.digits
        return max(self.digits - 1 - math.floor(math.log10(abs(float(f"{value:.{self.digits - 1}e}")))), 0)

    def text(self, value: float) -> str:
        """Return a figure as it is printed."""
        return f"{value:.{self.places(value)}f}"

    def carried(self, value: float) -> float:
        """Return what the next figures are computed from."""
        return float(self.text(value)) if self.chained else value


def printed(figures: dict[str, float], how: Print, slip: str, rng: random.Random) -> dict[str, str]:
    """Return the figures as they are printed, with a slip of the pen where that is the slip."""
    texts = {name: how.text(value) for name, value in figures.items()}
    if slip in ("digits swapped", "point moved"):
        name = rng.choice([name for name in figures if name.startswith(("a", "dE", "new"))])
        text, value = texts[name], figures[name]
        if slip == "point moved":
            texts[name] = f"{value * 10:.{max(how.places(value) - (not how.decimals), 0)}f}"
        else:
            first = next((place for place, digit in enumerate(text) if digit in "123456789"), len(text))
            first = max(first, text.find(".") + 1)
            places = [p for p in range(first, len(text) - 1) if text[p] != text[p + 1]]
            if places:
                p = rng.choice(places)
                texts[name] = text[:p] + text[p + 1] + text[p] + text[p + 2 :]
    return texts


def fits(network: Network, slip: str) -> bool:
    """Tell whether a slip can be made in a network."""
    inputs, hidden, outputs = network.sizes
    softmax = network.output == "softmax"
    square = {"transposed weights": hidden == outputs, "weights from the wrong side": inputs == hidden}
    return (
        square.get(slip, True)
        and (slip not in _OF_SOFTMAX or softmax)
        and (slip not in _OF_SQUARES or not softmax)
        and (slip not in _OF_SLOPED_OUTPUTS or network.output == "sigmoid")
        and (slip not in ("1 - a^2 for a(1 - a)", "sign of the exponent") or network.hidden == "sigmoid")
        and (slip != "a(1 - a) for 1 - a^2" or network.hidden == "tanh")
        and (slip not in _OF_SLOPES or network.hidden != "relu")
        and (slip not in _OF_SEVERAL_OUTPUTS or outputs > 1)
    )


def cases(slip: str, count: int, how: Print, seed: int = 0) -> Iterator[tuple[Network, dict[str, str], str]]:
    """Yield networks with their printed figures, and the first figure that the slip makes wrong at these digits."""
    rng = random.Random(f"{seed} {slip} {how.digits}")
    made = 0
    while made < count:
        network = draw_network(rng, slip)
        if slip and not fits(network, slip):
            continue
        right = Hand(network, carried=how.carried).figures
        texts = printed(Hand(network, slip, how.carried).figures, how, slip, rng)
        wrong = [name for name, text in texts.items() if _is_off(text, right[name])]
        if bool(wrong) != bool(slip):
            continue
        made += 1
        yield network, texts, wrong[0] if wrong else ""


def _is_off(text: str, right: float) -> bool:
    """Tell whether a figure is more than one unit in the last place from the right value."""
    return abs(float(text) - right) > 1.01 * 10.0 ** -len(text.partition(".")[2])


def worksheet(network: Network, texts: dict[str, str]) -> str:
    """Return a whole worksheet."""
    claims = "".join(f'[[claims]]\nquantity = "{name}"\nprinted = "{text}"\n' for name, text in texts.items())
    return network.toml() + claims


def is_named(slip: str, sentence: str) -> bool:
    """Tell whether a sentence of a report names a slip."""
    return re.search(SLIPS[slip], sentence) is not None


@dataclass
class Score:
    """How a slip fared."""

    cases: int = 0
    found: int = 0
    named: int = 0
    first: int = 0

    def __add__(self, other: Score) -> Score:
        return replace(self, **{name: number + getattr(other, name) for name, number in vars(self).items()})


def _is_plain(finding: object) -> bool:
    """Tell whether a figure is right without a remark on another order or convention."""
    return finding.verdict.name not in ("WRONG", "FOLLOWS", "OTHER_ORDER")  # type: ignore[attr-defined]


def measure(slip: str, count: int, how: Print, seed: int = 0) -> tuple[Score, Counter[str]]:
    """Judge cases of one slip; return the score, and what was said where the slip was not named first."""
    score, missed = Score(), Counter[str]()
    for network, texts, root in cases(slip, count, how, seed):
        report = mg.Worksheet.from_text(worksheet(network, texts)).verify()
        findings = {finding.quantity.replace("#", " of sample "): finding for finding in report}
        score.cases += 1
        if not slip:
            score.found += any(not _is_plain(finding) for finding in findings.values())
            continue
        finding = findings[root]
        score.found += not _is_plain(finding)
        said = list(finding.slips or [finding.explanation])
        hits = [place for place, text in enumerate(said) if is_named(slip, text)]
        score.named += bool(hits)
        score.first += bool(hits) and hits[0] == 0
        if not hits or hits[0]:
            sort = "not first" if hits else "NOT NAMED"
            missed[f"{sort}: {root} {texts[root]} (exact {finding.exact_text}): {'; '.join(said)[:300]}"] += 1
    return score, missed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--digits", type=int, nargs="*", default=[3, 4, 6])
    parser.add_argument("--decimals", action="store_true", help="print to so many decimals, not significant digits")
    parser.add_argument("--chained", action="store_true", help="round every figure before it is used")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--missed", action="store_true", help="print what was said in place of the slip")
    options = parser.parse_args()
    for digits in options.digits:
        how, whole = Print(digits, options.decimals, options.chained), Score()
        print(
            f"\n{digits} {'decimals' if options.decimals else 'digits'}: slip, cases, wrong found, named, named first"
        )
        for slip in options.only or ["", *SLIPS]:
            score, missed = measure(slip, options.count, how, options.seed)
            whole = whole + score if slip else whole
            print(f"{slip or 'none: false alarms':32} {score.cases:5} {score.found:5} {score.named:5} {score.first:5}")
            if options.missed:
                print("".join(f"      {times} x {text}\n" for text, times in missed.most_common(4)), end="", flush=True)
        print(f"{'all slips':32} {whole.cases:5} {whole.found:5} {whole.named:5} {whole.first:5}", flush=True)


if __name__ == "__main__":
    main()
