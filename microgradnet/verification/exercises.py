"""Exercises to hand out: networks with friendly numbers, sheets with blanks, and keys that verify.

A sheet is a page (see ``page``) whose results are blanks. Its key is the same page filled in, from the engine. The same
seed gives the same bytes.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import ArgumentError, MicrogradnetError, did_you_mean, shown
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.figure import Figure
from microgradnet.verification.handouts import Exercise, latex_text
from microgradnet.verification.judging import possible_slips
from microgradnet.verification.language import Quantity
from microgradnet.verification.otherwise import PEN, Entry, Figures, Otherwise
from microgradnet.verification.report import Claim
from microgradnet.verification.runs import GraphRun
from microgradnet.verification.slips import SLIPS
from microgradnet.verification.worksheet import Worksheet

ASK = {
    "forward": "pre-activations, activations and the loss",
    "deltas": "the derivative of the loss by each pre-activation",
    "gradients": "the derivative of the loss by each weight",
    "updates": "each weight after one step of gradient descent",
}
_WEIGHTS = [sign * number / 10 for number in range(1, 10) for sign in (1, 1, -1)]
_BIASES = [0.1, 0.2, 0.3, -0.1, -0.2, 0.4]
_INPUTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.2, 1.5, 2.0]  # without 1, which hides a slip
_TARGETS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0]
_RATES = [0.1, 0.5, 0.2]
_SATURATED = 0.02  # an activation whose slope is below this share of the steepest tells nothing
_TRIES = 3_000  # networks that are drawn for one exercise
_CHECKED = 60  # of them that are tried under every slip, for each exercise
_Said = tuple[str, str]  # a sentence as plain text, and in LaTeX
_SAME = 1e-12  # two numbers that differ by less are one: the slip changes nothing there


@dataclass(frozen=True, slots=True)
class _Kind:
    """What kind of exercise is asked for, checked."""

    sizes: tuple[int, ...]
    activation: str
    output: str
    loss: str
    ask: tuple[str, ...]
    digits: int
    eta: float | None


def exercises(
    network: str = "2-2-1",
    *,
    activation: str = "sigmoid",
    output: str | None = None,
    loss: str | None = None,
    ask: str | Sequence[str] = ("forward", "gradients"),
    digits: int = 4,
    eta: float | None = None,
    seed: int = 0,
    count: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Exercise]:
    """Make exercises with friendly numbers: few digits, no saturated unit, answers that can be told apart.

    Whoever makes a slip of the table, and carries it on, gets at least one other answer at the asked digits.

    Arguments:
        network: the sizes of its layers, inputs first, as in ``"2-2-1"``; 2 to 5 layers of 1 to 5 units.
        activation: of the hidden layers.
        output: the activation of the output layer; by default that of the hidden layers.
        loss: a loss of ``mg.losses``; by default ``cross_entropy`` for a softmax, else ``half_squared_error``.
        ask: ``"forward"``, ``"deltas"``, ``"gradients"``, ``"updates"``, or several of them.
        digits: decimals of the answers, 2 to 8.
        eta: the learning rate of updates; drawn where ``ask`` has updates and none is given.
        seed: the same seed gives the same exercises.
        count: how many; no two are alike.
        progress: called after each exercise with how many are done, and of how many.

    Returns:
        The exercises: ``.sheet`` and ``.key`` are pages.

    Raises:
        ArgumentError: an argument is none of these, or so many different exercises can't be found; so few digits may
            be asked for that some slip would show in no answer.

    Example:
        >>> one, = exercises("2-2-1", ask="gradients", seed=7)
        >>> len(one.asked), one.sheet.count("____")
        (6, 6)
    """
    kind = _checked(network, activation, output, loss, ask, digits, eta)
    if not isinstance(count, int) or count < 1:
        raise ArgumentError("a count of exercises is a whole number from 1", shown(count), "Give count=30.")
    rng = random.Random(f"microgradnet {seed} {kind}")
    made: dict[str, Exercise] = {}
    hidden = ""
    tries = checked = 0
    while len(made) < count:
        tries += 1
        if tries > _TRIES * count or checked >= _CHECKED * (1 + len(made)):
            raise _none_found(count, len(made), hidden)
        found = _draw(kind, rng)
        if found is None or found.front in made:
            continue
        checked += 1
        hidden = _hidden_slip(found)
        if not hidden:
            made[found.front] = found
            if progress is not None:
                progress(len(made), count)
    return list(made.values())


def _none_found(count: int, found: int, hidden: str) -> ArgumentError:
    expected = f"{count} different exercise{'s' * (count > 1)} of this kind"
    if hidden:
        given = f"{found}; in others no answer tells that {hidden}"
        return ArgumentError(expected, given, "Ask for more digits, or for the figures before these too.")
    return ArgumentError(expected, f"{found} with friendly numbers", "Ask for fewer, or more digits.")


def _hidden_slip(exercise: Exercise) -> str:
    """Return a slip that changes no answer at the asked digits, in words; "" if each changes one.

    A difference quotient is left out: the better it is, the less it differs.
    """
    calculation = Worksheet.from_text(exercise.key, "key.md").calculation
    told: set[str] = set()
    hidden: dict[str, None] = {}
    for name, answer in zip(exercise.asked, exercise.answers, strict=True):
        quantity = calculation.read(name)
        exact = calculation.evaluate(quantity)
        for slip, words, change in possible_slips(calculation, Claim(quantity, Figure.parse(answer))):
            if words in told or slip.rank == PEN or slip.name == "difference quotient":
                continue
            number = change if isinstance(change, float) else _under(calculation, change, quantity)
            if math.isnan(number) or f"{number:.{exercise.digits}f}" != answer:
                told.add(words)  # also where the slip leads to no number at all
            elif abs(number - exact) > _SAME * max(1.0, abs(exact)):
                hidden[words] = None
    return next((words for words in hidden if words not in told), "")


def _checked(
    network: str, activation: str, output: str | None, loss: str | None, ask: str | Sequence[str], digits: int, eta: Any
) -> _Kind:
    from microgradnet.nn import activations, losses

    sizes = checked_sizes(network)
    asked = (ask,) if isinstance(ask, str) else tuple(ask)
    unknown = [name for name in asked if name not in ASK]
    if unknown or not asked:
        raise ArgumentError("ask names parts of a calculation", shown(ask), did_you_mean(str(*unknown[:1]), ASK))
    if digits not in range(2, 9):
        raise ArgumentError("digits is a whole number from 2 to 8", shown(digits), "4 is usual.")
    if eta is not None and not (isinstance(eta, (int, float)) and 0 < eta <= 10):
        raise ArgumentError("eta is a number above 0, up to 10", shown(eta), "0.1 is usual.")
    if eta is not None and "updates" not in asked:
        given = f"{eta:g}, where {', '.join(asked)} are asked for"
        raise ArgumentError("eta is the learning rate of updates", given, "Ask for updates too, or leave eta out.")
    activation = activations.find(activation)
    last = activations.find(output) if output else activation
    loss = loss or ("cross_entropy" if last == "softmax" else "half_squared_error")
    if last == "softmax" and sizes[-1] == 1:
        advice = "Ask for more outputs, as in 2-2-2, or for output sigmoid."
        raise ArgumentError("a softmax has two outputs or more", "one, whose result is always 1", advice)
    return _Kind(sizes, activation, last, losses.find(loss).name, asked, digits, eta)


def checked_sizes(network: str) -> tuple[int, ...]:
    """Return the sizes of the layers of a network such as ``"2-2-1"``.

    Raises:
        ArgumentError: it is not written so, or too large for paper.
    """
    parts = network.split("-") if isinstance(network, str) else []
    if not 2 <= len(parts) <= 6 or not all(part.isdigit() and 1 <= int(part) <= 5 for part in parts):
        advice = "Write the sizes of its layers, inputs first, as in 2-2-1."
        raise ArgumentError("a network of 1 to 5 layers with 1 to 5 units each", shown(network), advice)
    return tuple(map(int, parts))


def _draw(kind: _Kind, rng: random.Random) -> Exercise | None:
    """Return an exercise with numbers drawn at random; None if they are not friendly."""
    layers = list(zip(kind.sizes, kind.sizes[1:], strict=False))
    weights = [[[rng.choice(_WEIGHTS) for _ in range(n)] for _ in range(m)] for n, m in layers]
    biases = [[rng.choice(_BIASES) for _ in range(m)] for _, m in layers]
    x = rng.sample(_INPUTS, kind.sizes[0])
    t = _targets(kind, rng)
    eta = kind.eta if kind.eta is not None else rng.choice(_RATES)
    flat = [w for layer in weights for row in layer for w in row]
    if len(set(flat)) < min(len(flat), 9) - 1:
        return None
    values = _calculate(kind, weights, biases, x, t, eta)
    if values is None or _cancels(kind, values):
        return None
    asked = [name for name in values if _part(name) in kind.ask]
    answers = [f"{values[name]:.{kind.digits}f}" for name in asked]
    copies = set(_copies(kind, values))
    told = [answer for name, answer in zip(asked, answers, strict=True) if name not in copies and values[name] != 0.0]
    if not _can_be_told(told, kind.digits) or len(told) < len(asked) / 2:
        return None
    front = _front(kind, weights, biases, x, t, eta)
    title = f"A {'-'.join(map(str, kind.sizes))} network by hand"
    text, typeset = zip(*_said(kind, weights, biases, x, t, eta), strict=True)
    return Exercise(title, front, tuple(asked), tuple(answers), kind.digits, text, typeset)


def _cancels(kind: _Kind, values: dict[str, float]) -> bool:
    """Tell whether terms cancel to 0, which hides slips: in a pre-activation, or in the delta of a unit that is on."""
    return kind.loss != "hinge" and any(
        abs(value) < _SAME and (name[0] == "z" or (name.startswith("delta") and values.get(f"a{name[5:]}", 1.0) != 0.0))
        for name, value in values.items()
    )


def _copies(kind: _Kind, values: dict[str, float]) -> Iterator[str]:
    """Yield the quantities that have the number of another by their nature, so that no drawing tells them apart."""
    last = len(kind.sizes) - 1
    for name, value in values.items():
        index = name.partition("[")[2]
        if (name[0] == "a" and value in (values[f"z{name[1:]}"], 0.0)) or (
            name.startswith(f"delta{last}[")
            and (kind.loss == "hinge" or abs(value - values.get(f"a{last}[{index}", -value)) < _SAME)
        ):  # of a relu
            yield name


def _targets(kind: _Kind, rng: random.Random) -> list[float]:
    outputs = kind.sizes[-1]
    if kind.loss == "cross_entropy":
        right = rng.randrange(outputs)
        return [float(place == right) for place in range(outputs)]
    if kind.loss in ("binary_cross_entropy", "hinge"):
        low = 0.0 if kind.loss == "binary_cross_entropy" else -1.0
        return [rng.choice([low, 1.0]) for _ in range(outputs)]
    return [rng.choice(_TARGETS) for _ in range(outputs)]


def _calculate(
    kind: _Kind, weights: Any, biases: Any, x: list[float], t: list[float], eta: float
) -> dict[str, float] | None:
    """Return every quantity of the calculation by its name; None if a unit is saturated or dead."""
    from microgradnet.graph import topological
    from microgradnet.nn import losses
    from microgradnet.nn.layers import MLP

    mlp = MLP.from_weights(weights=weights, biases=biases, activation=kind.activation, output=kind.output)
    loss = losses.find(kind.loss).function(mlp(x), t)
    loss.backward()
    nodes = {node.label: node for node in topological(loss) if node.label}
    found: dict[str, float] = {}
    for layer, size in enumerate(kind.sizes[1:], 1):
        for unit in range(1, size + 1):
            z, a = nodes[f"z{layer}[{unit}]"], nodes.get(f"a{layer}[{unit}]")
            found[f"z{layer}[{unit}]"] = z.data
            if a is not None:
                found[f"a{layer}[{unit}]"] = a.data
            if a is not None and a.partials and len(a.inputs) == 1 and abs(a.partials[0]) < _SATURATED:
                return None
    found["E"] = loss.data
    gradients = {name: node.grad for name, node in nodes.items() if re.match(r"w\d", name)}
    for layer in range(len(kind.sizes) - 1, 0, -1):
        found |= {f"delta{layer}[{j}]": nodes[f"z{layer}[{j}]"].grad for j in range(1, kind.sizes[layer] + 1)}
    for name in sorted(gradients, key=lambda name: (-int(name[1]), name)):
        found[f"dE/d{name}"] = gradients[name]
    found |= {f"new {name}": nodes[name].data - eta * gradients[name] for name in sorted(gradients)}
    return found


def _part(name: str) -> str:
    """Return which part of a calculation a quantity belongs to."""
    return {"d": "deltas" if name.startswith("delta") else "gradients", "n": "updates"}.get(name[0], "forward")


def _can_be_told(answers: list[str], digits: int) -> bool:
    """Tell whether answers have two significant digits each, and no two are alike."""
    enough = all(len(answer.lstrip("-").replace(".", "").lstrip("0")) >= min(2, digits - 1) for answer in answers)
    return enough and len(set(answers)) == len(answers)


def _front(kind: _Kind, weights: Any, biases: Any, x: list[float], t: list[float], eta: float) -> str:
    rows = [
        f'  {{ weights = {w}, biases = {b}, activation = "{name}" }},'
        for w, b, name in zip(weights, biases, _activations(kind), strict=True)
    ]
    head = f'[network]\ninputs = {x}\ntargets = {t}\nloss = "{kind.loss}"\nlayers = [\n' + "\n".join(rows) + "\n]\n"
    return head + (f"[step]\neta = {eta}\n" if "updates" in kind.ask else "")


def _activations(kind: _Kind) -> list[str]:
    return [kind.activation] * (len(kind.sizes) - 2) + [kind.output]


def _said(kind: _Kind, weights: Any, biases: Any, x: list[float], t: list[float], eta: float) -> Iterator[_Said]:
    """Yield the sentences above the blanks, each as plain text and in LaTeX."""
    from microgradnet.nn import losses
    from microgradnet.nn.activations import IDENTITY

    formula = losses.find(kind.loss).formula.replace(r"\operatorname{softmax}(z)_j", "p_j")
    outputs = kind.sizes[-1]
    formula = formula.replace(r"\tfrac1n ", "" if outputs == 1 else rf"\tfrac1{outputs} ")
    result = f"{'z' if kind.output == IDENTITY else 'a'}{len(kind.sizes) - 1}"
    yield (
        f"Inputs x = {_row(x)}, targets t = {_row(t)}. The loss is E = {_plain_formula(formula, result)}.",
        rf"\[x = {_row(x)}, \quad t = {_row(t)}, \quad E = "
        rf"{re.sub('[op]_j', f'{result[0]}^{{({result[1:]})}}_j', formula)}\]",
    )
    for layer, (w, b, name) in enumerate(zip(weights, biases, _activations(kind), strict=True), 1):
        rows = "; ".join(f"w{layer}[{j},:] = {_row(row)}" for j, row in enumerate(w, 1))
        matrix = r" \\ ".join(" & ".join(f"{number:g}" for number in row) for row in w)
        yield (
            f"Layer {layer} ({name}): {rows}; b{layer} = {_row(b)}.",
            rf"Layer {layer} ({latex_text(name)}): "
            rf"\[w^{{({layer})}} = \begin{{pmatrix}} {matrix} \end{{pmatrix}}, \quad b^{{({layer})}} = {_row(b)}\]",
        )
    yield (
        "w1[j,k] leads to neuron j of layer 1 from input k; z is a neuron before its activation, a after.",
        r"$w^{(1)}_{j,k}$ leads to neuron $j$ of layer 1 from input $k$; "
        "$z$ is a neuron before its activation, $a$ after.",
    )
    if "deltas" in kind.ask:
        yield "delta1[j] is dE/dz1[j].", r"$\delta^{(1)}_j$ is $dE/dz^{(1)}_j$."
    sentences = [_in_words(name) for name in dict.fromkeys(_activations(kind)) if name != IDENTITY]
    if "updates" in kind.ask:
        sentences.append(f"One step of gradient descent with the learning rate eta = {eta}.")
    sentences.append(f"Give every result to {kind.digits} decimals.")
    yield from ((sentence, latex_text(sentence)) for sentence in sentences)


def _plain_formula(formula: str, result: str) -> str:
    """Return the formula of a loss in plain text, of the outputs of the last layer, a2 or z2."""
    for sign, plain in ((r"\tfrac1", "1/"), (r"\sum_j", "Σ_j"), (r"\left", ""), (r"\right", ""), ("\\", "")):
        formula = formula.replace(sign, plain)
    return re.sub("[op]_j", f"{result}[j]", formula).replace("t_j", "t[j]")


def _in_words(activation: str) -> str:
    """Return what an activation is, as its help says it."""
    from microgradnet.nn.activations import SOFTMAX
    from microgradnet.operation import TABLE

    if activation == SOFTMAX:
        return "softmax: each a is e^z, divided by the sum of the e^z of its layer."
    title, _, call, *_ = (TABLE[activation].__doc__ or "").split("\n")
    return f"{call.strip()}: {title}"


def _row(numbers: Sequence[float]) -> str:
    return "(" + ", ".join(f"{number:g}" for number in numbers) + ")"


def plant(exercise: Exercise, slip: str) -> Exercise:
    """Return the exercise with a slip made in it, and carried on: "find the error".

    Arguments:
        exercise: the exercise.
        slip: a word of the slip's name, or of the sentence that describes it.

    Raises:
        ArgumentError: no slip of this name changes a figure of the exercise.
    """
    calculation = Worksheet.from_text(exercise.key, "key.md").calculation
    quantities = [calculation.read(name) for name in exercise.asked]
    for quantity, answer in zip(quantities, exercise.answers, strict=True):
        for record, words, change in possible_slips(calculation, Claim(quantity, Figure.parse(answer))):
            if slip not in record.name and slip not in words:
                continue
            shown = _carried_on(calculation, quantities, quantity, change, exercise.digits)
            if shown[quantities.index(quantity)] not in (answer, ""):
                return exercise.with_slip(shown, words)
    known = ", ".join(dict.fromkeys(record.name for record in SLIPS))
    raise ArgumentError("the name of a slip that changes a figure of this sheet", repr(slip), f"There are {known}.")


def _carried_on(
    calculation: Calculation, quantities: Sequence[Quantity], at: Quantity, change: float | Otherwise, digits: int
) -> tuple[str, ...]:
    """Return what the quantities come to with a slip at one of them, which is carried on with all its digits.

    "" stands for one that has no number then.
    """
    if isinstance(change, float):
        state, key, sign = calculation.reading().place(at)
        figures: Figures = Figures({(state, key): Entry(sign * change, "")})
        run = GraphRun(calculation.loss, calculation.descent, figures, paths=calculation.paths)
        numbers = [change if each is at else _number(calculation, run, each) for each in quantities]
    else:
        run = GraphRun(calculation.loss, calculation.descent, change, paths=calculation.paths)
        numbers = [_number(calculation, run, each) for each in quantities]
    return tuple("" if math.isnan(number) else f"{number:.{digits}f}" for number in numbers)


def _under(calculation: Calculation, change: Otherwise, quantity: Quantity) -> float:
    run = GraphRun(calculation.loss, calculation.descent, change, paths=calculation.paths)
    return _number(calculation, run, quantity)


def _number(calculation: Calculation, run: GraphRun, quantity: Quantity) -> float:
    try:
        return calculation.reading(run).evaluate(quantity)
    except (MicrogradnetError, ArithmeticError, ValueError):
        return math.nan


def exercise(network: str = "2-2-1", *, slip: str | None = None, **options: Any) -> Exercise:
    """Make one exercise with friendly numbers: ``.sheet`` and ``.key`` are pages.

    Arguments:
        network: the sizes of its layers, inputs first.
        slip: a word of a slip that is made in the sheet, "find the error"; None for a sheet with blanks.
        options: those of :func:`exercises`, but for ``count``.

    Raises:
        ArgumentError: an argument is none of these.

    Example:
        >>> import microgradnet as mg
        >>> one = mg.exercise("2-2-1", ask="gradients", seed=7)
        >>> bool(mg.Worksheet.from_text(one.key, "key.md").verify())
        True
    """
    made = exercises(network, **options)[0]
    return made if slip is None else plant(made, slip)
