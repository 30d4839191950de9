r"""Optimizers: how the parameters follow the gradient that ``loss.backward()`` left in ``.grad``.

An optimizer is one pure rule, from a parameter's number, its gradient and its state to the new number and state. It is
written in plain arithmetic, so that it is the same for floats and for whole arrays of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, shown
from microgradnet.nn.base import Module
from microgradnet.nn.reading import finite
from microgradnet.value import Value

State = tuple[Any, ...]


class Optimizer:
    """The base of the optimizers: a subclass gives :meth:`update` and :attr:`initial_state`.

    Arguments:
        params: the Values to change: a list as ``mlp.parameters()`` returns, a dict, or a Module.
        lr: the learning rate eta, 0 or more. It can be assigned between steps.

    Attributes:
        params: the parameters, each once.
        state: one tuple per parameter, what the rule remembers of it.
        steps: how many steps have been taken.

    Raises:
        ArgumentError: there are no parameters, one is the result of an operation, or ``lr`` is out of range.
        NumberTypeError: one is not a Value.
    """

    initial_state: State = ()

    def __init__(self, params: Any, lr: float) -> None:
        self.params = _read_parameters(params)
        self.lr = lr
        self.state: list[State] = [self.initial_state for _ in self.params]
        self.steps = 0

    @property
    def lr(self) -> float:
        """The learning rate eta."""
        return self._lr

    @lr.setter
    def lr(self, rate: float) -> None:
        self._lr = setting("lr", rate)

    def update(self, data: Any, grad: Any, state: State) -> tuple[Any, State]:
        """Return the new number and state of a parameter; of an array of parameters just as well."""
        raise NotImplementedError(f"{type(self).__name__} gives its rule as update(data, grad, state)")

    def step(self) -> None:
        """Move every parameter by one step. Those that no ``backward()`` has reached stay, state and all.

        All new numbers are computed before the first is stored.

        Raises:
            DomainError: a new number is not finite; no parameter and no state has been changed then.
        """
        updated = [
            self.update(parameter.data, parameter.grad, state) if _is_reached(parameter) else (parameter.data, state)
            for parameter, state in zip(self.params, self.state, strict=True)
        ]
        for place, (parameter, (data, state)) in enumerate(zip(self.params, updated, strict=True), 1):
            if not all(map(math.isfinite, (data, *state))):
                came = f"{data} for {parameter.label or f'parameter {place}'} from the gradient {parameter.grad}"
                raise DomainError("a step to finite numbers", came, "Use a smaller lr; check that the loss is finite.")
        for parameter, (data, _) in zip(self.params, updated, strict=True):
            parameter.data = data
        self.state = [state for _, state in updated]
        self.steps += 1

    def zero_grad(self) -> None:
        """Set ``.grad`` of every parameter to 0.0, "not computed yet"."""
        for parameter in self.params:
            parameter.grad = 0.0
            parameter.has_grad = False

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on later: the steps taken and the state of each parameter, in order."""
        return {"steps": self.steps, "state": [list(state) for state in self.state]}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned. Nothing changes unless all of it fits.

        Raises:
            ArgumentError: an entry is missing, or the number of steps is not a whole number.
            ShapeError: there are more or fewer states than parameters, or of another optimizer.
            NumberTypeError, DomainError: an entry is not a real, finite number.
        """
        advice = "Use what state_dict() of the same optimizer returned."
        if not isinstance(saved, Mapping) or set(saved) != {"steps", "state"}:
            raise ArgumentError("a dict with the entries 'steps' and 'state'", shown(saved), advice)
        steps, states = saved["steps"], saved["state"]
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ArgumentError("steps is a whole number, 0 or more", shown(steps), advice)
        size = len(self.initial_state)
        if not isinstance(states, (list, tuple)) or len(states) != len(self.params):
            count = len(states) if isinstance(states, (list, tuple)) else shown(states)
            raise ShapeError(f"{len(self.params)} states, one per parameter", str(count), advice)
        for index, state in enumerate(states):
            if not isinstance(state, (list, tuple)) or len(state) != size:
                raise ShapeError(f"state[{index}] is a list of {size} numbers", shown(state), advice)
        read = [
            tuple(finite(number, f"state[{index}][{place}]") for place, number in enumerate(state))
            for index, state in enumerate(states)
        ]
        self.steps, self.state = steps, read


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
        """Return the new number and velocity of a parameter; of an array of parameters just as well."""
        (velocity,) = state
        gradient = grad + self.weight_decay * data
        velocity = self.momentum * velocity + gradient
        direction = gradient + self.momentum * velocity if self.nesterov else velocity
        return data - self.lr * direction, (velocity,)


def setting(name: str, number: Any) -> float:
    """Return an optimizer's setting as a float.

    Raises:
        ArgumentError: it is not a finite number, 0 or more.
    """
    try:
        converted = finite(number, name)
    except (NumberTypeError, DomainError):
        converted = -1.0
    if converted < 0.0:
        raise ArgumentError(f"{name} is a finite number, 0 or more", shown(number), f"Usual is {name}=0.1 or less.")
    return converted


def _read_parameters(params: Any) -> list[Value]:
    if isinstance(params, Module):
        params = params.parameters()
    elif isinstance(params, Mapping):
        params = params.values()
    elif isinstance(params, Value) or not isinstance(params, Iterable):
        came = f"{shown(params)} of type {type(params).__name__}"
        raise ArgumentError("a list of parameters", came, "Give model.parameters(), or [w, b].")
    parameters: dict[int, Value] = {}
    for place, parameter in enumerate(params, 1):
        if not isinstance(parameter, Value):
            came = f"{shown(parameter)} of type {type(parameter).__name__} as parameter {place}"
            raise NumberTypeError("parameters that are Values", came, "Give model.parameters(), or [w, b].")
        if parameter.op is not None:
            came = f"{parameter!r}, a result of {parameter.op.name}, as parameter {place}"
            raise ArgumentError("parameters that are leaves", came, "A step would be undone by the next computation.")
        parameters[id(parameter)] = parameter
    if not parameters:
        raise ArgumentError("at least one parameter", "none", "Give model.parameters(), or [w, b].")
    return list(parameters.values())


def _is_reached(parameter: Value) -> bool:
    return parameter.has_grad or parameter.grad != 0.0  # a gradient that was assigned counts too
