"""The picture of a compiled program: its arrays as boxes, and what goes into what as edges."""

from __future__ import annotations

import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.compiler.program import Program
from microgradnet.drawing.export import Drawing, program_picture
from microgradnet.errors import DrawingError


def program() -> Program:
    x = [Value(0.1 * k, label=f"x[{k}]") for k in (1, 2)]
    return mg.compile(mg.losses.half_squared_error(MLP(2, [3, 1], activation="tanh", seed=1)(x), [1.0]), batch=x)


def test_each_array_is_a_box_and_each_operand_an_edge() -> None:
    picture = program_picture(program())
    names = {box.key: box.name for box in picture.boxes}
    assert {"W1", "b1", "x", "z1", "a1", "z2", "E"} <= set(names.values())
    edges = {(names[edge.tail], names[edge.head]) for edge in picture.edges}
    assert {("x", "z1"), ("W1", "z1"), ("b1", "z1"), ("z1", "a1"), ("a1", "z2")} <= edges
    assert [box.name for box in picture.boxes if box.output] == ["E"]
    assert "x @ W1.T + b1" in Drawing(picture).svg
    assert all(len(row.text) <= 44 for box in picture.boxes for row in box.rows)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DrawingError, match="at most 3 boxes"):
        program_picture(program(), limit=3)
    node = Value(0.5)
    for _ in range(500):
        node = mg.sin(node)
    with pytest.raises(DrawingError, match="too narrow"):
        program_picture(mg.compile(node))


def test_draw_takes_a_program() -> None:
    drawing = mg.draw(program(), direction="TB", theme="dark")
    assert drawing.picture.direction == "TB"
    assert "W1" in drawing.svg
