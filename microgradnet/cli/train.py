"""``microgradnet train``: a network trained on digits, on points in the plane, or on data of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from microgradnet.cli.application import OUTPUT
from microgradnet.cli.train_data import TARGET, Material, Recipe, find_material, read_hidden, recipe_of
from microgradnet.cli.train_report import WITHOUT_PICTURES, Confusion, Results, after, write
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError, DomainError
from microgradnet.nn import MLP, losses, optim
from microgradnet.nn.training import fit
from microgradnet.plots.axes import is_possible
from microgradnet.text import clean

if TYPE_CHECKING:
    import numpy as np


def complete(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Return the data sets and the files that a shell offers for what is typed so far."""
    names = [CompletionItem(name, help=entry.summary) for name, entry in CATALOGUE.items() if name.startswith(start)]
    return [*names, CompletionItem(start, type="file")]


_HELP = f"""Train a network to tell classes apart; write its curves, its confusion matrix and the model.

NAME is one of {", ".join(CATALOGUE)}; FILE.csv has one sample a line, with its class; FOLDER has MNIST's files. What is
not given is chosen for the data.
"""
_TARGET_HELP = "The column of a table with the classes: a name, or a place from 1 (-1 is the last)."


@click.command(help=_HELP)
@click.argument("what", metavar="NAME|FILE.csv|FOLDER", shell_complete=complete)
@click.option("--hidden", multiple=True, metavar="SIZES", help="Sizes of the hidden layers: 30, or 30,20, or none.")
@click.option("--activation", help="Of the hidden layers: sigmoid, tanh, relu, ...")
@click.option("--loss", help="cross_entropy, half_squared_error, hinge, ...")
@click.option("--optimizer", help="sgd, adam, ...")
@click.option("--lr", type=float, help="The learning rate eta.")
@click.option("--epochs", type=int, help="How often every sample is used.")
@click.option("--batch-size", type=int, help="How many samples make a step.")
@click.option("--seed", type=int, help="For the split, the first weights and the order; else 0.")
@click.option("--test", type=float, help="The share of samples to test with; 0 for none.")
@click.option("--target", default=TARGET, show_default=True, help=_TARGET_HELP)
@click.option("--out", type=click.Path(path_type=Path), help="Where the files go; else microgradnet-out/train-NAME.")
@click.option("--quiet", is_flag=True, help="Print the accuracy only.")
def train(
    what: str, target: str, hidden: tuple[str, ...], test: float | None, out: Path | None, quiet: bool, **chosen: Any
) -> None:
    """Train as the options say; see ``_HELP``."""
    recipe = recipe_of(what).changed(hidden=read_hidden(hidden), test=test, **chosen)
    run = Run(find_material(what, recipe, target=target, test=test), recipe)
    folder = out or OUTPUT / f"train-{run.material.name}"
    folder.mkdir(parents=True, exist_ok=True)  # one that can't be made is found before training, not after
    _say([] if quiet else before(run))
    results = run.train(progress=not quiet)
    lines = after(results, folder, write(results, folder))
    _say(lines[:1] if quiet else lines)
    if not is_possible():
        print(WITHOUT_PICTURES, file=sys.stderr)


def _say(lines: list[str]) -> None:
    for line in lines:
        print(clean(line))


def before(prepared: Run) -> list[str]:
    """Return what is about to be trained, and how."""
    material, recipe = prepared.material, prepared.recipe
    data, held_out = material.train, material.test
    count = len(data) + (0 if held_out is None else len(held_out))
    sizes = [data.X.shape[1], *recipe.hidden, len(data.target_names)]
    parameters = len(prepared.model.parameters())
    parted = "all to train" if held_out is None else f"{len(data):,} to train, {len(held_out):,} to test"
    hidden = f", {recipe.activation}" if recipe.hidden else ""
    return [
        f"{material.name}: {count:,} samples of {sizes[0]} inputs in {sizes[-1]} classes; {parted}",
        f"network {'-'.join(map(str, sizes))}{hidden}: {parameters:,} parameters",
        f"{recipe.loss}, {recipe.optimizer} with eta = {recipe.lr:g}, {recipe.epochs} epochs of minibatches of "
        f"{recipe.batch_size}, seed {recipe.seed}",
    ]


