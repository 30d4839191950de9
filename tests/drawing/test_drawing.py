import os

import pytest

import microgradnet as mg
from microgradnet import Value, text
from microgradnet.drawing import Theme
from microgradnet.errors import ArgumentError, DrawingError, UnknownNameError
from tests.drawing.graphs import doubled, lecture


def test_a_notebook_gets_svg_and_text():
    drawing = mg.draw(doubled())
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"] == drawing._repr_svg_() == drawing.svg
    assert bundle["text/plain"].startswith("<Drawing: Computation graph of b, 2 boxes, 2 edges")


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "graph.svg"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(text.os, "replace", full)
    with pytest.raises(DrawingError, match="No space left"):
        mg.draw(doubled()).save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["graph.svg"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DrawingError, match="Check that the folder exists"):
        mg.draw(doubled()).save(tmp_path / "none" / "graph.svg")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"direction": "left"}, r'"LR" \(left to right\)'),
        ({"digits": 0}, "from 1 to 17; got 0"),
        ({"digits": True}, "from 1 to 17"),
        ({"digits": 2.0}, "from 1 to 17"),
        ({"limit": 0}, "positive whole number"),
        ({"flow": "yes"}, "flow is True or False"),
        ({"repeats": 0}, "positive whole number"),
        ({"fold": 3}, "a kind of scope"),
        ({"fold": ["layer", ""]}, "a kind of scope"),
        ({"highlight": "nobody"}, "a node of this graph; got 'nobody'"),
        ({"highlight": 3.0}, "a node of this graph; got 3.0"),
        ({"highlight": [Value(1.0)]}, "a node of this graph"),
        ({"show": "grads"}, "value, grad, local, scope, note"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(ArgumentError, match=words):
        mg.draw(lecture(), **options)


def test_an_unknown_theme_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="light, dark, print"):
        mg.draw(lecture(), theme="pink")
    assert "#123456" in mg.draw(lecture(), theme=Theme(background="#123456")).svg


@pytest.mark.parametrize("wrong", [3.0, [Value(1.0)], None])
def test_only_a_value_is_drawn(wrong):
    with pytest.raises(TypeError, match="draw needs a Value"):
        mg.draw(wrong)


def test_show_chooses_the_parts():
    svg = mg.draw(lecture(), show=("value",)).svg
    assert ">value<" in svg
    assert ">grad<" not in svg
    assert 'class="local"' not in svg
    assert 'class="note"' not in svg
    assert 'class="local"' in mg.draw(lecture(), show="local").svg


def test_digits_reach_the_picture():
    assert ">0.3333333<" in mg.draw(Value(1.0) / Value(3.0), digits=7).svg


def test_a_single_leaf_is_drawn():
    assert mg.draw(Value(1.0)).svg.count('class="node leaf output"') == 1
