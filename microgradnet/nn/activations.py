r"""Which function a neuron applies, and how its weights are drawn before training."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, did_you_mean, shown
from microgradnet.nn.reading import finite
from microgradnet.operation import TABLE, Op
from microgradnet.value import Value

IDENTITY, SOFTMAX = "identity", "softmax"

# What other programs call these: MATLAB (logsig, tansig, purelin, poslin), scikit-learn (logistic), torch (swish).
ALIASES = {
    "linear": IDENTITY, "purelin": IDENTITY, "none": IDENTITY,
    "logistic": "sigmoid", "logsig": "sigmoid", "tansig": "tanh", "poslin": "relu", "swish": "silu",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Activation:
    """What stands between a pre-activation z and an activation a.

    Arguments:
        name: the operation's name, ``"identity"``, ``"softmax"``, or the name of a callable.
        function: from z to a. For softmax it is the identity, as the layer applies the softmax to all z at once.
        of_table: whether the name alone says what it is, as a saved model needs.
    """

    name: str
    function: Callable[[Value], Value]
    of_table: bool = True

    @property
    def title(self) -> str:
        """The name as it stands before "Neuron": micrograd writes ReLU and Linear."""
        known = {"relu": "ReLU", IDENTITY: "Linear", SOFTMAX: "Linear"}
        return known.get(self.name, self.name[:1].upper() + self.name[1:])


def _unchanged(z: Value) -> Value:
    return z


def read_activation(given: Any) -> Activation:
    """Return the activation that a name, an operation of the table, or a callable stands for.

    Raises:
        UnknownNameError: there is no operation of that name.
        ArgumentError: the operation has two operands, or it is neither a name nor callable.
    """
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        name = find(given)
        if name in (IDENTITY, SOFTMAX):
            return Activation(name, _unchanged)
        given = TABLE[name]
    if isinstance(given, Op):
        if len(given.partials) != 1:
            words = f"{given.name}, with {len(given.partials)}"
            raise ArgumentError("an activation has one operand", words, f"Use one of {', '.join(names())}.")
        return Activation(given.name, given)
    if callable(given):
        return Activation(getattr(given, "__name__", type(given).__name__), _checked(given), of_table=False)
    advice = f"Use one of {', '.join(names())}."
    raise ArgumentError("an activation is a name, an operation or a callable", shown(given), advice)


def read_activations(activation: Any, output: Any, count: int) -> list[Activation]:
    """Return one activation per layer.

    Arguments:
        activation: that of the hidden layers, or a list with one for each layer, the output layer included.
        output: that of the last layer; None for the identity, or where ``activation`` is a list.
        count: how many layers there are.

    Raises:
        ArgumentError: the list has another length, or ``output`` is given beside a list.
    """
    if isinstance(activation, (list, tuple)):
        if output is not None or len(activation) != count:
            words = f"{len(activation)}" + (" and output= besides" if output is not None else "")
            expected = f"a list of {count} activations, the output layer's included"
            raise ArgumentError(expected, words, "Or give one for all hidden layers, and output= for the last.")
        chosen = [read_activation(given) for given in activation]
    else:
        last = read_activation(IDENTITY if output is None else output)
        chosen = [read_activation(activation)] * (count - 1) + [last]
    return chosen


def find(name: str) -> str:
    """Return the name of the activation that is called so, or has this alias.

    Raises:
        UnknownNameError: there is none; the message names those that are spelled alike.

    Example:
        >>> find("logistic"), find("purelin")
        ('sigmoid', 'identity')
    """
    spelled = name if name in TABLE else name.casefold()
    found = spelled if spelled in TABLE or spelled in (IDENTITY, SOFTMAX) else ALIASES.get(spelled)
    if found is None:
        raise UnknownNameError("the name of an activation", shown(name), did_you_mean(name, names(), ALIASES))
    return found


def names() -> list[str]:
    """Return the names of all activations, in alphabetical order."""
    return sorted([name for name, op in TABLE.items() if len(op.partials) == 1] + [IDENTITY, SOFTMAX])


def _checked(function: Callable[[Value], Any]) -> Callable[[Value], Value]:
    def apply(z: Value) -> Value:
        result = function(z)
        if not isinstance(result, Value):
            given = f"{shown(result)} of type {type(result).__name__}"
            advice = "Compose it of the operations of microgradnet, such as mg.tanh(z); math.tanh loses the gradient."
            raise NumberTypeError("an activation returns a Value", given, advice)
        return result

    return apply


Initializer = Callable[[int, int, Any], float]


def uniform(fan_in: int, fan_out: int, source: Any) -> float:
    """Draw evenly from -1 to 1, as micrograd does."""
    return float(source.uniform(-1, 1))


def xavier(fan_in: int, fan_out: int, source: Any) -> float:
    r"""Draw evenly from :math:`\pm\sqrt{6/(n_{in}+n_{out})}`, for tanh and sigmoid.

    Source: X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
    equation 16.
    """
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return float(source.uniform(-bound, bound))


def he(fan_in: int, fan_out: int, source: Any) -> float:
    r"""Draw from the normal distribution with standard deviation :math:`\sqrt{2/n_{in}}`, for relu.

    Source: K. He, X. Zhang, S. Ren and J. Sun, *Delving Deep into Rectifiers*, section 2.2.
    """
    return float(source.gauss(0.0, math.sqrt(2.0 / fan_in)))


def zeros(fan_in: int, fan_out: int, source: Any) -> float:
    """Return 0: all neurons of a layer then learn the same, which is the lesson."""
    return 0.0


INITIALIZERS: dict[str, Initializer] = {rule.__name__: rule for rule in (uniform, xavier, he, zeros)}


def read_initializer(given: Any) -> Initializer:
    """Return the rule of this name, or a caller's own: ``rule(fan_in, fan_out, source)`` returns one weight.

    ``source`` is a ``random.Random`` or the module ``random``.

    Raises:
        UnknownNameError: there is no rule of that name.
        ArgumentError: it is neither a name nor callable.
    """
    if isinstance(given, str):
        if given not in INITIALIZERS:
            raise UnknownNameError("the name of an initialization", shown(given), did_you_mean(given, INITIALIZERS))
        return INITIALIZERS[given]
    if not callable(given):
        expected = "init is a name or a callable init(fan_in, fan_out, source)"
        raise ArgumentError(expected, shown(given), f"There are {', '.join(INITIALIZERS)}.")

    def checked(fan_in: int, fan_out: int, source: Any) -> float:
        return finite(given(fan_in, fan_out, source), "a weight from init")

    return checked


def read_source(seed: Any) -> Any:
    """Return where random numbers come from: the module ``random`` for None, else a generator of its own.

    Raises:
        ArgumentError: the seed is neither None, nor whole, nor a ``random.Random``.
    """
    if seed is None or seed is random:
        return random
    if isinstance(seed, random.Random):
        return seed
    with suppress(TypeError):
        return random.Random(operator.index(seed))
    raise ArgumentError("seed is None, a whole number or a random.Random", shown(seed), "Use seed=1, for example.")
