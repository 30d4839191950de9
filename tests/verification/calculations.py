"""Hand calculations that several tests of this room work on, and a claim in one line."""

from microgradnet import MLP, Value, ops
from microgradnet.nn import losses
from microgradnet.verification.claim import Claim
from microgradnet.verification.figure import Figure


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


def value_claim(node, printed, **options):
    return Claim(node.label, Figure.parse(printed), lambda run: run.value(node), key=("value", node), **options)


def derivative_claim(of, node, printed, **options):
    key = ("derivative", of, node)
    name = f"d{of.label}/d{node.label}"
    return Claim(name, Figure.parse(printed), lambda run: run.derivative(of, node), key=key, **options)


def labelled(root):
    """The nodes below a root by their labels."""
    from microgradnet.graph import topological

    return {node.label: node for node in topological(root) if node.label}
