"""autograd: NumPy's functions on boxes that record, here around scalars.

The parameters are one array, unpacked once: the gradient by each place of an array is added in place, where a list
would be copied for each.
"""

from __future__ import annotations

from typing import Any

from benchmarks.engines.scalars import Function, Scalars


class AutogradBoxes(Scalars):
    def __init__(self) -> None:
        import autograd
        import autograd.numpy

        super().__init__()
        self.make_vjp, self.numpy = autograd.make_vjp, autograd.numpy

    def _record(self, function: Function) -> tuple[Any, Any]:
        """Return the backward pass and the value."""
        count = len(self.numbers)
        unpacked = self.make_vjp(lambda array: function([array[place] for place in range(count)]))
        return unpacked(self.numpy.array(self.numbers))  # type: ignore[no-any-return]

    def forward(self, function: Function) -> float:
        return float(self._record(function)[1])

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        backward, loss = self._record(function)
        return float(loss), backward(1.0).tolist()

    def functions(self) -> dict[str, Any]:
        numpy = self.numpy

        def relu(number: Any) -> Any:
            return number if number > 0.0 else 0.0 * number

        def number(box: Any) -> float:
            return float(box._value)

        return {"relu": relu, "exp": numpy.exp, "log": numpy.log, "number": number}
