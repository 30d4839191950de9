"""Parameters, their gradient and the optimizer's state as flat arrays, while training runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError
from microgradnet.nn.optim import Optimizer, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

Snapshot = tuple["NDArray[Any]", list[State], int]  # parameters, state, number of steps

PART = 8_192  # numbers of a dot product: of more than 10,000, OpenBLAS has several threads work, which takes longer
BLOCK = 12_000  # numbers that are moved at a time: what a rule needs in between stays small, in memory that is at hand


class Arrays:
    """What a compiled program and an optimizer work on. Values and the optimizer's own state wait for :meth:`store`.

    Arguments:
        program: the compiled loss.
        optimizer: of which parameters that the loss does not depend on stay as they are, state and all.

    Attributes:
        program: the compiled loss, whose ``parameters`` are moved in place.

    Raises:
        ArgumentError: the loss depends on no parameter of the optimizer.
    """

    def __init__(self, program: Any, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self._steps = 0
        self.use(program)

    def use(self, program: Any) -> None:
        """Go on with this program, from the numbers that the Values and the optimizer hold."""
        import numpy

        place = {id(leaf): index for index, leaf in enumerate(program.leaves)}
        moved = sorted((place[id(p)], index) for index, p in enumerate(self.optimizer.params) if id(p) in place)
        if not moved:
            advice = "Build it on model.parameters(), and have the loss use what the model returns."
            raise ArgumentError("a loss that depends on a parameter of the optimizer", "one that doesn't", advice)
        self.program = program
        self._of_optimizer = [index for _, index in moved]
        self._in_its_order = numpy.argsort(self._of_optimizer)
        self._places = None if len(moved) == len(program.leaves) else numpy.array([index for index, _ in moved])
        self._data = program.parameters if self._places is None else numpy.zeros(len(moved))
        self._gradient = program.gradient if self._places is None else numpy.zeros(len(moved))
        self._blocks = [slice(start, start + BLOCK) for start in range(0, len(moved), BLOCK)]
        self._moved = [(self._data[block], self._gradient[block]) for block in self._blocks]
        self._stored: list[State] | None = None
        self.load()

    def load(self) -> None:
        """Take over the numbers that the Values and the optimizer hold."""
        self.program.load()
        if self.optimizer.state != self._stored:
            self._stored = list(self.optimizer.state)
            columns = _columns([self._stored[index] for index in self._of_optimizer])
            self._states = [tuple(_part(column, block) for column in columns) for block in self._blocks]

    def store(self, whole: bool = True) -> None:
        """Bring the Values up to date; where ``whole``, the optimizer's state and number of steps as well."""
        self.program.store()
        if not whole:
            return
        states = self._rows()
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
        if self._places is not None:
            self.program.parameters.take(self._places, out=self._data)
            self.program.gradient.take(self._places, out=self._gradient)
        for place, (data, gradient) in enumerate(self._moved):
            new, self._states[place] = self.optimizer.update(data, gradient, self._states[place])
            if new is not data:  # a rule of the user's own may return a new array
                data[...] = new
        if self._places is not None:
            self.program.parameters[self._places] = self._data
        self._steps += 1

    def has_finite_gradient(self) -> bool:
        """Tell whether the gradient is finite; cheap where its square is, too."""
        gradient = self.program.gradient
        return math.isfinite(square(gradient)) or _is_finite(gradient)

    def is_finite(self) -> bool:
        """Tell whether parameters and state are finite."""
        return all(map(_is_finite, (self.program.parameters, *chain(*self._states))))

    def snapshot(self) -> Snapshot:
        """Return a copy of the parameters and of the state, to go back to."""
        return self.program.parameters.copy(), _copied(self._states), self.optimizer.steps + self._steps

    def go_back(self, snapshot: Snapshot) -> None:
        """Take parameters, state and number of steps from a snapshot, which stays usable."""
        parameters, states, steps = snapshot
        self.program.parameters[...] = parameters
        self._states = _copied(states)
        self._steps = steps - self.optimizer.steps

    def _rows(self) -> list[State]:
        """Return the states of the parameters that are moved, in the optimizer's order."""
        count = len(self._of_optimizer)
        columns = [_joined(parts, self._moved) for parts in zip(*self._states, strict=True)]
        if all(isinstance(column, float) for column in columns):
            return [tuple(columns)] * count
        lists = (
            [column] * count if isinstance(column, float) else column[self._in_its_order].tolist() for column in columns
        )
        return list(zip(*lists, strict=True))


def square(vector: NDArray[Any]) -> float:
    """Return the sum of the squares, of parts so short that no library of linear algebra wakes threads for them."""
    whole = 0.0
    for start in range(0, len(vector), PART):
        part = vector[start : start + PART]
        whole += float(part.dot(part))
    return whole


def _part(column: Any, block: slice) -> Any:
    return column if isinstance(column, float) else column[block]


def _joined(parts: Sequence[Any], moved: Sequence[tuple[Any, Any]]) -> Any:
    """Return an entry of all blocks' states as one float, where it is the same for all, or as one array."""
    import numpy

    if all(isinstance(part, float) and part == parts[0] for part in parts):
        return parts[0]
    return numpy.concatenate(
        [numpy.broadcast_to(part, len(data)) for part, (data, _) in zip(parts, moved, strict=True)]
    )


def _copied(states: Sequence[State]) -> list[State]:
    return [tuple(entry if isinstance(entry, float) else entry.copy() for entry in state) for state in states]


def _columns(states: Sequence[State]) -> State:
    """Return each number of the states as an array over the parameters; as one float where it is the same for all."""
    import numpy

    columns = [numpy.array(column, dtype=numpy.float64) for column in zip(*states, strict=True)]
    return tuple(float(column[0]) if (column == column[0]).all() else column for column in columns)


def _is_finite(numbers: Any) -> bool:
    import numpy

    return bool(numpy.isfinite(numbers).all())
