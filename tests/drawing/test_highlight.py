import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.graph import count_paths
from tests.drawing.graphs import doubled, lecture, network


def highlighted(loss, asked, **options):
    return build_picture(loss, highlight=asked, **options)


def test_the_path_is_strong_and_the_rest_is_faint():
    picture = highlighted(lecture(), "a")
    assert {box.name: box.emphasis for box in picture.boxes} == {
        "a": "strong", "b": "faint", "a*b": "strong", "c": "faint", "a*b + c": "strong", "f": "faint", "L": "strong",
    }  # fmt: skip
    assert [edge.emphasis for edge in picture.edges] == ["strong", "faint", "strong", "faint", "strong", "faint"]
    assert not any(thing.emphasis for thing in (*build_picture(lecture()).boxes, *build_picture(lecture()).edges))


def test_the_products_along_the_paths_and_their_sum_are_the_gradient():
    assert highlighted(lecture(), "a").notes[-1] == "∂L/∂a  = −3 · (−2) = 6   along a → L"
    assert highlighted(doubled(), "a").notes[-3:] == (
        "∂b/∂a  = 1   along a → b",
        "∂b/∂a  = 1   along a → b",
        "∂b/∂a = 1 + 1 = 2, over 2 paths",
    )


def test_what_has_no_label_is_called_as_its_box_is():
    x = Value(3.0)
    assert highlighted(x * 2.0, x).notes[-1] == "∂loss/∂v1  = 2   along v1 → loss"


def test_mazurs_first_weight_has_two_paths():
    loss = network()
    notes = highlighted(loss, "w1[1,1]", digits=5).notes[-3:]
    assert "along w1[1,1] → z1[1] → a1[1] → z2[1] → a2[1] → E" in notes[0]
    assert "along w1[1,1] → z1[1] → a1[1] → z2[2] → a2[2] → E" in notes[1]
    assert notes[2].endswith("= 0.00043857, over 2 paths")  # as Mazur prints it


def test_many_paths_are_counted_and_summed():
    x = Value(1.1, label="x")
    result = x
    for _ in range(5):
        result = result * result
    result.label = "y"
    (note,) = highlighted(result, x, show=("note",)).notes
    assert note.startswith("∂y/∂x = ")
    assert note.endswith("the sum of the products along 32 paths")


def test_a_graph_with_more_paths_than_atoms_is_drawn_at_once():
    result = x = Value(0.5, label="x")
    for _ in range(300):
        result = result * result
    assert f"along {2**300} paths" in highlighted(result, x).notes[-1]


def test_several_nodes_by_value_and_by_name():
    loss = network()
    weight = next(node for node in mg.graph.topological(loss) if node.label == "w1[1,1]")
    picture = highlighted(loss, [weight, "b2[2]"])
    strong = {box.name for box in picture.boxes if box.emphasis == "strong"}
    assert {"w1[1,1]", "a1[1]", "b2[2]", "z2[2]", "E"} <= strong
    assert not {"x[1]", "w1[2,1]", "b1[1]", "t[1]"} & strong
    assert sum(note.startswith("∂E/∂w1[1,1]") for note in picture.notes) == 3
    assert sum(note.startswith("∂E/∂b2[2]") for note in picture.notes) == 1


def test_an_edge_between_two_paths_is_on_neither():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    m = a * b
    loss = m + a
    # b's path passes m, a's path passes m and the sum: a → m is on a's paths only
    assert [edge.emphasis for edge in highlighted(loss, b).edges] == ["faint", "strong", "strong", "faint"]
    assert [edge.emphasis for edge in highlighted(loss, [a, b]).edges] == ["strong"] * 4


def test_the_loss_itself_and_folded_paths():
    loss = network()
    assert highlighted(loss, loss).notes[-1] == "∂E/∂E  = 1   along E"
    folded = highlighted(loss, "w1[1,1]", fold="layer")
    assert {box.name for box in folded.boxes if box.emphasis == "strong"} >= {"layer 1", "layer 2", "E"}
    assert {edge.emphasis for edge in folded.edges if edge.description.startswith("2 edges")} == {"faint"}


def test_long_products_and_paths_are_cut():
    result = x = Value(0.5, label="x")
    for step in range(40):
        result = result * 0.9
        result.label = f"y{step}"
    note = highlighted(result, x).notes[-1]
    assert "(40 factors)" in note
    assert "x → y0 → y1 → y2 → … → y36" in note
    assert len(note) < 250


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=6))
def test_the_total_is_the_gradient_of_any_graph(steps):
    nodes = [Value(1.5, label="x"), Value(-0.5)]
    for left, right, multiply in steps:
        a, b = nodes[left % len(nodes)], nodes[right % len(nodes)]
        nodes.append(a * b if multiply else a - b)
    loss, x = nodes[-1], nodes[0]
    if not mg.graph.depends_on(loss, x):
        with pytest.raises(mg.errors.ArgumentError):
            highlighted(loss, x)
        return
    note = highlighted(loss, x, digits=17).notes[-1]
    loss.backward()
    figure = note.split(", over")[0].split(":")[0].split("   along")[0].split()[-1]
    assert float(figure.replace("−", "-")) == pytest.approx(x.grad, rel=1e-9, abs=1e-12)
    assert count_paths(loss, x) == 1 or f"{count_paths(loss, x)} paths" in note


def test_formats_show_what_is_highlighted():
    drawing = mg.draw(lecture(), highlight="a")
    assert drawing.svg.count('opacity="0.3"') == 9  # three boxes, three edges, their three labels
    assert "classDef faint" in drawing.mermaid
    assert drawing.dot.count("4d") >= 6
    assert drawing.tikz.count("opacity=0.3") == 9
