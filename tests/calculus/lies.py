"""Operations with deliberately wrong derivative rules, made outside the table: what a checker has to catch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from microgradnet.operation import TABLE, Op


@dataclass(frozen=True)
class Lie:
    """A wrong operation, a point at which it is wrong, and what the report should say."""

    op: Op
    point: tuple[float, ...]
    place: int
    words: str


def lie(name: str, partials: tuple[Any, ...], **fields: Any) -> Op:
    return replace(TABLE[name], name=f"wrong_{name}", partials=partials, **fields)


def _right(name: str, place: int = 0) -> Any:
    return TABLE[name].partials[place]


LIES: dict[str, Lie] = {
    "sign": Lie(lie("cos", (lambda x, out: -_right("cos")(x, out),)), (0.7,), 0, "the sign is flipped"),
    "factor": Lie(lie("tanh", (lambda x, out: 2.0 * (1.0 - out * out),)), (0.4,), 0, "2 times what is right"),
    "missing_factor": Lie(lie("sqrt", (lambda x, out: 1.0 / out,)), (2.0,), 0, "2 times what is right"),
    "swapped_operands": Lie(
        lie("multiply", (_right("multiply", 1), _right("multiply", 0))), (2.0, -3.0), 0, "by the other operand"
    ),
    "swapped_with_sign": Lie(
        lie("divide", (_right("divide"), lambda x, y, out: 1.0 / y)), (3.0, 2.0), 1, "by the other operand"
    ),
    "second_operand": Lie(
        lie("divide", (_right("divide"), lambda x, y, out: out / y)), (3.0, 2.0), 1, "sign is flipped"
    ),
    "off_by_a_millionth": Lie(
        lie("sigmoid", (lambda x, out: out * (1.0 - out) * (1.0 + 1e-6),)), (0.3,), 0, "1.000001 times what is right"
    ),
    "off_by_a_millionth_where_only_differences_work": Lie(
        lie("abs", (lambda x, out: 1.000001,)), (0.3,), 0, "1.000001 times what is right"
    ),
    "from_operand_not_result": Lie(lie("exp", (lambda x, out: x,)), (1.5,), 0, "times what is right"),
    "constant": Lie(lie("sin", (lambda x, out: 1.0,)), (1.0,), 0, "times what is right"),
    "zero": Lie(lie("log", (lambda x, out: 0.0,)), (2.0,), 0, "it is 0 where 0.5 is right"),
    "infinite": Lie(lie("log", (lambda x, out: float("inf"),)), (2.0,), 0, "it is not finite"),
    "nan": Lie(lie("log", (lambda x, out: float("nan"),)), (2.0,), 0, "it is not finite"),
    "only_where_negative": Lie(lie("abs", (lambda x, out: 1.0,)), (-2.0,), 0, "the sign is flipped"),
    "leaks_like_another_relu": Lie(
        lie("relu", (lambda x, out: 1.0 if x > 0 else 0.01,)), (-0.5,), 0, "it is 0.01 where 0 is right"
    ),
    "power_without_lowering": Lie(
        lie("power", (lambda x, y, out: y * out, _right("power", 1))), (1.7, 3.0), 0, "1.7 times what is right"
    ),
}
