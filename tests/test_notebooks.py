"""The lessons run, their committed outputs are those of the present code, and their answers are right."""

import importlib.util
import re
import warnings
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"  # not beside an installed package
LESSONS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
QUICK = "01-a-number-that-remembers.ipynb"  # the others run with --slow
SOURCES = {"03": "s0", "04": "s1", "05": "s2", "06": "s3", "07": "s4"}  # the lesson of each of the five derivations

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])", re.IGNORECASE)
REFRESH = "If it is meant so, run: python notebooks/execute.py"
COLUMN = 830  # pixels: where GitHub shows a notebook
PLOT = "image/png"  # matplotlib's, which differ from version to version


def load_execute():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_quiet(function, *arguments):
    """Call a function whatever the libraries between this process and the kernel warn of: they are not ours."""
    libraries = ("zmq", "tornado", "jupyter_client", "jupyter_core", "jupytext", "nbclient", "nbformat", "traitlets")
    with warnings.catch_warnings():
        for library in (*libraries, "asyncio"):
            warnings.filterwarnings("ignore", module=rf"{library}(\.|$)")
        return function(*arguments)


def committed(name):
    return nbformat.read(FOLDER / name, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """Return what a cell shows: (kind, text) pairs."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type in ("display_data", "execute_result"):
            found += sorted(output.data.items())
        else:
            found.append((output.output_type, output.get("evalue", "")))
    return found


def said(kind, text):
    """Return what is written in an output, line by line: of a picture its words and numbers, not where they stand."""
    if kind == PLOT or "<iframe" in text:  # of a page to step through, its text/plain says how many steps
        return []
    if kind in ("text/html", "image/svg+xml"):
        return [words for words in re.findall(r">([^<>]+)<", text) if words.strip()]
    return text.splitlines()


def alike(first, second):
    """Tell whether two texts are the same but for the last digit of their numbers, which another libm may round off."""
    if first == second:
        return True
    if NUMBER.sub("#", first) != NUMBER.sub("#", second):
        return False
    pairs = zip(NUMBER.findall(first), NUMBER.findall(second), strict=True)
    return all(same_figure(mine, its) for mine, its in pairs)


def same_figure(mine, its):
    if mine == its:
        return True
    exponents = [Decimal(figure).as_tuple().exponent for figure in (mine, its)]
    decimals = [len(figure.lower().partition("e")[0].partition(".")[2]) for figure in (mine, its)]
    unit = Decimal(1).scaleb(max(exponents))
    return min(decimals) >= 4 and abs(Decimal(mine) - Decimal(its)) <= unit


def test_lessons_are_numbered_and_listed_and_each_source_has_one():
    from microgradnet.verification import library

    assert [name[:3] for name in LESSONS] == [f"{number:02}-" for number in range(1, 11)]
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\((\d\d-[\w-]+\.ipynb)\)", index) == LESSONS
    texts = {name[:2]: (FOLDER / name).with_suffix(".md").read_text(encoding="utf-8") for name in LESSONS}
    for lesson, source in SOURCES.items():
        assert f"({source.upper()}" in texts[lesson]
        assert any(name.startswith(f"{source}-") for name in library.names())


@pytest.mark.parametrize("name", [QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in LESSONS[1:])])
def test_lesson_runs_and_its_committed_outputs_are_fresh(name):
    fresh = in_quiet(load_execute().execute, (FOLDER / name).with_suffix(".md"))
    for number, (old, new) in enumerate(zip(committed(name).cells, fresh.cells, strict=True), 1):
        were, are = shown(old), shown(new)
        assert [kind for kind, _ in were] == [kind for kind, _ in are], f"{name}, cell {number}. {REFRESH}"
        for (kind, before), (_, after) in zip(were, are, strict=True):
            for line, now in zip_longest(said(kind, before), said(kind, after), fillvalue=""):
                assert alike(line, now), f"{name}, cell {number}, {kind}: {line!r} is now {now!r}. {REFRESH}"


@pytest.mark.parametrize("name", LESSONS)
def test_text_and_notebook_are_in_step(name):
    execute = load_execute()
    path = FOLDER / name
    written = in_quiet(execute.read, path.with_suffix(".md"))
    cells = [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in written.cells]
    assert cells == [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in committed(name).cells], REFRESH
    assert in_quiet(execute.text_of, committed(name)) == path.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_is_committed_as_it_is_read(name):
    notebook = committed(name)
    nbformat.validate(notebook)
    assert notebook.metadata == load_execute().METADATA
    code = code_of(notebook)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [pair for cell in code for pair in shown(cell)]
    kinds = {kind for kind, _ in outputs}
    assert {"stdout", "image/svg+xml", "text/html"} <= kinds  # numbers, pictures, verdicts
    assert not kinds & {"stderr", "error"}
    for _, text in outputs:
        assert not re.search(r"\b0x[0-9a-f]{6,}|/tmp/|/home/|site-packages|Traceback", text)


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_has_the_parts_of_a_lesson(name):
    notebook = committed(name)
    opening, install = notebook.cells[:2]
    assert opening.source.startswith(f"# {int(name[:2])}. ")
    assert "**After this lesson you can**" in opening.source
    assert "[![Run it" in opening.source
    assert re.search(r"It takes (ten|twelve|fifteen) minutes", opening.source)
    assert '%pip install --quiet "microgradnet[notebooks]"' in install.source
    for link in re.findall(r"\]\(([\w.-]+?)(?:#[\w-]+)?\)", "".join(cell.source for cell in notebook.cells)):
        assert (FOLDER / link).exists(), link
    pages = [text for cell in code_of(notebook) for kind, text in shown(cell) if kind == "text/html"]
    assert any("<iframe" in text for text in pages)  # a step page, beside a still picture


@pytest.mark.parametrize("name", LESSONS)
def test_three_exercises_wait_for_a_figure_and_the_answers_hold(name):
    notebook = committed(name)
    texts = "\n".join(cell.source for cell in notebook.cells)
    exercises = texts[texts.index("## Exercises") :]
    assert re.findall(r"^\*\*(\d)\.\*\*", exercises, flags=re.MULTILINE) == ["1", "2", "3"]
    answers = notebook.cells[-1]
    assert "answers" in answers.metadata["tags"]
    assert "mg.verify(" in answers.source
    (_, printed), *others = shown(answers)
    assert others == []
    assert printed.count("✓") + printed.count("≈") >= 3
    assert "✗" not in printed


@pytest.mark.parametrize("name", LESSONS)
def test_pictures_can_be_read_in_the_column_of_a_notebook(name):
    pictures = [text for cell in committed(name).cells for kind, text in shown(cell) if kind == "image/svg+xml"]
    assert pictures
    for picture in pictures:
        tag = re.search(r"<svg[^>]*>", picture)[0]
        assert "max-width:100%" in tag  # a wide one shrinks to the cell
        width, units = (
            float(re.search(wanted, tag)[1]) for wanted in (r' width="([\d.]+)"', r'viewBox="0 0 ([\d.]+) ')
        )
        smallest = min(map(float, re.findall(r'font-size="([\d.]+)"', picture)))
        assert smallest * min(width, COLUMN) / units >= 8  # pixels


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("E = 0.32242307", "E = 0.32242307", True),
        ("E = 0.32242307", "E = 0.32242308", True),
        ("E = 0.32242307", "E = 0.32242309", False),
        ("1.23456e-18", "1.23457e-18", True),
        ("1.23456e-18", "1.23457e-17", False),
        ("-0.5000", "0.5000", False),
        ("3 / 4", "4 / 4", False),
        ("0.57", "0.58", False),
        ("rounded: to 4 decimals", "wrong: to 4 decimals", False),
        ("w1[1,1]", "w1[1,2]", False),
    ],
)
def test_outputs_are_compared_to_the_last_digit(first, second, expected):
    assert alike(first, second) is expected
