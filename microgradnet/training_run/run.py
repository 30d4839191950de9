"""A run: scale the inputs, train the model, have it take over the scaling, and see what it makes of the data."""

from __future__ import annotations

from time import perf_counter

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError
from microgradnet.nn.training import fit
from microgradnet.training_run import network
from microgradnet.training_run.material import Material
from microgradnet.training_run.recipe import Recipe
from microgradnet.training_run.results import Confusion, Results
from microgradnet.training_run.scaling import Scaling


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
        self.model = network.build(recipe, material.train)
        self.loss, self.optimizer = network.loss_of(recipe), network.optimizer_of(recipe, self.model)

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
        return self.scaling(data.X), network.targets_of(self.recipe, data)
