"""One source, two speeds: the compiled engine does what the plain one does, to the last bit, and leaks nothing."""

import doctest
import itertools
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import conftest
import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import MicrogradnetError
from microgradnet.graph import topological
from microgradnet.operation import TABLE, Op, define, undefine
from microgradnet.value import Constant
from tests.samples import nodes, random_points, somewhere
from tests.sources import PACKAGE

BUILT = bool(list(PACKAGE.glob("value.*.so")) or list(PACKAGE.glob("value.*.pyd")))
compiled_only = pytest.mark.skipif(not mg.compiled, reason="the engine runs as plain Python here")

COLLECTED = 1 << 14  # Py_TPFLAGS_HAVE_GC
CHAIN = int(os.environ.get("MICROGRADNET_CHAIN", 3_000_000 if mg.compiled else 300_000))
# Python itself frees what the plain class is made of, and from 3.13 on it nests thousands deep before it takes another
# way: a thread of the usual size has room for that, a small one has not. The compiled class never nests.
SMALL_STACK = 256 * 1024 if mg.compiled else 0


@compiled_only
def test_the_examples_in_the_docstrings_run_on_the_compiled_class() -> None:
    done = doctest.testmod(sys.modules["microgradnet.value"])
    assert done.attempted > 0
    assert done.failed == 0


# What both modes record, as text: figures in hexadecimal, so that no bit is lost on the way.


def said(call: Callable[[], Any]) -> str:
    """Return what a call raises."""
    try:
        call()
    except (MicrogradnetError, TypeError, AttributeError, ArithmeticError) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def report_of_graph(loss: Value) -> Iterator[str]:
    loss.backward()
    order = topological(loss)
    place = {id(node): number for number, node in enumerate(order)}
    for node in order:
        figures = [number.hex() for number in (node.data, node.grad, *node.partials)]
        operands = [place[id(operand)] for operand in node.inputs]
        yield f"{type(node).__name__} {node._op!r} {operands} {figures} {node.label!r} {node.scope!r} {node.has_grad}"


def graphs_of_the_table() -> Iterator[tuple[str, Value]]:
    for name, op in TABLE.items():
        for point in [*somewhere(op, 5), *random_points(op, 10), *at_the_edges(op)]:
            with mg.scope(name):
                operands = nodes(op, point)
                node = op(*operands)
                node.label = f"{name} at {point}"
                yield f"{name}{point}", node * 3.0 + operands[-1]
    x = Value(-1.5, label="x")
    for exponent in (2, 3, -1, -2.0, 0, 1, 2.5):
        for base in (x, Value(2.5), Value(0.0), Value(1e200), Value(-0.0)):
            if said(lambda b=base, e=exponent: b**e) == "nothing":
                yield f"{base.data}**{exponent}", base**exponent
    yield "arithmetic", (2 - x) / (x + True) * x**2 - 3 * x + 1 / x + 2 ** x.exp() - (-x).relu() + sum([x, x, x])


def at_the_edges(op: Op) -> Iterator[tuple[float, ...]]:
    """Yield kinks, and other special points of the domain where the operation and its derivatives are numbers."""
    for point in itertools.product((0.0, -0.0, 1.0, -1.0, 3.0, -2.5, math.inf, math.nan), repeat=len(op.partials)):
        if op.domain.contains(*point) and said(lambda at=point: op(*nodes(op, at))) == "nothing":
            yield point


