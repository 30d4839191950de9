"""``%%verify E`` in IPython: the lines of a cell are judged, with marks in the margin."""

from __future__ import annotations

from typing import Any

import pytest

import microgradnet as mg

SETUP = """
import microgradnet as mg
w, x, b = mg.Value(0.5, label="w"), mg.Value(2.0, label="x"), mg.Value(0.1, label="b")
E = (mg.tanh(w * x + b) - 1) ** 2
"""
CELL = """z = w*x + b = 0.5*2 + 0.1 = 1.1
E = (0.8005 - 1)^2 = 0.0398

dE/dw = -0.2966
new w = 0.5 - 0.1*(-0.2866) = 0.5287
"""


@pytest.fixture
def shell() -> Any:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    made = interactive.InteractiveShell.instance()
    yield made
    interactive.InteractiveShell.clear_instance()


def test_a_cell_is_judged_line_by_line(shell: Any) -> None:
    assert shell.run_cell(SETUP).success
    shell.run_line_magic("load_ext", "microgradnet")
    report = shell.run_cell(f"%%verify E eta=0.1\n{CELL}").result
    assert [finding.verdict.value for finding in report] == ["holds", "exact", "rounded", "wrong", "rounded"]
    assert [finding.line for finding in report] == [1, 1, 2, 4, 5]
    shown = report._repr_html_()
    assert shown.count("<b>✓</b>") == 3
    assert shown.count("<b>✗</b>") == 1
    assert "<u>-0.2966</u>" in shown
    assert "z = w*x + b" in shown
    assert shell.run_cell("%%verify E\nE = 0.0398").result


def test_what_is_no_node_is_refused_with_advice(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell(SETUP)
    shell.run_line_magic("load_ext", "microgradnet")
    for line in ("", "3", "nobody"):
        assert not shell.run_cell(f"%%verify {line}\nE = 0.0398").success
    assert "Write %%verify E." in capsys.readouterr().out


def test_lines_of_one_string_show_themselves_with_marks() -> None:
    w = mg.Value(0.5, label="w")
    report = mg.verify(w * w, "    w = 0.5\n    <b> = 0.26")
    assert "&lt;b&gt;" in report._repr_html_()
    assert "<b>✓</b>" in report._repr_html_()
    assert mg.verify(w * w, {w: "1.0"}).lines == ()
