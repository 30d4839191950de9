r"""``Optimizer``: a rule from a parameter's number, its gradient and its state to the new number and state.

The rule is written once, in plain arithmetic, and serves floats as well as whole arrays of parameters: what ``step``
applies to the Values one by one, ``mg.fit`` applies to arrays. The rules here write ``data -= self.lr * grad``, which
makes a new float of a float, and changes an array in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from microgradnet.errors import (
    ArgumentError,
    DomainError,
    NumberTypeError,
    ShapeError,
    UnknownNameError,
    did_you_mean,
    shown,
)
from microgradnet.nn.base import Module
from microgradnet.nn.reading import finite
from microgradnet.value import Value

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "Optimizer", "RMSprop"]


def __dir__() -> list[str]:
    return sorted(__all__)


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
        except (ArithmeticError, ValueError):  # such as 0/0 where eps is 0
            data, new_state = math.nan, state
        if not all(map(math.isfinite, (data, *new_state))):
            given = f"{data} for {parameter.label or f'parameter {place}'} from the gradient {parameter.grad}"
            raise DomainError("a step to finite numbers", given, "Use a smaller lr; check that the loss is finite.")
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
        given = f"{shown(params)} of type {type(params).__name__}"
        raise ArgumentError("a list of parameters", given, "Give model.parameters(), or [w, b].")
    parameters: dict[int, Value] = {}
    for place, parameter in enumerate(params, 1):
        if not isinstance(parameter, Value):
            given = f"{shown(parameter)} of type {type(parameter).__name__} as parameter {place}"
            raise NumberTypeError("parameters that are Values", given, "Give model.parameters(), or [w, b].")
        if parameter.op is not None:
            given = f"{parameter!r}, a result of {parameter.op.name}, as parameter {place}"
            raise ArgumentError("parameters that are leaves", given, "A step would be undone by the next computation.")
        parameters[id(parameter)] = parameter
    if not parameters:
        raise ArgumentError("at least one parameter", "none", "Give model.parameters(), or [w, b].")
    return list(parameters.values())


def _root(number: Any) -> Any:
    """Return the square root of a float, or of each number of an array; a number below 0 has none, and is an error."""
    if isinstance(number, float):
        return math.sqrt(number)
    import numpy

    return numpy.sqrt(number)


def _larger(one: Any, other: Any) -> Any:
    """Return the larger of two floats, or for arrays of each pair."""
    if isinstance(one, float) and isinstance(other, float):
        return max(one, other)
    import numpy

    return numpy.maximum(one, other)


def _is_reached(parameter: Value) -> bool:
    return parameter.has_grad or parameter.grad != 0.0  # a gradient that was assigned counts too


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
        denominator = _root(squares)
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
            variance = _larger(squares - mean * mean, 0.0)
        denominator = _root(variance)
        denominator += self.eps
        step = grad / denominator
        if self.momentum:
            velocity *= self.momentum
            velocity += step
            step = velocity
        data -= self.lr * step
        return data, (squares, mean, velocity)


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
        weight_decay: 0 or more; it is added to the gradient. :class:`AdamW` takes it from the parameter itself. Where
            not given it is 0, for :class:`AdamW` 0.01.
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

    _decay_is_decoupled, _usual_decay = False, 0.0

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
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
        decay = self._usual_decay if weight_decay is None else weight_decay
        self.weight_decay = setting("weight_decay", decay)
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
            largest = [_larger(largest[0], squares)]
        rate = self.lr / (1.0 - beta1**steps)
        data -= rate * mean / self._denominator(largest[0] if largest else squares, 1.0 - beta2**steps)
        return data, (mean, squares, steps, *largest)

    def _denominator(self, squares: Any, correction: Any) -> Any:
        corrected = squares / correction
        if self.eps_inside_sqrt:
            corrected += self.eps
            return _root(corrected)
        root = _root(corrected)
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

    _decay_is_decoupled, _usual_decay = True, 0.01


OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__.lower(): kind for kind in (SGD, AdaGrad, RMSprop, Adam, AdamW)
}  # what mg.fit, worksheets and the command find by name
ALIASES = {"gd": "sgd", "gradient_descent": "sgd"}


def find(name: str) -> type[Optimizer]:
    """Return the optimizer of this name or alias.

    Raises:
        UnknownNameError: there is none; the message names those that are spelled alike.

    Example:
        >>> find("RMSprop").__name__
        'RMSprop'
    """
    spelled = name.casefold().replace("-", "_").replace(" ", "_")
    found = OPTIMIZERS.get(ALIASES.get(spelled, spelled))
    if found is None:
        raise UnknownNameError("the name of an optimizer", shown(name), did_you_mean(name, OPTIMIZERS, ALIASES))
    return found
