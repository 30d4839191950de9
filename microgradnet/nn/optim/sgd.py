r"""``SGD``: gradient descent, with momentum, Nesterov's momentum and weight decay."""

from __future__ import annotations

from typing import Any

from microgradnet.errors import ArgumentError
from microgradnet.nn.optim.base import Optimizer, State, setting


class SGD(Optimizer):
    r"""Gradient descent, with momentum, Nesterov's momentum and weight decay where asked for.

    With the gradient g of a parameter p, weight decay :math:`\lambda`, momentum :math:`\mu`, and v = 0 at first:

    .. math:: g' = g + \lambda p, \quad v \leftarrow \mu v + g', \quad p \leftarrow p - \eta v

    and with Nesterov's momentum :math:`p \leftarrow p - \eta (g' + \mu v)`, v being the new one. These are PyTorch's
    rules. Textbooks and Keras write :math:`v \leftarrow \mu v - \eta g, \; p \leftarrow p + v` instead: their v is
    :math:`-\eta` times the one here, and the steps are the same as long as eta is; where eta changes on the way, the
    rule here applies the new one to the whole of v, theirs only to the new gradient.

    Arguments:
        params: the Values to change: a list, a dict, or a Module.
        lr: the learning rate eta, 0 or more.
        momentum: 0 or more, usually below 1.
        nesterov: whether to look ahead along v; needs a momentum.
        weight_decay: 0 or more.

    Raises:
        ArgumentError: an argument is out of its range, or ``nesterov`` comes without a momentum.

    Source: I. Sutskever, J. Martens, G. Dahl and G. Hinton, *On the importance of initialization and momentum in deep
    learning*, section 2, in PyTorch's form.

    Example:
        >>> from microgradnet import Value
        >>> w = Value(0.1, label="w")
        >>> sgd = SGD([w], lr=0.1)
        >>> (0.0084 * w).backward()
        >>> sgd.step()
        >>> f"{w.data:.5f}"
        '0.09916'
    """

    initial_state = (0.0,)

    def __init__(
        self, params: Any, lr: float, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, lr)
        self.momentum = setting("momentum", momentum)
        self.weight_decay = setting("weight_decay", weight_decay)
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise ArgumentError("nesterov=True with a momentum above 0", "momentum=0", "Give momentum=0.9, or so.")

    def update(self, data: Any, grad: Any, state: State) -> tuple[Any, State]:
        """Return the new number and velocity of a parameter; arrays of them are changed in place."""
        if self.weight_decay:
            grad = grad + self.weight_decay * data
        if not self.momentum:
            data -= self.lr * grad
            return data, state
        (velocity,) = state
        velocity *= self.momentum
        velocity += grad
        direction = grad + self.momentum * velocity if self.nesterov else velocity
        data -= self.lr * direction
        return data, (velocity,)
