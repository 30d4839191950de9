r"""How weights are drawn before training: named rules, the random source, and rules of the caller's own."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from microgradnet.errors import ArgumentError, UnknownNameError, did_you_mean, shown
from microgradnet.nn.reading import finite

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
        wanted = "init is a name or a callable init(fan_in, fan_out, source)"
        raise ArgumentError(wanted, shown(given), f"There are {', '.join(INITIALIZERS)}.")

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
