"""A run: scale the inputs, train the model, have it take over the scaling, and see what it makes of the data."""

from __future__ import annotations

from time import perf_counter

from microgradnet.errors import ArgumentError
from microgradnet.nn.training import fit
from microgradnet.training_run import network
from microgradnet.training_run.material import Material
from microgradnet.training_run.recipe import Recipe
from microgradnet.training_run.results import Confusion, Results
from microgradnet.training_run.scaling import Scaling


def run(material: Material, recipe: Recipe, *, progress: bool = True) -> Results:
    """Train as the recipe says.

    Arguments:
        material: the samples.
        recipe: the settings.
        progress: whether to show a bar.

    Raises:
        UnknownNameError, ArgumentError: a setting is none.
        ArgumentError: training was stopped before the first epoch was over.
        AnomalyError: the loss is no longer finite.
    """
    train, test = material.train, material.test
    scaling = Scaling.of(train, per_feature=recipe.per_feature)
    model, loss = network.build(recipe, train), network.loss_of(recipe)
    start = perf_counter()
    history = fit(
        model,
        scaling(train.X),
        network.targets_of(recipe, train),
        loss=loss,
        optimizer=network.optimizer_of(recipe, model),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        validation=None if test is None else (scaling(test.X), network.targets_of(recipe, test)),
        seed=recipe.seed,
        progress=progress,
    )
    seconds = perf_counter() - start
    if not history.epochs:
        raise ArgumentError("one epoch at least", "none", "Train for longer; nothing is written.")
    scaling.fold_into(model)
    on_test = None if test is None else Confusion.of(model, test)
    return Results(material, recipe, model, history, Confusion.of(model, train), on_test, seconds)
