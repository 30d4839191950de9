"""Pictures on a slide of 1280 x 720 can be read from the last row: large letters, no long strips, no collisions."""

import re
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.picture import measure_box, width
from tests.drawing.graphs import doubled, lecture, network

SVG = "{http://www.w3.org/2000/svg}"
SMALLEST, LEAST, LONGEST = 11.0, 9.0, 2.6


def neuron(kind="tanh"):
    x = [Value(v, label=f"x{k}") for k, v in enumerate((2.0, 0.0), 1)]
    w = [Value(v, label=f"w{k}") for k, v in enumerate((-3.0, 1.0), 1)]
    n = x[0] * w[0] + x[1] * w[1] + Value(6.88, label="b")
    n.label = "n"
    o = n.tanh() if kind == "tanh" else ((2 * n).exp() - 1) / ((2 * n).exp() + 1)
    o.label = "o"
    return o


def s0():
    model = mg.MLP.from_weights(
        weights=[[[0.1, 0.7], [0.8, 0.2]], [[0.6, 0.5], [0.4, 0.3]]], activation="sigmoid", output="softmax"
    )
    return mg.losses.half_squared_error(model([0.7, 1.0]), [0, 1])


def model(*sizes, activation="tanh"):
    inputs, *layers = sizes
    mlp = mg.MLP(inputs, layers, activation=activation, seed=1)
    return mg.losses.mean_squared_error(mlp([0.5 * k - 1.0 for k in range(inputs)]), [1.0] * layers[-1])


def chain(steps=10, weight=1.0, unit="sigmoid"):
    h = Value(1.0, label="x")
    for k in range(1, steps + 1):
        h = h * Value(weight, label=f"w{k}")
        h = getattr(h, unit)() if unit else h
        h.label = f"a{k}"
    return h


def dead():
    z = Value(2.0, label="x") * Value(-1.0, label="w") + Value(0.5, label="b")
    z.label = "z"
    return (z.relu() - 1) ** 2


def cross_entropy():
    return mg.losses.cross_entropy([Value(v, label=f"z{k}") for k, v in enumerate((1.0, 2.0, 0.5), 1)], [0, 1, 0])


def softmax_by_hand():
    z = [Value(v, label=f"z{k}") for k, v in enumerate((1.0, 2.0, 0.5), 1)]
    return -mg.softmax(z)[1].log()


def rnn(steps=4):
    u, w, h = Value(0.5, label="u"), Value(0.8, label="w"), Value(0.0, label="h0")
    for t in range(1, steps + 1):
        h = (w * h + u * Value(float(t), label=f"x{t}")).tanh()
        h.label = f"h{t}"
    return (h - 1) ** 2


def attention(tokens=3):
    q = [Value(0.5 + k, label=f"q{k}") for k in range(1, 3)]
    keys = [[Value(0.3 * i - 0.2 * k, label=f"k{i}{k}") for k in range(1, 3)] for i in range(1, tokens + 1)]
    weights = mg.softmax([mg.dot(q, key) for key in keys])
    return mg.dot(weights, [Value(float(i), label=f"v{i}") for i in range(1, tokens + 1)])


def batch(size=8):
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    return mg.total((w * (0.5 * k) + b - 1.5 * k) ** 2 for k in range(size))


def adam():
    g, m, v = Value(0.4, label="g"), Value(0.1, label="m"), Value(0.2, label="v")
    m1, v1 = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return Value(1.0, label="theta") - 0.01 * (m1 / 0.1) / ((v1 / 0.001).sqrt() + 1e-8)


def labelled(*labels):
    a, b, c = (Value(float(k), label=label) for k, label in enumerate(labels, 1))
    loss = (a * b + c).tanh()
    return loss * a


def logistic():
    x = [Value(0.3 * k, label=f"x[{k}]") for k in range(1, 6)]
    z = mg.dot([Value(0.1 * k, label=f"w[{k}]") for k in range(1, 6)], x, Value(0.2, label="b"))
    return mg.losses.binary_cross_entropy(z.sigmoid(), 1.0)


