r"""``MLPClassifier`` and ``MLPRegressor``: networks of scalars with the interface of scikit-learn.

Replace ``from sklearn.neural_network import MLPClassifier`` by ``from microgradnet.estimators import MLPClassifier``:
parameters, attributes and defaults have the same names and meanings, so pipelines, searches and cross-validation work.
``mlp_`` is the trained scalar network, to draw, to step through, to derive a weight of. Needs the extra ``sklearn``.

With the same ``random_state`` the weights are scikit-learn's, epoch for epoch. What differs: ``loss_`` of several
regression targets is summed over them, as the gradient is; held-back samples of three or more classes are stratified;
sparse matrices are refused.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from microgradnet.compiler import compile as compile_graph
from microgradnet.compositions import total
from microgradnet.errors import ArgumentError, not_installed, shown
from microgradnet.nn import MLP, losses, optim
from microgradnet.nn.activations import find as find_activation
from microgradnet.nn.reading import as_count, as_nodes
from microgradnet.nn.training.recording import LossFunction
from microgradnet.ops import xlogy
from microgradnet.value import Value

try:
    from scipy.optimize import minimize
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import accuracy_score, r2_score
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import LabelBinarizer
    from sklearn.utils import check_random_state, shuffle
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise not_installed("scikit-learn", "sklearn") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MLPClassifier", "MLPRegressor"]

_LEAST_RATE = 1e-6  # at which an adaptive learning rate ends training instead of falling on
_RATE_FALLS = 5.0  # to a fifth, where training stands still


class _MLPEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: see :class:`MLPClassifier` for the parameters."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        given = {name: setting for name, setting in locals().items() if name not in ("self", "__class__")}
        self.__dict__ |= given  # unchecked: scikit-learn asks for that in fit

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train the network.

        Arguments:
            X: the inputs, an array or data frame (samples, features).
            y: the targets, one for each sample: class labels of any kind, numbers, or rows of several.
            sample_weight: the weight of each sample in the loss, 0 or more; None for equal ones.

        Raises:
            ArgumentError: a parameter is out of its range; a ValueError too.
            ValueError, TypeError: X and y don't fit, in scikit-learn's words.
        """
        return self._fit(X, y, sample_weight, is_first=not (self.warm_start and hasattr(self, "mlp_")), epochs=None)

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of each layer, arrays (inputs, neurons), as ``mlp_`` holds them now."""
        return [np.array([[w.data for w in n.w] for n in layer.neurons]).T for layer in self.mlp_.layers]

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of each layer, arrays (neurons,), as ``mlp_`` holds them now."""
        return [np.array([n.b.data for n in layer.neurons if n.b is not None]) for layer in self.mlp_.layers]

    def _targets(self, y: Any, labels: Any) -> NDArray[Any]:
        """Return the targets as the loss takes them, an array (samples, outputs).

        Arguments:
            y: the targets as given.
            labels: what the classes are learnt from, in the first call; None in later ones.
        """
        raise NotImplementedError

    def _loss_and_output(self) -> tuple[LossFunction, str]:
        """Return the loss, and the activation of the last layer."""
        raise NotImplementedError

    def _score_of(self, X: Any, targets: Any, weights: Any) -> float:  # noqa: N803
        """Return the score by which early stopping compares epochs."""
        raise NotImplementedError

    def _fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        weights: Any,
        *,
        is_first: bool,
        epochs: int | None,
        classes: Any = None,
    ) -> Self:
        self._check_parameters()
        if epochs is not None and self.solver == "lbfgs":
            raise ArgumentError("partial_fit needs a solver of minibatches", "solver='lbfgs'", "Use adam or sgd.")
        multi = {"multi_output": True, "y_numeric": isinstance(self, RegressorMixin)}
        X, y = validate_data(self, X, y, dtype=np.float64, reset=is_first, **multi)  # noqa: N806
        targets = self._targets(y, (y if classes is None else classes) if is_first else None)
        if weights is not None:
            weights = _check_sample_weight(weights, X, dtype=np.float64, ensure_non_negative=True)
        self._random_state = check_random_state(self.random_state)
        if is_first:
            self._begin(X.shape[1], targets.shape[1])
        if "_training" not in vars(self) or self._training.is_weighted != (weights is not None):
            self._training: _Training = _Training(self.mlp_, self._loss_and_output()[0], X[0], weights is not None)
        self._training.program.load()
        columns = [X, targets] if weights is None else [X, targets, weights.reshape(-1, 1)]
        rows = np.ascontiguousarray(np.hstack(columns, dtype=np.float64))
        if self.solver == "lbfgs":
            self._minimise(rows)
        else:
            self._descend(rows, X.shape[1], epochs)
        self._training.program.store()
        return self

    def _begin(self, inputs: int, outputs: int) -> None:
        """Build the network, with weights drawn in scikit-learn's order, and reset what is counted."""
        sizes = [inputs, *self._hidden_sizes(), outputs]
        factor = 2.0 if find_activation(self.activation) == "sigmoid" else 6.0
        weights, biases = [], []
        for before, after in pairwise(sizes):
            bound = np.sqrt(factor / (before + after))
            weights.append(self._random_state.uniform(-bound, bound, (before, after)).T.tolist())
            biases.append(self._random_state.uniform(-bound, bound, after).tolist())
        output = self._loss_and_output()[1]
        self.mlp_ = MLP.from_weights(weights, biases, activation=self.activation, output=output)
        self.n_layers_, self.n_outputs_ = len(sizes), outputs
        self.out_activation_ = "logistic" if output == "sigmoid" else output
        self.n_iter_, self.t_, self._standstill = 0, 0, 0
        self.loss_curve_: list[float] = []
        self.validation_scores_: Any = [] if self.early_stopping else None
        self.best_validation_score_: Any = -np.inf if self.early_stopping else None
        self.best_loss_: Any = None if self.early_stopping else np.inf
        for name in ("_training", "_optimizer"):
            self.__dict__.pop(name, None)

    def _descend(self, rows: NDArray[Any], inputs: int, epochs: int | None) -> None:
        """Run minibatches, for as many epochs as there are, or until the loss or the score stands still."""
        held_back = None
        if self.early_stopping:
            if epochs is not None:
                raise ArgumentError("partial_fit trains one epoch", "early_stopping=True", "Call fit for that.")
            rows, held_back = self._split(rows)
        if epochs is None or not hasattr(self, "_optimizer"):
            self._optimizer = self._make_optimizer()
            self._state: Any = self._optimizer.initial_state
        best = self._training.program.parameters.copy()
        self.n_iter_, order = 0, np.arange(len(rows))
        try:
            for number in range(1, (epochs or self.max_iter) + 1):
                self._epoch(rows, order)
                self.n_iter_ = number
                if self._note(held_back, inputs):
                    best = self._training.program.parameters.copy()
                if self._is_over():
                    break
            else:
                if epochs is None:
                    said = f"Training has not converged after max_iter={self.max_iter} epochs: the loss still falls."
                    warnings.warn(said, ConvergenceWarning, stacklevel=4)
        except KeyboardInterrupt:
            warnings.warn(f"Training was interrupted in epoch {self.n_iter_ + 1}.", stacklevel=4)
        if self.early_stopping:
            self._training.program.parameters[...] = best
        if not np.isfinite(self._training.program.parameters).all():
            advice = "Scale the inputs, for example with StandardScaler, or use a smaller learning_rate_init."
            raise ArgumentError("training to finite weights", "weights that are not", advice)

    def _epoch(self, rows: NDArray[Any], order: NDArray[Any]) -> None:
        """Go through the samples once; each step is that of the mean loss of a minibatch and the penalty."""
        training, count = self._training, len(rows)
        program, whole = training.program, 0.0
        size = min(200, count) if self.batch_size == "auto" else min(self.batch_size, count)
        if self.shuffle:
            order[...] = shuffle(order, random_state=self._random_state)  # of the last order, as in scikit-learn
        for start in range(0, count, size):
            batch = rows.take(order[start : start + size], axis=0)
            whole += training.step(batch, self.alpha) * len(batch)
            if isinstance(
                self._optimizer, optim.Adam
            ):  # scikit-learn's epsilon stands beside the root before it is corrected
                self._optimizer.eps = self.epsilon / math.sqrt(1.0 - self.beta_2 ** (self._state[2] + 1.0))
            _, self._state = self._optimizer.update(program.parameters, program.gradient, self._state)  # in place
        self.t_ += count
        self.loss_ = whole / count
        self.loss_curve_.append(self.loss_)
        if self.solver == "sgd" and self.learning_rate == "invscaling":
            self._set_rate(self.learning_rate_init / (self.t_ + 1) ** self.power_t)
        if self.verbose:
            print(f"epoch {len(self.loss_curve_)}: loss {self.loss_:.8f}")

    def _note(self, held_back: NDArray[Any] | None, inputs: int) -> bool:
        """Compare the epoch with those before; return whether it is the best one."""
        if held_back is None:
            self._standstill = self._standstill + 1 if self.loss_ > self.best_loss_ - self.tol else 0
            is_best = self.loss_ < self.best_loss_
            self.best_loss_ = min(self.loss_, self.best_loss_)
            return bool(is_best)
        self._training.program.store()
        weights = held_back[:, -1] if self._training.is_weighted else None
        score = self._score_of(held_back[:, :inputs], held_back[:, inputs : inputs + self.n_outputs_], weights)
        self.validation_scores_ = [*(self.validation_scores_ or []), score]
        if self.verbose:
            print(f"validation score {score:.6f}")
        self._standstill = self._standstill + 1 if score < self.best_validation_score_ + self.tol else 0
        is_best = score > self.best_validation_score_
        self.best_validation_score_ = max(score, self.best_validation_score_)
        return bool(is_best)

    def _is_over(self) -> bool:
        """Tell whether training stands still; an adaptive learning rate falls first."""
        if self._standstill <= self.n_iter_no_change:
            return False
        if self.solver == "sgd" and self.learning_rate == "adaptive" and self._optimizer.lr > _LEAST_RATE:
            self._set_rate(self._optimizer.lr / _RATE_FALLS)
            self._standstill = 0
            return False
        return True

    def _set_rate(self, rate: float) -> None:
        """Set the rate of sgd. Its velocity holds gradients; scikit-learn's holds steps, which keep their old rate."""
        self._state = tuple(velocity * (self._optimizer.lr / rate) for velocity in self._state)
        self._optimizer.lr = rate

    def _split(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the samples to train on, and those held back for the score; classes in equal shares."""
        start, binarizer = self.n_features_in_, getattr(self, "_binarizer", None)
        strata = None
        if binarizer is not None and not binarizer.y_type_.startswith("multilabel"):
            strata = rows[:, start : start + self.n_outputs_].argmax(axis=1) if self.n_outputs_ > 1 else rows[:, start]
        source, share = self._random_state, self.validation_fraction
        kept, held_back = train_test_split(rows, random_state=source, test_size=share, stratify=strata)
        if len(held_back) < 2:
            advice = "Use a larger validation_fraction, or more samples."
            raise ArgumentError("early stopping holds back two samples or more", f"{len(held_back)}", advice)
        return kept, held_back

    def _minimise(self, rows: NDArray[Any]) -> None:
        """Minimise the loss of all samples by L-BFGS."""
        training = self._training

        def loss_and_gradient(parameters: NDArray[Any]) -> tuple[float, NDArray[Any]]:
            training.program.parameters[...] = parameters
            return training.step(rows, self.alpha), training.program.gradient.copy()

        limits = {"maxiter": self.max_iter, "maxfun": self.max_fun, "gtol": self.tol}
        begin = training.program.parameters.copy()
        found = minimize(loss_and_gradient, begin, method="L-BFGS-B", jac=True, options=limits)
        training.program.parameters[...] = found.x
        self.loss_, self.n_iter_ = float(found.fun), min(int(found.nit), self.max_iter)
        if found.status != 0:
            said = f"L-BFGS ended after {found.nit} iterations before it converged: {found.message}"
            warnings.warn(said, ConvergenceWarning, stacklevel=4)

    def _make_optimizer(self) -> optim.Optimizer:
        if self.solver == "sgd":
            nesterov = self.nesterovs_momentum and self.momentum > 0
            return optim.SGD(self.mlp_, self.learning_rate_init, self.momentum, nesterov)
        return optim.Adam(self.mlp_, self.learning_rate_init, (self.beta_1, self.beta_2), self.epsilon)

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        return [as_count(size, "each of hidden_layer_sizes", "Use hidden_layer_sizes=(100,).") for size in sizes]

    def _check_parameters(self) -> None:
        """Raise where a parameter is out of its range; scikit-learn asks for it in fit, not before."""
        self._hidden_sizes()
        find_activation(self.activation)
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                given = shown(getattr(self, name))
                raise ArgumentError(f"{name} is one of {', '.join(known)}", given, "Choose one of them.")
        for name in ("max_iter", "n_iter_no_change", "max_fun"):
            as_count(getattr(self, name), name, "It counts epochs or calls.")
        if self.batch_size != "auto":
            as_count(self.batch_size, "batch_size", 'Or use batch_size="auto", 200 or fewer.')
        for name, (least, below) in _RANGES.items():
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not least <= number < below:
                raise ArgumentError(f"{name} is from {least:g} to below {below:g}", shown(number), "See the docstring.")

    def _outputs(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the outputs of the network for the rows of X, an array (samples, outputs)."""
        check_is_fitted(self, "mlp_")
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        found: NDArray[Any] = self.mlp_.predict(rows).reshape(len(rows), -1)
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the compiled program, which is made again when it is needed."""
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_training", None)
        return state


class MLPClassifier(ClassifierMixin, _MLPEstimator):  # type: ignore[misc]
    """A multilayer perceptron that names classes, trained by the cross-entropy; ``mlp_`` is the scalar network.

    Arguments:
        hidden_layer_sizes: the number of neurons of each hidden layer.
        activation: the activation of the hidden layers: ``"identity"``, ``"logistic"``, ``"tanh"``, ``"relu"``, or any
            other operation of the table with one operand.
        solver: ``"adam"``, ``"sgd"``, or ``"lbfgs"``, which takes all samples at once and suits small data.
        alpha: the strength of the penalty alpha/2 times the sum of the squared weights, divided by the samples.
        batch_size: the samples of a minibatch; ``"auto"`` for 200, or all where there are fewer.
        learning_rate: of sgd: ``"constant"``, ``"invscaling"`` (divided by t to the power of ``power_t``), or
            ``"adaptive"`` (to a fifth whenever training stands still).
        learning_rate_init: the learning rate eta, or the first one.
        power_t: the exponent of invscaling.
        max_iter: the number of epochs at most; of iterations for lbfgs.
        shuffle: whether each epoch takes the samples in a new order.
        random_state: a whole number for the same weights and orders on every call, or a ``RandomState``.
        tol: by how much the loss (with early stopping: the score) has to improve, or training stands still.
        verbose: whether to print the loss of each epoch.
        warm_start: whether ``fit`` goes on from the network of the last call.
        momentum, nesterovs_momentum: of sgd.
        early_stopping: whether to hold samples back, and stop when the score on them stands still. The weights are then
            those of the best epoch.
        validation_fraction: the share of the samples to hold back.
        beta_1, beta_2, epsilon: of adam.
        n_iter_no_change: for how many epochs training may stand still.
        max_fun: the number of evaluations of the loss at most, for lbfgs.

    Attributes:
        mlp_: the trained :class:`MLP`: ``mg.draw_network(estimator.mlp_)``.
        classes_: the labels, sorted.
        coefs_, intercepts_: the weights and biases of each layer, as arrays made from ``mlp_``.
        loss_, best_loss_, loss_curve_: the loss of the last epoch, the least one, and all.
        validation_scores_, best_validation_score_: with early stopping.
        n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_: as in scikit-learn.

    Example:
        >>> from microgradnet.estimators import MLPClassifier
        >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]], ["same", "other", "other", "same"]
        >>> model = MLPClassifier((4,), "tanh", solver="lbfgs", random_state=1).fit(*xor)
        >>> model.predict([[1, 1], [0, 1]]).tolist(), model.mlp_.layers[0].activation
        (['same', 'other'], 'tanh')
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:  # noqa: N803
        """Train for one epoch on these samples, going on from the last call.

        Arguments:
            X: as for :meth:`fit`.
            y: as for :meth:`fit`.
            sample_weight: as for :meth:`fit`.
            classes: all labels there will be; needed in the first call.

        Raises:
            ArgumentError: the solver is lbfgs, ``classes`` is missing, or y has labels that it does not hold.
        """
        is_first = not hasattr(self, "mlp_")
        if is_first:
            if classes is None:
                raise ArgumentError("the first partial_fit is told all classes", "none", "Give classes=[0, 1].")
            classes = y if np.ndim(y) == 2 else np.asarray(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            advice = "Leave classes= out after the first call."
            raise ArgumentError("classes as in the first partial_fit", shown(list(classes)), advice)
        return self._fit(X, y, sample_weight, is_first=is_first, epochs=1, classes=classes)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likeliest label for each sample; rows of 0 and 1 where a sample may have several."""
        return self._labels(self._outputs(X))

    def _labels(self, shares: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = self._binarizer.inverse_transform(shares[:, 0] if self.n_outputs_ == 1 else shares)
        return found

    def predict_proba(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the probability of each class, an array (samples, classes) in the order of ``classes_``."""
        shares = self._outputs(X)
        return np.hstack([1.0 - shares, shares]) if self.n_outputs_ == 1 else shares

    def predict_log_proba(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the natural logarithms of :meth:`predict_proba`; minus infinity for a probability of 0."""
        with np.errstate(divide="ignore"):
            found: NDArray[Any] = np.log(self.predict_proba(X))
        return found

    def _targets(self, y: Any, labels: Any) -> NDArray[Any]:
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if labels is not None:
            self._binarizer = LabelBinarizer().fit(y if labels is y or np.ndim(labels) == 2 else labels)
            self.classes_ = self._binarizer.classes_
        if y.ndim == 1 and not np.isin(y, self.classes_).all():
            given = shown(sorted({*np.unique(y).tolist()} - {*self.classes_.tolist()}))
            raise ArgumentError("labels among the classes of the first call", given, "Call fit without warm_start.")
        return np.asarray(self._binarizer.transform(y), dtype=np.float64)

    def _loss_and_output(self) -> tuple[LossFunction, str]:
        if self._binarizer.y_type_ == "multiclass":
            return losses.cross_entropy, "softmax"
        return losses.binary_cross_entropy, "sigmoid"

    def _score_of(self, X: Any, targets: Any, weights: Any) -> float:  # noqa: N803
        found = self._labels(self.mlp_.predict(X).reshape(len(X), -1))
        return float(accuracy_score(self._labels(targets), found, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, _MLPEstimator):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers; ``mlp_`` is the scalar network.

    Arguments:
        loss: ``"squared_error"``, half the squared error; or ``"poisson"``, half the Poisson deviance, for counts: the
            output is then an exponential.
        hidden_layer_sizes, ...: as for :class:`MLPClassifier`.

    Attributes: as for :class:`MLPClassifier`, but for ``classes_``.

    Example:
        >>> from microgradnet.estimators import MLPRegressor
        >>> model = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", alpha=0.0, random_state=0)
        >>> model = model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
        >>> model.predict([[1.5]]).round(2).tolist()
        [4.0]
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        given = {name: each for name, each in locals().items() if name not in ("self", "loss", "__class__")}
        super().__init__(**given)
        self.loss = loss

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train for one epoch on these samples, going on from the last call; see :meth:`fit`.

        Raises:
            ArgumentError: the solver is lbfgs.
        """
        return self._fit(X, y, sample_weight, is_first=not hasattr(self, "mlp_"), epochs=1)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the predicted number of each sample, or a row of several."""
        found = self._outputs(X)
        return found[:, 0] if self._is_vector else found

    def _targets(self, y: Any, labels: Any) -> NDArray[Any]:
        if self.loss not in ("squared_error", "poisson"):
            raise ArgumentError("loss is squared_error or poisson", shown(self.loss), "Choose one of the two.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise ArgumentError("counts of 0 or more for the Poisson loss", f"{y.min():g}", "Use squared_error.")
        if labels is not None:
            self._is_vector = y.ndim == 1
        return np.asarray(y, dtype=np.float64).reshape(len(y), -1)

    def _loss_and_output(self) -> tuple[LossFunction, str]:
        if self.loss == "poisson":
            return _half_poisson_deviance, "exp"
        return losses.half_squared_error, "identity"

    def _score_of(self, X: Any, targets: Any, weights: Any) -> float:  # noqa: N803
        return float(r2_score(targets, self.mlp_.predict(X).reshape(len(X), -1), sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class _Training:
    """The compiled loss of a network, for rows of inputs, targets and, where samples are weighted, their weight.

    Arguments:
        mlp: the network.
        loss: from its outputs and as many targets to a Value.
        inputs: those of one sample, on which it is recorded.
        is_weighted: whether rows end with a weight.

    Attributes:
        program: the program; its parameters are moved in place.
    """

    def __init__(self, mlp: MLP, loss: LossFunction, inputs: Sequence[float], is_weighted: bool) -> None:
        self.is_weighted = is_weighted
        leaves = as_nodes([float(number) for number in inputs], "x")
        count = len(mlp.layers[-1].neurons)
        targets = as_nodes([1.0 / count] * count, "t")
        weight = Value(1.0, "weight")
        with losses.recording_form(losses.SHIFTED):
            outputs = mlp(leaves)
            each = loss(outputs, targets)
        batch = [*leaves, *targets, weight] if is_weighted else [*leaves, *targets]
        self.program = compile_graph(weight * each if is_weighted else each, batch=batch)
        penalised = {id(w) for layer in mlp.layers for neuron in layer.neurons for w in neuron.w}
        self._penalised = np.array([float(id(leaf) in penalised) for leaf in self.program.leaves])

    def step(self, rows: NDArray[Any], alpha: float) -> float:
        """Return the mean loss of the rows and the penalty; leave the gradient of their sum in the program."""
        loss, count, gradient = self.program.step(rows), float(len(rows)), self.program.gradient
        if self.is_weighted:
            whole = float(rows[:, -1].sum())
            if whole == 0.0:  # nobody counts
                gradient[...] = 0.0
                return 0.0
            loss *= count / whole
            gradient *= count / whole
            count = whole
        if alpha:
            weights = self._penalised * self.program.parameters
            gradient += (alpha / count) * weights
            loss += 0.5 * alpha / count * float(weights.dot(weights))
        return loss


def _half_poisson_deviance(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`\sum_j o_j - t_j \ln o_j + t_j \ln t_j - t_j`, with ln o as the z that o is the exponential of."""
    pairs = zip(as_nodes(outputs, "o"), targets, strict=True)
    return total(o - t * o.inputs[0] + xlogy(t, t) - t for o, t in pairs)  # type: ignore[no-any-return]


_CHOICES = {"solver": ("adam", "sgd", "lbfgs"), "learning_rate": ("constant", "invscaling", "adaptive")}
_RANGES = {
    "alpha": (0.0, math.inf), "learning_rate_init": (1e-300, math.inf), "power_t": (0.0, math.inf),
    "tol": (0.0, math.inf), "momentum": (0.0, 1.0 + 1e-15), "validation_fraction": (1e-300, 1.0),
    "beta_1": (0.0, 1.0), "beta_2": (0.0, 1.0), "epsilon": (1e-300, math.inf),
}  # fmt: skip
