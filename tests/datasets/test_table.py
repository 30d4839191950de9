"""CSV files: what the test writes is read back; what can't be used is refused, with its line."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError

read_csv = mg.datasets.read_csv


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "flowers.csv"


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "P", "S", "Zs"]), min_size=1, max_size=8)
CLASSES = st.one_of(
    st.lists(st.integers(-(10**20), 10**20), min_size=2, max_size=4, unique=True).map(sorted),
    st.lists(WORDS.map(lambda word: f"c{word}c"), min_size=2, max_size=4, unique=True).map(sorted),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a table: its classes in order, its rows, where the target's column is, and the columns' names, or none."""
    classes = draw(CLASSES)
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=len(classes), max_size=8))
    y = [*range(len(classes)), *(draw(st.integers(0, len(classes) - 1)) for _ in rows[len(classes) :])]
    header = draw(st.none() | st.just([f"name {k}, of {width}" for k in range(width + 1)]))
    return {"classes": classes, "rows": rows, "y": y, "place": draw(st.integers(0, width)), "header": header}


@given(tables(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_a_table_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any], delimiter: str, end: str, bom: bool, data: Any
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    if table["header"]:
        writer.writerow(table["header"])
    for row, number in zip(table["rows"], table["y"], strict=True):
        cells = [repr(entry) for entry in row]
        writer.writerow([*cells[: table["place"]], table["classes"][number], *cells[table["place"] :]])
    path = tmp_path_factory.getbasetemp() / "table.csv"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode())
    ways = [table["place"], table["place"] - len(table["rows"][0]) - 1]
    ways += [table["header"][table["place"]]] if table["header"] else []
    sign = data.draw(st.sampled_from([delimiter, None]))
    read = read_csv(path, data.draw(st.sampled_from(ways)), delimiter=sign, decimal=".", task="classes")
    assert read.X.tolist() == table["rows"]
    assert read.y.tolist() == table["y"]
    assert read.target_names == tuple(map(str, table["classes"]))
    names = table["header"] or [f"x[{k}]" for k in range(1, len(table["rows"][0]) + 1)]
    if table["header"]:
        names = [name for place, name in enumerate(names) if place != table["place"]]
    assert read.feature_names == tuple(names)


