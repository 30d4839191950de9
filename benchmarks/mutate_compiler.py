"""A mutation run over the compiler: is every wrong program caught by tests/compiler?

The sources of the compiler are changed in one place at a time, in the ways that a compiled gradient goes wrong: a
factor or a term is dropped, a sign, a factor or two operands are changed, a type is not given, a sum sets instead of
adding. Decisions, most of which choose between two right programs, stay as they are. For each mutant a child process
imports the compiler with that change and runs the tests that decide fastest: first random graphs of rows
(tests/compiler/array_graphs.py), then, if those pass, the quick files of tests/compiler. A child that fails, crashes or
takes too much processor time has caught its mutant.

Run it from the root of the repository, on a POSIX system:

    python -m benchmarks.mutate_compiler [mutants] [module ...]

Without arguments it takes 120 mutants, the same ones every time, drawn from all places of all modules.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import os
import random
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MUTANTS, GRAPHS, SECONDS = 120, 700, 240
PACKAGE = Path(__file__).resolve().parents[1] / "microgradnet" / "compiler"
MODULES = ("sums", "arrays", "products", "expressions", "equations", "writing", "narrow", "program")
QUICK = (
    "test_structure", "test_narrow", "test_networks", "test_source", "test_calls", "test_batches", "test_tape",
    "test_refusals", "test_ways",
)  # fmt: skip
TEXTS = (
    ("+=", "="), ("#1 - #2", "#1 + #2"), ("#1 + #2", "#1 - #2"), ("#1 * #2", "#1 + #2"), ("#1 @ #2", "#2 @ #1"),
    (", float)", ")"), (".sum(0)", ".sum()"), ("#1.T", "#1"), ("1.0 * #1", "2.0 * #1"), ("-(", "("),
    ("np.sqrt", "np.cbrt"), ("np.add.reduceat", "np.maximum.reduceat"), ("1 / {COUNT}", "1"), ("np.where(#1, #2, #3)",
    "np.where(#1, #3, #2)"), ("np.maximum", "np.minimum"), ("[:, None]", ""), ("#1**2", "#1"),
)  # fmt: skip
WITHOUT = {"multiply": "drop a factor", "add": "drop a term"}
SWAPPED = {"matmul", "_product", "Product", "combine", "matches"}


@dataclass(frozen=True)
class Mutant:
    """One change: the module, the line, what was changed, and the whole source after it."""

    module: str
    line: int
    kind: str
    source: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in the place of a node, and what kind of mistake that is."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            yield "drop a factor", node.left
        elif isinstance(node.op, (ast.Add, ast.Sub)):
            yield "drop a term", node.left
            if isinstance(node.op, ast.Sub):
                yield "swap operands", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield "negate", node.operand
    elif isinstance(node, ast.Call):
        yield from changed_calls(node)
    elif isinstance(node, ast.Constant):
        yield from changed_constants(node)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
        yield "set instead of adding", ast.Assign([node.target], node.value)


def changed_calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called == "times" and isinstance(node.func, ast.Attribute):
        yield "drop a factor", node.func.value
        yield "negate", ast.Call(node.func, [ast.UnaryOp(ast.USub(), node.args[0])], [])
    elif called in WITHOUT and len(node.args) == 2:
        yield WITHOUT[called], node.args[0]
        yield WITHOUT[called], node.args[1]
    elif called in SWAPPED and len(node.args) >= 2:
        yield "swap operands", ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    elif called == "astype":
        yield "change a type", ast.Call(node.func, [ast.Name("int", ast.Load())], [])
    elif called in ("zeros", "zeros_like", "empty") and len(node.args) == 1 and not node.keywords:
        kind = ast.keyword("dtype", ast.Name("int", ast.Load()))
        yield "change a type", ast.Call(node.func, node.args, [kind])


def changed_constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.value, str):
        for text, other in TEXTS:
            if text in node.value:
                yield "change a template", ast.Constant(node.value.replace(text, other, 1))
    elif type(node.value) is float and node.value:
        yield "change a factor", ast.Constant(2.0 * node.value)


class _Replacing(ast.NodeTransformer):
    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.line, self.kind = wanted, 0, 0, ""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.JoinedStr):  # texts with places for variables: only their own parts
            node.values = [self.visit(part) if isinstance(part, ast.Constant) else part for part in node.values]
            return node
        for kind, other in changes(node):
            if self.count == self.wanted:
                self.line, self.kind = getattr(node, "lineno", 0), kind
                self.count += 1
                return ast.copy_location(other, node)
            self.count += 1
        return self.generic_visit(node)


def without_texts(tree: ast.Module) -> ast.Module:
    """Take docstrings away, which are no code."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0] = ast.Pass()
    return tree


def mutants(module: str) -> list[Mutant]:
    """Return every mutant of a module."""
    tree = without_texts(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")))
    made: list[Mutant] = []
    while True:
        replacing = _Replacing(len(made))
        changed = replacing.visit(copy.deepcopy(tree))
        if not replacing.kind:
            return made
        made.append(Mutant(module, replacing.line, replacing.kind, ast.unparse(ast.fix_missing_locations(changed))))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module of the compiler as it was changed."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.source = f"microgradnet.compiler.{mutant.module}", mutant.source

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.source, self.name, "exec"), module.__dict__)


def survives(mutant: Mutant) -> bool:
    """Run the tests with the mutant in this process, which is given up afterwards."""
    sys.meta_path.insert(0, _Finder(mutant))
    from tests.compiler.array_graphs import Tally, check

    tally = Tally()
    for seed in range(GRAPHS):
        check(seed, tally)
        if tally.failures or tally.judged > 3:
            return False
    import pytest

    folder = "tests/compiler"
    files = [f"{folder}/{name}.py" for name in QUICK if Path(f"{folder}/{name}.py").exists()]
    return pytest.main(["-q", "-x", "-n0", "-p", "no:cacheprovider", "--no-header", *files]) == 0


def is_caught(mutant: Mutant) -> bool:
    """Try a mutant in a child process."""
    child = os.fork()
    if not child:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        code = 1
        with contextlib.suppress(BaseException):
            code = 0 if survives(mutant) else 1
        os._exit(code)
    return os.waitpid(child, 0)[1] != 0


def main(arguments: Sequence[str]) -> int:
    count = int(arguments[0]) if arguments else MUTANTS
    import numpy
    import pytest

    import microgradnet.nn  # noqa: F401  # loaded before the children are made, so that none has to do it
    from tests import samples  # noqa: F401

    del numpy, pytest
    places = [mutant for module in arguments[1:] or MODULES for mutant in mutants(module)]
    chosen = random.Random(0).sample(places, min(count, len(places)))
    chosen.sort(key=lambda mutant: (mutant.module, mutant.line))
    if is_caught(Mutant("sums", 0, "nothing", (PACKAGE / "sums.py").read_text(encoding="utf-8"))):
        print("The tests fail before any mutation.")
        return 2
    found: Counter[bool] = Counter()
    for mutant in chosen:
        caught = is_caught(mutant)
        found[caught] += 1
        if not caught:
            print(f"SURVIVED  {mutant.module}.py:{mutant.line}: {mutant.kind}", flush=True)
    print(f"{found[True]} of {len(chosen)} mutants caught, of {len(places)} that there are.")
    return 0 if found[True] >= 0.95 * len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
