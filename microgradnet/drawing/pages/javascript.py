"""The rules of the table written as JavaScript, with which a page computes its graph again without a kernel.

A rule is applied to expressions, as it is to numbers, and they write down what is done to them. Where a rule calls
NumPy, NumPy's own protocols (NEP 13 and NEP 18) hand the call back to be written, as they do for compiled programs.
What neither has a JavaScript form here nor can be traced, such as a rule that calls ``math.lgamma``, has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from microgradnet.operation import ATOM, PRODUCT, SUM, Notation, Op
from microgradnet.symbols import write_number

_COMPARISON, _LOGIC = 8, 4  # how tightly JavaScript's operators bind, beside SUM and PRODUCT

# What NumPy calls a function, and the function in JavaScript. Names without Math are those of arithmetic.js.
_FUNCTIONS: dict[str, Notation | str] = {
    "absolute": "Math.abs(#1)",
    "add": Notation("#1 + #2", SUM, (SUM, SUM + 1)),
    "arccos": "Math.acos(#1)",
    "arccosh": "Math.acosh(#1)",
    "arcsin": "Math.asin(#1)",
    "arcsinh": "Math.asinh(#1)",
    "arctan": "Math.atan(#1)",
    "arctan2": "angle(#1, #2)",
    "arctanh": "Math.atanh(#1)",
    "bitwise_and": Notation("#1 && #2", _LOGIC, (_COMPARISON, _COMPARISON)),
    "cbrt": "Math.cbrt(#1)",
    "ceil": "Math.ceil(#1)",
    "copysign": "copysign(#1, #2)",
    "cos": "Math.cos(#1)",
    "cosh": "Math.cosh(#1)",
    "divide": Notation("#1 / #2", PRODUCT, (PRODUCT, PRODUCT + 1)),
    "equal": Notation("#1 === #2", _COMPARISON, (SUM, SUM)),
    "exp": "Math.exp(#1)",
    "exp2": "Math.pow(2, #1)",
    "expm1": "Math.expm1(#1)",
    "float_power": "Math.pow(#1, #2)",
    "floor": "Math.floor(#1)",
    "floor_divide": "floorDivide(#1, #2)",
    "greater": Notation("#1 > #2", _COMPARISON, (SUM, SUM)),
    "greater_equal": Notation("#1 >= #2", _COMPARISON, (SUM, SUM)),
    "hypot": "Math.hypot(#1, #2)",
    "less": Notation("#1 < #2", _COMPARISON, (SUM, SUM)),
    "less_equal": Notation("#1 <= #2", _COMPARISON, (SUM, SUM)),
    "log": "Math.log(#1)",
    "log10": "Math.log10(#1)",
    "log1p": "Math.log1p(#1)",
    "log2": "Math.log2(#1)",
    "logaddexp": "addLogs(#1, #2)",
    "maximum": "Math.max(#1, #2)",
    "minimum": "Math.min(#1, #2)",
    "multiply": Notation("#1 * #2", PRODUCT, (PRODUCT, PRODUCT + 1)),
    "negative": Notation("-#1", SUM, (PRODUCT,)),
    "not_equal": Notation("#1 !== #2", _COMPARISON, (SUM, SUM)),
    "positive": Notation("#1", 0, (0,)),
    "power": "Math.pow(#1, #2)",
    "reciprocal": Notation("1 / #1", PRODUCT, (PRODUCT + 1,)),
    "remainder": "remainder(#1, #2)",
    "rint": "roundToEven(#1)",
    "sign": "Math.sign(#1)",
    "sin": "Math.sin(#1)",
    "sinh": "Math.sinh(#1)",
    "sqrt": "Math.sqrt(#1)",
    "square": Notation("#1 * #1", PRODUCT, (PRODUCT + 1,)),
    "subtract": Notation("#1 - #2", SUM, (SUM, SUM + 1)),
    "tan": "Math.tan(#1)",
    "tanh": "Math.tanh(#1)",
}
# Operations whose rule calls Python's math element by element, as NumPy has no function for them.
_OPERATIONS = {"erf": "erf(#1)", "erfc": "erfc(#1)"}


class WrittenOperand:
    """An operand that writes what is done to it as JavaScript.

    Arguments:
        text: the JavaScript.
        precedence: how tightly it binds.
        needs: the operations that it calls.
    """

    _functions: Any  # by NumPy's names, for the table's forward rules

    def __init__(self, text: str, precedence: int = ATOM, needs: frozenset[Op] = frozenset()) -> None:
        self.text, self.precedence, self.needs = text, precedence, needs

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> WrittenOperand:
        places = ", ".join(f"#{place}" for place in range(1, len(operands) + 1))
        return _combine(f"rules.{op.name}.value({places})", operands, frozenset([op]))

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.__name__ not in _FUNCTIONS:
            return NotImplemented
        return _combine(_FUNCTIONS[ufunc.__name__], operands)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if options or len(operands) != 3:
            return NotImplemented
        if function.__name__ == "where":
            return _choose(*operands)
        if function.__name__ == "clip":
            return _combine("Math.min(Math.max(#1, #2), #3)", operands)
        return NotImplemented

    def astype(self, kind: type) -> WrittenOperand:
        """Return what is true or false as 1 or 0."""
        return _combine("Number(#1)", (self,))

    def __bool__(self) -> bool:
        raise TypeError("a rule that chooses with Python's if can't be written as JavaScript")

    __float__ = __int__ = __index__ = __bool__
    __hash__ = object.__hash__


def _method(function: str, *, turned: bool = False) -> Callable[..., WrittenOperand]:
    def method(self: WrittenOperand, *others: Any) -> WrittenOperand:
        operands = (*others, self) if turned else (self, *others)
        return _combine(_FUNCTIONS[function], operands)

    return method


_METHODS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and",
}  # fmt: skip
_ALONE = {
    "neg": "negative", "pos": "positive", "abs": "absolute", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip
for _name, _function in _METHODS.items():
    setattr(WrittenOperand, f"__{_name}__", _method(_function))
    setattr(WrittenOperand, f"__r{_name}__", _method(_function, turned=True))
for _name, _function in _ALONE.items():
    setattr(WrittenOperand, f"__{_name}__", _method(_function))


def _combine(written: Notation | str, operands: Sequence[Any], needs: frozenset[Op] = frozenset()) -> WrittenOperand:
    notation = Notation(written) if isinstance(written, str) else written
    text, precedence = notation.write([_write(operand) for operand in operands[:2]])
    if len(operands) == 3:
        text = text.replace("#3", _write(operands[2])[0])
    return WrittenOperand(text, precedence, needs.union(*(getattr(each, "needs", ()) for each in operands)))


def _choose(condition: Any, x: Any, otherwise: Any) -> WrittenOperand:
    return _combine("(#1 ? #2 : #3)", (condition, x, otherwise))


class _Functions:
    """NumPy's functions for operands that are written: the same text where there is no NumPy, as in a browser."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "where":
            return _choose
        if name == "clip":
            return lambda *operands: _combine("Math.min(Math.max(#1, #2), #3)", operands)
        if name == "errstate":
            return lambda **options: nullcontext()
        function = _FUNCTIONS.get("absolute" if name == "abs" else name)
        if function is None:
            raise AttributeError(name)
        return lambda *operands: _combine(function, operands)


