"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import math

from microgradnet.definition import define
from microgradnet.notation import called
from microgradnet.operation import Domain, Kink, Op
from microgradnet.ops.arithmetic import edge_quotient
from microgradnet.ops.powers import hypot, sqrt
from microgradnet.rules import kernel

tanh: Op = define(
    "tanh",
    **called("tanh", r"\tanh"),
    forward=kernel(math.tanh, "tanh"),
    partials=(lambda x, out: 1.0 - out * out,),
)

sinh: Op = define(
    "sinh",
    **called("sinh", r"\sinh"),
    forward=kernel(math.sinh, "sinh"),
    partials=(lambda x, out: cosh(x),),
)

cosh: Op = define(
    "cosh",
    **called("cosh", r"\cosh"),
    forward=kernel(math.cosh, "cosh"),
    partials=(lambda x, out: sinh(x),),
)

# The names of ISO 80000-2: ar for area; LaTeX has no commands of its own for these three.

asinh: Op = define(
    "asinh",
    **called("asinh", r"\operatorname{arsinh}"),
    forward=kernel(math.asinh, "arcsinh"),
    partials=(lambda x, out: 1.0 / hypot(x, 1.0),),
    aliases=("arcsinh",),
)

acosh: Op = define(
    "acosh",
    **called("acosh", r"\operatorname{arcosh}"),
    forward=kernel(math.acosh, "arccosh"),
    # Two roots: x*x - 1 loses its digits where x is close to 1, and may not fit into a float.
    partials=(lambda x, out: edge_quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),),
    domain=Domain("x >= 1", lambda x: x >= 1),
    kinks=(Kink("x = 1", lambda x: x == 1, "the derivative is +infinity"),),
    aliases=("arccosh",),
)

atanh: Op = define(
    "atanh",
    **called("atanh", r"\operatorname{artanh}"),
    forward=kernel(math.atanh, "arctanh"),
    partials=(lambda x, out: 1.0 / ((1.0 - x) * (1.0 + x)),),
    domain=Domain("-1 < x < 1", lambda x: -1 < x < 1),
    aliases=("arctanh",),
)