def errors_of_the_engine() -> Iterator[str]:
    x, zero = Value(-4.0, label="x"), Value(0.0)
    calls: list[Callable[[], Any]] = [
        lambda: x.log(), lambda: x**0.5, lambda: x**zero.exp(), lambda: 1 / zero, lambda: zero**-1, lambda: x / 0,
        lambda: x.sqrt(), lambda: (x * -200).exp(), lambda: Value(1e200) ** 2, lambda: Value("3"), lambda: Value([1]),
        lambda: Value(1j), lambda: Value(10**400), lambda: x + "3", lambda: x * None, lambda: x.sigmiod,
        lambda: x < "a",
        lambda: Value(1.0, label=3), lambda: setattr(x, "label", None), lambda: setattr(x, "data", "3"),
        lambda: setattr(x, "grad", None), lambda: range(x), lambda: x * 10**400, lambda: x.exp(1, 2),
        lambda: x.log_gamma(), lambda: Value(2.0).polygamma(1.0), lambda: x @ x, lambda: float(x), lambda: int(x),
        lambda: Value(1.0, (x,), "tanh"), lambda: setattr(x, "_backward", print),
    ]  # fmt: skip
    for number, call in enumerate(calls):
        yield f"{number}: {said(call)}"


def everything() -> list[str]:
    lines = [line for name, loss in graphs_of_the_table() for line in (name, *report_of_graph(loss))]
    return [*lines, *errors_of_the_engine()]


@pytest.mark.skipif(not BUILT, reason="no compiled engine was built here, so that there is nothing to compare")
def test_both_modes_record_the_same_node_by_node_and_bit_by_bit() -> None:
    program = (
        "import json, sys, microgradnet as mg; from tests.test_compiled import everything;"
        "print(json.dumps([mg.compiled, everything()]))"
    )
    found = {}
    for pure in ("0", "1"):
        environment = {**os.environ, "MICROGRADNET_PURE": pure}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=PACKAGE.parent
        )
        assert done.returncode == 0, done.stderr
        compiled, lines = json.loads(done.stdout)
        found[compiled] = lines
    assert set(found) == {True, False}
    different = [(plain, fast) for plain, fast in zip(found[False], found[True], strict=True) if plain != fast]
    assert different == []
    assert len(found[True]) > 1000


def test_the_mode_is_what_the_environment_and_the_build_say() -> None:
    pure = os.environ.get("MICROGRADNET_PURE", "0") not in ("", "0")
    assert mg.compiled is (BUILT and not pure)
    assert type(Value.backward).__name__ == ("cython_function_or_method" if mg.compiled else "function")


@compiled_only
@pytest.mark.parametrize("kind", [Value, Constant])
def test_a_compiled_node_is_small_and_outside_the_garbage_collector(kind: type[Value]) -> None:
    assert not kind.__flags__ & COLLECTED
    assert kind.__basicsize__ <= 112


def in_a_thread_with_a_small_stack(work: Callable[[], None]) -> None:
    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()


def chain(step: Callable[[Value, Value], Value]) -> Value:
    a, x = Value(1.0), Value(1.0)
    for _ in range(CHAIN):
        x = step(x, a)
    return x


