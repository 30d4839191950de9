"""What the plots draw is what NumPy, SymPy and the model itself say, and nothing that they read is changed."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
import sympy

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import (
    ArgumentError,
    DomainError,
    NumberTypeError,
    ShapeError,
    UnknownNameError,
)
from microgradnet.nn.training import Epoch, History
from microgradnet.plots.boundary import make_field

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.colors import to_hex  # noqa: E402


@pytest.fixture(autouse=True)
def _close_figures():
    settings = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == settings
    pyplot.close("all")


@pytest.fixture
def ax():
    return pyplot.figure().add_subplot()


def wave(x):
    return x * mg.sin(x) + mg.exp(-x)


def bowl(a, b):
    return (1 - a) ** 2 + 10 * (b - a * a) ** 2


# --- tangent


@pytest.mark.parametrize("at", [-1.0, 0.0, 2.5])
def test_the_curve_is_numpys_and_the_slope_is_sympys(at):
    axes = mg.plots.tangent(wave, at, span=(-3, 3))
    curve, tangent, point = axes.get_lines()
    xs = curve.get_xdata()
    assert (xs[0], xs[-1]) == (-3.0, 3.0)
    np.testing.assert_allclose(curve.get_ydata(), xs * np.sin(xs) + np.exp(-xs), rtol=1e-12)
    x = sympy.Symbol("x")
    formula = x * sympy.sin(x) + sympy.exp(-x)
    height, slope = (float(each.subs(x, at)) for each in (formula, formula.diff(x)))
    assert point.get_xydata().tolist() == [[at, pytest.approx(height)]]
    (left, start), (right, end) = tangent.get_xydata()
    assert (end - start) / (right - left) == pytest.approx(slope)
    assert start + slope * (at - left) == pytest.approx(height)
    assert axes.get_legend_handles_labels()[1][0] == axes.get_ylabel() == "wave(x)"


def test_a_tangent_has_a_gap_outside_of_the_domain_and_the_convention_at_a_kink():
    curve = mg.plots.tangent(mg.log, 0.5, span=(-1, 3)).get_lines()[0]
    assert (np.isnan(curve.get_ydata()) == (curve.get_xdata() <= 0.0)).all()
    flat = mg.plots.tangent(mg.relu, 0.0).get_lines()[1]
    assert flat.get_ydata().tolist() == [0.0, 0.0]
    with pytest.raises(DomainError):
        mg.plots.tangent(mg.log, -1.0)


def test_a_tangent_refuses_what_it_can_not_draw():
    with pytest.raises(ArgumentError, match="span"):
        mg.plots.tangent(wave, 1.0, span=(2, 1))
    with pytest.raises(ArgumentError, match="points"):
        mg.plots.tangent(wave, 1.0, points=1)
    with pytest.raises(ArgumentError, match="finite"):
        mg.plots.tangent(wave, float("nan"))
    with pytest.raises(TypeError):
        mg.plots.tangent(wave, "1")
    with pytest.raises(ArgumentError, match="Axes"):
        mg.plots.tangent(wave, 1.0, ax="here")


# --- loss_surface


def heights(axes):
    """Return the levels of the drawn contours, and the vertices at each."""
    filled, lines = axes.collections[:2]
    return filled.levels, lines


def test_the_contours_of_a_function_lie_where_it_has_their_heights():
    axes = mg.plots.loss_surface(
        lambda a, b: a**2 + 4 * b**2, ranges=((-2, 2), (-1, 1)), points=101, levels=[0.5, 1, 2]
    )
    _, lines = heights(axes)
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        a, b = path.vertices.T
        np.testing.assert_allclose(a**2 + 4 * b**2, level, atol=2e-3)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    assert (axes.get_xlim(), axes.get_ylim()) == ((-2.0, 2.0), (-1.0, 1.0))


def test_contours_are_closest_at_the_bottom():
    levels, _ = heights(mg.plots.loss_surface(bowl, ranges=((-2, 2), (-1, 3)), points=21))
    assert (np.diff(levels, 2) > 0.0).all()


def graph():
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    samples = [(-1.0, -0.5), (0.5, 0.2), (2.0, 0.9)]
    loss = mg.total((mg.tanh(w * x + b) - t) ** 2 for x, t in samples)
    loss.label = "E"
    return loss, w, b, samples


def test_the_surface_of_a_graph_is_the_loss_and_the_graph_stays_as_it_is(monkeypatch):
    grids = []
    monkeypatch.setattr("mpl_toolkits.mplot3d.Axes3D.plot_surface", lambda self, *grid, **_: grids.append(grid))
    loss, w, b, samples = graph()
    loss.backward()
    before = [(node.data, node.grad, node.partials) for node in mg.graph.topological(loss)]
    axes = mg.plots.loss_surface(loss, (w, b), ranges=((-1, 2), (-1, 1)), three_d=True, points=9)
    assert [(node.data, node.grad, node.partials) for node in mg.graph.topological(loss)] == before
    ws, bs = np.meshgrid(np.linspace(-1, 2, 9), np.linspace(-1, 1, 9))
    expected = sum((np.tanh(ws * x + bs) - t) ** 2 for x, t in samples)
    for drawn, wanted in zip(grids[0], (ws, bs, expected), strict=True):
        np.testing.assert_allclose(drawn, wanted, rtol=1e-12, atol=1e-12)
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()) == ("w", "b", "E")


def test_the_range_of_a_graph_surrounds_path_and_present_numbers():
    loss, w, b, _ = graph()
    axes = mg.plots.loss_surface(loss, (w, b), path=[(0.9, 0.1), (0.7, 0.1)], points=5)
    assert axes.get_xlim() == (pytest.approx(0.4), pytest.approx(1.0))
    assert axes.get_ylim() == (pytest.approx(-0.9), pytest.approx(1.1))


def test_paths_are_drawn_where_the_optimizers_went_each_in_its_own_look():
    paths = {}
    for name, optimizer in (("SGD", mg.optim.SGD), ("Adam", mg.optim.Adam)):
        a, b = Value(-1.0, label="a"), Value(1.0, label="b")
        step = optimizer([a, b], lr=0.01)
        paths[name] = [(a.data, b.data)]
        for _ in range(5):
            loss = bowl(a, b)
            loss.zero_grad()
            loss.backward()
            step.step()
            paths[name].append((a.data, b.data))
    axes = mg.plots.loss_surface(bowl, path=paths, points=5)
    lines = axes.get_lines()
    assert [lines[0].get_xydata().tolist(), lines[3].get_xydata().tolist()] == [
        [list(place) for place in path] for path in paths.values()
    ]
    assert lines[1].get_xydata().tolist() == [list(paths["SGD"][0])]
    assert lines[2].get_xydata().tolist() == [list(paths["SGD"][-1])]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SGD", "Adam"]
    assert lines[0].get_color() != lines[3].get_color()
    assert lines[0].get_marker() != lines[3].get_marker()


def test_a_path_in_three_dimensions_lies_on_the_surface():
    axes = mg.plots.loss_surface(bowl, path=[(0.0, 0.0), (0.5, 0.2)], points=5, three_d=True)
    xs, ys, zs = axes.get_lines()[0].get_data_3d()
    np.testing.assert_allclose(zs, (1 - np.array(xs)) ** 2 + 10 * (np.array(ys) - np.array(xs) ** 2) ** 2)


def test_places_outside_of_the_domain_stay_white():
    loss = mg.log(Value(1.0, label="a")) + Value(2.0, label="b")
    a, b = mg.graph.leaves(loss)
    for axes in (
        mg.plots.loss_surface(lambda a, b: mg.log(a) + b, ranges=((-1, 1), (0, 1)), points=21, levels=5),
        mg.plots.loss_surface(loss, (a, b), ranges=((-1, 1), (0, 1)), points=21, levels=5),
    ):
        filled, _ = axes.collections[:2]
        corners = np.concatenate([path.vertices for path in filled.get_paths() if len(path.vertices)])
        assert corners[:, 0].min() > 0.0
    with pytest.raises(ArgumentError, match="somewhere"):
        mg.plots.loss_surface(lambda a, b: mg.log(a) + b, ranges=((-2, -1), (0, 1)), points=3)


def test_a_surface_refuses_what_it_can_not_draw(ax):
    loss, w, b, _ = graph()
    for wrong, arguments, options in [
        (ArgumentError, (bowl,), {}),
        (ArgumentError, (bowl, (w, b)), {}),
        (ArgumentError, (loss,), {}),
        (ArgumentError, (loss, (w, w)), {}),
        (UnknownNameError, (loss, (w, Value(1.0))), {}),
        (NumberTypeError, (3.0,), {}),
        (NumberTypeError, (bowl,), {"path": [(1.0, 2.0, 3.0)]}),
        (NumberTypeError, (bowl,), {"path": [(1.0, "2")]}),
        (ArgumentError, (bowl,), {"ranges": (1, 2)}),
        (ArgumentError, (bowl,), {"ranges": ((1, 2), (3, float("inf")))}),
        (ArgumentError, (loss, (w, b)), {"levels": [2, 1]}),
        (ArgumentError, (loss, (w, b)), {"three_d": True, "ax": ax}),
    ]:
        with pytest.raises(wrong):
            mg.plots.loss_surface(*arguments, **options)
    assert not ax.lines
    assert pyplot.get_fignums() == [ax.figure.number]


# --- decision_boundary


X = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [0.2, 0.9]])


def regions(axes):
    """Return the class that is drawn in each place, and where these places are."""
    mesh = axes.collections[0]
    corners = mesh.get_coordinates()
    centres = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    return np.ma.filled(mesh.get_array().astype(float), np.nan).reshape(centres.shape[:2]), centres


@pytest.mark.parametrize("outputs", [1, 3])
def test_regions_are_what_the_model_says_and_the_model_stays_as_it_is(outputs):
    model = mg.MLP(2, [5, outputs], activation="tanh", seed=3)
    y = [0, 1, 1, 0, 1] if outputs == 1 else [0, 1, 2, 0, 1]
    model.parameters()[0].grad = 7.0
    before = [(p.data, p.grad) for p in model.parameters()]
    axes = mg.plots.decision_boundary(model, X, y, threshold=None if outputs == 3 else 0.0, points=40)
    assert [(p.data, p.grad) for p in model.parameters()] == before
    named, centres = regions(axes)
    assert len(np.unique(named)) > 1
    for i, j in [(0, 0), (0, 39), (39, 0), (39, 39), (13, 22), (30, 8), (20, 20)]:
        made = model(centres[i, j].tolist())
        expected = made.data > 0.0 if outputs == 1 else int(np.argmax([output.data for output in made]))
        assert named[i, j] == expected
    for line in axes.collections[1 : 2 if outputs == 1 else 1]:
        for x in np.concatenate([path.vertices for path in line.get_paths()])[::9]:
            assert model(x.tolist()).data == pytest.approx(0.0, abs=0.02)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x[1]", "x[2]")


def test_samples_stand_at_their_places_in_the_colours_of_their_classes():
    y = [[1, 0], [0, 1], [0, 1], [1, 0], [0, 1]]
    axes = mg.plots.decision_boundary(mg.MLP(2, [2], seed=0), X, y, points=5)
    first, second = axes.collections[-2:]
    np.testing.assert_array_equal(first.get_offsets(), X[[0, 3]])
    np.testing.assert_array_equal(second.get_offsets(), X[[1, 2, 4]])
    assert to_hex(first.get_facecolor()[0]) != to_hex(second.get_facecolor()[0])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["class 0", "class 1"]


@pytest.mark.parametrize(("y", "border"), [([-1, 1, 1, -1, 1], 0.0), ([0, 1, 1, 0, 1], 0.5)])
def test_the_usual_threshold_is_that_of_accuracy(y, border):
    named, centres = regions(mg.plots.decision_boundary(lambda x: x[0], X, y, points=41))
    assert (named == (centres[:, :, 0] > border)).all()


def test_a_model_that_branches_is_called_at_each_point():
    def model(x):
        return x[0] * 1.0 if x[1] > 0.0 else -x[0]

    named, centres = regions(mg.plots.decision_boundary(model, X, [-1, 1, 1, -1, 1], points=20))
    assert (named == (np.where(centres[:, :, 1] > 0.0, 1, -1) * centres[:, :, 0] > 0.0)).all()


def test_a_model_is_left_white_where_it_is_outside_of_a_domain():
    def model(x):
        return mg.log(x[0] + 0.5)

    samples = np.array([[0.0, 0.0], [1.0, 1.0], [-0.7, 0.5]])
    named, centres = regions(mg.plots.decision_boundary(model, samples, [0, 1, 0], points=12))
    assert (np.isnan(named) == (centres[:, :, 0] <= -0.5)).all()


def test_a_boundary_refuses_what_it_can_not_draw():
    model = mg.MLP(2, [3], seed=0)
    for wrong, arguments in [
        (NumberTypeError, (3.0, X, [0] * 5)),
        (ShapeError, (model, X, [0] * 4)),
        (NumberTypeError, (model, X[:, :1], [0] * 5)),
        (NumberTypeError, (model, X, ["a"] * 5)),
        (ArgumentError, (model, X, [0, 1, 2, 3, 0])),
        (ArgumentError, (model, X, [0, 0.5, 2, 1, 0])),
    ]:
        with pytest.raises(wrong):
            mg.plots.decision_boundary(*arguments)
    with pytest.raises(ArgumentError, match="threshold"):
        mg.plots.decision_boundary(model, X, [0] * 5, threshold="high")


# --- gradient_sizes, compare


def history(*losses, sizes=True):
    norms = [{"layer 1": loss / 2, "layer 2": loss * 3} if sizes else {} for loss in losses]
    epochs = [
        Epoch(n, loss, lr=0.1, metric=0.5, gradient_norms=norm, metric_name="accuracy")
        for n, (loss, norm) in enumerate(zip(losses, norms, strict=True), 1)
    ]
    return History(epochs)


def test_the_sizes_of_gradients_are_those_of_the_history(ax):
    assert mg.plots.gradient_sizes(history(4.0, 2.0, 1.0), ax=ax) is ax
    first, second = ax.get_lines()
    assert first.get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert second.get_xydata().tolist() == [[1, 12.0], [2, 6.0], [3, 3.0]]
    assert [text.get_text() for text in ax.texts] == [" layer 1", " layer 2"]  # behind the ends of their lines
    assert all(text.get_color() == line.get_color() for text, line in zip(ax.texts, ax.get_lines(), strict=True))
    assert ax.get_xlim()[1] > 3.2
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "epoch")
    assert first.get_linestyle() != second.get_linestyle()


def test_runs_stand_side_by_side():
    axes = mg.plots.compare({"SGD": history(3.0, 2.0, 1.0), "_$odd": [4.0, 0.0], "one": (2.5,)})
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [
        [[1, 3.0], [2, 2.0], [3, 1.0]],
        [[1, 4.0], [2, 0.0]],
        [[1, 2.5]],
    ]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SGD", r" _\$odd", "one"]
    assert axes.get_yscale() == "linear"  # a loss of 0 has no logarithm
    assert axes.get_xlim()[0] < 1.0 < 3.0 < axes.get_xlim()[1]
    assert mg.plots.compare({"SGD": history(2.0, 1.0)}).get_yscale() == "log"
    (line,) = mg.plots.compare({"SGD": history(2.0, 1.0)}, column="gradient of layer 2").get_lines()
    assert line.get_ydata().tolist() == [6.0, 3.0]


def test_labels_of_lines_that_end_together_stand_above_each_other(ax):
    norms = {f"layer {n}": 1.0 + n / 1e3 for n in range(1, 5)}
    mg.plots.gradient_sizes(History([Epoch(n, 1.0, lr=0.1, gradient_norms=norms) for n in (1, 2)]), ax=ax)
    heights = [text.get_position()[1] for text in ax.texts]
    assert all(above - below >= 0.05 for below, above in pairwise(sorted(heights)))


def test_an_accuracy_is_not_read_by_its_decades():
    assert mg.plots.compare({"SGD": history(2.0, 1.0)}, column="accuracy").get_yscale() == "linear"


def test_the_triangle_of_a_tangent_shows_its_slope(ax):
    mg.plots.tangent(lambda x: 3.0 * x, 1.0, span=(-2.0, 2.0), ax=ax)
    (triangle,) = ax.patches
    (left, _), (right, bottom), (_, top) = triangle.get_xy()
    assert (right - left, top - bottom) == (1.0, pytest.approx(3.0))
    assert [text.get_text() for text in ax.texts] == ["1", "3"]


def test_confidence_is_the_lead_of_the_class_that_is_named():
    certain = make_field(lambda x: [mg.sigmoid(40 * x[0])], np.array([[-1.0, 0.0], [1.0, 1.0]]), 5)
    found = certain.confidence(certain.leads(0.5))
    assert found[:, [0, -1]].min() > 0.999
    assert found[:, 2].max() < 1e-9
    scores = make_field(lambda x: [x[0], -x[0]], np.array([[-1.0, 0.0], [1.0, 1.0]]), 5)
    assert scores.confidence(scores.leads(0.0))[0, 0] == pytest.approx(np.tanh(2 * 1.2))


def test_the_least_loss_is_marked_unless_it_lies_at_the_edge(ax):
    mg.plots.loss_surface(lambda a, b: a**2 + b**2, ranges=((-2, 2), (-2, 2)), points=41, ax=ax)
    (mark,) = [line for line in ax.get_lines() if line.get_label() == "_least"]
    assert mark.get_xydata().tolist() == [[pytest.approx(0.0), pytest.approx(0.0)]]
    edge = mg.plots.loss_surface(lambda a, b: a + b, ranges=((-2, 2), (-2, 2)), points=5)
    assert not [line for line in edge.get_lines() if line.get_label() == "_least"]


def test_curves_refuse_what_they_can_not_draw():
    with pytest.raises(NumberTypeError, match="History"):
        mg.plots.gradient_sizes([1.0])
    with pytest.raises(ArgumentError, match="sizes of gradients"):
        mg.plots.gradient_sizes(history(1.0, sizes=False))
    with pytest.raises(UnknownNameError, match="It has loss, accuracy"):
        mg.plots.compare({"SGD": history(1.0)}, column="validation loss")
    for wrong, runs in [
        (ArgumentError, {}),
        (ArgumentError, [1.0]),
        (ArgumentError, {"a": []}),
        (NumberTypeError, {"a": 1}),
    ]:
        with pytest.raises(wrong):
            mg.plots.compare(runs)


# --- all of them

PLOTS = {
    "tangent": lambda ax: mg.plots.tangent(wave, 1.0, ax=ax),
    "loss_surface": lambda ax: mg.plots.loss_surface(bowl, ranges=((-1, 1), (-1, 1)), points=5, ax=ax),
    "decision_boundary": lambda ax: mg.plots.decision_boundary(
        mg.MLP(2, [2], seed=0), X, [0, 1, 0, 1, 0], points=5, ax=ax
    ),
    "gradient_sizes": lambda ax: mg.plots.gradient_sizes(history(2.0, 1.0), ax=ax),
    "compare": lambda ax: mg.plots.compare({"SGD": [2.0, 1.0]}, ax=ax),
}


def test_every_plot_is_tried_here():
    assert {*PLOTS, "Film"} == set(mg.plots.__all__)  # test_film.py has that one


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_a_plot_goes_into_the_axes_given_and_else_into_a_new_figure_that_is_shown(name, ax):
    other = pyplot.figure().add_subplot()
    assert PLOTS[name](ax) is ax
    assert pyplot.gca() is other
    figures = pyplot.get_fignums()
    made = PLOTS[name](None)
    assert made.figure.number not in figures
    assert pyplot.fignum_exists(made.figure.number)
    made.figure.canvas.draw()


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_without_matplotlib_the_error_says_what_to_install(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it is not installed
    with pytest.raises(ImportError, match=r'pip install "microgradnet\[notebooks\]"'):
        PLOTS[name](None)
