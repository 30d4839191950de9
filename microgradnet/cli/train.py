"""``microgradnet train``: a network trained on digits, on points in the plane, or on data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microgradnet.cli.application import OUTPUT, app, console

if TYPE_CHECKING:
    from microgradnet.training_run.results import Results
    from microgradnet.training_run.run import Run

_WHAT = "digits, iris, moons, spirals or xor; a table with a class in each line; a folder with MNIST's files."
What = Annotated[str, typer.Argument(metavar="NAME|FILE.csv|FOLDER", help=_WHAT)]
Hidden = Annotated[
    list[str] | None, typer.Option(help="Sizes of the hidden layers: 30, or 30,20, or none.", metavar="SIZES")
]
Activation = Annotated[str | None, typer.Option(help="Of the hidden layers: sigmoid, tanh, relu, ...")]
Loss = Annotated[str | None, typer.Option(help="cross_entropy, half_squared_error, hinge, ...")]
Optimizer = Annotated[str | None, typer.Option(help="sgd, adam, ...")]
Rate = Annotated[float | None, typer.Option(help="The learning rate eta.")]
Epochs = Annotated[int | None, typer.Option(help="How often every sample is used.")]
Batch = Annotated[int | None, typer.Option(help="How many samples make a step.")]
Seed = Annotated[int | None, typer.Option(help="For the split, the first weights and the order; else 0.")]
Test = Annotated[float | None, typer.Option(help="The share of samples to test with; 0 for none.")]
Target = Annotated[str, typer.Option(help="The column of a table with the classes: a name, or a place.")]
Out = Annotated[Path | None, typer.Option(help="Where the files go; else microgradnet-out/train-NAME.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the accuracy only.")]


@app.command()
def train(
    what: What,
    hidden: Hidden = None,
    activation: Activation = None,
    loss: Loss = None,
    optimizer: Optimizer = None,
    lr: Rate = None,
    epochs: Epochs = None,
    batch_size: Batch = None,
    seed: Seed = None,
    test: Test = None,
    target: Target = "-1",
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Train a network to tell classes apart; write its curves, its confusion matrix and the model.

    What is not given is chosen for the data.
    """
    chosen = {"activation": activation, "loss": loss, "optimizer": optimizer, "lr": lr, "epochs": epochs}
    chosen |= {"batch_size": batch_size, "seed": seed, "test": test}
    run = _prepare(what, target, hidden, chosen)
    folder = out or OUTPUT / f"train-{run.material.name}"
    folder.mkdir(parents=True, exist_ok=True)  # one that can't be made is found before training, not after
    if not quiet:
        _announce(run)
    _finish(run.train(progress=not quiet), folder, quiet=quiet)


def _prepare(what: str, target: str, hidden: list[str] | None, chosen: dict[str, Any]) -> Run:
    from microgradnet.training_run.material import find_material, kind_of
    from microgradnet.training_run.recipe import RECIPES, read_hidden
    from microgradnet.training_run.run import Run

    recipe = RECIPES[kind_of(what)].changed(hidden=read_hidden(hidden), **chosen)
    return Run(find_material(what, recipe, target=target, test=chosen["test"]), recipe)


def _announce(run: Run) -> None:
    from microgradnet.training_run import wording

    screen = console()
    for line in wording.before(run):
        screen.print(line, markup=False)


def _finish(results: Results, folder: Path, *, quiet: bool) -> None:
    from microgradnet.training_run import wording
    from microgradnet.training_run.figure import is_possible
    from microgradnet.training_run.writing import write

    written = write(results, folder)
    lines = wording.after(results, folder, written)
    screen = console()
    for line in lines[:1] if quiet else lines:
        screen.print(line, markup=False)
    if not is_possible():
        console(stderr=True).print(wording.WITHOUT_PICTURES, markup=False, soft_wrap=True)
