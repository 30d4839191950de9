"""What a run works on, made ready: the compiled loss, the arrays, and what is measured."""

from __future__ import annotations

from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.optim.base import Optimizer
from microgradnet.nn.training.arrays import Arrays
from microgradnet.nn.training.compiled import Compiled
from microgradnet.nn.training.data import Data
from microgradnet.nn.training.grouping import Layers
from microgradnet.nn.training.measuring import Measures
from microgradnet.nn.training.recorder import Recorder


class Prepared:
    """A model, a loss, an optimizer and data, recorded and compiled.

    Arguments:
        model, loss, optimizer, data, metric: see ``fit``.

    Attributes:
        compiled: the loss of the model, and the samples.
        arrays: parameters and state.
        layers: which parameters make up each layer of the model.
        measures: what is measured after each epoch.
        places: which sample of the caller's each sample is.

    Raises:
        ArgumentError: the model can't be called, or the loss depends on no sample or on no parameter.
        ShapeError, NumberTypeError, DomainError: model, loss and samples don't fit.
    """

    def __init__(self, model: Any, loss: Any, optimizer: Optimizer, data: Data, metric: Any) -> None:
        if not callable(model):
            came = f"{shown(model)} of type {type(model).__name__}"
            raise ArgumentError("a model that can be called", came, "Give it a method __call__(self, x).")
        recorder = Recorder(model, loss, *data.training)
        self.compiled = Compiled(recorder, recorder.samples(*data.training))
        self.arrays = Arrays(self.compiled.program, optimizer)
        self.layers = Layers(model, self.compiled.program.leaves, optimizer.params)
        self.measures = Measures(recorder, data.training, data.validation, metric)
        self.places = data.places

    def shift(self) -> None:
        """Go on with a program in whose losses no power overflows."""
        self.arrays.store()
        self.compiled.shift()
        self.arrays.use(self.compiled.program)
        self.layers = self.layers.of_leaves(self.compiled.program.leaves)
