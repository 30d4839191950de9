"""Exponentials and logarithms."""

from __future__ import annotations

import math

from microgradnet.definition import define
from microgradnet.notation import POWER, SUM, Notation, called
from microgradnet.operation import Domain, Op
from microgradnet.rules import kernel

_POSITIVE = Domain("x > 0", lambda x: x > 0)
_LN_2, _LN_10 = math.log(2.0), math.log(10.0)

exp: Op = define(
    "exp",
    symbol="exp",
    text=Notation("exp(#1)"),
    latex=Notation("e^{#1}", POWER),
    forward=kernel(math.exp, "exp"),
    partials=(lambda x, out: out,),
)

log: Op = define(
    "log",
    **called("log", r"\ln"),
    forward=kernel(math.log, "log"),
    partials=(lambda x, out: 1.0 / x,),
    domain=_POSITIVE,
)

exp2: Op = define(
    "exp2",
    symbol="2^x",
    text=Notation("exp2(#1)"),
    latex=Notation("2^{#1}", POWER),
    forward=kernel(math.exp2, "exp2"),
    partials=(lambda x, out: _LN_2 * out,),
)

expm1: Op = define(
    "expm1",
    symbol="exp−1",
    text=Notation("expm1(#1)"),
    latex=Notation("e^{#1} - 1", SUM),
    forward=kernel(math.expm1, "expm1"),
    partials=(lambda x, out: exp(x),),  # out + 1 would have lost its digits where x is far below 0
)

log2: Op = define(
    "log2",
    symbol="log₂",
    text=Notation("log2(#1)"),
    latex=Notation(r"\log_{2}\left(#1\right)"),
    forward=kernel(math.log2, "log2"),
    partials=(lambda x, out: 1.0 / (_LN_2 * x),),
    domain=_POSITIVE,
)

log10: Op = define(
    "log10",
    symbol="log₁₀",
    text=Notation("log10(#1)"),
    latex=Notation(r"\log_{10}\left(#1\right)"),
    forward=kernel(math.log10, "log10"),
    partials=(lambda x, out: 1.0 / (_LN_10 * x),),
    domain=_POSITIVE,
)

log1p: Op = define(
    "log1p",
    symbol="log1p",
    text=Notation("log1p(#1)"),
    latex=Notation(r"\ln\left(1 + #1\right)", places=(SUM + 1,)),
    forward=kernel(math.log1p, "log1p"),
    partials=(lambda x, out: 1.0 / (1.0 + x),),
    domain=Domain("x > -1", lambda x: x > -1),
)
