r"""Derivatives of plain functions of numbers, without the engine's rules: differences and the complex step."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from microgradnet.value import number_of

_LEVELS = 11  # each step is half of the one before
_SHRINK = 60  # how often the first step is halved at most to stay inside a domain
_POLE = 1e6  # how much larger a function is at a pole than a step away
_CORNER = 1e-5  # slopes on the two sides that differ by more than this, relatively, are those of a corner


@dataclass(frozen=True, slots=True)
class Estimate:
    """A derivative as differences give it.

    Arguments:
        slope: the derivative; NaN where none could be found.
        error: about how far it may be off.
        left: the slope on the left side, from one-sided differences; NaN where there is none.
        right: the slope on the right side.
        corner: whether the two sides have different slopes: the point lies on a kink, or within ``step`` of one.
        pole: whether f is so large and changes so much from one float to the next that the point lies at a pole.
        step: the largest step that it rests on.
        noise: how much of it the rounding of f's results can be.
        method: how it was found.
    """

    slope: float
    error: float
    left: float
    right: float
    corner: bool
    step: float
    noise: float = 0.0
    method: str = "differences"
    pole: bool = False

    @property
    def reliable(self) -> bool:
        """Whether the differences settle on a number, as they do not at a jump or where the slope is infinite."""
        settled = self.error <= 1e-6 * abs(self.slope) + 100 * self.noise
        return self.method == "complex step" or (settled and not self.corner and not self.pole)

    def agrees_with(self, derivative: float, tolerance: float) -> bool:
        """Tell whether a derivative is this one, as far as it goes; the tolerance is relative."""
        allowed = tolerance * max(abs(self.slope), abs(derivative)) + 10 * (self.error + self.noise)
        return abs(derivative - self.slope) <= allowed


def differentiate(f: Callable[[float], float], x: float) -> Estimate:
    r"""Return the derivative of f at x by Richardson's extrapolation of differences.

    Central differences :math:`(f(x+h) - f(x-h))/2h` over halved steps have errors in :math:`h^2, h^4, \ldots`, which
    the tableau removes one by one; its entry that agrees best with its neighbours is taken (C. Ridders, *Accurate
    computation of F'(x) and F'(x)F''(x)*, Advances in Engineering Software 4, 1982). The steps are scaled to x, and
    to 1 where those tell more, and are halved until f is defined on both sides; at the edge of a domain they are
    one-sided.

    Arguments:
        f: a function of one float. Where it is not defined it raises ValueError or ArithmeticError.
        x: a point at which it is defined.
    """
    first, *others = sorted({abs(x) or 1.0, 1.0, 1e-4 * max(1.0, abs(x))}, reverse=True)
    best = _at_scale(f, x, first / 16)
    for scale in others:
        if not best.corner and best.error <= 1e-11 * abs(best.slope):
            break
        best = min(best, _at_scale(f, x, scale / 16), key=_rank)
    pole = _at_pole(f, x, best.step)
    return replace(best, pole=pole, corner=best.corner and not pole)


def complex_step(f: Callable[[complex], complex], x: float) -> float:
    r"""Return the derivative of an analytic function by the complex step :math:`\operatorname{Im} f(x + ih)/h`.

    With a step of 1e-100 it has neither truncation nor cancellation error (W. Squire and G. Trapp, *Using Complex
    Variables to Estimate Derivatives of Real Functions*, SIAM Review 40, 1998; J. Martins, P. Sturdza and J. Alonso,
    *The Complex-Step Derivative Approximation*, ACM TOMS 29, 2003). It means nothing where f is not analytic in its
    program, as with abs: compare it with :func:`differentiate`.

    Returns:
        The derivative, or NaN where f can't be computed with complex numbers.
    """
    import numpy  # the table's rules use its functions on complex numbers

    step = 1e-100
    try:
        with numpy.errstate(all="ignore"):
            result = complex(f(complex(x, step)))
    except (TypeError, ValueError, ArithmeticError):
        return math.nan
    return result.imag / step


def refined(estimate: Estimate, by_complex_step: float, *, alone: bool = False) -> Estimate:
    """Return the complex step's derivative in place of an estimate, where the two agree as far as the estimate goes.

    Arguments:
        estimate: the derivative by differences.
        by_complex_step: the same by the complex step, or NaN.
        alone: whether to take the complex step too where the differences settle on nothing, without a corner: at a
            pole, or where the function grows too fast for the least of the steps.
    """
    settled = estimate.reliable and estimate.agrees_with(by_complex_step, 1e-9)  # a NaN agrees with nothing
    lost = alone and not estimate.reliable and not estimate.corner and math.isfinite(by_complex_step)
    if not settled and not (lost and by_complex_step):  # 0 may only say that a part was lost on the way
        return estimate
    error = 16 * sys.float_info.epsilon * abs(by_complex_step)
    return replace(estimate, slope=by_complex_step, error=error, method="complex step")


def beside(x: float) -> tuple[float, float]:
    """Return the floats next to x, below and above."""
    return math.nextafter(x, -math.inf), math.nextafter(x, math.inf)


def _at_pole(f: Callable[[float], float], x: float, step: float) -> bool:
    """Tell whether f is a million times larger at x than a step away, and a quarter of it is gone one float further."""
    middle = value_or_nan(f, x)
    away = [abs(number) for number in (value_or_nan(f, x + step), value_or_nan(f, x - step)) if math.isfinite(number)]
    if not away or not abs(middle) > _POLE * max(*away, 0.0):
        return False
    return any(not abs(value_or_nan(f, number) - middle) <= abs(middle) / 4 for number in beside(x))


def _rank(estimate: Estimate) -> tuple[bool, bool, bool, float]:
    return math.isnan(estimate.slope), estimate.corner, not estimate.reliable, estimate.error


def _at_scale(f: Callable[[float], float], x: float, step: float) -> Estimate:
    """Return the estimate that steps from this size downwards give."""
    middle = value_or_nan(f, x)
    above, below = _inside(f, x, step), _inside(f, x, -step)
    step = min(above or step, below or step)
    steps = [h for level in range(_LEVELS) if x + (h := step / 2**level) != x != x - h]  # of which some may vanish
    ups = [value_or_nan(f, x + h) if above else math.nan for h in steps]
    downs = [value_or_nan(f, x - h) if below else math.nan for h in steps]
    # What x + h really is, in floats, is not quite x + h.
    right = _extrapolate([(up - middle) / ((x + h) - x) for up, h in zip(ups, steps, strict=True)], 2.0)
    left = _extrapolate([(middle - down) / (x - (x - h)) for down, h in zip(downs, steps, strict=True)], 2.0)
    size = max((abs(number) for number in (middle, *ups, *downs) if math.isfinite(number)), default=0.0)
    # What rounding f's results does to a difference over the first step; over the later ones, which are smaller, more.
    noise = 8 * sys.float_info.epsilon * size / step if step else math.inf
    allowed = noise * 2**_LEVELS
    left_slope, right_slope = (
        side if error <= 1e-4 * abs(side) + allowed else math.nan for side, error in (left, right)
    )
    if not (above and below):
        slope, error = right if above else left
        return Estimate(slope, error, left_slope, right_slope, corner=False, step=step, noise=noise)
    slope, error = _extrapolate(
        [(up - down) / ((x + h) - (x - h)) for up, down, h in zip(ups, downs, steps, strict=True)], 4.0
    )
    apart, steepest = abs(right[0] - left[0]), max(abs(right[0]), abs(left[0]))
    corner = apart > _CORNER * steepest + 10 * (right[1] + left[1]) + allowed
    return Estimate(slope, error, left_slope, right_slope, corner=corner, step=step, noise=noise)


def _extrapolate(differences: list[float], factor: float) -> tuple[float, float]:
    """Return the best entry of Richardson's tableau and about its error: how far it is from its neighbours.

    Arguments:
        differences: over halved steps.
        factor: by how much the leading error shrinks from one to the next, and each further one by 2 or 4 times that.
    """
    best, error = math.nan, math.inf
    row: list[float] = []
    for difference in differences:
        above, row, power = row, [difference], factor
        for earlier in above:
            row.append(row[-1] + (row[-1] - earlier) / (power - 1.0))
            distance = max(abs(row[-1] - row[-2]), abs(row[-1] - earlier))
            if distance <= error:
                best, error = row[-1], distance
            power *= factor
    return best, error


def _inside(f: Callable[[float], float], x: float, step: float) -> float:
    """Return the size of the step, halved until f is defined after it; 0.0 where that never is."""
    for _ in range(_SHRINK):
        if x + step == x:
            return 0.0
        if math.isfinite(value_or_nan(f, x + step)):
            return abs(step)
        step /= 2
    return 0.0


def value_or_nan(f: Callable[[float], float], x: float) -> float:
    """Return f at x, or NaN where f is not defined."""
    try:
        return number_of(f(x))
    except (ValueError, ArithmeticError):
        return math.nan
