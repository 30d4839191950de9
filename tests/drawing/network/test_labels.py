"""Each weight stands on its own line and covers nothing else, told from the SVG alone, by walking along its lines."""

import math
import random
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.drawing.network.layout import Segment, around, between_circles, overlap, place_labels
from microgradnet.figures import write_figure
from tests.drawing.network.models import number_of, see, worked

STEPS = 240  # points along each line
SHOWS = ["weights", "names", ["weights", "gradients"], ["names", "weights", "updates"]]


def runs_through(line, box):
    """Tell whether some point of a line, from one end to the other, lies in a box."""
    (x1, y1), (x2, y2) = line
    left, top, right, bottom = box
    points = ((x1 + (x2 - x1) * step / STEPS, y1 + (y2 - y1) * step / STEPS) for step in range(STEPS + 1))
    return any(left < x < right and top < y < bottom for x, y in points)


def cover(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def collisions(svg):
    """Return in words all that a label or a line covers and should not."""
    seen = see(svg)
    found = []
    owners = []
    for place, label in enumerate(seen.labels):
        through = [index for index, (_, *line) in enumerate(seen.lines) if runs_through(line, label)]
        owners += through[:1]
        if len(through) != 1:
            found.append(f"label {seen.label_texts[place]} lies on {len(through)} lines")
        found += [f"labels {place} and {i} overlap" for i in range(place) if cover(label, seen.labels[i])]
        for x, y, radius in seen.circles:
            nearest = min(max(x, label[0]), label[2]), min(max(y, label[1]), label[3])
            if math.dist(nearest, (x, y)) < radius:
                found.append(f"label {seen.label_texts[place]} covers a circle")
        found += [f"label {place} covers {text!r}" for text, box in seen.texts if cover(label, box)]
    if sorted(owners) != list(range(len(seen.lines))) and seen.labels:
        found.append("some line has no label, or two")
    found += [
        f"{title} runs through {text!r}"
        for title, *line in seen.lines
        for text, box in seen.texts
        if runs_through(line, box)
    ]
    return found


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=3), st.sampled_from(SHOWS), st.integers(1, 5), st.booleans())
def test_labels_of_small_networks_cover_nothing(sizes, show, digits, with_x):
    source = random.Random(str(sizes))
    mlp = mg.MLP(sizes[0], sizes[1:], activation="tanh", seed=7)
    for parameter in mlp.parameters():
        parameter.data = source.uniform(-2.0, 2.0)
    sample = {"x": [0.5] * sizes[0], "t": [1.0] * sizes[-1]} if with_x or show in SHOWS[2:] else {}
    eta = {"eta": 0.1} if "updates" in show else {}
    drawing = mg.draw_network(mlp, **sample, show=show, digits=digits, **eta)
    assert collisions(drawing.svg) == []
    if max(sizes) <= 3:
        assert not drawing.layout.thickness


@pytest.mark.parametrize("sizes", [(2, 2, 2), (2, 2, 1), (3, 4, 4, 1), (2, 3, 3, 2), (4, 5), (8, 1), (1, 8)])
def test_small_layers_have_their_weights_on_the_lines(sizes):
    mlp = mg.MLP(sizes[0], sizes[1:], seed=3)
    drawing = mg.draw_network(mlp)
    seen = see(drawing.svg)
    assert len(seen.labels) == len(seen.lines) == sum(before * after for before, after in pairwise(sizes))
    assert collisions(drawing.svg) == []


def test_each_label_tells_the_weight_of_the_line_under_it():
    mlp, _ = worked("generation5-xor")
    seen = see(mg.draw_network(mlp, digits=6).svg)
    for label, texts in zip(seen.labels, seen.label_texts, strict=True):
        (title,) = (title for title, *line in seen.lines if runs_through(line, label))
        assert texts == [write_figure(number_of(title), 6)]
    named = mlp.named_parameters()
    for title, *_ in seen.lines:
        name = title.partition(" = ")[0]
        assert number_of(title) == pytest.approx(named[name].data, rel=1e-9)
        layer, j, k = re.fullmatch(r"w(\d)\[(\d),(\d)\]", name).groups()
        origin = f"x[{k}]" if layer == "1" else f"a{int(layer) - 1}[{k}]"
        assert title.endswith(f"from {origin} to a{layer}[{j}]")


