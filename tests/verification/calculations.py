"""Hand calculations that several tests of this room work on, and judging their figures."""

from microgradnet import MLP, Value, ops
from microgradnet.nn import losses
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.figure import Figure
from microgradnet.verification.judging import judge
from microgradnet.verification.report import Claim


def network(weights, inputs, targets, biases=None, activation="sigmoid"):
    """A network of one activation with half the squared error."""
    biases = biases or [[0.0] * len(layer) for layer in weights]
    mlp = MLP.from_weights(weights=weights, biases=biases, activation=activation, output=activation)
    outputs = mlp(inputs)
    return losses.half_squared_error(outputs if isinstance(outputs, list) else [outputs], targets)


def mazur():
    """M. Mazur, A Step by Step Backpropagation Example (2015)."""
    weights = [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]]
    return network(weights, [0.05, 0.10], [0.01, 0.99], [[0.35, 0.35], [0.60, 0.60]])


def geeksforgeeks():
    """GeeksforGeeks, Backpropagation in Neural Network."""
    return network([[[0.2, 0.2], [0.3, 0.3]], [[0.3, 0.9]]], [0.35, 0.7], [0.5])


def griewank():
    """A. Griewank and A. Walther, Evaluating Derivatives, Table 1.2."""
    x1, x2 = Value(1.5, label="x1"), Value(0.5, label="x2")
    v1 = x1 / x2
    v2, v3 = ops.sin(v1), ops.exp(x2)
    v4 = v1 - v3
    v5 = v2 + v4
    y = v5 * v4
    for label, node in {"v1": v1, "v2": v2, "v3": v3, "v4": v4, "v5": v5, "y": y}.items():
        node.label = label
    return y


def judged(loss, claims, eta=None, *, define=None, updated_weights=False, update=None):
    """The report on claims: a dict from quantities to a figure, or to a tuple of figures for one quantity."""
    calculation = Calculation(loss)
    if eta is not None:
        calculation.set_step(eta, update, updated_weights=updated_weights)
    for name, quantity in (define or {}).items():
        calculation.define(name, quantity)
    made = []
    for quantity, figures in claims.items():
        first, *also = [Figure.parse(figure) for figure in ([figures] if isinstance(figures, str) else figures)]
        made.append(Claim(calculation.read(quantity), first, also=tuple(also)))
    return judge(calculation, made)


def verdicts(*args, **options):
    """The verdicts by quantity."""
    return {finding.quantity: finding.verdict.value for finding in judged(*args, **options)}


def explanation(loss, claims, eta=None, **options):
    """The explanation of the last of the claims, which is wrong."""
    finding = judged(loss, claims, eta, **options)[-1]
    assert not finding.verdict.is_right, finding
    return finding.explanation


def labelled(root):
    """The nodes below a root by their labels."""
    from microgradnet.graph import topological

    return {node.label: node for node in topological(root) if node.label}
