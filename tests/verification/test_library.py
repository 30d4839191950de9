"""The list of worked examples: order, titles, and what happens to a name that isn't there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import microgradnet.verification.library as library
from microgradnet.errors import UnknownNameError, WorksheetError
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


TABLES = {
    "a = {x = 1,\n y = 2}\nb = 3": {"a": {"x": 1, "y": 2}, "b": 3},
    "a = {x = 1, # of {}\n y = [1,\n2], # a\n}\nb = 3": {"a": {"x": 1, "y": [1, 2]}, "b": 3},
    'a = [{x = "}\\"",\n y = {z = \'{\',\n},},\n {x = 2}]': {"a": [{"x": '}"', "y": {"z": "{"}}, {"x": 2}]},
    'a = {x = """1\n}""",\n y = {\n}}': {"a": {"x": "1\n}", "y": {}}},
    'x = "{"  # {\ny = 1': {"x": "{", "y": 1},
}


@pytest.mark.parametrize("text", TABLES)
def test_a_table_in_braces_may_take_several_lines(text: str) -> None:
    """As TOML 1.1 has it; the lines behind it keep their numbers."""
    unfolded, never_closed = library.unfolded(text)
    assert tomllib.loads(unfolded) == library.parse(text, "page", 1) == TABLES[text]
    assert unfolded.count("\n") == text.count("\n")
    assert not never_closed


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("b = 1\na = {x = 1,\n y = 2\n[c]", "Line 3 opens a table with { that no } closes."),
        ("a = {x = 1\n y = 2}", "parted by commas"),
        ("a = {x = 1,,\n}", "line 2"),
        ("a = {,\n}", "line 2"),
    ],
)
def test_a_mistake_in_such_a_table_is_named(text: str, advice: str) -> None:
    with pytest.raises(WorksheetError) as caught:
        library.parse(text, "page", 2)
    assert advice in str(caught.value)