def test_the_check_finds_a_label_on_a_crossing_one_on_a_circle_and_two_on_each_other():
    svg = mg.draw_network(worked("s0-softmax-squared-error")[0]).svg
    assert collisions(svg) == []
    seen = see(svg)
    x, y = (seen.lines[1][1][0] + seen.lines[1][2][0]) / 2, 0.0  # where the lines of layer 1 cross
    for place, (left, top, *_) in enumerate(seen.labels[1:3], 1):
        corner = f'x="{left:g}" y="{top:g}"'
        assert svg.count(corner) == 1
        moved = svg.replace(corner, f'x="{x - 10:g}" y="{y - 8:g}"')
        assert any("lies on 2 lines" in words for words in collisions(moved))
        onto = svg.replace(corner, f'x="{seen.circles[0][0]:g}" y="{seen.circles[0][1]:g}"')
        assert any("covers a circle" in words for words in collisions(onto))
        above = seen.labels[place - 1]
        assert any("overlap" in w for w in collisions(svg.replace(corner, f'x="{above[0]:g}" y="{above[1]:g}"')))


LARGE = [
    (2, 16, 16, 1),
    (784, 30, 10),
    *(pytest.param(sizes, marks=pytest.mark.slow) for sizes in [(10, 10, 1), (40, 40)]),
]


@pytest.mark.parametrize("sizes", LARGE)
@pytest.mark.parametrize("with_x", [False, True])
def test_lines_of_large_networks_run_through_no_text(sizes, with_x):
    mlp = mg.MLP(sizes[0], sizes[1:], activation="tanh", seed=3)
    drawing = mg.draw_network(mlp, x=[0.1] * sizes[0] if with_x else None)
    assert drawing.layout.thickness
    assert see(drawing.svg).labels == []
    assert collisions(drawing.svg) == []


# The parts


def test_a_label_goes_where_the_lines_leave_it_room_or_nowhere():
    up, down = Segment((0.0, 0.0), (100.0, 60.0)), Segment((0.0, 60.0), (100.0, 0.0))
    placement = place_labels([up, down], [(20.0, 10.0)] * 2, (0.0, 100.0))
    assert placement.aligned
    assert placement.centres[0][0] == placement.centres[1][0]
    assert place_labels([up, down], [(90.0, 10.0)] * 2, (0.0, 100.0)) is None
    assert place_labels([up, down], [(200.0, 10.0)] * 2, (0.0, 100.0)) is None
    assert place_labels([up, Segment((0.0, 1.0), (100.0, 61.0))], [(20.0, 10.0)] * 2, (0.0, 100.0)) is None


def test_labels_that_cannot_stand_above_each_other_are_searched_for_places_that_can():
    lines = [Segment((0.0, y), (200.0, y)) for y in (0.0, 8.0, 16.0)]
    sizes = [(30.0, 15.0)] * 3  # each reaches to the next line's middle, so never over two
    assert place_labels(lines, [(30.0, 17.0)] * 3, (0.0, 200.0)) is None  # it would cover its neighbour's line
    placement = place_labels(lines, sizes, (0.0, 200.0))
    assert not placement.aligned
    boxes = [around(centre, *size) for centre, size in zip(placement.centres, sizes, strict=True)]
    assert not any(overlap(one, other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_lines_between_circles_begin_and_end_at_their_rims():
    line = between_circles((0.0, 0.0), (30.0, 40.0), 10.0)
    assert line.start == pytest.approx((6.0, 8.0))
    assert line.end == pytest.approx((24.0, 32.0))


@settings(max_examples=100)
@given(*[st.tuples(st.floats(-50, 50), st.floats(-50, 50)) for _ in range(3)], st.floats(1, 40), st.floats(1, 40))
def test_a_segment_meets_the_rectangles_that_its_points_lie_in(first, second, centre, width, height):
    start, end = sorted([first, (second[0] + 0.1, second[1])])
    if end[0] - start[0] > 0.05:
        box = around(centre, width, height)
        walked = runs_through((start, end), (box.left, box.top, box.right, box.bottom))
        assert Segment(start, end).meets(box) or not walked
        if not Segment(start, end).meets(around(centre, width + 2.0, height + 2.0)):
            assert not walked
        if (
            Segment(start, end).meets(around(centre, max(0.1, width - 3.0), max(0.1, height - 3.0)))
            and min(width, height) > 4
        ):
            assert walked