def diamond():
    x = Value(3.0, label="x")
    a, b = x * x, 2 * x
    a.label, b.label = "a", "b"
    return a * b


def unlabelled():
    return (Value(2.0) * Value(3.0) + Value(1.0)).exp() / Value(4.0)


GRAPHS = {
    "lecture": lecture, "doubled": doubled, "neuron": neuron, "neuron by exp": lambda: neuron("exp"), "s0": s0,
    "mazur": network, "2-2-1": lambda: model(2, 2, 1), "3-4-4-1": lambda: model(3, 4, 4, 1),
    "2-16-16-1": lambda: model(2, 16, 16, 1), "ten sigmoids": chain, "exploding": lambda: chain(7, 3.0, None),
    "dead relu": dead, "cross-entropy": cross_entropy, "softmax by hand": softmax_by_hand, "rnn": rnn,
    "attention": attention, "batch of 8": batch, "adam": adam, "logistic": logistic, "diamond": diamond,
    "chinese": lambda: labelled("权重", "输入", "偏置"),
    "latex": lambda: labelled(r"W_{ij}^{[l]}", r"\hat{y}", r"$\theta_0$"),
    "long labels": lambda: labelled("the weight of the first input", "the second input", "regression coefficient"),
    "no labels": unlabelled,
}  # fmt: skip
MAZUR = mg.MLP.from_weights(
    [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]], [[0.35] * 2, [0.6] * 2], activation="sigmoid"
)
NETWORKS = {
    "3-4-4-1": (mg.MLP(3, [4, 4, 1], activation="tanh", seed=1), {}),
    "mazur, updates": (MAZUR, {"x": [0.05, 0.1], "t": [0.01, 0.99], "show": "updates", "eta": 0.5}),
    "mazur, both": (MAZUR, {"x": [0.05, 0.1], "t": [0.01, 0.99], "show": ["weights", "gradients"]}),
    "64-30-10": (mg.MLP(64, [30, 10], activation="sigmoid", seed=1), {}),
    "2-16-16-1, gradients": (mg.MLP(2, [16, 16, 1], seed=1), {"x": [1.0, 2.0], "t": [1.0], "show": "gradients"}),
    "deep": (
        mg.MLP(2, [3] * 8 + [1], activation="sigmoid", seed=1),
        {"x": [1.0, 2.0], "t": [1.0], "show": "gradients"},
    ),
    "focus": (
        mg.MLP(3, [4, 4, 1], activation="tanh", seed=1),
        {"x": [1.0, 2.0, 3.0], "t": [1.0], "show": ["weights", "gradients"], "focus": "a2[2]"},
    ),
}
PICTURES = [
    (name, options) for name in GRAPHS for options in ({}, {"flow": True}, {"theme": "dark", "direction": "TB"})
]


@cache
def drawing(name, options):
    loss = GRAPHS[name]()
    loss.backward()
    return mg.draw(loss, **dict(options))


def drawings():
    return {(name, *options.values()): drawing(name, tuple(options.items())) for name, options in PICTURES}


def sheet(svg):
    root = ElementTree.fromstring(svg)
    _, _, wide, high = map(float, root.get("viewBox").split())
    return root, wide, high


