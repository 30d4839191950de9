"""What teachers are handed: folders and tables of learning platforms, notebooks, odd encodings, links elsewhere."""

import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from microgradnet.errors import ArgumentError, DataFileError
from microgradnet.verification.answers import HandedIn, answers_of, text_of_answer
from microgradnet.verification.exercises import exercises
from microgradnet.verification.grading import grade
from microgradnet.verification.handouts import Exercise

(ONE,) = exercises("1-1", ask="forward", seed=1)
Z, A, E = ONE.answers
LINES = "".join(f"{name} = {answer}\n" for name, answer in zip(ONE.asked, ONE.answers, strict=True))
ASKED = {name: name for name in ONE.asked}


def figures(texts: tuple[str, ...]) -> dict[str, str]:
    """Return what lines say, by the name before their equals sign."""
    pairs = [line.split("=", 1) for line in texts if "=" in line]
    return {name.strip(): text.strip() for name, text in pairs}


RIGHT = {"z1[1]": Z, "a1[1]": A, "E": E}


def notebook(sheet: Exercise, answers: str) -> str:
    """Return the notebook of a sheet as a student hands it in: lines of cells as lists, with an output."""
    book = json.loads(sheet.notebook())
    front, _, _ = book["cells"][1]["source"].partition('answers = """')
    book["cells"][1]["source"] = f'{front}answers = """\n{answers}"""'.splitlines(keepends=True)
    book["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 60_000]}]
    return json.dumps(book)


TEXTS = {
    "utf-8 with a mark": ("a.txt", LINES.encode("utf-8-sig")),
    "utf-16": ("a.txt", LINES.encode("utf-16")),
    "utf-16 without a mark": ("a.txt", LINES.encode("utf-16-le")),
    "Windows 1252": ("a.txt", f"Zoë\n{LINES}".replace("-0", "–0").encode("cp1252")),
    "ends of lines of an old Mac": ("a.md", LINES.replace("\n", "\r").encode()),
    "wide digits": ("a.txt", LINES.replace("0", "０").replace("=", "＝").encode()),
    "Arabic digits": ("a.txt", "".join(chr(0x660 + int(c)) if c.isdigit() and c != "1" else c for c in LINES).encode()),
    "not seen": ("a.txt", LINES.replace("= ", "= \u200b").encode()),
    "TOML": ("a.toml", "".join(f'"{name}" = "{text}"\n' for name, text in RIGHT.items()).encode()),
    "TOML, a table": ("a.toml", ("[claims]\n" + "".join(f'"{n}" = {t}\n' for n, t in RIGHT.items())).encode()),
    "typed into a form": ("online.html", f"<p>My answer</p><p>{LINES}</p>".replace("\n", "<br />").encode()),
    "a table typed into a form": (
        "online.html",
        "".join(f"<tr><td>{name}</td><td>{text}</td></tr>" for name, text in RIGHT.items()).encode(),
    ),
    "a table in Markdown": ("a.txt", "".join(f"| {name} | {text} |\n" for name, text in RIGHT.items()).encode()),
    "a notebook": ("a.ipynb", notebook(ONE, LINES).encode()),
    "a notebook's text": (
        "a.ipynb",
        json.dumps({"cells": [{"cell_type": "markdown", "source": f"```\n{LINES}```"}]}).encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_is_read_however_it_was_saved(kind: str, tmp_path: Path) -> None:
    name, content = TEXTS[kind]
    (tmp_path / name).write_bytes(content)
    ((_, report),) = [(answer.name, answer) for answer in grade(ONE.key, tmp_path)]
    assert (report.problem, report.total) == ("", 3)


BROKEN = {
    "a.pdf": (b"%PDF-1.4", "an answer is a text; got a.pdf"),
    "a.txt": (b"\0" * 99, "an answer is a text"),
    "a.ipynb": (b'{"cells": [{"cell_type": 1}]}', "an answer in a notebook"),
    "b.ipynb": (b"[" * 9_000, "an answer in a notebook"),
    "c.ipynb": (b'{"cells": [{"cell_type": "code", "source": "' + b"(" * 40_000 + b'"}]}', "No figure of the key"),
    "dots.toml": (b"a." * 20_000 + b"b = 1", "lines of at most"),
    "quotes.html": (b"<a b='" * 8_000, "not judged"),
    "large.txt": (b"1" * 50_001, "at most 50000 bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_can_t_be_read_is_a_row_with_the_reason(name: str, tmp_path: Path) -> None:
    content, words = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    (answer,) = grade(ONE.key, tmp_path)
    assert words in " ".join((answer.problem, *answer.notes))


def test_a_folder_of_moodle_has_a_row_for_each_student(tmp_path: Path) -> None:
    for name, inside in (
        ("Ada Lovelace_101_assignsubmission_file_", {"my answer.md": LINES}),
        ("Bob_102_assignsubmission_onlinetext_", {"onlinetext.html": f"<p>{LINES}</p>"}),
        ("Cy_103_assignsubmission_file_", {"1.txt": LINES, "photo.jpg": "x"}),
        ("Dora_104_assignsubmission_file_", {}),
        ("__MACOSX", {"x.md": "x"}),
        ("marks", {"marks.csv": "answer,total\n", "feedback/001-Ada.md": LINES, "teacher.html": "x"}),
        ("Fay_106_assignsubmission_file", {"marks.csv": f"figure,value\nE,{E}\n"}),
    ):
        for file, text in inside.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "Eve_105_assignsubmission_file_eve.csv").write_text(f"figure;value\nz1[1];{Z.replace('.', ',')}\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "key.md").write_text(ONE.key)
    report = grade(tmp_path / "key.md", tmp_path)
    assert {answer.name: (answer.total, bool(answer.problem)) for answer in report} == {
        "Ada Lovelace": (3, False),
        "Bob": (3, False),
        "Cy/1.txt": (3, False),
        "Cy/photo.jpg": (0, True),
        "Dora": (0, True),
        "Eve eve.csv": (1, False),
        "Fay": (1, False),
    }
    identities = [answer.identity for answer in report]
    assert identities == [f"Participant {number}" for number in (101, 102, 103, 103, 104, 105, 106)]
    assert report.csv().startswith("answer,id,total,of,")
    assert "Ada Lovelace,Participant 101,3,3," in report.csv()
    report.save(tmp_path / "marks")
    with zipfile.ZipFile(tmp_path / "marks" / "moodle-feedback.zip") as archive:
        # As Moodle reads the path: explode('_', folder, 5) is name, participant, type and name of the plugin, rest.
        parts = [name.split("/")[0].split("_", 4) for name in archive.namelist()]
        pages = [archive.read(name).decode() for name in archive.namelist()]
    assert [part[1:] for part in parts] == [
        [str(number), "assignsubmission", "file", ""] for number in (101, 102, 103, 103, 104, 105, 106)
    ]
    assert "Ada Lovelace: <strong>3 / 3" in pages[0]


def test_a_link_or_a_pipe_is_no_answer(tmp_path: Path) -> None:
    """What it leads to is not the student's, and reading a pipe would never end."""
    (tmp_path / "secret").write_text(LINES)
    (tmp_path / "class").mkdir()
    for name in ("link.md", "link.csv"):
        (tmp_path / "class" / name).symlink_to(tmp_path / "secret")
    (tmp_path / "class" / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "class" / "pipe.md")
    report = grade(ONE.key, tmp_path / "class")
    assert ["a link or a device" in answer.problem for answer in report] == [True] * 4


TABLES = {
    "Moodle, a question for each figure": (
        "Last name,First name,Email address,Grade/3.00,Response 1,Response 2,Response 3\n"
        f"Lovelace,Ada,a@x.org,3.00,{Z},{A},{E}\n",
        ["Ada Lovelace"],
    ),
    "Moodle in German, one question with parts": (
        "Nachname,Vorname,E-Mail-Adresse,Antwort 1\n"
        f'Lovelace,Ada,a@x.org,"Teil 1: {Z.replace(".", ",")}; Teil 2: {A}; Teil 3: {E}"\n',
        ["Ada Lovelace"],
    ),
    "Canvas": (
        "name,id,section,submitted,attempt,1: Inputs x = (0.3).Give every result to 4 decimals.z1[1] = ?,1.0,"
        "2: Inputs x = (0.3). a1[1] = ?,1.0,3: Inputs x = (0.3). E = ?,1.0,n correct,n incorrect,score\n"
        f"Ada,7,A,2026,1,{Z},1.0,{A},1.0,{E},1.0,3,0,3\n",
        ["Ada"],
    ),
    "a line of a spreadsheet that names its separator": (f"sep=;\nName;z1[1];a1[1];E\nAda;{Z};{A};{E}\n", ["Ada"]),
    "cells that are kept from being read": (f'Name,z1[1],a1[1],E\nAda,"=""{Z}""",\'{A},= {E}\n', ["Ada"]),
    "rows and columns that are empty": (f"Name;z1[1];a1[1];E;;\nAda;{Z};{A};{E};;\n;;;;;\n\n", ["Ada"]),
    "no name": (f"z1[1],a1[1],E\n{Z},{A},{E}\n", ["row 1"]),
}

IDENTITIES = {
    "Moodle, a question for each figure": "a@x.org",
    "Moodle in German, one question with parts": "a@x.org",
    "Canvas": "7",
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_read_as_platforms_and_spreadsheets_write_it(kind: str, tmp_path: Path) -> None:
    text, names = TABLES[kind]
    (tmp_path / "class.csv").write_text(text)
    report = grade(ONE.key, tmp_path / "class.csv")
    assert [(answer.name, answer.total, answer.problem) for answer in report] == [(name, 3, "") for name in names]
    assert report[0].identity == IDENTITIES.get(kind, "")


REFUSED = {
    "z1[1],z1[1],E\n1,2,3\n": "one column for each figure; got 'z1[1] (column 1), z1[1] (column 2)'",
    "Name,z1[1],E\nAda,0,5,0,7\n": "a row has a cell for each column; got more: '0 7'",
    "Name,Response 1\nAda,3\n": "a response for each of the 3 asked figures; got 1 columns",
    'Name,Response 1\nAda,"part 1: 2; part 9: 3"\n': "3 parts, one for each figure; got part 9",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_table_that_can_be_read_in_two_ways_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text(text)
    (answer,) = grade(ONE.key, tmp_path / "class.csv")
    assert REFUSED[text] in answer.problem
    assert answer.total == 0


def test_answers_may_be_a_mapping_of_figures_of_texts_or_of_paths(tmp_path: Path) -> None:
    (tmp_path / "ada.md").write_text(LINES)
    report = grade(ONE, {"Ada": tmp_path / "ada.md", "Bob": {"z1[1]": float(Z), "E": None, "a1[1]": A}, "Cy": LINES})
    assert [(answer.name, answer.total) for answer in report] == [("Ada", 3), ("Bob", 2), ("Cy", 3)]
    with pytest.raises(ArgumentError, match=r"an answer is a text, a Path, or a mapping.*got 3, an int for 'Ada'"):
        grade(ONE.key, {"Ada": 3})
    for key, words in ((3, "a key is a path, a text or an exercise"), ([], "an empty list")):
        with pytest.raises(ArgumentError, match=words):
            grade(key, {"Ada": LINES})


def test_a_frame_may_have_names_as_its_index_and_cells_of_any_kind() -> None:
    pandas = pytest.importorskip("pandas")
    cells = [Z, float(Z), f" {Z} ", Decimal(Z), None, float("nan"), pandas.NA, float(Z) + 1e-12]
    frame = pandas.DataFrame({"z1[1]": cells}, index=list("ABCDEFGH"))
    report = grade(ONE, frame)
    assert [(answer.name, answer.total) for answer in report] == list(
        zip("ABCDEFGH", [1, 1, 1, 1, 0, 0, 0, 1], strict=True)
    )
    with pytest.raises(ArgumentError, match="one column for each figure"):
        grade(ONE, pandas.DataFrame([[1, 2]], columns=["E", "E"]))


def test_answers_may_be_texts() -> None:
    assert [(answer.name, answer.total) for answer in grade(ONE, LINES)] == [("answer 1", 3)]
    assert [answer.total for answer in grade(ONE, [LINES, LINES])] == [3, 3]
    with pytest.raises(ArgumentError, match="answers are paths, texts, a mapping"):
        grade(ONE, None)


def test_a_text_of_a_mapping_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(LINES)
    (answer,) = grade(ONE.key, {"Ada": str(tmp_path / "secret")})
    assert answer.total == 0


def test_lines_and_front_matter_are_told_apart() -> None:
    lines, front = text_of_answer(ONE.key)
    assert figures(lines) == RIGHT
    assert front.startswith("[network]")
    assert [each.name for each in answers_of({"Ada": ONE.key}, ASKED)] == ["Ada"]
    assert text_of_answer(HandedIn("Ada", LINES).content) == ((*LINES.rstrip().split("\n"), ""), "")


# ---- A sheet for each student


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Exercise]]:
    """A folder of four keys, as the command writes it."""
    folder = tmp_path_factory.mktemp("exam")
    made = [each.numbered(f"{number:03}") for number, each in enumerate(exercises("1-1", ask="forward", count=4), 1)]
    for number, each in enumerate(made, 1):
        (folder / f"{number:03}-key.md").write_text(each.key)
        (folder / f"{number:03}-sheet.md").write_text(each.sheet)
    return folder, made


def plain(sheet: Exercise) -> str:
    return "\n".join(f"{name} = {answer}" for name, answer in zip(sheet.asked, sheet.answers, strict=True))


def test_each_answer_is_held_against_the_key_of_its_sheet(sheets: Any, tmp_path: Path) -> None:
    folder, made = sheets
    (tmp_path / "page.md").write_text(made[0].key.replace("Sheet 001.", ""))
    (tmp_path / "002 Bob.txt").write_text(plain(made[1]))
    (tmp_path / "cy.ipynb").write_text(notebook(made[2], plain(made[2])))
    (tmp_path / "dora.txt").write_text(f"Sheet 4\n{plain(made[3])}")
    (tmp_path / "eve.txt").write_text(plain(made[0]))
    (tmp_path / "fay.md").write_text(made[0].key.replace("inputs = [", "inputs = [9.0").replace("Sheet 001.", ""))
    (tmp_path / "table.csv").write_text(f"Name,sheet,z1[1]\nGus,1,{made[0].answers[0]}\nHal,5,1\n")
    (tmp_path / "moodle.csv").write_text(
        f'Name,Question 1,Response 1\nIvy,"Sheet 003. Inputs","Teil 1: {made[2].answers[0]}"\n'
    )
    report = grade(folder, tmp_path)
    assert {answer.name: (answer.sheet, answer.total) for answer in report} == {
        "page.md": ("001", 3),
        "002 Bob.txt": ("002", 3),
        "cy.ipynb": ("003", 3),
        "dora.txt": ("004", 3),
        "eve.txt": ("", 0),
        "fay.md": ("", 0),
        "table.csv: Gus": ("001", 1),
        "table.csv: Hal": ("", 0),
        "moodle.csv: Ivy": ("003", 1),
    }
    problems = {answer.name: answer.problem for answer in report if answer.problem}
    assert "neither its front matter nor its number in a name" in problems["eve.txt"]
    assert "the front matter of another" in problems["fay.md"]
    assert "got sheet 5" in problems["table.csv: Hal"]
    assert report.csv().startswith("answer,sheet,total,of,z1[1],a1[1],E,")
    assert "table.csv: Gus,001,1,3,1,0,0" in report.csv()


def test_who_handed_in_the_same_sheet_is_said_where_each_has_one(sheets: Any) -> None:
    folder, made = sheets
    report = grade(folder, {"Ada": made[0].key, "Bob": made[0].key, "Cy": made[1].key})
    assert "Sheet 001 was handed in by Ada, Bob." in report.summary
    assert "handed in by" not in grade(folder, dict.fromkeys("abcde", made[0].key)).summary
    alone = grade(made[0], {"Ada": made[0].key})
    assert (alone[0].sheet, alone[0].title) == ("", "Ada")


def test_the_first_wrong_figure_is_worked_out_on_its_own_sheet(sheets: Any) -> None:
    folder, made = sheets
    wrong = plain(made[2]).replace(made[2].answers[0], "9.9")
    (answer,) = report = grade(folder, {"003": wrong})
    derivation = report.derivation(answer)
    assert derivation is not None
    assert float(derivation.value) == pytest.approx(float(made[2].answers[0]), abs=1e-4)


def test_keys_of_a_class_ask_for_the_same(sheets: Any, tmp_path: Path) -> None:
    _, made = sheets
    other = exercises("1-1", ask="gradients", seed=2)[0]
    with pytest.raises(ArgumentError, match="the keys of a class ask for the same figures"):
        grade([made[0], other], {"Ada": LINES})
    with pytest.raises(DataFileError, match=r"a folder of keys has pages such as 001-key\.md"):
        grade(tmp_path, {"Ada": LINES})


def test_feedback_of_an_earlier_marking_does_not_stay(tmp_path: Path) -> None:
    grade(ONE.key, {"Ada": LINES, "Bob": LINES}).save(tmp_path)
    (tmp_path / "feedback" / "notes.md").write_text("mine")
    grade(ONE.key, {"Bob": LINES}).save(tmp_path)
    assert sorted(path.name for path in (tmp_path / "feedback").iterdir()) == ["001-Bob.html", "001-Bob.md", "notes.md"]


def test_marks_for_spreadsheets_with_decimal_commas(tmp_path: Path) -> None:
    report = grade(ONE.key, {"Zoë; Ada": f"z1[1] = 9\nE = {E}"}, weights={"E": 0.5})
    report.save(tmp_path, decimal=",")
    text = (tmp_path / "marks.csv").read_text(encoding="utf-8")
    assert text.startswith("\ufeffanswer;total;of;z1[1];a1[1];E;")
    assert text.splitlines()[1].startswith('"Zoë; Ada";0,5;2,5;0;0;0,5;')
    with pytest.raises(ArgumentError, match="the decimal mark is a point or a comma"):
        report.csv("'")
