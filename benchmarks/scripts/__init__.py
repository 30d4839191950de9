"""The computations themselves, written once each: as a student writes them, on Values, lists and ``sum``.

They run unchanged on any class whose scalars have the methods ``relu``, ``exp`` and ``log``, and ``.data``: ours,
micrograd's, a textbook's, and torch's tensors. For engines that have functions instead, :func:`script` translates the
text: ``x.exp()`` becomes ``exp(x)`` and ``x.data`` becomes ``number(x)``. For bare floats, ``x.relu()`` becomes
``(x if x > 0.0 else 0.0)``, as anyone would write it there, so that they pay for no call, and ``x.data`` is ``x``.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

METHODS = ("relu", "exp", "log")


class _Translation(ast.NodeTransformer):
    def __init__(self, *, in_place: bool) -> None:
        self.in_place = in_place

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in METHODS or node.args:
            return node
        number, function = node.func.value, node.func.attr
        if function != "relu" or not self.in_place:
            return ast.Call(ast.Name(function, ast.Load()), [number], [])
        if not isinstance(number, ast.Name):
            raise ValueError(f"write relu on a name, not on {ast.unparse(number)}, so that floats compute it once")
        zero = ast.Constant(0.0)
        return ast.IfExp(ast.Compare(number, [ast.Gt()], [zero]), number, zero)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr != "data" or not isinstance(node.ctx, ast.Load):
            return node
        return node.value if self.in_place else ast.Call(ast.Name("number", ast.Load()), [node.value], [])


def translate(text: str, functions: dict[str, Any]) -> dict[str, Any]:
    """Return what a script defines, once it is written with functions; a function that is None is written out."""
    tree = _Translation(in_place=functions["relu"] is None).visit(ast.parse(text))
    names = dict(functions)
    exec(compile(ast.fix_missing_locations(tree), "a translated script", "exec"), names)
    return names


def script(name: str, scalars: Any) -> Any:
    """Return a script as a module whose functions run on the scalars of an engine."""
    if scalars.methods:
        return import_module(f"benchmarks.scripts.{name}")
    module = ModuleType(name)
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    module.__dict__.update(translate(text, scalars.functions()))
    return module
