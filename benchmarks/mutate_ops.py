"""A mutation run over the table of operations: is every wrong derivative caught by the table's reference tests?

Each rule for a partial derivative is changed once in each way that people get one wrong: its sign, a factor of 2, a
factor of 1.01, 1 added, and each pair of its operands and the result swapped. Each mutant is put into its record in
memory, and the tests of that row run: `check_row` of tests/test_ops_references.py (mpmath) and the conventions at kinks
of tests/test_ops.py. A mutant whose rule is the same formula as before, or gives the same numbers everywhere, is no
mutation and is reported apart.

Run it from the root of the repository:  python benchmarks/mutate_ops.py [operation ...]
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from tests.samples import nodes, random_points, varied
from tests.test_ops import KINKS
from tests.test_ops_references import check_row

Rule = Callable[..., Any]
CAUGHT, SURVIVED, EQUIVALENT = "caught", "SURVIVED", "equivalent"
POINTS = 60  # enough for the tests to catch a mutant; the suite itself takes 200


def scaled(rule: Rule, factor: float) -> Rule:
    return lambda *given: factor * rule(*given)


def swapped(rule: Rule, first: int, second: int) -> Rule:
    def mutant(*given: Any) -> Any:
        exchanged = list(given)
        exchanged[first], exchanged[second] = given[second], given[first]
        return rule(*exchanged)

    return mutant


def mutants(op: Op, place: int) -> Iterator[tuple[str, Rule]]:
    """Yield every change of one rule, with its name."""
    rule = op.partials[place]
    yield "sign", scaled(rule, -1.0)
    yield "factor 2", scaled(rule, 2.0)
    yield "factor 1.01", scaled(rule, 1.01)
    yield "plus 1", lambda *given: rule(*given) + 1.0  # what a sign or a factor can't change: a derivative that is 0
    letters = [*"xy"[: len(op.partials)], "out"]
    for first, second in itertools.combinations(range(len(letters)), 2):
        yield f"swap {letters[first]} and {letters[second]}", swapped(rule, first, second)


def is_the_same(op: Op, rule: Rule, mutant: Rule) -> bool:
    """Tell whether a mutant is the same formula, or gives the same numbers at points that the tests do not use."""
    symbols = [*(Symbol("x"), Symbol("y"))[: len(op.partials)], Symbol("out")]
    with contextlib.suppress(Exception):  # a rule may refuse symbols; then the numbers decide
        before, after = rule(*symbols), mutant(*symbols)
        texts = [formula.text if isinstance(formula, Symbol) else float(formula) for formula in (before, after)]
        if texts[0] == texts[1]:
            return True
    for point in [*random_points(op, 200, seed=1, largest=60.0), *(p for name, p, *_ in KINKS if name == op.name)]:
        given = [*point, op(*point)]
        try:
            if not math.isclose(float(rule(*given)), float(mutant(*given)), rel_tol=1e-12, abs_tol=0.0):
                return False
        except (ValueError, ArithmeticError):
            return False
    return True


def tests_pass(op: Op) -> bool:
    """Run the reference tests of one row in this process."""
    try:
        check_row(op, POINTS)
        for name, point, result, partials in KINKS:
            if name == op.name:
                node = op(*nodes(op, point))
                assert (node.data, node.partials) == (result, partials)
    except (AssertionError, ValueError, ArithmeticError):  # a mutant may also fail to give a number at all
        return False
    return True


def verdict(op: Op, place: int, mutant: Rule) -> str:
    if is_the_same(op, op.partials[place], mutant):
        return EQUIVALENT
    before = op.partials
    changed = (*before[:place], mutant, *before[place + 1 :])
    set_partials(op, changed)
    try:
        return SURVIVED if tests_pass(op) else CAUGHT
    finally:
        set_partials(op, before)


def set_partials(op: Op, partials: tuple[Rule, ...]) -> None:
    """Change a record, which is frozen, so that nothing but a mutation run does this."""
    object.__setattr__(op, "partials", partials)
    object.__setattr__(op, "float_rules", ())  # they are read from the partials when first used


def main(names: list[str]) -> int:
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    for op in [TABLE[name] for name in names or TABLE]:
        if not tests_pass(op):
            print(f"{op.name}: its tests fail before any mutation")
            return 2
        for place in varied(op):
            changes: dict[str, list[str]] = defaultdict(list)
            for change, mutant in mutants(op, place):
                found = verdict(op, place, mutant)
                counts[found] += 1
                changes[found].append(change)
            for found in (SURVIVED, EQUIVALENT):
                if changes[found]:
                    print(f"{found:10}  {op.name}, derivative by {'xy'[place]}: {', '.join(changes[found])}")
    real = counts[CAUGHT] + counts[SURVIVED]
    print(f"{counts[CAUGHT]} of {real} mutants caught; {counts[EQUIVALENT]} more changed nothing (listed above)")
    return 1 if counts[SURVIVED] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
