"""XAD's adjoint mode: scalars of C++ that write on a tape."""

from __future__ import annotations

from typing import Any, ClassVar

from benchmarks.engines.scalars import Function, Scalars


class XadTape(Scalars):
    most_nodes: ClassVar[float] = 1e6

    def __init__(self) -> None:
        import xad.adj_1st
        import xad.math

        super().__init__()
        self.real, self.tape = xad.adj_1st.Real, xad.adj_1st.Tape()

    def _record(self, function: Function) -> tuple[list[Any], Any]:
        """Write the function on the one tape, which keeps its memory from recording to recording."""
        leaves = [self.real(number) for number in self.numbers]
        self.tape.clearAll()
        self.tape.registerInputs(leaves)
        self.tape.newRecording()
        return leaves, function(leaves)

    def forward(self, function: Function) -> float:
        with self.tape:
            return self._record(function)[1].value  # type: ignore[no-any-return]

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        with self.tape:
            leaves, loss = self._record(function)
            self.tape.registerOutput(loss)
            loss.derivative = 1.0
            self.tape.computeAdjoints()
            return loss.value, [leaf.derivative for leaf in leaves]

    def functions(self) -> dict[str, Any]:
        import xad
        import xad.math

        def relu(number: Any) -> Any:
            return xad.math.max(number, 0.0)

        return {"relu": relu, "exp": xad.math.exp, "log": xad.math.log, "number": xad.value}
