"""Powers and roots."""

from __future__ import annotations

import math
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import FRACTION, POWER, Notation
from microgradnet.operation import Domain, Kink, Op
from microgradnet.ops.arithmetic import edge_quotient
from microgradnet.ops.choices import where
from microgradnet.ops.exponentials import log
from microgradnet.rules import kernel, recorded


# What IEEE 754 gives and Python refuses: used in partials that are infinite at the edge of a domain.
def _power_or_infinite(x: float, y: float) -> float:
    return math.inf if x == 0 and y < 0 else math.pow(x, y)


def _power_silently(np: Any, x: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.float_power(x, y)


_power_rule = kernel(_power_or_infinite, _power_silently)


def edge_power(x: Any, y: Any) -> Any:
    """Raise to a power, giving infinity instead of an error for zero to a negative power."""
    return power(x, y) if recorded(x, y) else _power_rule(x, y)


edge_power.number = _power_or_infinite  # type: ignore[attr-defined]


def _power_by_base(x: Any, y: Any, out: Any) -> Any:
    # y x^(y - 1), with guards that keep 0 ** -1 from being formed at x = y = 0, where the derivative is 0. A y that is
    # recorded keeps the exponent y - 1 at y = 0 where x is not 0, as the derivative of this rule by y needs it.
    exponent = where(y, y - 1, where(x, y - 1, 0.0) if recorded(y) else 0.0)
    return y * edge_power(x, exponent)


power: Op = define(
    "power",
    symbol="^",
    operator="**",
    text=Notation("#1**#2", POWER, (POWER + 1, POWER)),
    latex=Notation("{#1}^{#2}", POWER, (POWER + 1, 0)),
    forward=kernel(math.pow, lambda np, x, y: np.float_power(x, y)),
    partials=(_power_by_base, lambda x, y, out: out * log(where(x, x, 1.0))),
    domain=Domain(
        "x > 0, or a whole y with x < 0, or y >= 0 with x = 0",
        lambda x, y: x > 0 or (y >= 0 if x == 0 else float(y).is_integer()),
    ),
    kinks=(
        Kink("x = 0 and 0 < y < 1", lambda x, y: x == 0 and 0 < y < 1, "the derivative by x is +infinity"),
        Kink("x = 0", lambda x, y: x == 0, "the derivative by y is 0 (at y = 0 by convention, as in PyTorch)"),
    ),
    neutral=(None, 1.0),
    aliases=("float_power",),
    advice="Use smaller numbers. A derivative by y needs x > 0; write an exponent that is fixed as a plain number.",
)

sqrt: Op = define(
    "sqrt",
    symbol="√",
    text=Notation("sqrt(#1)"),
    latex=Notation(r"\sqrt{#1}"),
    forward=kernel(math.sqrt, "sqrt"),
    partials=(lambda x, out: edge_quotient(0.5, out),),
    domain=Domain("x >= 0", lambda x: x >= 0),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is +infinity"),),
)

rsqrt: Op = define(
    "rsqrt",
    symbol="1/√",
    text=Notation("rsqrt(#1)"),
    latex=Notation(r"\frac{1}{\sqrt{#1}}", FRACTION),
    forward=kernel(lambda x: 1.0 / math.sqrt(x), lambda np, x: 1.0 / np.sqrt(x)),
    partials=(lambda x, out: -0.5 * out / x,),
    domain=Domain("x > 0", lambda x: x > 0),
)

cbrt: Op = define(
    "cbrt",
    symbol="∛",
    text=Notation("cbrt(#1)"),
    latex=Notation(r"\sqrt[3]{#1}"),
    forward=kernel(math.cbrt, "cbrt"),
    partials=(lambda x, out: edge_quotient(1.0, 3.0 * out * out),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is +infinity"),),
)

hypot: Op = define(
    "hypot",
    symbol="hypot",
    text=Notation("hypot(#1, #2)"),
    latex=Notation(r"\sqrt{{#1}^{2} + {#2}^{2}}", places=(POWER + 1, POWER + 1)),
    forward=kernel(math.hypot, "hypot"),
    partials=(lambda x, y, out: x / where(out, out, 1.0), lambda x, y, out: y / where(out, out, 1.0)),
    kinks=(
        Kink(
            "x = y = 0",
            lambda x, y: x == 0 and y == 0,
            "both derivatives are 0, the middle of -1 to 1 (as in the norm of PyTorch)",
        ),
    ),
)