def boxes_of_text(root):
    """Yield what each text covers, in points; all stand in one group that is moved."""
    for text in root.iter(f"{SVG}text"):
        size = float(text.get("font-size"))
        wide = width(text.text or "", size, bold=text.get("font-weight") == "bold") * 0.85  # most fonts are narrower
        x, y = float(text.get("x")), float(text.get("y"))
        left = x - wide * {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor"), 0.0)
        yield text.text, left, y - 0.7 * size, left + wide, y + 0.1 * size


def overlaps(root):
    placed = list(boxes_of_text(root))
    for place, (text, left, top, right, bottom) in enumerate(placed):
        for other, *box in placed[:place]:
            if left < box[2] and box[0] < right and top < box[3] and box[1] < bottom:
                yield text, other


def runs_through(curve, box):
    """Tell whether some point of Bézier curves lies in a box."""
    low, high = (tuple(end(point[k] for point in curve) for k in (0, 1)) for end in (min, max))
    if low[0] > box[2] or high[0] < box[0] or low[1] > box[3] or high[1] < box[1]:
        return False
    for place in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[place : place + 4]
        for step in range(17):
            t = step / 16
            x, y = (
                (1 - t) ** 3 * a[k] + 3 * t * (1 - t) ** 2 * b[k] + 3 * t * t * (1 - t) * c[k] + t**3 * d[k]
                for k in (0, 1)
            )
            if box[0] < x < box[2] and box[1] < y < box[3]:
                return True
    return False


def lines_through(drawing):
    """Yield each box with an edge of others that runs through it, and each title of a scope with any that does."""
    root = ElementTree.fromstring(drawing.svg)
    titles = next((group for group in root.iter(f"{SVG}g") if group.get("class") == "titles"), [])
    rims = [*titles] if len(titles) else []
    covered = [after.text for rim, after in pairwise(rims) if rim.tag == f"{SVG}rect"]  # these interrupt the lines
    for text, left, top, right, bottom in boxes_of_text(titles) if rims else ():
        for edge, route in zip(drawing.picture.edges, drawing.layout.routes, strict=True):
            if text not in covered and runs_through(route.curve, (left, top, right, bottom)):
                yield text, edge
    for box in drawing.picture.boxes:
        (x, y), extent = drawing.layout.centres[box.key], measure_box(box)
        half = extent.width / 2 - 3 - extent.sheets, extent.height / 2 - 3 - extent.sheets
        for edge, route in zip(drawing.picture.edges, drawing.layout.routes, strict=True):
            others = box.key not in (edge.tail, edge.head)
            if others and runs_through(route.curve, (x - half[0], y - half[1], x + half[0], y + half[1])):
                yield box.name, edge


def test_pictures_can_be_read_from_the_last_row_and_no_text_stands_on_another():
    sizes, strips, over = {}, {}, []
    for name, each in drawings().items():
        root, wide, high = sheet(each.svg)
        smallest = min(float(text.get("font-size")) for text in root.iter(f"{SVG}text"))
        sizes[name] = each.text_size
        assert each.text_size == pytest.approx(smallest * min(1220 / wide, 624 / high, 2.6), rel=1e-3)
        if each.picture.direction == "LR" and wide > LONGEST * high:
            strips[name] = wide / high
        over += [(name, *pair) for pair in (*overlaps(root), *lines_through(each))]
    assert over == []
    assert strips == {}
    assert len(sizes) >= 60
    assert {name: size for name, size in sizes.items() if size < LEAST} == {}
    assert len([size for size in sizes.values() if size < SMALLEST]) <= len(sizes) - 55, sizes


def test_networks_and_programs_can_be_read_from_the_last_row():
    x = [Value(0.1 * k, label=f"x[{k}]") for k in (1, 2)]
    program = mg.compile(mg.losses.half_squared_error(mg.MLP(2, [3, 1], activation="tanh", seed=1)(x), [1.0]), batch=x)
    svgs = {name: mg.draw_network(network, **options).svg for name, (network, options) in NETWORKS.items()}
    svgs |= {"program": mg.draw(program).svg, "dark": mg.draw_network(MAZUR, theme="dark").svg}
    for name, svg in svgs.items():
        root, wide, high = sheet(svg)
        smallest = min(float(text.get("font-size")) for text in root.iter(f"{SVG}text"))
        assert smallest * min(1220 / wide, 624 / high, 2.6) >= LEAST, name
        assert wide <= LONGEST * high, name
        assert list(overlaps(root)) == [], name


def test_the_flow_through_ten_sigmoids_has_many_widths():
    widths = {edge.width for edge in drawing("ten sigmoids", (("flow", True),)).picture.edges}
    assert len(widths) >= 8


def test_numbers_of_a_legend_are_those_of_its_lines():
    picture = drawing("ten sigmoids", (("flow", True),)).picture
    assert picture.legend[0].edge.width == max(edge.width for edge in picture.edges)
    assert re.search(r"logarithmic", picture.legend[0].text)
