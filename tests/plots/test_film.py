"""The film of training: each picture is what the model gave then, few pictures are kept, and none is a lie."""

import base64
import json
import re

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.errors import ArgumentError, DrawingError, NumberTypeError, ShapeError
from microgradnet.nn.training.history import Epoch
from microgradnet.plots import film as film_module

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR = [0, 1, 1, 0]


def network(outputs=1, **options):
    return mg.MLP(2, [4, outputs], activation="tanh", seed=2, **options)


def data_of(film):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', film.html, re.DOTALL)[1])


def grid(points):
    """The points of the plane, the top row first, as the film's pictures have them."""
    ends = np.linspace(-0.1, 1.1, points)
    return np.array([[[x, y] for x in ends] for y in ends[::-1]])


@pytest.mark.parametrize("outputs", [1, 3])
def test_each_picture_is_what_the_model_gave_after_its_epoch(outputs):
    model = network(outputs, output="sigmoid" if outputs == 1 else "linear")
    y = XOR if outputs == 1 else [0, 1, 2, 0]
    film, models = mg.plots.Film(model, X, y, points=9), [model.state_dict()]
    loss = "binary_cross_entropy" if outputs == 1 else "cross_entropy"
    kept = [film, lambda epoch: models.append(model.state_dict())]
    history = mg.fit(model, X, y, loss=loss, lr=0.3, epochs=12, seed=1, callbacks=kept, progress=False)
    found = data_of(film)
    assert [epoch for epoch, _, _ in found["shots"]] == [*range(13)]
    for (_, field, weights), state in zip(found["shots"], models, strict=True):
        then = network(outputs, output="sigmoid" if outputs == 1 else "linear")
        then.load_state_dict(state)
        results = np.array(then.predict(grid(9).reshape(-1, 2))).reshape(81, outputs)
        named = results.argmax(axis=1) if outputs > 1 else (results[:, 0] > 0.5).astype(int)
        codes = np.frombuffer(base64.b64decode(field), dtype=np.uint8)
        assert (codes // 32).tolist() == named.tolist()
        assert weights == pytest.approx([parameter.data for parameter in then.parameters()], rel=1e-3)
    assert [row[:2] for row in found["epochs"]] == [[epoch.epoch, epoch.loss] for epoch in history]
    assert found["metric"] == history.metric_name == "accuracy"
    sure = np.frombuffer(film.shots[-1].field, dtype=np.uint8) % 32
    if outputs == 1:
        outputs_now = np.array(model.predict(grid(9).reshape(-1, 2))).ravel()
        assert np.abs(sure / 31 - np.abs(2 * outputs_now - 1)).max() <= 0.5 / 31 + 1e-12


def test_few_pictures_are_kept_of_a_long_run_and_the_last_one_always():
    model = network(output="sigmoid")
    film = mg.plots.Film(model, X, XOR, pictures=10, points=5)
    mg.fit(model, X, XOR, loss="mse", epochs=101, callbacks=film, progress=False)
    epochs = [epoch for epoch, _, _ in data_of(film)["shots"]]
    assert len(epochs) <= 10
    assert (epochs[0], epochs[-1]) == (0, 101)
    assert len(set(np.diff(epochs[:-1]))) == 1
    assert len(film.epochs) == 101


def test_a_model_that_has_changed_since_is_not_shown_as_the_last_epoch():
    model = network(output="sigmoid")
    film = mg.plots.Film(model, X, XOR, pictures=4, points=5)
    mg.fit(model, X, XOR, loss="mse", epochs=9, callbacks=film, progress=False)
    model.parameters()[0].data += 1.0
    assert [epoch for epoch, _, _ in data_of(film)["shots"]] == [0, 4, 8]


def test_any_function_of_two_numbers_is_filmed_without_a_sketch():
    slope = mg.Value(1.0)
    film = mg.plots.Film(lambda x: slope * x[0] - x[1], X, [1, -1, -1, 1], points=5)
    for number in (1, 2):
        slope.data += 1.0
        film(Epoch(number, 1.0 / number))
    found = data_of(film)
    assert (found["layers"], len(found["shots"])) == ([], 3)
    assert film.shots[0].field != film.shots[2].field


def test_a_file_is_small_loads_nothing_and_names_are_text(tmp_path):
    model = network(output="sigmoid")
    film = mg.plots.Film(model, X, XOR, names=("<script>alert(1)</script>", "y"))
    mg.fit(model, X, XOR, loss="mse", epochs=60, callbacks=film, progress=False)
    page = film.save(tmp_path / "film.html").read_text(encoding="utf-8")
    assert len(page) < 260_000
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    with pytest.raises(DrawingError, match=r"\.html or \.htm"):
        film.save(tmp_path / "film.gif")
    assert film._repr_mimebundle_()["text/html"].startswith("<iframe sandbox=")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"model": 3}, NumberTypeError),
        ({"X": [[1.0, 2.0, 3.0]] * 4}, NumberTypeError),
        ({"y": [0, 1]}, ShapeError),
        ({"pictures": 0}, ArgumentError),
        ({"points": 1}, ArgumentError),
        ({"threshold": "half"}, ArgumentError),
        ({"model": network(9), "y": [0, 1, 2, 3]}, ArgumentError),
    ],
)
def test_wrong_arguments_are_named(change, error):
    given = {"model": network(), "X": X, "y": XOR} | change
    with pytest.raises(error):
        mg.plots.Film(given.pop("model"), given.pop("X"), given.pop("y"), **given)


def test_the_sketch_knows_where_each_parameter_belongs():
    assert film_module._sketch(network()) == (
        [2, 4, 1],
        [[1, j, k] for j in range(1, 5) for k in (1, 2, 0)] + [[2, 1, k] for k in (1, 2, 3, 4, 0)],
    )
