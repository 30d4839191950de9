"""The film of training in a real browser: it plays, follows keys, and its pixels are the model's classes."""

from __future__ import annotations

import pytest

import microgradnet as mg
from microgradnet.nn.training.history import Epoch
from microgradnet.plots.axes import COLOURS

pytestmark = pytest.mark.slow  # a browser for each

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
PIXEL = """([x, y]) => {
    const canvas = document.getElementById('field');
    return [...canvas.getContext('2d').getImageData(x * canvas.width, (1 - y) * canvas.height, 1, 1).data].slice(0, 3);
}"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Three pictures of a plane that class 1 takes from the left: a quarter, a half, three quarters."""
    border = mg.Value(0.25)
    made = mg.plots.Film(lambda x: 8.0 * (border - x[0]), X, [1, 1, -1, -1], points=24)
    for number in (1, 2):
        border.data += 0.25
        made(Epoch(number, 1.0 / number, 0.5 / number))
    return made.save(tmp_path_factory.mktemp("film") / "film.html")


def shot(page):
    return int(page.evaluate("document.documentElement.dataset.shot"))


def nearest(pixel):
    """Return the class whose colour, mixed with white, this is: blue has more blue than red, orange less."""
    blue, orange = ([int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in COLOURS[:2])
    assert blue[2] > blue[0]
    assert orange[2] < orange[0]
    return 0 if pixel[2] > pixel[0] else 1


def test_pixels_have_the_colour_of_the_class_and_keys_go_through_the_pictures(film, open_page):
    page = open_page(film, width="notebook")
    assert shot(page) == 2
    expected = {0: 0.25, 1: 0.5, 2: 0.75}
    page.keyboard.press("Home")
    for number, border in expected.items():
        assert shot(page) == number
        for x in (0.1, 0.3, 0.42, 0.6, 0.8, 0.9):
            place = (x + 0.1) / 1.2  # of the plane, which has a margin of a tenth
            assert nearest(page.evaluate(PIXEL, [place, 0.5])) == (1 if x < border else 0)
        page.keyboard.press("ArrowRight")
    assert page.text_content("#words") == "loss 0.5, validation loss 0.25"
    assert page.get_attribute("#slider", "aria-valuetext") == "epoch 2"
    page.locator("#slider").fill("0")
    assert page.text_content("#words") == "before training"


def test_it_plays_to_the_end_and_can_be_paused(film, open_page):
    page = open_page(film, width="projector")
    page.clock.install(time=0)
    page.reload()
    page.clock.pause_at(60_000)
    page.keyboard.press(" ")
    assert (page.text_content("#play"), shot(page)) == ("Pause", 0)
    page.clock.run_for(240)
    page.keyboard.press(" ")
    page.clock.run_for(2000)
    assert (page.text_content("#play"), shot(page)) == ("Play", 1)
    page.click("#play")
    page.clock.run_for(2000)
    assert (page.text_content("#play"), shot(page)) == ("Play", 2)


@pytest.mark.parametrize(
    ("width", "theme"), [("phone", "dark"), pytest.param("projector", "light", marks=pytest.mark.slow)]
)
def test_nobody_is_kept_out_and_lines_are_as_wide_as_weights(width, theme, tmp_path, open_page, check_accessible):
    model = mg.MLP.from_weights(weights=[[[1.0, -2.0], [0.5, 4.0]], [[3.0, 0.0]]], biases=[[0, 0], [0]])
    page = open_page(
        mg.plots.Film(model, X, [1, 1, 0, 0], points=8).save(tmp_path / "f.html"), width=width, theme=theme
    )
    read = """() => [...document.querySelectorAll('#network line')]
        .map(line => [line.getAttribute('class'), Number(line.getAttribute('stroke-width'))])"""
    lines = page.evaluate(read)
    assert [kind for kind, _ in lines] == ["plus", "minus", "plus", "plus", "plus", "plus"]
    assert [wide for _, wide in lines] == pytest.approx([7 * share for share in (0.25, 0.5, 0.125, 1.0, 0.75)] + [0.4])
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    check_accessible(page)
    page.click("#theme")
    check_accessible(page)
