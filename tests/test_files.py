"""House rules that a reader feels: short files, short functions, and a docstring on whatever is public."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sources import FILES, PACKAGE, functions, tree

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 600, 40

# Files that may be longer, each with its own ceiling and the reason why it is one file.
LONGER: dict[str, tuple[int, str]] = {
    "value.py": (715, "what makes nodes compiles as one module, so that no call crosses a module's border"),
}


def offenders(faults: Callable[[Path], Any]) -> dict[str, Any]:
    """Return what is found in each file, by the file's name; files without faults are left out."""
    found = {str(path.relative_to(PACKAGE)): faults(path) for path in FILES}
    return {name: fault for name, fault in found.items() if fault}


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, without its decorators and docstring."""
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    docstring = body[0].end_lineno - body[0].lineno + 1 if documented and body[0].end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_a_file_can_be_read_in_one_sitting() -> None:
    def too_long(path: Path) -> int:
        ceiling, _ = LONGER.get(str(path.relative_to(PACKAGE)), (MOST_LINES, ""))
        return max(0, len(path.read_text(encoding="utf-8").splitlines()) - ceiling)

    assert offenders(too_long) == {}


def test_exceptions_are_still_needed() -> None:
    for name, (ceiling, reason) in LONGER.items():
        assert MOST_LINES < len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) <= ceiling
        assert reason


def test_a_function_fits_on_a_screen() -> None:
    def too_long(path: Path) -> list[str]:
        return [name for name, function in functions(tree(path)) if lines_of_code(function) > MOST_LINES_OF_A_FUNCTION]

    assert offenders(too_long) == {}


def test_what_is_public_has_a_docstring() -> None:
    assert offenders(undocumented) == {}


def undocumented(path: Path) -> list[str]:
    source = tree(path)
    missing = [] if ast.get_docstring(source) else ["the module"]
    missing += [
        node.name
        for node in ast.walk(source)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    for name, function in functions(source):
        is_private = any(part.startswith("_") for part in name.split("."))
        is_setter = any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in function.decorator_list)
        is_overload = any(isinstance(d, ast.Name) and d.id == "overload" for d in function.decorator_list)
        if not (is_private or is_setter or is_overload or ast.get_docstring(function)):
            missing.append(name)
    return missing


def test_nothing_is_left_to_do() -> None:
    def left(path: Path) -> list[str]:
        text = path.read_text(encoding="utf-8")
        return [word for word in ("TODO", "FIXME", "XXX") if word in text]

    assert offenders(left) == {}