@given(st.text(st.sampled_from('ab1.e-"_,;\n\r \x00é'), max_size=60) | st.binary(max_size=60))
def test_any_contents_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, contents: str | bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    refusal = ""
    try:
        data = read_csv(path)
    except DataFileError as error:
        refusal = str(error)
    if refusal:
        assert "any.csv" in refusal
        assert len(refusal.splitlines()) == 1
    else:
        assert np.isfinite(data.X).all()
        assert data.is_measured or set(data.y.tolist()) == set(range(len(data.target_names)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "flowers.csv: a line for each sample; got an empty file"),
        ("\n\n,\n", "got an empty file"),
        ("a,b\n", "no line below the names"),
        ("1\n2\n", "flowers.csv: two columns or more, with ',' between them; got one"),
        ("1;2,000;a\n3;4,000;b\n", "numbers that show whether a comma is a decimal one; got only such as 1,234"),
        ("1;1.234,5;a\n3;4,5;b\n", "line 1: a finite number; got '1.234,5' in column 2"),
        ("1,a\n2,b\n3\n", "flowers.csv, line 3: 2 cells, as in line 1; got 1"),
        ("1,a\n\n2,b,c\n", "flowers.csv, line 3: 2 cells"),
        ("x,y\n1,a\ntwo,b\n", "flowers.csv, line 3: a finite number; got 'two' in column 1"),
        ("1,2,a\n3,,b\n", "flowers.csv, line 2: a number or a word; got '' in column 2. Use missing='drop'"),
        ("1,a\nnan,b\n", "line 2: a number or a word; got 'nan'"),
        ("1,a\ninf,b\n", "line 2: a finite number"),
        ("1,a\n1e999,b\n", "line 2: a finite number"),
        ("1,a\n1_000,b\n", "line 2: a finite number; got '1_000'"),
        ("1,x,a\n1,2,b\n", "line 1: a finite number; got 'x' in column 2"),  # a slip, and not a line of names
        ("1,a\n2,\n", "line 2: a target; got '' in column 2"),
        ("1,a\n2,a\n", "flowers.csv: two classes or more in column 2; got 'a' alone"),
        (",x,y\n0,1,a\n1,2,b\n", "line 1: a name for each column; got none for column 1"),
        ("x,x,y\n0,1,a\n1,2,b\n", "a name of its own for each column; got 'x' twice"),
        ('1,"a\n2,b\n', "flowers.csv, line 2: a line of CSV; got unexpected end of data"),
        ('1,"a"b\n2,b\n', "flowers.csv, line 1: a line of CSV"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(file: Path, text: str, message: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError) as raised:
        read_csv(file)
    assert message in str(raised.value)


def test_a_foreign_file_is_refused_with_the_line_of_its_first_foreign_byte(file: Path) -> None:
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataFileError, match=r"line 1: text in UTF-8; got byte 89"):
        read_csv(file)
    file.write_bytes("1,a\n2,ä\n3,b\n".encode("latin-1"))
    with pytest.raises(DataFileError, match=r"line 2: text in UTF-8; got byte e4"):
        read_csv(file)


def test_the_target_is_found_by_name_or_place(file: Path) -> None:
    file.write_text("x,kind,y\n1,a,0\n2,b,1\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="'a' in column 2"):
        read_csv(file)
    file.write_text("x,kind,y\n1,a,5\n2,b,6\n", encoding="utf-8")
    by_name, by_place = read_csv(file, "kind"), read_csv(file, 1)
    assert by_name.X.tolist() == by_place.X.tolist() == [[1, 5], [2, 6]]
    assert by_name.feature_names == ("x", "y")
    for wrong in (3, -4, 1.0, None, True):
        with pytest.raises(ArgumentError, match="a column by its name, or from 0 to 2, or from -3 to -1"):
            read_csv(file, wrong)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="Known: x, kind, y"):
        read_csv(file, "species")
    with pytest.raises(ArgumentError, match="header=False"):
        read_csv(file, "kind", header=False)
    with pytest.raises(ArgumentError, match="delimiter is one character"):
        read_csv(file, delimiter="::")


def test_a_line_of_names_that_are_numbers_is_said_to_be_one(file: Path) -> None:
    file.write_text("2010,2011,kind\n1,2,a\n3,4,b\n", encoding="utf-8")
    assert read_csv(file, header=True).feature_names == ("2010", "2011")
    assert read_csv(file).target_names == ("a", "b", "kind")  # not seen to be names: the reader was not told


def test_classes_in_order_of_numbers_not_of_letters(file: Path) -> None:
    file.write_text("1,10\n2,9\n3,9.0\n4,-1\n", encoding="utf-8")
    data = read_csv(file, task="classes")
    assert (data.target_names, data.y.tolist()) == (("-1", "9", "10"), [2, 1, 1, 0])
    assert math.isclose(data.X.sum(), 10)


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_of_hundreds_of_digits_is_one_line(file: Path, digits: int) -> None:
    file.write_text(f"1,a\n{'9' * digits},b\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="line 2: a finite number") as caught:
        mg.datasets.read_csv(file)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a;b;y\n1,5;2;u\n3;4;v\n", {}),
        ("a\tb\ty\n1,5\t2\tu\n3\t4\tv\n", {}),
        ("a\tb\ty\n1.5\t2\tu\n3\t4\tv\n", {}),
        ("a|b|y\n1.5|2|u\n3|4|v\n", {}),
        ('"a","b","y"\n"1.5","2","u"\n"3","4","v"\n', {}),
        ("a, b, y\n1.5, 2, u\n3, 4, v\n", {}),
        ("\n\na;b;y\n\n 1.5 ;2;u\n;;\n3;4;v\n\n", {}),
        ("a;b;y\n1,500;2;u\n3;4;v\n", {"decimal": ","}),
        ("a;b;y\n0,15e1;2;u\n3;4;v\n", {}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_same_table_however_it_is_written(file: Path, text: str, options: dict[str, Any], encoding: str) -> None:
    file.write_bytes(text.encode(encoding))
    data = read_csv(file, **options)
    assert data.X.tolist() == [[1.5, 2.0], [3.0, 4.0]]
    assert (data.feature_names, data.target_names, data.y.tolist()) == (("a", "b"), ("u", "v"), [0, 1])


def test_an_encoding_can_be_named(file: Path) -> None:
    file.write_bytes("größe,y\n1,ä\n2,ö\n".encode("cp1252"))
    data = read_csv(file, encoding="cp1252")
    assert (data.feature_names, data.target_names) == (("größe",), ("ä", "ö"))
    with pytest.raises(DataFileError, match="--encoding cp1252"):
        read_csv(file)
    with pytest.raises(ArgumentError, match="name of an encoding"):
        read_csv(file, encoding="no such")


GAPS = "a,b,y\n1,NA,u\n,4,v\n5,6,u\n7,8,v\n"


def test_gaps_are_refused_dropped_or_filled_with_the_mean_as_asked(file: Path) -> None:
    file.write_text(GAPS, encoding="utf-8")
    with pytest.raises(DataFileError, match=r"line 3: a number or a word; got '' in column 1 \(a\)"):
        read_csv(file)
    assert read_csv(file, missing="drop").X.tolist() == [[5, 6], [7, 8]]
    assert read_csv(file, missing="mean").X.tolist() == [[1, 6], [13 / 3, 4], [5, 6], [7, 8]]
    file.write_text(GAPS + "9,9,\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="line 6: a target"):
        read_csv(file, missing="mean")
    assert len(read_csv(file, missing="drop")) == 2
    file.write_text("a,b,y\n,1,u\n,2,v\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"a number in column 1 \(a\); got gaps only"):
        read_csv(file, missing="mean")


def test_words_become_one_feature_each_where_that_is_asked_for(file: Path) -> None:
    file.write_text("colour,size,y\nred,1,u\nblue,2,v\nred,3,u\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"line 2: a finite number; got 'red' in column 1 \(colour\)\. Words need"):
        read_csv(file)
    data = read_csv(file, encode="onehot")
    assert data.feature_names == ("colour=blue", "colour=red", "size")
    assert data.X.tolist() == [[0, 1, 1], [1, 0, 2], [0, 1, 3]]
    file.write_text("size,y\n1,u\n2,v\noops,u\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="line 4: a finite number; got 'oops'"):  # a slip in a column of numbers
        read_csv(file, encode="onehot")
    file.write_text("name,y\n" + "".join(f"n{k},{'ab'[k % 2]}\n" for k in range(200)), encoding="utf-8")
    with pytest.raises(DataFileError, match="at most 100 different words"):
        read_csv(file, encode="onehot")


def test_fractions_and_many_whole_numbers_are_measured(file: Path) -> None:
    file.write_text("x,price\n1,0.5\n2,1.5\n3,9\n", encoding="utf-8")
    data = read_csv(file)
    assert data.is_measured
    assert (data.y.tolist(), data.target_name) == ([0.5, 1.5, 9.0], "price")
    assert repr(data) == "<Dataset flowers: 3 samples of 1 feature and a measured target>"
    with pytest.raises(DataFileError, match="line 2: a class, as a word or a whole number"):
        read_csv(file, task="classes")
    file.write_text("x,n\n" + "".join(f"{k},{k * k}\n" for k in range(20)), encoding="utf-8")
    assert read_csv(file).is_measured
    assert len(read_csv(file, task="classes").target_names) == 20
    file.write_text("x,n\n1,a\n2,b\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="line 2: a finite number; got 'a'"):
        read_csv(file, task="numbers")


@pytest.mark.parametrize("wrong", [{"missing": "zero"}, {"encode": "label"}, {"task": "regress"}, {"decimal": ";"}])
def test_unknown_ways_of_reading_are_refused(file: Path, wrong: dict[str, Any]) -> None:
    file.write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    with pytest.raises(ArgumentError):
        read_csv(file, **wrong)
