"""``microgradnet train``: a network trained on digits, on points in the plane, or on data of one's own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from microgradnet.cli.application import OUTPUT
from microgradnet.cli.train_data import Material, Recipe, find_material, read_hidden, recipe_of
from microgradnet.cli.train_report import FILES, FRAMES, WITHOUT_PICTURES, Results, after, make_film, measure, write
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError, DomainError
from microgradnet.nn import MLP, losses, optim
from microgradnet.plots.axes import is_possible
from microgradnet.plots.film import Film
from microgradnet.text import clean

if TYPE_CHECKING:
    import numpy as np

    from microgradnet.nn.training import Epoch


def complete(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Return the data sets and the files that a shell offers for what is typed so far."""
    names = [CompletionItem(name, help=entry.summary) for name, entry in CATALOGUE.items() if name.startswith(start)]
    return [*names, CompletionItem(start, type="file")]


_HELP = f"""Train a network on data; write its curves, pictures and the model.

NAME is one of {", ".join(CATALOGUE)}; FILE.csv has one sample a line, with the class or number
to learn; FOLDER has MNIST's files. What is not given is chosen for the data.
"""
_TARGET_HELP = "The column to learn: a name, or a place counted from 1 (-1 is the last, and used where not given)."
_TABLE_OPTIONS = ("target", "delimiter", "decimal", "encoding", "missing", "encode", "task")


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
@click.option("--cv", type=int, help="First train and test in so many ways, each sample being tested with once.")
@click.option("--target", help=_TARGET_HELP)
@click.option("--delimiter", help="Of a table: the character between cells, where it is not seen by itself.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Of a table: the decimal sign, likewise.")
@click.option("--encoding", help="Of a table, where it is not UTF-8: cp1252, latin-1, ...")
@click.option("--missing", type=click.Choice(["drop", "mean"]), help="Leave samples with gaps out, or fill the gaps.")
@click.option("--encode", type=click.Choice(["onehot"]), help="Make one input of each word in columns of words.")
@click.option("--task", type=click.Choice(["classes", "numbers"]), help="What the target is, where in doubt.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the files go; else microgradnet-out/train-NAME.")
@click.option("--force", is_flag=True, help="Replace the files of an earlier run.")
@click.option("--quiet", is_flag=True, help="Print the accuracy only.")
def train(
    what: str,
    hidden: tuple[str, ...],
    test: float | None,
    cv: int | None,
    out: Path | None,
    force: bool,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Train as the options say; see ``_HELP``."""
    table = {name: chosen.pop(name) for name in _TABLE_OPTIONS}
    recipe = recipe_of(what).changed(hidden=read_hidden(hidden), test=test, **chosen)
    material = find_material(what, recipe, table=table, test=test)
    recipe = suited(recipe, material.train, is_chosen=chosen["loss"] is not None)
    run = Run(material, recipe)
    folder = out or OUTPUT / f"train-{material.name}"
    if not force and (taken := [name for name in FILES if (folder / name).exists()]):
        advice = "Use --force to replace them, or --out FOLDER."
        raise ArgumentError(f"{folder}: a folder without an earlier run's files", ", ".join(taken), advice)
    parts = [] if cv is None else list(material.folds(cv, recipe.seed))
    folder.mkdir(parents=True, exist_ok=True)  # one that can't be made is found before training, not after
    _say([] if quiet else before(run))
    _say(cross_validate(parts, recipe))
    results = run.train(progress=not quiet)
    lines = after(results, folder, write(results, folder))
    _say(lines[:1] if quiet else lines)
    if not is_possible():
        print(WITHOUT_PICTURES, file=sys.stderr)


def _say(lines: list[str]) -> None:
    for line in lines:
        print(clean(line))


def suited(recipe: Recipe, data: Dataset, *, is_chosen: bool) -> Recipe:
    """Return the recipe with a loss that suits the targets.

    Raises:
        ArgumentError: the loss was chosen, and is one of classes where numbers are learnt.
    """
    if not data.is_measured:
        return recipe
    if not is_chosen:
        return recipe.changed(loss="mean_squared_error")
    if losses.find(recipe.loss).targets != losses.NUMBERS:
        advice = "Use mean_squared_error, or --task classes."
        raise ArgumentError("a loss of numbers, as the target is measured", recipe.loss, advice)
    return recipe


def cross_validate(parts: list[Material], recipe: Recipe) -> list[str]:
    """Return a line for each part that was tested with, and one for all of them; none without parts."""
    import numpy as np

    if not parts:
        return []
    found = [Run(part, recipe).train(progress=False).measured for part in parts]
    scores = np.array([each.score for each in found])
    lines = [f"part {place} of {len(parts)}: {each.words}" for place, each in enumerate(found, 1)]
    return [*lines, f"{found[0].score_name} {scores.mean():.3f} ± {scores.std(ddof=1):.3f} over {len(parts)} parts"]


def before(prepared: Run) -> list[str]:
    """Return what is about to be trained, and how."""
    material, recipe = prepared.material, prepared.recipe
    data, held_out = material.train, material.test
    count = len(data) + (0 if held_out is None else len(held_out))
    sizes = [data.X.shape[1], *recipe.hidden, len(data.target_names) or 1]
    goal = f"to predict {data.target_name or 'a number'}" if data.is_measured else f"in {sizes[-1]} classes"
    parameters = len(prepared.model.parameters())
    parted = "all to train" if held_out is None else f"{len(data):,} to train, {len(held_out):,} to test"
    hidden = f", {recipe.activation}" if recipe.hidden else ""
    return [
        f"{material.name}: {count:,} samples of {sizes[0]} inputs {goal}; {parted}",
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
        self.scaling = Scaling.of(material.train.X, per_feature=recipe.per_feature)
        measured = material.train.is_measured
        self.target_scaling = Scaling.of(material.train.y[:, None], per_feature=True) if measured else None
        self.model = build(recipe, material.train)
        self.loss = losses.find(recipe.loss).function
        self.optimizer = optim.find(recipe.optimizer)(self.model, lr=recipe.lr)

    def train(self, *, progress: bool = True) -> Results:
        """Train; call it once.

        Arguments:
            progress: whether to show a bar.

        Raises:
            ArgumentError: it was stopped before the first epoch was over.
            AnomalyError: the loss is no longer finite.
        """
        from microgradnet.nn.training import fit  # with NumPy, which the help of the commands does not need

        start = perf_counter()
        inputs, targets = self._prepared(self.material.train)
        test = self.material.test
        frames: list[MLP] = []
        film = make_film(self._frame(), self.material) if self._is_filmed else None
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
            callbacks=None if film is None else lambda epoch: self._keep(epoch, frames, film),
        )
        seconds = perf_counter() - start
        if not history.epochs:
            raise ArgumentError("one epoch at least", "none", "Train for longer; nothing is written.")
        self._unscale(self.model)
        on_train = measure(self.model, self.material.train)
        on_test = None if test is None else measure(self.model, test)
        return Results(self.material, self.recipe, self.model, history, on_train, on_test, seconds, frames, film)

    @property
    def _is_filmed(self) -> bool:
        data = self.material.train
        return data.X.shape[1] == 2 and not data.is_measured and is_possible()

    def _keep(self, epoch: Epoch, frames: list[MLP], film: Film) -> None:
        """Keep a copy of the model as it is after an epoch, for films of at most ``FRAMES`` pictures."""
        pace = -(-self.recipe.epochs // FRAMES)
        is_kept = epoch.epoch % pace == 0 or epoch.epoch == self.recipe.epochs
        frames += [self._frame()] if is_kept else []
        film.record(epoch, frames[-1] if is_kept else None)

    def _frame(self) -> MLP:
        """Return a copy of the model as it is, which takes inputs as they are in the data."""
        frame = build(self.recipe, self.material.train)
        frame.load_state_dict(self.model.state_dict())
        self._unscale(frame)
        return frame

    def _unscale(self, model: MLP) -> None:
        """Have a model take inputs, and give outputs, in the units of the data."""
        self.scaling.fold_into(model)
        if self.target_scaling is not None:
            self.target_scaling.fold_out_of(model)

    def _prepared(self, data: Dataset) -> tuple[object, object]:
        targets = targets_of(self.recipe, data)
        return self.scaling(data.X), targets if self.target_scaling is None else self.target_scaling(targets)


def build(recipe: Recipe, data: Dataset) -> MLP:
    """Return the network: one input for each feature, one output for each class, or one for a number.

    Raises:
        UnknownNameError: there is no activation of this name.
    """
    of_any_size = losses.find(recipe.loss).outputs in (losses.LOGITS, losses.SCORES)
    output = "identity" if of_any_size or data.is_measured else "sigmoid"
    init = "xavier" if recipe.activation in ("sigmoid", "tanh") else "he"
    sizes = [*recipe.hidden, len(data.target_names) or 1]
    return MLP(data.X.shape[1], sizes, activation=recipe.activation, output=output, seed=recipe.seed, init=init)


def targets_of(recipe: Recipe, data: Dataset) -> np.ndarray[Any, Any]:
    """Return what the loss compares the outputs with.

    For classes that is the class itself or a row with 1 for it and 0 (hinge: -1) elsewhere, for numbers a column.
    """
    if data.is_measured:
        return data.y[:, None]
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
    def of(cls, rows: np.ndarray[Any, Any], *, per_feature: bool) -> Scaling:
        """Return the mean and the standard deviation, of each feature or of all together; 1 where nothing varies.

        Arguments:
            rows: an array (samples, features).
            per_feature: whether each feature has its own.

        Raises:
            DomainError: the numbers are too large to be squared.
        """
        import numpy as np

        axis = 0 if per_feature else None
        width = rows.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            shift, spread = (np.broadcast_to(each(rows, axis=axis), width) for each in (np.mean, np.std))
        if not np.isfinite(spread).all():
            given = f"numbers of up to {np.abs(rows).max():.1e}"
            raise DomainError("numbers whose squares are finite", given, "Change the unit of the largest.")
        rounding = 1e-12 * np.abs(shift)  # the deviation of a constant is a rounding error
        return cls(shift, np.where(spread > rounding, spread, 1.0))

    def __call__(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return samples brought to one size."""
        scaled: np.ndarray[Any, Any] = (rows - self.shift) / self.spread
        return scaled

    def fold_into(self, model: MLP) -> None:
        """Change the first layer so that the model does for samples as they are what it did for scaled ones."""
        for neuron in model.layers[0].neurons:
            shifted = 0.0
            for weight, shift, spread in zip(neuron.w, self.shift.tolist(), self.spread.tolist(), strict=True):
                weight.data /= spread
                shifted += weight.data * shift
            if neuron.b is not None:
                neuron.b.data -= shifted

    def fold_out_of(self, model: MLP) -> None:
        """Change the last layer, which has no activation, so that the model gives unscaled outputs."""
        for neuron, shift, spread in zip(
            model.layers[-1].neurons, self.shift.tolist(), self.spread.tolist(), strict=True
        ):
            for weight in neuron.w:
                weight.data *= spread
            if neuron.b is not None:
                neuron.b.data = neuron.b.data * spread + shift
