"""What the command says of a run, before and after."""

from __future__ import annotations

from pathlib import Path

from microgradnet.training_run.figure import NEEDED
from microgradnet.training_run.results import Confusion, Results
from microgradnet.training_run.run import Run

WITHOUT_PICTURES = f"curves.svg and confusion.svg need matplotlib, which is not installed: {NEEDED}"


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


def after(results: Results, folder: Path, written: list[str]) -> list[str]:
    """Return what came of it; the accuracy comes first."""
    lines = [f"accuracy {_counted(results.measured)} on {results.samples_measured}"]
    if results.on_test is not None:
        lines.append(f"accuracy {_counted(results.on_train)} on {results.on_train.total:,} training samples")
    if results.history.stopped_by:
        lines.append(results.history.stopped_by)
    epochs = len(results.history.epochs)
    return [
        *lines,
        f"{epochs} epoch{'s' * (epochs != 1)} in {results.seconds:.1f} s",
        f"in {folder}: {', '.join(written)}",
        "model.json takes inputs as they are in the data; its largest output names the class",
    ]


def _counted(found: Confusion) -> str:
    return f"{found.accuracy:.1%} ({found.right:,} right)"