def ladder() -> Value:
    x, y = Value(1.0), Value(2.0)
    for _ in range(CHAIN // 2):
        x, y = y, x + y
    return y


CHAINS: dict[str, Callable[[], Value]] = {
    "x * c": lambda: chain(lambda x, a: x * 0.5),
    "c * x": lambda: chain(lambda x, a: 0.5 * x),
    "x * x": lambda: chain(lambda x, a: x * x),
    "x + a": lambda: chain(lambda x, a: x + a),
    "a + x": lambda: chain(lambda x, a: a + x),
    "-x": lambda: chain(lambda x, a: -x),
    "x + y": ladder,
    "x.relu()": lambda: chain(lambda x, a: x.relu()),
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", CHAINS)
def test_a_long_chain_is_freed_without_recursion_also_on_a_small_stack(shape: str) -> None:
    ends = [CHAINS[shape]()]
    in_a_thread_with_a_small_stack(ends.clear)
    assert ends == []


@pytest.mark.parametrize("shape", CHAINS)
def test_a_chain_dies_whole(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is freed is freed once, and what somebody else holds lives on."""
    monkeypatch.setattr(sys.modules[__name__], "CHAIN", 1000)
    end = CHAINS[shape]()
    order = topological(end)
    middle = order[len(order) // 2]
    held = sys.getrefcount(middle)
    data = middle.data
    del end, order
    assert sys.getrefcount(middle) < held
    assert middle.data == data
    middle.backward()
    assert middle.grad == 1.0


def resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def step(a: Value, b: Value) -> None:
    with mg.scope("step"):
        x = (a * b + 3).relu() ** 2 - mg.sigmoid(a) / 2
        x.label = "x"
        for _ in range(300):
            x = x * 0.999 + b
    x.backward()
    x.zero_grad()
    for bad in (lambda: x.log() / 0, lambda: Value("3"), lambda: x + "3"):
        said(bad)


def test_a_thousand_graphs_built_and_dropped_leave_no_memory_behind() -> None:
    pytest.importorskip("psutil")
    a, b = Value(2.0), Value(-0.5)
    for _ in range(200):
        step(a, b)
    before, held = resident(), [sys.getrefcount(thing) for thing in (a, b, TABLE["add"], None, "")]
    for _ in range(1000):
        step(a, b)
    assert resident() - before < 1 << 20
    after = [sys.getrefcount(thing) for thing in (a, b, TABLE["add"], None, "")]
    assert all(abs(now - then) < 50 for now, then in zip(after, held, strict=True))


@compiled_only
def test_memory_of_a_graph_that_is_gone_serves_the_next_one_whoever_else_lives() -> None:
    """Nodes that outlive their graph leave gaps between them, which later graphs fill."""
    kept = []
    for _ in range(20):
        graph = [Value(float(number)) for number in range(20_000)]
        kept += graph[::1000]
        del graph
    before = resident()
    for round_ in range(20):
        graph = [Value(float(number)) for number in range(20_000)]
        kept[round_::20] = graph[::1000]
        assert [node.data for node in graph] == [float(number) for number in range(20_000)]
    assert resident() - before < 1 << 22
    assert all(node.data % 1000 == 0 for node in kept)


def test_nodes_of_a_subclass_live_and_die_as_others_do() -> None:
    class Measured(Value):
        def __init__(self, data: float, unit: str) -> None:
            super().__init__(data)
            self.unit = unit

    for _ in range(100):
        x = Measured(2.0, "m")
        loss = (x * x).exp() + x
        loss.backward()
        assert (x.unit, x.inputs, x.grad) == ("m", (), 4 * loss.inputs[0].data + 1)


def test_an_operation_becomes_a_method_and_ceases_to_be_one() -> None:
    x = Value(2.0)
    assert not hasattr(x, "cubed")
    define("cubed", forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2])
    try:
        assert (x.cubed().data, x.cubed().partials, "cubed" in dir(Value)) == (8.0, (12.0,), True)
        define("cubed", forward=lambda x: x**3 + 1, partials=[lambda x, out: 3 * x**2])
        assert x.cubed().data == 9.0
    finally:
        undefine("cubed")
    with pytest.raises(AttributeError, match="no attribute 'cubed'"):
        x.cubed()


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"where"}))
def test_every_operation_is_a_method(name: str) -> None:
    op = TABLE[name]
    for point in somewhere(op, 2):
        first, *others = nodes(op, point)
        assert getattr(first, name)(*others).data.hex() == op(*point).hex()
        assert getattr(Value, name).__name__ == name


def test_an_extension_older_than_its_source_stops_the_suite(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    for name in (*conftest.SOURCES, "value" + conftest.EXTENSION_SUFFIXES[0]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (2000, 2000))
    monkeypatch.setattr(conftest, "PACKAGE", tmp_path)
    conftest.pytest_configure(pytestconfig)
    os.utime(tmp_path / "value.pxd", (3000, 3000))
    with pytest.raises(pytest.UsageError, match="older than the engine's source"):
        conftest.pytest_configure(pytestconfig)
