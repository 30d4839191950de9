"""Parameters, their gradient and the optimizer's state as flat arrays, while training runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError
from microgradnet.nn.optim.base import Optimizer, State

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Arrays:
    """What a compiled program and an optimizer work on. Values and the optimizer's own state wait for :meth:`store`.

    Arguments:
        program: the compiled loss.
        optimizer: of which parameters that the loss does not depend on stay as they are, state and all.

    Attributes:
        program: the compiled loss, whose ``parameters`` are moved in place.
        state: one entry for each number of the optimizer's state: an array, or a float where all parameters share it.

    Raises:
        ArgumentError: the loss depends on no parameter of the optimizer.
    """

    def __init__(self, program: Any, optimizer: Optimizer) -> None:
        self.optimizer, self.program = optimizer, program
        self.state: State = ()
        self._steps = 0
        self._stored: list[State] | None = None
        self.use(program)

    def use(self, program: Any) -> None:
        """Go on with this program, from the numbers that the Values and the optimizer hold."""
        import numpy

        place = {id(leaf): index for index, leaf in enumerate(program.leaves)}
        moved = [(place[id(p)], index) for index, p in enumerate(self.optimizer.params) if id(p) in place]
        if not moved:
            advice = "Build it on model.parameters(), and have the loss use what the model returns."
            raise ArgumentError("a loss that depends on a parameter of the optimizer", "one that doesn't", advice)
        self.program, self._stored = program, None
        self._places = None if len(moved) == len(program.leaves) else numpy.array([p for p, _ in sorted(moved)])
        self._of_optimizer = [index for _, index in sorted(moved)]
        self._in_its_order = numpy.argsort(self._of_optimizer)
        self.load()

    def load(self) -> None:
        """Take over the numbers that the Values and the optimizer hold."""
        self.program.load()
        if self.optimizer.state != self._stored:
            self._stored = list(self.optimizer.state)
            self.state = _columns([self._stored[index] for index in self._of_optimizer])

    def store(self, whole: bool = True) -> None:
        """Bring the Values up to date; where ``whole``, the optimizer's state and number of steps as well."""
        self.program.store()
        if not whole:
            return
        states = self._states()
        if len(states) < len(self.optimizer.params):  # the others have not been reached, and keep theirs
            kept = list(self.optimizer.state)
            for index, state in zip(sorted(self._of_optimizer), states, strict=True):
                kept[index] = state
            states = kept
        self._stored, self.optimizer.state = states, list(states)
        self.optimizer.steps += self._steps
        self._steps = 0

    def step(self) -> None:
        """Move the parameters along the program's gradient."""
        parameters = self.program.parameters
        if self._places is None:
            data, self.state = self.optimizer.update(parameters, self.program.gradient, self.state)
            if data is not parameters:  # a rule of the user's own may return a new array
                parameters[...] = data
        else:
            gradient = self.program.gradient[self._places]
            parameters[self._places], self.state = self.optimizer.update(parameters[self._places], gradient, self.state)
        self._steps += 1

    def has_finite_gradient(self) -> bool:
        """Tell whether the gradient is finite; cheap where its square is, too."""
        gradient = self.program.gradient
        return math.isfinite(gradient.dot(gradient)) or _is_finite(gradient)

    def is_finite(self) -> bool:
        """Tell whether parameters and state are finite."""
        return all(map(_is_finite, (self.program.parameters, *self.state)))

    def snapshot(self) -> tuple[NDArray[Any], State, int]:
        """Return a copy of the parameters and of the state, to go back to."""
        state = tuple(entry if isinstance(entry, float) else entry.copy() for entry in self.state)
        return self.program.parameters.copy(), state, self.optimizer.steps + self._steps

    def go_back(self, snapshot: tuple[NDArray[Any], State, int]) -> None:
        """Take parameters, state and number of steps from a snapshot, which stays usable."""
        parameters, state, steps = snapshot
        self.program.parameters[...] = parameters
        self.state = tuple(entry if isinstance(entry, float) else entry.copy() for entry in state)
        self._steps = steps - self.optimizer.steps

    def _states(self) -> list[State]:
        """Return the states of the parameters that are moved, in the optimizer's order."""
        count = len(self._of_optimizer)
        if all(isinstance(entry, float) for entry in self.state):
            return [self.state] * count
        lists = (
            [entry] * count if isinstance(entry, float) else entry[self._in_its_order].tolist() for entry in self.state
        )
        return list(zip(*lists, strict=True))


def _columns(states: Sequence[State]) -> State:
    """Return each number of the states as an array over the parameters; as one float where it is the same for all."""
    import numpy

    columns = [numpy.array(column, dtype=numpy.float64) for column in zip(*states, strict=True)]
    return tuple(float(column[0]) if (column == column[0]).all() else column for column in columns)


def _is_finite(numbers: Any) -> bool:
    import numpy

    return bool(numpy.isfinite(numbers).all())
