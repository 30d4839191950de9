"""Comparisons, recorded: 1 where they hold, else 0, with derivative 0. They are the conditions of ``where``."""

from __future__ import annotations

from microgradnet.definition import define
from microgradnet.notation import Notation
from microgradnet.operation import Kink, Op
from microgradnet.rules import kernel

# A comparison steps between 0 and 1; the derivative is taken as 0 on the step as well as off it.
_STEP = (Kink("x = y", lambda x, y: x == y, "the step between 0 and 1 has derivative 0 (as in JAX)"),)
_FLAT = (lambda x, y, out: 0.0, lambda x, y, out: 0.0)

# In LaTeX each is an Iverson bracket: 1 where it holds, else 0 (R. Graham, D. Knuth, O. Patashnik, *Concrete
# Mathematics*, section 2.1).

greater: Op = define(
    "greater",
    symbol=">",
    text=Notation("greater(#1, #2)"),
    latex=Notation(r"\left[#1 > #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x > y else 0.0, lambda np, x, y: np.greater(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

greater_equal: Op = define(
    "greater_equal",
    symbol="≥",
    text=Notation("greater_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \geq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x >= y else 0.0, lambda np, x, y: np.greater_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

less: Op = define(
    "less",
    symbol="<",
    text=Notation("less(#1, #2)"),
    latex=Notation(r"\left[#1 < #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x < y else 0.0, lambda np, x, y: np.less(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

less_equal: Op = define(
    "less_equal",
    symbol="≤",
    text=Notation("less_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \leq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x <= y else 0.0, lambda np, x, y: np.less_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

equal: Op = define(
    "equal",
    symbol="=",
    text=Notation("equal(#1, #2)"),
    latex=Notation(r"\left[#1 = #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x == y else 0.0, lambda np, x, y: np.equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

not_equal: Op = define(
    "not_equal",
    symbol="≠",
    text=Notation("not_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \neq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x != y else 0.0, lambda np, x, y: np.not_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)
