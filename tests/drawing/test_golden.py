"""Whole pictures against files that were looked at. ``python -m tests.drawing.golden_cases`` writes the files anew."""

import re

import pytest

from tests.drawing.golden_cases import FOLDER, NAMES, picture

NUMBER = re.compile(r"(?<![#\w])\d+(?:\.\d+)?")


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_the_one_on_file(name):
    drawing = picture(name)
    ours = drawing.svg if name.endswith(".svg") else drawing.dot
    golden = (FOLDER / name).read_text(encoding="utf-8")
    assert NUMBER.sub("0", ours) == NUMBER.sub("0", golden)
    # Another release of the layout engine may move things by a little.
    assert [float(n) for n in NUMBER.findall(ours)] == pytest.approx([float(n) for n in NUMBER.findall(golden)], abs=3)


def test_no_file_is_left_over():
    assert {file.name for file in FOLDER.iterdir()} == {*NAMES}
