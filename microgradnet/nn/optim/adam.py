r"""``Adam`` and ``AdamW``: running means of the gradient and of its square, with their bias corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.optim.base import Optimizer, State, setting
from microgradnet.ops import maximum, sqrt


class Adam(Optimizer):
    r"""Adam: adaptive moment estimation.

    With the gradient g of a parameter p, weight decay :math:`\lambda`, the t-th step, and m = v = 0 at first:

    .. math:: g' = g + \lambda p, \quad m \leftarrow \beta_1 m + (1 - \beta_1) g', \quad
        v \leftarrow \beta_2 v + (1 - \beta_2) g'^2, \quad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}, \quad
        p \leftarrow p - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}

    Some textbooks write :math:`\sqrt{\hat v + \epsilon}` instead: ``eps_inside_sqrt=True``. AMSGrad puts the largest v
    so far in the place of v. t counts the steps that the parameter has taken itself.

    Arguments:
        params: the Values to change: a list, a dict, or a Module.
        lr: the learning rate eta, 0 or more.
        betas: how much of the two running means stays at each step, each from 0 to below 1.
        eps: epsilon, 0 or more.
        weight_decay: 0 or more; added to the gradient. :class:`AdamW` takes it from the parameter itself.
        amsgrad: whether to divide by the largest v so far.
        eps_inside_sqrt: whether epsilon stands inside the root.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: D. Kingma and J. Ba, *Adam: a method for stochastic optimization* (2015), algorithm 1; AMSGrad: S. Reddi,
    S. Kale and S. Kumar, *On the convergence of Adam and beyond* (2018), in PyTorch's form.

    Example:
        >>> from microgradnet import Value
        >>> theta = Value(5.0)
        >>> adam = Adam([theta], lr=0.1)
        >>> (theta**2).backward()
        >>> adam.step()
        >>> f"{theta.data:.10f}"
        '4.9000000001'
    """

    _decay_is_decoupled = False

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        eps_inside_sqrt: bool = False,
    ) -> None:
        self.initial_state = (0.0,) * (4 if amsgrad else 3)
        super().__init__(params, lr)
        if not isinstance(betas, (list, tuple)) or len(betas) != 2:
            raise ArgumentError("betas is a pair of numbers", shown(betas), "Usual is betas=(0.9, 0.999).")
        self.betas = tuple(setting(f"betas[{place}]", beta, below=1.0) for place, beta in enumerate(betas))
        self.eps = setting("eps", eps)
        self.weight_decay = setting("weight_decay", weight_decay)
        self.amsgrad, self.eps_inside_sqrt = bool(amsgrad), bool(eps_inside_sqrt)

    def update(self, data: Any, grad: Any, state: State) -> tuple[Any, State]:
        """Return the new number, running means and step of a parameter; arrays of them are changed in place."""
        mean, squares, steps, *largest = state
        beta1, beta2 = self.betas
        if self.weight_decay and self._decay_is_decoupled:
            data *= 1.0 - self.lr * self.weight_decay
        elif self.weight_decay:
            grad = grad + self.weight_decay * data
        steps += 1.0
        mean *= beta1
        mean += (1.0 - beta1) * grad
        squares *= beta2
        squares += (1.0 - beta2) * (grad * grad)
        if self.amsgrad:
            largest = [maximum(largest[0], squares)]
        rate = self.lr / (1.0 - beta1**steps)
        data -= rate * mean / self._denominator(largest[0] if largest else squares, 1.0 - beta2**steps)
        return data, (mean, squares, steps, *largest)

    def _denominator(self, squares: Any, correction: Any) -> Any:
        corrected = squares / correction
        if self.eps_inside_sqrt:
            corrected += self.eps
            return sqrt(corrected)
        root = sqrt(corrected)
        root += self.eps
        return root


class AdamW(Adam):
    r"""Adam with decoupled weight decay: :math:`p \leftarrow (1 - \eta \lambda) p` first, then Adam's step without it.

    Arguments: as for :class:`Adam`.

    Source: I. Loshchilov and F. Hutter, *Decoupled weight decay regularization* (2019), algorithm 2, in PyTorch's form:
    eta multiplies the decay too.

    Example:
        >>> from microgradnet import Value
        >>> w = Value(2.0)
        >>> adamw = AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (3.0 * w).backward()
        >>> adamw.step()
        >>> f"{w.data:.6f}"
        '1.800000'
    """

    _decay_is_decoupled = True

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        eps_inside_sqrt: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, eps_inside_sqrt=eps_inside_sqrt)
