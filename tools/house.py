"""The figures of the house: how deep its modules are. DESIGN.md, "The house", says why they count.

Run it from the root of the repository:  python tools/house.py
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).resolve().parents[1] / "microgradnet"
SHALLOW = 100  # a file of fewer lines that one other file imports is a paragraph of that file


@dataclass(frozen=True)
class House:
    """A package's source files, measured.

    Arguments:
        package: the folder of the package.
    """

    package: Path = PACKAGE

    @cached_property
    def sources(self) -> dict[str, str]:
        """The text of each module by its dotted name; a package goes by its own name."""
        found = {}
        for path in sorted(self.package.rglob("*.py")):
            parts = path.relative_to(self.package.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
        return found

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The parsed modules."""
        return {module: ast.parse(text) for module, text in self.sources.items()}

    @cached_property
    def lengths(self) -> dict[str, int]:
        """The number of lines of each module."""
        return {module: len(text.splitlines()) for module, text in self.sources.items()}

    @cached_property
    def import_lines(self) -> int:
        """The number of lines that import statements take."""
        nodes = (node for tree in self.trees.values() for node in ast.walk(tree))
        kinds = (ast.Import, ast.ImportFrom)
        return sum((node.end_lineno or 0) - node.lineno + 1 for node in nodes if isinstance(node, kinds))

    @cached_property
    def importers(self) -> dict[str, set[str]]:
        """The modules that import each module, also inside functions and for type checkers."""
        found: dict[str, set[str]] = defaultdict(set)
        for module, tree in self.trees.items():
            for imported in self._imports(tree):
                if imported != module:
                    found[imported].add(module)
        return found

    def _imports(self, tree: ast.Module) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    whole = f"{node.module}.{name.name}"
                    yield whole if whole in self.sources else node.module

    @cached_property
    def shallow(self) -> list[str]:
        """The modules of fewer than 100 lines that exactly one other module imports."""
        packages = {module.rpartition(".")[0] for module in self.sources}
        return sorted(
            module
            for module, lines in self.lengths.items()
            if lines < SHALLOW and len(self.importers[module]) == 1 and module not in packages
        )

    @cached_property
    def classes_twice(self) -> dict[str, list[str]]:
        """The public class names that stand for more than one class, with their modules."""
        found: dict[str, list[str]] = defaultdict(list)
        for module, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(module)
        return {name: modules for name, modules in sorted(found.items()) if len(modules) > 1}

    @cached_property
    def figures(self) -> dict[str, float]:
        """The figures that tests/test_house.py holds."""
        lines = sum(self.lengths.values())
        return {
            "files": len(self.sources),
            "lines": lines,
            "median": median(self.lengths.values()),
            "imports": round(100 * self.import_lines / lines, 2),
            "shallow": len(self.shallow),
            "classes twice": len(self.classes_twice),
        }


def main() -> None:
    house = House()
    units = {"imports": " % of the lines", "median": " lines a file", "shallow": f" files under {SHALLOW} lines"}
    for name, figure in house.figures.items():
        print(f"{name:14}{figure:>10,}{units.get(name, '')}")
    print("\nshallow:", *house.shallow, sep="\n  ")
    print(
        "\nclasses twice:", *(f"{name}: {', '.join(found)}" for name, found in house.classes_twice.items()), sep="\n  "
    )
    rooms: dict[str, list[int]] = defaultdict(list)
    for module, lines in house.lengths.items():
        rooms[module.split(".")[1] if "." in module else ""].append(lines)
    print("\nroom            files   lines  median")
    for room, sizes in sorted(rooms.items()):
        print(f"{room or 'the package':15}{len(sizes):>6}{sum(sizes):>8,}{median(sizes):>8g}")


if __name__ == "__main__":
    main()
