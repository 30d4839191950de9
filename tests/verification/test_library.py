"""The list of worked examples: order, titles, and what happens to a name that isn't there."""

from __future__ import annotations

from pathlib import Path

import pytest

import microgradnet.verification.library as library
from microgradnet.errors import UnknownNameError
from microgradnet.verification.worksheet import Worksheet

FOLDER = Path(library.__file__).parent / "examples"


def test_every_file_of_the_folder_is_listed_once() -> None:
    assert sorted(library.names()) == sorted(path.stem for path in FOLDER.iterdir())


def test_every_example_has_its_place_in_the_teaching_order() -> None:
    assert library.names() == library.TEACHING_ORDER


def test_the_five_sources_come_first() -> None:
    assert [name[:3] for name in library.names()[:5]] == ["s0-", "s1-", "s2-", "s3-", "s4-"]


def test_titles_are_those_of_the_files_and_differ() -> None:
    titles = library.titles()
    assert titles == {name: Worksheet.load(FOLDER / f"{name}.md").title for name in titles}
    assert len(set(titles.values())) == len(titles)


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("mazur", "mazur-2015"),
        ("MAZUR-2015", "mazur-2015"),
        ("s0", "s0-softmax-squared-error"),
        ("karpaty-l", "karpathy-L"),
    ],
)
def test_an_unknown_name_is_answered_with_names_written_alike(asked: str, suggested: str) -> None:
    with pytest.raises(UnknownNameError, match=suggested):
        Worksheet.example(asked)


@pytest.mark.parametrize("asked", ["", "../library", "qqqqqqqq"])
def test_a_name_like_no_other_is_answered_with_how_to_list_them(asked: str) -> None:
    with pytest.raises(UnknownNameError, match="microgradnet examples lists them all"):
        library.text(asked)
