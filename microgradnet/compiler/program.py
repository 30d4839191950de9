"""``Program``: a recorded graph that computes itself and its gradient again, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microgradnet.compiler.samples import read_samples
from microgradnet.errors import ArgumentError
from microgradnet.value import Value


class Program:
    """What ``mg.compile`` returns.

    Calling it computes the loss anew from the present numbers of the leaves. It sets ``.data`` of the loss and adds to
    ``.grad`` of the leaves, as ``backward`` does; the nodes between keep the numbers that they had.

    Attributes:
        outputs: the compiled nodes; the loss alone, where one Value was compiled.
        batch: the leaves that vary by sample, in the order of the columns of ``samples``.
        leaves: the other leaves that are no written numbers, in the order of the two arrays below.
        parameters: their numbers, as :meth:`load` read them last.
        gradient: the derivatives of the loss by them, as :meth:`step` computed them last.
    """

    def __init__(self, outputs: Sequence[Value], batch: Sequence[Value], leaves: Sequence[Value], runner: Any) -> None:
        import numpy as np

        self.outputs, self.batch, self.leaves = list(outputs), list(batch), list(leaves)
        self.parameters, self.gradient = np.zeros(len(self.leaves)), np.zeros(len(self.leaves))
        self._runner = runner
        self.load()

    def __call__(self, samples: Any = None) -> float:
        """Compute the loss, set its ``.data``, and add its derivatives to ``.grad`` of the leaves.

        Arguments:
            samples: with ``batch=``, an array of shape (samples, leaves of the batch); the loss is the mean over them.

        Raises:
            DomainError: a number leaves the domain of an operation. Nothing has changed then.
            ShapeError, NumberTypeError, ArgumentError: the samples are none of this program's.
        """
        samples = read_samples(samples, len(self.batch))
        self.load()
        loss = self.step(samples)
        self.outputs[0].data = loss
        for leaf, derivative in zip(self.leaves, self.gradient.tolist(), strict=True):
            leaf.grad += derivative
            leaf.has_grad = True
        return loss

    def load(self) -> None:
        """Read the numbers of the leaves into :attr:`parameters`."""
        self.parameters[:] = [leaf.data for leaf in self.leaves]

    def store(self) -> None:
        """Write :attr:`parameters` into the leaves."""
        for leaf, number in zip(self.leaves, self.parameters.tolist(), strict=True):
            leaf.data = number

    def step(self, samples: Any = None) -> float:
        """Return the loss at :attr:`parameters` and put its gradient into :attr:`gradient`; no Value is touched.

        Arguments and errors: as for calling the program.
        """
        if len(self.outputs) > 1:
            came = f"{len(self.outputs)} outputs"
            raise ArgumentError("one loss to differentiate", came, "Compile the loss alone, or use .values(samples).")
        samples = read_samples(samples, len(self.batch))
        return float(self._runner.step(self.parameters, self.gradient, samples))

    def evaluate(self, samples: Any = None) -> Any:
        """Return the loss at :attr:`parameters` for each sample, an array; nothing is differentiated."""
        return self.values(samples)[:, 0]

    def values(self, samples: Any = None) -> Any:
        """Return the outputs at :attr:`parameters`, an array of shape (samples, outputs)."""
        return self._runner.values(self.parameters, read_samples(samples, len(self.batch)))
