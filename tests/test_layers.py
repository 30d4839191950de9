"""A module imports only from rooms above its own, and no imports form a circle.

Read from the sources, so that imports inside functions and those for type checkers count as well.
"""

import ast
from functools import cache

import pytest

from tests.sources import MODULES, imports, tree

# From top to bottom: a room may import from the rooms above it. The order is the design's; the engine's room of one
# file is several small ones here, so that the arrows among them are held as well. The compiler stands above nn: it
# reads any graph and knows no network, and `mg.fit` runs what it made.
ROOMS = [
    "errors",
    "messages",
    "text",
    "mode",
    "operation",
    "ops",
    "symbols",
    "manual",
    "protocols",
    "value",
    "graph",
    "figures",
    "names",
    "compositions",
    "calculus",
    "compiler",
    "nn",
    "derivation",
    "verification",
    "drawing",
    "datasets",
    "plots",
    "estimators",
    "bridges",
    "cli",
    "__main__",
    "",  # the package itself: the public names
]


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@cache
def arrows() -> dict[str, set[str]]:
    """Return what each module imports; the public names stand apart, as the package itself imports on first use."""
    found = {}
    for module, path in MODULES.items():
        found[module] = set(imports(tree(path), module, is_package=path.name == "__init__.py")) - {module}
    del found["microgradnet"]
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return a circle for each node that can reach itself."""
    found = []
    for start in graph:
        waiting = [[start, target] for target in graph[start]]
        seen: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path[-1] == start:
                found.append(path)
                break
            if path[-1] not in seen:
                seen.add(path[-1])
                waiting += [[*path, target] for target in graph.get(path[-1], ())]
    return found


def upward(graph: dict[str, set[str]]) -> list[str]:
    """Return the imports that point to a room below."""
    return [
        f"{module} imports {target}"
        for module, targets in graph.items()
        for target in targets
        if target != "microgradnet" and ROOMS.index(room(target)) > ROOMS.index(room(module))
    ]


def test_every_module_lives_in_a_room_of_the_design() -> None:
    assert {room(module) for module in MODULES} <= set(ROOMS)


def test_no_import_points_to_a_room_below() -> None:
    assert upward(arrows()) == []


def test_no_imports_form_a_circle() -> None:
    assert circles(arrows()) == []


def test_only_the_entry_points_import_the_public_names() -> None:
    """A room that took names from the package itself would import every room at once."""
    takers = {module for module, targets in arrows().items() if "microgradnet" in targets}
    assert takers <= {"microgradnet.cli", "microgradnet.__main__"}


@pytest.mark.parametrize(
    "source",
    [
        "from microgradnet.drawing import picture",
        "import microgradnet.drawing",
        "def f():\n    from microgradnet import drawing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from microgradnet.drawing.picture import Drawing",
        "from ..drawing import picture",
        "from .. import drawing",
    ],
)
def test_an_arrow_that_points_up_is_found_however_it_is_written(source: str) -> None:
    targets = set(imports(ast.parse(source), "microgradnet.nn.losses", is_package=False))
    assert len(upward({"microgradnet.nn.losses": targets})) == 1


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})[0] == ["a", "b", "c", "a"]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
