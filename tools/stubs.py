"""Writes the types that editors and checkers read: ``microgradnet/__init__.pyi`` and ``microgradnet/value.pyi``.

The public functions and methods of the operations exist in the table only, and the rooms are imported on first use, so
that no checker finds them in the sources. Run it from the root of the repository after a change of the table, of the
public names or of value.py; tests/test_stubs.py fails where a stub is out of date:

    python tools/stubs.py
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import microgradnet  # noqa: E402
from microgradnet.operation import TABLE, Op  # noqa: E402

PACKAGE = ROOT / "microgradnet"
MADE = "# Written by tools/stubs.py; do not edit.\n"
C_TYPES = {"double": "float", "bint": "bool", "object": "Any", "Value": "Value | None", "long long": "int"}
NUMBER = "_Number"
OPERAND = "_Number | Value"


def public_stub() -> str:
    """Return the stub of the package: the table's operations with their types, and where each other name lives."""
    source = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    lines = [
        MADE,
        "from collections.abc import Iterable",
        "from typing import Any, TypeAlias, overload",
        "",
        "import numpy as np",
    ]
    lines += ["from numpy.typing import NDArray", "", *imports_of_public_names(source), ""]
    lines += ["from microgradnet.operation import Op as _Op", "from microgradnet.symbols import Symbol as _Symbol", ""]
    lines += [f"{NUMBER}: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool_", ""]
    lines += ["__version__: str", "compiled: bool", "__all__ = ["]
    lines += [*(f'    "{name}",' for name in microgradnet.__all__), "]", ""]
    lines += [*kind_of_operation("_Unary", ["x"]), *kind_of_operation("_Binary", ["x", "y"])]
    parameters = sorted({op.parameter.name for op in TABLE.values() if op.parameter})
    for name in parameters:
        lines += kind_of_operation(f"_With{name.title()}", ["x"], name)
    for name, op in sorted(TABLE.items()):
        if name != "where":
            lines += [f"{name}: {kind_name(op)}", f'"""{first_line(op)}"""']
    lines += ["", *function_of_kinds("where", ["condition", "x", "otherwise"], default="otherwise")]
    lines += function_of_kinds("clip", ["x", "low", "high"])
    lines += compositions()
    return "\n".join(lines) + "\n"


def imports_of_public_names(source: ast.Module) -> list[str]:
    """Return an import for each public name that is no operation."""
    found = set()
    for node in source.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                composed = node.module.endswith(".compositions") or name.name in ("where", "clip")
                if name.asname in microgradnet._EAGER and not composed:
                    found.add(f"from {node.module} import {name.name} as {name.asname}")
    for public, place in microgradnet._LAZY.items():
        module, _, attribute = place.partition(":")
        if not attribute:
            parent, _, attribute = module.rpartition(".")
            module = parent
        found.add(f"from {'.'.join(filter(None, ['microgradnet', module]))} import {attribute} as {public}")
    return sorted(found)


def kind_name(op: Op) -> str:
    if op.parameter is not None:
        return f"_With{op.parameter.name.title()}"
    return "_Unary" if len(op.partials) == 1 else "_Binary"


def kind_of_operation(kind: str, operands: list[str], parameter: str = "") -> list[str]:
    """Return a class of operations that says what comes out for which operands."""
    lines = [f"class {kind}(_Op):"]
    for types, result in combinations(operands, parameter):
        given = [f"{name}: {kind}" for name, kind in types.items() if name != parameter]
        left_out = " = ..." if parameter and NUMBER in types[parameter] else ""
        after = [f"{parameter}: {types[parameter]}{left_out}"] if parameter else []
        lines += ["    @overload", f"    def __call__({', '.join(['self', *given, '/', *after])}) -> {result}: ..."]
    return [*lines, ""]


def combinations(operands: list[str], parameter: str = "") -> Iterator[tuple[dict[str, str], str]]:
    """Yield the types of the operands, and that of the result."""
    names = [*operands, *filter(None, [parameter])]
    yield dict.fromkeys(names, NUMBER), "float"
    for kind, result, others in (
        ("Value", "Value", OPERAND),
        ("NDArray[Any]", "NDArray[Any]", f"{OPERAND} | NDArray[Any]"),
        ("_Symbol", "_Symbol", f"{NUMBER} | _Symbol"),
    ):
        before = {"Value": NUMBER, "NDArray[Any]": OPERAND, "_Symbol": NUMBER}[kind]
        for place, _ in enumerate(names):  # the first operand of this kind stands here
            yield (
                {name: before if k < place else kind if k == place else others for k, name in enumerate(names)},
                result,
            )


def function_of_kinds(name: str, operands: list[str], default: str = "") -> list[str]:
    """Return the overloads of a function that is called like an operation."""
    lines = []
    for types, result in combinations(operands):
        given = [f"{operand}: {kind}" for operand, kind in types.items()]
        if default and types[default] not in ("Value", "NDArray[Any]", "_Symbol"):
            given[-1] += " = ..."
        lines += ["@overload", f"def {name}({', '.join(given)}) -> {result}: ..."]
    return lines


