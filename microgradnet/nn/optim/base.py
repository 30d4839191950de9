"""``Optimizer``: a rule from a parameter's number, its gradient and its state to the new number and state.

The rule is written once, in plain arithmetic, and serves floats as well as whole arrays of parameters: what ``step``
applies to the Values one by one, ``mg.fit`` applies to arrays. The rules here write ``data -= self.lr * grad``, which
makes a new float of a float, and changes an array in place.
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
        """Return the new number and state of a parameter.

        Arguments:
            data: its number, or the numbers of all parameters as an array, which may be changed in place.
            grad: the gradient, of the same kind. It must be left as it is.
            state: what was returned with the last new number, :attr:`initial_state` at first. In a state of arrays, an
                entry that is equal for all parameters may be one float.
        """
        raise NotImplementedError(f"{type(self).__name__} gives its rule as update(data, grad, state)")

    def step(self) -> None:
        """Move every parameter by one step. Those that no ``backward()`` has reached stay, state and all.

        All new numbers are computed before the first is stored.

        Raises:
            DomainError: a new number is not finite; no parameter and no state has been changed then.
        """
        updated = [
            self._moved(parameter, state, place) if _is_reached(parameter) else (parameter.data, state)
            for place, (parameter, state) in enumerate(zip(self.params, self.state, strict=True), 1)
        ]
        for parameter, (data, _) in zip(self.params, updated, strict=True):
            parameter.data = data
        self.state = [state for _, state in updated]
        self.steps += 1

    def _moved(self, parameter: Value, state: State, place: int) -> tuple[Any, State]:
        try:
            data, new_state = self.update(parameter.data, parameter.grad, state)
        except ArithmeticError:  # such as 0/0 where eps is 0
            data, new_state = math.nan, state
        if not all(map(math.isfinite, (data, *new_state))):
            came = f"{data} for {parameter.label or f'parameter {place}'} from the gradient {parameter.grad}"
            raise DomainError("a step to finite numbers", came, "Use a smaller lr; check that the loss is finite.")
        return data, new_state

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


def setting(name: str, number: Any, below: float = math.inf) -> float:
    """Return a setting as a float.

    Raises:
        ArgumentError: it is not a finite number, 0 or more, or not below the bound.
    """
    try:
        converted = finite(number, name)
    except (NumberTypeError, DomainError):
        converted = -1.0
    if below < math.inf and not 0.0 <= converted < below:
        raise ArgumentError(f"{name} is from 0 to below {below:g}", shown(number), f"Usual is {name}=0.9 or more.")
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
