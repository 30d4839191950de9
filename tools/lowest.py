"""Prints the lowest version that pyproject.toml allows of each dependency, as constraints: ``pip install -c``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def main() -> None:
    for requirement in tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]:
        name, lowest = re.match(r"([\w.-]+)(?:\[\w+\])?>=([\d.]+)", requirement).groups()
        print(f"{name}=={lowest}")


if __name__ == "__main__":
    main()
