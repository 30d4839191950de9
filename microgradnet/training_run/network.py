"""The model that a recipe describes, its loss and its optimizer by name, and targets as the loss wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import UnknownNameError
from microgradnet.nn import MLP, losses, optim
from microgradnet.operation import TABLE
from microgradnet.training_run.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np

SCORES = ("cross_entropy", "hinge")  # these take outputs of any size; the other losses, outputs from 0 to 1


def build(recipe: Recipe, data: Dataset) -> MLP:
    """Return the network: one input for each feature, one output for each class.

    Raises:
        UnknownNameError: there is no activation of this name.
    """
    output = "identity" if recipe.loss in SCORES else "sigmoid"
    init = "xavier" if recipe.activation in ("sigmoid", "tanh") else "he"
    sizes = [*recipe.hidden, len(data.target_names)]
    return MLP(data.X.shape[1], sizes, activation=recipe.activation, output=output, seed=recipe.seed, init=init)


def loss_of(recipe: Recipe) -> Callable[[Any, Any], Any]:
    """Return the loss of this name.

    Raises:
        UnknownNameError: there is none.
    """
    own = {
        name: each
        for name, each in vars(losses).items()
        if getattr(each, "__module__", "") == losses.__name__ and not name.startswith("_")
    }
    loss: Callable[[Any, Any], Any] = _named(own, recipe.loss, "a loss")
    return loss


def optimizer_of(recipe: Recipe, model: MLP) -> optim.Optimizer:
    """Return the optimizer of this name, for the parameters of the model.

    Raises:
        UnknownNameError: there is none.
        ArgumentError: the learning rate is out of its range.
    """
    rules = {
        name.lower(): each
        for name, each in vars(optim).items()
        if isinstance(each, type) and issubclass(each, optim.Optimizer) and each is not optim.Optimizer
    }
    optimizer: optim.Optimizer = _named(rules, recipe.optimizer.lower(), "an optimizer")(model, lr=recipe.lr)
    return optimizer


def targets_of(recipe: Recipe, data: Dataset) -> np.ndarray[Any, Any]:
    """Return what the loss compares the outputs with: the class, or a row with 1 for it and 0 (hinge: -1) elsewhere."""
    if recipe.loss == "cross_entropy":
        return data.y
    rows = data.one_hot()
    return 2.0 * rows - 1.0 if recipe.loss == "hinge" else rows


def outputs(model: MLP, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the model's outputs for many samples at once, an array (samples, outputs).

    A softmax at the end would not change which output is largest, and is left out.
    """
    import numpy as np

    for layer in model.layers:
        weights = np.array([[weight.data for weight in neuron.w] for neuron in layer.neurons])
        biases = np.array([0.0 if neuron.b is None else neuron.b.data for neuron in layer.neurons])
        rows = rows @ weights.T + biases
        if layer.activation in TABLE:
            rows = TABLE[layer.activation](rows)
    return rows


def _named(choices: dict[str, Any], name: str, what: str) -> Any:
    if name not in choices:
        raise UnknownNameError(f"the name of {what}", repr(name), f"There are {', '.join(sorted(choices))}.")
    return choices[name]
