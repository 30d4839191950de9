"""``Run``: one training run, minibatch by minibatch and epoch by epoch, on the compiled program."""

from __future__ import annotations

import math
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError
from microgradnet.nn.training import trouble
from microgradnet.nn.training.epoch import Epoch
from microgradnet.nn.training.interruption import Interruption
from microgradnet.nn.training.prepared import Prepared
from microgradnet.nn.training.progress import Bar
from microgradnet.nn.training.rate import Rate

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


LOOKS = 10  # at the gradient in an epoch, at least, where it has so many minibatches


class Run:
    """A training run.

    Arguments:
        prepared: what it works on.
        rate: the learning rate's schedule.
        generator: what shuffles; None for samples in the order that they have.
        batch_size: how many samples make a minibatch.
        interruption: holds Ctrl-C back within a step.
        bar: the progress bar.

    Attributes:
        arrays: parameters and state.
        measures: what is measured after each epoch.
        minibatch: how many minibatches of the epoch have been done.
        is_watched: whether a function of the caller's may look at Values and optimizer after an epoch.
    """

    def __init__(
        self,
        prepared: Prepared,
        rate: Rate,
        generator: numpy.random.Generator | None,
        batch_size: int,
        interruption: Interruption,
        bar: Bar,
    ) -> None:
        self.arrays, self.measures, self.minibatch = prepared.arrays, prepared.measures, 0
        self.is_watched = prepared.measures.is_watched or rate.is_watched
        self._prepared, self._compiled = prepared, prepared.compiled
        self._rate, self._generator, self._batch_size = rate, generator, batch_size
        self._interruption, self._bar = interruption, bar

    def epochs(self, count: int) -> Iterator[Epoch]:
        """Run epochs, and yield what each came to, with Values up to date."""
        import numpy

        for number in range(1, count + 1):
            begin = perf_counter()
            before = self.arrays.snapshot()
            with numpy.errstate(all="ignore"):  # what is not finite is found, and said once
                loss, norms = self._epoch(number, before)
                self.store()
                validation_loss = self._validation_loss()
            metric = self.measures.metric()
            lr = self.arrays.optimizer.lr
            self._rate.after_epoch()
            seconds = perf_counter() - begin
            self._bar.finish_epoch(number, loss, self.measures.described(metric))
            yield Epoch(number, loss, validation_loss, metric, lr, seconds, norms)

    def store(self) -> None:
        """Bring Values up to date; where somebody may look at it, the optimizer too."""
        self._interruption.held = True
        self.arrays.store(self.is_watched)
        self._interruption.release()

    def finish(self) -> None:
        """Leave Values and optimizer up to date. Ctrl-C does not interrupt this."""
        self._interruption.held = True
        self.arrays.store()
        self._rate.finish()

    def _validation_loss(self) -> float | None:
        rows = self.measures.validation_rows
        if rows is None:
            return None
        loss = self._compiled.mean_loss(rows)
        if not math.isfinite(loss) and self._compiled.form != "shifted":
            self._shift()
            loss = self._compiled.mean_loss(rows)
        return loss

    def _epoch(self, number: int, before: Any) -> tuple[float, dict[str, float]]:
        """Run all minibatches once; return the mean loss over the samples, and the size of the gradient by layer."""
        count, size, whole = len(self._compiled.rows), self._batch_size, 0.0
        squares: Any = 0.0
        looks = 0
        order, rare = self._order(count), max(1, -(-count // size) // LOOKS)
        self.minibatch = 0
        for start in range(0, count, size):
            rows = order[start : start + size]
            whole += self._step(rows, number, before) * len(rows)
            if self.minibatch % rare == 0:
                squares, looks = squares + self._prepared.layers.squares(self.arrays.program.gradient), looks + 1
            self.minibatch += 1
            self._bar.tick(self.minibatch, whole, start + len(rows))
        if not self.arrays.is_finite():
            self.arrays.go_back(before)
            raise trouble.overflown(f"epoch {number}")
        sizes = (squares / looks) ** 0.5
        return whole / count, dict(zip(self._prepared.layers.names, sizes.tolist(), strict=True))

    def _step(self, rows: NDArray[Any], number: int, before: Any) -> float:
        """Take the step of one minibatch; return its mean loss."""
        arrays, interruption = self.arrays, self._interruption
        self._check_branches(rows, number)
        loss = self._forward_and_backward(rows)
        if not (math.isfinite(loss) and arrays.has_finite_gradient()):
            loss = self._recover(rows, f"epoch {number}, batch {self.minibatch + 1}", before)
        interruption.held = True
        arrays.step()
        interruption.release()
        if self._rate.by_minibatch:
            if self._rate.is_watched:
                self.store()
            self._rate.after_minibatch()
        return loss

    def _check_branches(self, rows: NDArray[Any], number: int) -> None:
        """Raise where a comparison that was recorded has another outcome for a sample of this minibatch."""
        try:
            change = self._compiled.find_change(self._compiled.rows[rows]) if self._compiled.is_guarded else None
        except DomainError:  # the step will say where
            return
        if change is not None:
            sample = int(self._prepared.places[rows[change.row]])
            raise change.error(f" for sample X[{sample}] in epoch {number}, batch {self.minibatch + 1}")

    def _forward_and_backward(self, rows: NDArray[Any]) -> float:
        try:
            return self._compiled.program.step(self._compiled.batch.take(rows, axis=0))  # type: ignore[no-any-return]
        except DomainError:
            return math.nan

    def _recover(self, rows: NDArray[Any], where: str, before: Any) -> float:
        """Find out why a loss or gradient is not finite; return the loss in a form where it is.

        Raises:
            AnomalyError: there is none. The parameters are those before the step.
        """
        if not self.arrays.is_finite():
            self.arrays.go_back(before)
            raise trouble.overflown(where)
        self.arrays.store()
        batch, samples = self._compiled.batch[rows], self._compiled.rows[rows]
        finding = trouble.first_bad(self._compiled.recorder, self._compiled.program, batch, samples)
        if finding is not None:
            raise finding.report(where, int(self._prepared.places[rows[finding.place]]))
        if self._compiled.form != "shifted":
            self._shift()
            loss = self._forward_and_backward(rows)
            if math.isfinite(loss) and self.arrays.has_finite_gradient():
                return loss
        raise trouble.unexplained(where, "one that is not")

    def _shift(self) -> None:
        self._interruption.held = True
        self._prepared.shift()
        self._interruption.release()

    def _order(self, count: int) -> NDArray[Any]:
        import numpy

        return numpy.arange(count) if self._generator is None else self._generator.permutation(count)
