r"""``AdaGrad`` and ``RMSprop``: each parameter's rate is divided by the size that its gradients have had."""

from __future__ import annotations

from typing import Any

from microgradnet.nn.optim.base import Optimizer, State, setting
from microgradnet.ops import maximum, sqrt


class AdaGrad(Optimizer):
    r"""AdaGrad: the rate of a parameter falls with the sum of its squared gradients.

    With the gradient g of a parameter p, weight decay :math:`\lambda`, the t-th step, and G = 0 at first:

    .. math:: g' = g + \lambda p, \quad G \leftarrow G + g'^2, \quad
        p \leftarrow p - \frac{\eta}{1 + (t - 1)\,\mathrm{decay}} \frac{g'}{\sqrt G + \epsilon}

    Arguments:
        params: the Values to change: a list, a dict, or a Module.
        lr: the learning rate eta, 0 or more.
        lr_decay: by how much the rate falls from step to step, 0 or more.
        weight_decay: 0 or more.
        initial_accumulator_value: what G begins at, 0 or more.
        eps: epsilon, 0 or more, which stands outside the root.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods for online learning and stochastic
    optimization* (2011), figure 1, in PyTorch's form.

    Example:
        >>> from microgradnet import Value
        >>> w = Value(1.0)
        >>> adagrad = AdaGrad([w], lr=0.5)
        >>> (4.0 * w).backward()
        >>> adagrad.step()
        >>> f"{w.data:.6f}"
        '0.500000'
    """

    def __init__(
        self,
        params: Any,
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        self.initial_state = (setting("initial_accumulator_value", initial_accumulator_value), 0.0)
        super().__init__(params, lr)
        self.lr_decay = setting("lr_decay", lr_decay)
        self.weight_decay = setting("weight_decay", weight_decay)
        self.eps = setting("eps", eps)

    def update(self, data: Any, grad: Any, state: State) -> tuple[Any, State]:
        """Return the new number, sum of squares and step of a parameter; arrays of them are changed in place."""
        squares, steps = state
        if self.weight_decay:
            grad = grad + self.weight_decay * data
        rate = self.lr / (1.0 + steps * self.lr_decay)
        steps += 1.0
        squares += grad * grad
        denominator = sqrt(squares)
        denominator += self.eps
        data -= rate * grad / denominator
        return data, (squares, steps)


class RMSprop(Optimizer):
    r"""RMSprop: the gradient divided by the root of a running mean of its square.

    With the gradient g of a parameter p, weight decay :math:`\lambda`, momentum :math:`\mu`, and s, m and v 0 at first:

    .. math:: g' = g + \lambda p, \quad s \leftarrow \alpha s + (1 - \alpha) g'^2, \quad
        v \leftarrow \mu v + \frac{g'}{\sqrt s + \epsilon}, \quad p \leftarrow p - \eta v

    Centered, the variance :math:`s - m^2` stands for s, with :math:`m \leftarrow \alpha m + (1 - \alpha) g'`; where
    rounding makes it negative it counts as 0. These are PyTorch's rules.

    Arguments:
        params: the Values to change: a list, a dict, or a Module.
        lr: the learning rate eta, 0 or more.
        alpha: how much of the running means stays at each step, from 0 to below 1.
        eps: epsilon, 0 or more, which stands outside the root.
        weight_decay: 0 or more.
        momentum: 0 or more, usually below 1.
        centered: whether to divide by the root of the variance.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: T. Tieleman and G. Hinton, *Neural Networks for Machine Learning* (2012), lecture 6.5; centered: A. Graves,
    *Generating sequences with recurrent neural networks* (2013), eq. 38 to 41, with epsilon as in PyTorch.

    Example:
        >>> from microgradnet import Value
        >>> w = Value(1.0)
        >>> rmsprop = RMSprop([w], lr=0.1)
        >>> (4.0 * w).backward()
        >>> rmsprop.step()
        >>> f"{w.data:.6f}"
        '0.000000'
    """

    initial_state = (0.0, 0.0, 0.0)

    def __init__(
        self,
        params: Any,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.alpha = setting("alpha", alpha, below=1.0)
        self.eps = setting("eps", eps)
        self.weight_decay = setting("weight_decay", weight_decay)
        self.momentum = setting("momentum", momentum)
        self.centered = bool(centered)

    def update(self, data: Any, grad: Any, state: State) -> tuple[Any, State]:
        """Return the new number, means and velocity of a parameter; arrays of them are changed in place."""
        squares, mean, velocity = state
        if self.weight_decay:
            grad = grad + self.weight_decay * data
        squares *= self.alpha
        squares += (1.0 - self.alpha) * (grad * grad)
        variance = squares
        if self.centered:
            mean += (1.0 - self.alpha) * (grad - mean)
            variance = maximum(squares - mean * mean, 0.0)
        denominator = sqrt(variance)
        denominator += self.eps
        step = grad / denominator
        if self.momentum:
            velocity *= self.momentum
            velocity += step
            step = velocity
        data -= self.lr * step
        return data, (squares, mean, velocity)