WrittenOperand._functions = _Functions()


def _write(operand: Any) -> tuple[str, int]:
    if isinstance(operand, WrittenOperand):
        return operand.text, operand.precedence
    text, precedence = write_number(operand)
    return text.replace("inf", "Infinity").replace("nan", "NaN"), precedence


@dataclass(frozen=True, slots=True)
class JavaScriptRule:
    """An operation in JavaScript.

    Arguments:
        text: an object with the functions ``value`` and ``slopes``.
        needs: the operations that it calls.
    """

    text: str
    needs: frozenset[Op]


@cache
def write_rule(op: Op) -> JavaScriptRule | None:
    """Return the rules of an operation in JavaScript; None where one of them can't be written so."""
    names = "xy"[: len(op.partials)]
    operands = [WrittenOperand(name) for name in names]
    if not op.name.isascii():
        return None
    try:
        value = _combine(_OPERATIONS[op.name], operands) if op.name in _OPERATIONS else op.forward(*operands)
        slopes = [partial(*operands, WrittenOperand("out")) for partial in op.partials]
        written = [_write(each)[0] for each in (value, *slopes)]
    except Exception:  # a user's rule may raise anything on nan
        return None
    parameters = ", ".join(names)
    partials = ", ".join(f"({parameters}, out) => {text}" for text in written[1:])
    text = f"{{ value: ({parameters}) => {written[0]}, slopes: [{partials}] }}"
    needs: list[frozenset[Op]] = [getattr(each, "needs", frozenset()) for each in (value, *slopes)]
    return JavaScriptRule(text, frozenset().union(*needs))


def write_rules(ops: Iterable[Op]) -> tuple[str, list[str]]:
    """Return the rules of operations, with those that they call, as one JavaScript object, and which have none."""
    waiting = list(dict.fromkeys(ops))
    found: dict[str, tuple[Op, str]] = {}
    missing: list[str] = []
    for op in waiting:
        rule = write_rule(op)
        if rule is None or found.get(op.name, (op,))[0] is not op:  # or one that was defined anew since
            missing.append(op.name)
        else:
            found[op.name] = op, rule.text
            waiting += sorted(rule.needs - set(waiting), key=lambda each: each.name)
    lines = "".join(f"  {name}: {text},\n" for name, (_, text) in sorted(found.items()))
    return f"const rules = {{\n{lines}}};\n", missing


def write_float(number: float) -> float | str:
    """Return a number as JSON can hold it: infinities and NaN as what JavaScript reads as such."""
    return number if json.dumps(number)[-1].isdigit() else json.dumps(number)
