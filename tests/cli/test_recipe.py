"""Recipes: options replace settings one by one; what is out of range is refused; hidden sizes read as written."""

from collections.abc import Callable

import pytest

import microgradnet as mg
from microgradnet.cli import train
from microgradnet.cli.train_data import Recipe, find_material, read_hidden, recipe_of
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.errors import ArgumentError, UnknownNameError
from microgradnet.nn import losses


@pytest.mark.parametrize(
    ("entries", "sizes"),
    [
        (None, None),
        ([], None),
        (["30"], (30,)),
        (["30,20"], (30, 20)),
        (["30", "20"], (30, 20)),
        (["30, 20", "5"], (30, 20, 5)),
        (["none"], ()),
    ],
)
def test_hidden_sizes_read_as_they_are_written(entries: list[str] | None, sizes: tuple[int, ...] | None) -> None:
    assert read_hidden(entries) == sizes


@pytest.mark.parametrize("entry", ["0", "-3", "3.5", "many", "", "30,", "none,3", "²"])
def test_other_sizes_are_refused(entry: str) -> None:
    with pytest.raises(ArgumentError, match="sizes of the hidden layers"):
        read_hidden([entry])


def test_options_replace_settings_and_absent_ones_stay() -> None:
    recipe = recipe_of("digits")
    changed = recipe.changed(lr=0.5, epochs=None, hidden=())
    assert (changed.lr, changed.epochs, changed.hidden) == (0.5, recipe.epochs, ())


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"seed": -1}, {"test": 1.0}, {"test": -0.1}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        recipe_of("digits").changed(**wrong)


def test_every_named_data_set_has_its_recipe_and_can_be_built() -> None:
    for name in CATALOGUE:
        recipe = recipe_of(name)
        material = find_material(name, recipe)
        model = train.build(recipe, material.train)
        assert len(model.layers) == len(recipe.hidden) + 1
        run = train.Run(material, recipe)
        assert run.optimizer.lr == recipe.lr
        assert callable(run.loss)


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "half_squared_error", "hinge"])
def test_targets_are_what_the_loss_takes(loss: str) -> None:
    """The loss of a fresh network, whose outputs and targets the loss itself checks, is a finite number."""
    recipe = Recipe(loss=loss, hidden=(3,))
    data = mg.datasets.xor()
    model = train.build(recipe, data)
    for row, target in zip(data.X.tolist(), train.targets_of(recipe, data).tolist(), strict=True):
        assert losses.find(loss).function(model(row), target).data > 0.0


XOR = find_material("xor", recipe_of("xor"))


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (lambda: train.Run(XOR, Recipe(loss="mze")), "the name of a loss; got 'mze'. Known: half"),
        (lambda: train.Run(XOR, Recipe(optimizer="adamm")), "'adamm'"),
        (
            lambda: train.build(Recipe(activation="sigmiod"), mg.datasets.xor()),
            "Did you mean 'sigmoid'",
        ),
        (lambda: find_material("moon", Recipe()), "Did you mean moons?"),
        (lambda: find_material("x", Recipe()), "got 'x'. Name a file with its ending"),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(find: Callable[[], object], message: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        find()
    assert message in str(raised.value)
