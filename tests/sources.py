"""The package's source files, as the tests of the house read them: modules, imports, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import microgradnet

PACKAGE = Path(microgradnet.__file__).parent
REPOSITORY = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package: ``microgradnet.nn`` for ``nn/__init__.py``."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed source of a file; nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(source: ast.Module, module: str, *, is_package: bool) -> Iterator[str]:
    """Yield every module of the package that a source imports: also inside functions and under ``TYPE_CHECKING``."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == "microgradnet")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*parents, *filter(None, [node.module])])
            if base.split(".")[0] == "microgradnet":
                for name in node.names:
                    whole = f"{base}.{name.name}"
                    yield whole if whole in MODULES else base


def functions(source: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function and method with its qualified name; one inside another is part of the outer one."""
    waiting: list[tuple[str, ast.AST]] = [("", source)]
    while waiting:
        prefix, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + child.name, child
            elif isinstance(child, ast.ClassDef):
                waiting.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, (ast.If, ast.Try, ast.With)):
                waiting.append((prefix, child))
