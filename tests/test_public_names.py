"""What ``import microgradnet`` gives: exactly the public names, at once or on first use, and nothing heavy before."""

import subprocess
import sys
from types import FunctionType, ModuleType

import pytest

import microgradnet as mg
from microgradnet.operation import TABLE

CONTRACT = {
    *["Value", "Module", "Neuron", "Layer", "MLP", "Worksheet"],
    *["total", "dot", "softmax", "log_softmax", "logsumexp", "where", "scope", "recompute"],
    *["mean", "variance", "norm", "clip", "define", "undefine"],
    *["gradients", "grad", "value_and_grad", "derivative", "jacobian", "hessian", "hvp", "jvp"],
    *["check_gradients", "check_graph", "detect_anomaly", "why_topological"],
    *["fit", "History", "schedules"],
    *["losses", "optim", "errors", "derive", "verify", "draw", "draw_network", "step_through", "datasets", "compile"],
    *["explore", "plots", "check", "verify_against"],
    *["grade", "exercise"],
}


def test_the_public_names_are_the_contract_and_the_table() -> None:
    assert set(mg.__all__) == (CONTRACT | set(TABLE)) - {"abs", "compile", "round"}  # Python has these names already
    assert set(dir(mg)) == {*CONTRACT, *TABLE, "__version__", "compiled"}


def test_every_public_name_is_there() -> None:
    for name in sorted(CONTRACT | set(TABLE)):
        thing = getattr(mg, name)
        assert callable(thing) or isinstance(thing, ModuleType), name
        assert thing.__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sigmiod'"):
        mg.sigmiod  # noqa: B018


def in_a_fresh_python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_engine_loads_no_other_library_until_it_is_needed() -> None:
    """The engine alone runs where NumPy and the drawing libraries can't be installed."""
    program = (
        "import sys, microgradnet as mg; v = mg.Value(2.0); (mg.exp(v) * v).backward();"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    # What Cython's runtime registers is part of the compiled engine, and no library.
    loaded = {name for name in in_a_fresh_python(program).split() if "cython" not in name}
    assert loaded <= {"microgradnet", "__editable___microgradnet_0_1_0_finder"} | {
        name for name in in_a_fresh_python("import sys; print(*sys.modules)").split() if "." not in name
    }


@pytest.mark.parametrize("verb", ["derive", "draw", "verify"])
def test_a_verb_is_a_plain_function_with_its_own_documentation(verb: str) -> None:
    function = getattr(mg, verb)
    assert isinstance(function, FunctionType)
    assert "Arguments:" in (function.__doc__ or "")


def test_a_star_import_brings_the_public_names_and_no_others() -> None:
    program = "from microgradnet import *; print(*sorted(name for name in globals() if name[0] != '_'))"
    assert set(in_a_fresh_python(program).split()) == set(mg.__all__)


ROOMS = ["datasets", "errors", "losses", "optim", "plots", "schedules"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_shows_its_public_names_and_nothing_else(room: str) -> None:
    module = getattr(mg, room)
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        thing = getattr(module, name)
        assert not name.startswith("_")
        assert not isinstance(thing, ModuleType)
        if callable(thing):
            assert thing.__module__.startswith("microgradnet.")
            assert thing.__doc__


@pytest.mark.parametrize(
    ("room", "registry"), [("losses", "LOSSES"), ("optim", "OPTIMIZERS"), ("schedules", "SCHEDULES")]
)
def test_a_room_shows_each_record_of_its_registry(room: str, registry: str) -> None:
    module = getattr(mg, room)
    shown = {getattr(module, name) for name in module.__all__}
    for record in getattr(module, registry).values():
        assert getattr(record, "function", record) in shown


def test_a_star_import_leaves_the_names_of_python_alone() -> None:
    program = "from microgradnet import *; print(abs(-3), round(2.6), compile('1', '', 'eval').co_name)"
    assert in_a_fresh_python(program) == "3 3 <module>"
