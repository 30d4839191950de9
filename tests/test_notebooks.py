"""The lessons run, and the outputs that they are committed with are those of the present code."""

import importlib.util
import re
import warnings
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
SOURCES = [
    "s0-softmax-squared-error",
    "s1-logistic-neurons-cross-entropy",
    "s2-multilayer-perceptron",
    "s3-any-depth",
    "s4-four-equations",
]

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])", re.IGNORECASE)
REFRESH = "If it is meant so, run: python notebooks/execute.py"


def load_execute():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path):
    """Execute a lesson, whatever the libraries between this process and the kernel warn of: they are not ours."""
    libraries = ("zmq", "tornado", "jupyter_client", "jupyter_core", "nbclient", "nbformat", "traitlets", "asyncio")
    with warnings.catch_warnings():
        for library in libraries:
            warnings.filterwarnings("ignore", module=rf"{library}(\.|$)")
        return load_execute().execute(path)


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


def test_every_source_has_a_lesson_under_the_name_of_its_worked_example():
    from microgradnet.verification import library

    assert [f"{name}.ipynb" for name in SOURCES] == LESSONS
    assert set(SOURCES) <= set(library.names())
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in LESSONS if f"({name})" in index] == LESSONS


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_runs_and_its_committed_outputs_are_fresh(name):
    committed = nbformat.read(FOLDER / name, as_version=4)
    fresh = run(FOLDER / name)
    for number, (old, new) in enumerate(zip(committed.cells, fresh.cells, strict=True), 1):
        were, are = shown(old), shown(new)
        assert [kind for kind, _ in were] == [kind for kind, _ in are], f"{name}, cell {number}. {REFRESH}"
        for (kind, before), (_, after) in zip(were, are, strict=True):
            assert alike(before, after), f"{name}, cell {number}, {kind}: {before!r} is now {after!r}. {REFRESH}"


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_is_committed_as_it_is_read(name):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata == load_execute().METADATA
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [pair for cell in code for pair in shown(cell)]
    kinds = {kind for kind, _ in outputs}
    assert {"stdout", "image/svg+xml", "text/markdown", "text/html"} <= kinds  # numbers, graph, derivation, verdicts
    assert not kinds & {"stderr", "error"}
    for _, text in outputs:
        assert not re.search(r"\b0x[0-9a-f]{6,}|/tmp/|/home/|site-packages|Traceback", text)


@pytest.mark.parametrize("name", LESSONS)
def test_pictures_fit_the_column_of_a_notebook(name):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    pictures = [text for cell in notebook.cells for kind, text in shown(cell) if kind == "image/svg+xml"]
    tags = [re.search(r"<svg[^>]*>", picture)[0] for picture in pictures]
    assert tags
    for tag in tags:
        assert "max-width:100%" in tag  # a wide one shrinks to the cell
        assert float(re.search(r' width="([\d.]+)"', tag)[1]) <= 1100  # and can still be read then


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