class Run:
    """What is needed to train, made before anything is said or written, so that a bad setting stops it here.

    Arguments:
        material: the samples.
        recipe: the settings.

    Attributes:
        model: the network; it takes scaled inputs until it is trained, and inputs as they are in the data from then on.

    Raises:
        UnknownNameError: there is no activation, loss or optimizer of this name.
        ArgumentError: the learning rate is out of its range.
        DomainError: the features are too large to be scaled.
    """

    def __init__(self, material: Material, recipe: Recipe) -> None:
        self.material, self.recipe = material, recipe
        self.scaling = Scaling.of(material.train, per_feature=recipe.per_feature)
        self.model = build(recipe, material.train)
        self.loss, self.optimizer = loss_of(recipe), optimizer_of(recipe, self.model)

    def train(self, *, progress: bool = True) -> Results:
        """Train; call it once.

        Arguments:
            progress: whether to show a bar.

        Raises:
            ArgumentError: it was stopped before the first epoch was over.
            AnomalyError: the loss is no longer finite.
        """
        start = perf_counter()
        inputs, targets = self._prepared(self.material.train)
        test = self.material.test
        history = fit(
            self.model,
            inputs,
            targets,
            loss=self.loss,
            optimizer=self.optimizer,
            epochs=self.recipe.epochs,
            batch_size=self.recipe.batch_size,
            validation=None if test is None else self._prepared(test),
            seed=self.recipe.seed,
            progress=progress,
        )
        seconds = perf_counter() - start
        if not history.epochs:
            raise ArgumentError("one epoch at least", "none", "Train for longer; nothing is written.")
        self.scaling.fold_into(self.model)
        on_train = Confusion.of(self.model, self.material.train)
        on_test = None if test is None else Confusion.of(self.model, test)
        return Results(self.material, self.recipe, self.model, history, on_train, on_test, seconds)

    def _prepared(self, data: Dataset) -> tuple[object, object]:
        return self.scaling(data.X), targets_of(self.recipe, data)


def build(recipe: Recipe, data: Dataset) -> MLP:
    """Return the network: one input for each feature, one output for each class.

    Raises:
        UnknownNameError: there is no activation of this name.
    """
    of_any_size = losses.find(recipe.loss).outputs in (losses.LOGITS, losses.SCORES)
    output = "identity" if of_any_size else "sigmoid"
    init = "xavier" if recipe.activation in ("sigmoid", "tanh") else "he"
    sizes = [*recipe.hidden, len(data.target_names)]
    return MLP(data.X.shape[1], sizes, activation=recipe.activation, output=output, seed=recipe.seed, init=init)


def loss_of(recipe: Recipe) -> Callable[[Any, Any], Any]:
    """Return the loss of this name.

    Raises:
        UnknownNameError: there is none.
    """
    return losses.find(recipe.loss).function


def optimizer_of(recipe: Recipe, model: MLP) -> optim.Optimizer:
    """Return the optimizer of this name, for the parameters of the model.

    Raises:
        UnknownNameError: there is none.
        ArgumentError: the learning rate is out of its range.
    """
    return optim.find(recipe.optimizer)(model, lr=recipe.lr)


def targets_of(recipe: Recipe, data: Dataset) -> np.ndarray[Any, Any]:
    """Return what the loss compares the outputs with: the class, or a row with 1 for it and 0 (hinge: -1) elsewhere."""
    loss = losses.find(recipe.loss)
    if loss.takes_classes:
        return data.y
    rows = data.one_hot()
    return 2.0 * rows - 1.0 if loss.targets == losses.SIGNS else rows


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A shift and a spread for each feature.

    Arguments:
        shift: m, an array (features,).
        spread: s, likewise, above 0.
    """

    shift: np.ndarray[Any, Any]
    spread: np.ndarray[Any, Any]

    @classmethod
    def of(cls, data: Dataset, *, per_feature: bool) -> Scaling:
        """Return the mean and the standard deviation, of each feature or of all together; 1 where nothing varies.

        Raises:
            DomainError: the numbers are too large to be squared.
        """
        import numpy as np

        axis = 0 if per_feature else None
        width = data.X.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            shift, spread = (np.broadcast_to(each(data.X, axis=axis), width) for each in (np.mean, np.std))
        if not np.isfinite(spread).all():
            came = f"numbers of up to {np.abs(data.X).max():.1e}"
            raise DomainError("features whose squares are finite", came, "Change the unit of the largest.")
        rounding = 1e-12 * np.abs(shift)  # the deviation of a constant is a rounding error
        return cls(shift, np.where(spread > rounding, spread, 1.0))

    def __call__(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return samples brought to one size."""
        scaled: np.ndarray[Any, Any] = (rows - self.shift) / self.spread
        return scaled

    def fold_into(self, model: MLP) -> None:
        """Change the first layer so that the model does for samples as they came what it did for scaled ones."""
        for neuron in model.layers[0].neurons:
            shifted = 0.0
            for weight, shift, spread in zip(neuron.w, self.shift.tolist(), self.spread.tolist(), strict=True):
                weight.data /= spread
                shifted += weight.data * shift
            if neuron.b is not None:
                neuron.b.data -= shifted
