"""Exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import POWER, PRODUCT, SUM, Notation, called
from microgradnet.operation import Domain, Kink, Op
from microgradnet.ops.choices import where
from microgradnet.rules import kernel

_POSITIVE = Domain(
    "x > 0",
    lambda x: x > 0,
    "Clip it to a small number above 0; for probabilities start from logits: mg.log_softmax, mg.log_sigmoid.",
)
_TOO_LARGE = (
    "Use a smaller x, or a form that stays finite: mg.logsumexp, mg.softmax, mg.sigmoid, mg.losses.cross_entropy."
)
_LN_2, _LN_10 = math.log(2.0), math.log(10.0)

exp: Op = define(
    "exp",
    symbol="exp",
    text=Notation("exp(#1)"),
    latex=Notation("e^{#1}", POWER),
    forward=kernel(math.exp, "exp"),
    partials=(lambda x, out: out,),
    advice=_TOO_LARGE,
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
    advice=_TOO_LARGE,
)

expm1: Op = define(
    "expm1",
    symbol="exp−1",
    text=Notation("expm1(#1)"),
    latex=Notation("e^{#1} - 1", SUM),
    forward=kernel(math.expm1, "expm1"),
    partials=(lambda x, out: exp(x),),  # out + 1 would have lost its digits where x is far below 0
    advice=_TOO_LARGE,
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


def _times_log(x: float, y: float) -> float:
    return 0.0 if x == 0.0 and y == 0.0 else x * math.log(y)


def _times_log_each(np: Any, x: Any, y: Any) -> Any:
    return x * np.log(np.where((x == 0.0) & (y == 0.0), 1.0, y))


xlogy: Op = define(
    "xlogy",
    symbol="x ln y",
    text=Notation("xlogy(#1, #2)"),
    latex=Notation(r"#1 \cdot \ln\left(#2\right)", PRODUCT, (PRODUCT, 0)),
    forward=kernel(_times_log, _times_log_each),
    partials=(lambda x, y, out: log(where(y, y, 1.0)), lambda x, y, out: x / where(y, y, 1.0)),
    domain=Domain("y > 0, or x = y = 0", lambda x, y: y > 0 or (x == 0 and y == 0)),
    kinks=(
        Kink(
            "x = y = 0",
            lambda x, y: x == 0 and y == 0,
            "the value is 0, as entropies need, and both derivatives are 0 (that by x as in PyTorch)",
        ),
    ),
    absorbing=(True, False),
)


def _logit(x: float) -> float:
    # ln(x/(1 - x)) counts its errors from 1; around 1/2, where it is 0, 2 artanh(2x - 1) does not.
    return 2.0 * math.atanh(2.0 * x - 1.0) if 0.25 <= x <= 0.75 else math.log(x / (1.0 - x))


def _logit_each(np: Any, x: Any) -> Any:
    middle = 2.0 * np.arctanh(np.clip(2.0 * x - 1.0, -0.5, 0.5))
    return np.where((x >= 0.25) & (x <= 0.75), middle, np.log(x / (1.0 - x)))


logit: Op = define(
    "logit",
    **called("logit", r"\operatorname{logit}"),
    forward=kernel(_logit, _logit_each),
    partials=(lambda x, out: 1.0 / (x * (1.0 - x)),),
    domain=Domain("0 < x < 1", lambda x: 0 < x < 1),
)