def compositions() -> Iterator[str]:
    """Yield the public functions of compositions.py: of Values they return Values, of anything else Any."""
    source = ast.parse((PACKAGE / "compositions.py").read_text(encoding="utf-8"))
    for node in source.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            [general] = statement_stub(node)
            yield from [
                "@overload",
                re.sub(r"(Iterable|list)\[Any\]", r"\1[Value]", general).replace("-> Any", "-> Value"),
            ]
            yield from ["@overload", general]


def first_line(op: Op) -> str:
    return op.summary.replace("\\", "\\\\")


def value_stub() -> str:
    """Return the stub of value.py: its own signatures, and the methods that the table adds to the class."""
    source = ast.parse((PACKAGE / "value.py").read_text(encoding="utf-8"))
    body: list[str] = []
    for node in source.body:
        if isinstance(node, ast.ClassDef):
            body += class_stub(node, source)
        elif isinstance(node, (ast.FunctionDef, ast.AnnAssign, ast.Assign)):
            body += statement_stub(node)
    text = "\n".join(body)
    return "\n".join([MADE, *imports_that_are_used(source, text), "", text]) + "\n"


def attached(source: ast.Module) -> dict[str, str]:
    """Return the public methods that a module gives to Value below the class, as in ``Value.clip = clip``."""
    found = {}
    for node in source.body:
        target = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if name := re.fullmatch(r"Value\.([a-z]\w*)", target):
            others = [*inspect.signature(getattr(microgradnet.Value, name[1])).parameters.values()][1:]
            left_out = {parameter.name: " = ..." * (parameter.default is not parameter.empty) for parameter in others}
            given = ["self", *(f"{other}: {OPERAND}{default}" for other, default in left_out.items())]
            found[name[1]] = f"def {name[1]}({', '.join(given)}) -> Value: ..."
    return found


def class_stub(node: ast.ClassDef, source: ast.Module) -> list[str]:
    """Return a class: its fields as value.pxd has them, its methods, and for Value those of the table."""
    head = f"class {node.name}({', '.join(map(ast.unparse, node.bases))}):" if node.bases else f"class {node.name}:"
    lines = fields(node.name)
    for part in node.body:
        lines += statement_stub(part)
    if node.name == "Value":
        own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        if "__hash__" not in own:  # set below the class, where a compiled class takes it over
            lines.append("def __hash__(self) -> int: ...")
        below = attached(source)
        lines += [*below.values(), *methods({*own, *below})]
    return [head, *(f"    {line}" for line in lines or ["..."]), ""]


def fields(name: str) -> list[str]:
    """Return the fields that value.pxd declares for a class; None stands in an operand that is not there."""
    text = (PACKAGE / "value.pxd").read_text(encoding="utf-8")
    block = re.search(rf"^cdef class {name}\b.*:\n((?:    .*\n|\n)*)", text, re.MULTILINE)
    pattern = r"^    cdef (?:public |readonly )?(long long|\w+) (\w+)(?:  # (.+))?$"  # a comment is Python's type
    declared = re.findall(pattern, block[1] if block else "", re.MULTILINE)
    return [f"{field}: {written or C_TYPES[kind]}" for kind, field, written in declared]


def statement_stub(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        decorators = [f"@{ast.unparse(decorator)}" for decorator in node.decorator_list]
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return [*decorators, f"def {node.name}({ast.unparse(with_dots(node.args))}){returns}: ..."]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [f"{node.target.id}: {ast.unparse(node.annotation)}"]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant):
        return [f"{node.targets[0].id}: {type(node.value.value).__name__}"]
    return []


def with_dots(arguments: ast.arguments) -> ast.arguments:
    """Return arguments whose defaults are left open, as a stub has them."""
    arguments.defaults = [ast.Constant(...) for _ in arguments.defaults]
    arguments.kw_defaults = [default and ast.Constant(...) for default in arguments.kw_defaults]
    return arguments


def methods(own: Iterable[str]) -> Iterator[str]:
    """Yield the methods of the table's operations, and their aliases, that the class does not define itself."""
    for op in sorted(TABLE.values(), key=lambda op: op.name):
        operand = f", y: {OPERAND}, /" if len(op.partials) == 2 else ""
        if op.parameter is not None:
            operand = f", {op.parameter.name}: {OPERAND} = ..."
        for name in (op.name, *op.aliases):
            if name not in own:
                yield f"def {name}(self{operand}) -> Value:"
                yield f'    """{first_line(op)}"""'


def imports_that_are_used(source: ast.Module, text: str) -> list[str]:
    """Return the imports of a module whose names stand in the text, and those that the text always needs."""
    used = set(re.findall(r"\w+", re.sub(r"def \w+", "", text)))
    found = {"from typing import Any", "import numpy as np", "from typing import TypeAlias"}
    for node in source.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names = [name for name in node.names if (name.asname or name.name) in used]
            if names:
                written = ", ".join(name.name + (f" as {name.asname}" if name.asname else "") for name in names)
                found.add(f"from {node.module} import {written}")
    alias = f"{NUMBER}: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool_"
    return [*sorted(found), "", alias]


STUBS = {PACKAGE / "__init__.pyi": public_stub, PACKAGE / "value.pyi": value_stub}


def main() -> None:
    for path, make in STUBS.items():
        path.write_text(make(), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
