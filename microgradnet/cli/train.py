"""``microgradnet train``: a network trained on digits, on points in the plane, or on data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microgradnet.cli.application import OUTPUT, app, console

if TYPE_CHECKING:
    from microgradnet.training_run.results import Results
    from microgradnet.training_run.run import Run


@app.command()
def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE.csv|FOLDER",
            help="digits, iris, moons, spirals or xor; a table with a class in each line; a folder with MNIST's files.",
        ),
    ],
    hidden: Annotated[
        list[str] | None, typer.Option(help="Sizes of the hidden layers: 30, or 30,20, or none.", metavar="SIZES")
    ] = None,
    activation: Annotated[str | None, typer.Option(help="Of the hidden layers: sigmoid, tanh, relu, ...")] = None,
    loss: Annotated[str | None, typer.Option(help="cross_entropy, half_squared_error, hinge, ...")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam, ...")] = None,
    lr: Annotated[float | None, typer.Option(help="The learning rate eta.")] = None,
    epochs: Annotated[int | None, typer.Option(help="How often every sample is used.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="How many samples make a step.")] = None,
    seed: Annotated[int | None, typer.Option(help="For the split, the first weights and the order; else 0.")] = None,
    test: Annotated[float | None, typer.Option(help="The share of samples to test with; 0 for none.")] = None,
    target: Annotated[str, typer.Option(help="The column of a table with the classes: a name, or a place.")] = "-1",
    out: Annotated[Path | None, typer.Option(help="Where the files go; else microgradnet-out/train-NAME.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the accuracy only.")] = False,
) -> None:
    """Train a network to tell classes apart; write its curves, its confusion matrix and the model.

    What is not given is chosen for the data.
    """
    from microgradnet.training_run.material import find_material, kind_of
    from microgradnet.training_run.recipe import RECIPES, read_hidden
    from microgradnet.training_run.run import Run

    chosen: dict[str, Any] = {"activation": activation, "loss": loss, "optimizer": optimizer, "lr": lr}
    chosen |= {"hidden": read_hidden(hidden), "epochs": epochs, "batch_size": batch_size, "seed": seed, "test": test}
    recipe = RECIPES[kind_of(what)].changed(**chosen)
    prepared = Run(find_material(what, recipe, target=target, test=test), recipe)
    folder = out or OUTPUT / f"train-{prepared.material.name}"
    folder.mkdir(parents=True, exist_ok=True)  # one that can't be made is found before training, not after
    if not quiet:
        _announce(prepared)
    _finish(prepared.train(progress=not quiet), folder, quiet=quiet)


def _announce(prepared: Run) -> None:
    from microgradnet.training_run import wording

    screen = console()
    for line in wording.before(prepared):
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
        console(stderr=True).print(wording.WITHOUT_PICTURES, markup=False)
