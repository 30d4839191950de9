"""A class of forty, and its marks: calculated in plain loops that share nothing with the package's own judging.

Each student works through the same 2-2-1 network of sigmoids with none, one or two slips. Consequences are carried on,
by every other student with all digits, by the others from the figures as they are printed. Answers are handed in as
pages, plain lines, TOML and rows of a spreadsheet, in the encodings that people use.
"""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DECIMALS = 5
# The slips: in which figure each is made, and the words that must name it there, one of them.
SLIPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "bias left out": ("z1[1]", ("b1[1] may be left out",)),
    "other input": ("z1[2]", ("x[2] may stand where x[1]", "x[1] may stand where x[2]", "x[")),
    "no activation": ("a1[2]", ("sigmoid may be left out", "z1[2] may stand")),
    "exponent": ("a1[1]", ("exponent of the sigmoid",)),
    "no half": ("E", ("twice the right value", "factor 0.5")),
    "sign": ("delta2[1]", ("sign may be lost",)),
    "no slope": ("delta1[1]", ("derivative of sigmoid(z1[1]) may be left out",)),
    "uphill": ("new w2[1,1]", ("uphill", "added")),
}
PAIRS = [("bias left out", "sign"), ("no half", "no slope"), ("exponent", "no half"), ("other input", "uphill")]


@dataclass
class Student:
    """One answer, and what it is worth.

    Arguments:
        name: of the file, or of the student in the table.
        slips: those that were made.
        figures: what is printed, by quantity; "" for a blank.
        marks: what each earns; the share of what follows is a half.
    """

    name: str
    slips: tuple[str, ...]
    figures: dict[str, str]
    marks: dict[str, float] = field(default_factory=dict)


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def calculate(net: dict[str, Any], slips: tuple[str, ...], keep: Callable[[float], float]) -> dict[str, float]:
    """Every figure by its name; ``keep`` is what a student goes on with."""
    network, eta = net["network"], net["step"]["eta"]
    x, t = network["inputs"], network["targets"][0]
    (w1, b1), (w2, b2) = ((layer["weights"], layer["biases"]) for layer in network["layers"])
    found: dict[str, float] = {}

    def note(name: str, value: float) -> float:
        found[name] = value
        return keep(value)

    a = []
    for j in range(2):
        bias = 0.0 if "bias left out" in slips and j == 0 else b1[j]
        first = x[1] if "other input" in slips and j == 1 else x[0]
        z = note(f"z1[{j + 1}]", w1[j][0] * first + w1[j][1] * x[1] + bias)
        value = z if "no activation" in slips and j == 1 else sigmoid(-z if "exponent" in slips and j == 0 else z)
        a.append(note(f"a1[{j + 1}]", value))
    z = note("z2[1]", w2[0][0] * a[0] + w2[0][1] * a[1] + b2[0])
    out = note("a2[1]", sigmoid(z))
    note("E", (1.0 if "no half" in slips else 0.5) * (out - t) ** 2)
    delta = note("delta2[1]", (out - t) * out * (1 - out) * (-1 if "sign" in slips else 1))
    hidden = []
    for j in range(2):
        slope = 1.0 if "no slope" in slips and j == 0 else a[j] * (1 - a[j])
        hidden.append(note(f"delta1[{j + 1}]", delta * w2[0][j] * slope))
    for j in range(2):
        for k in range(2):
            note(f"new w1[{j + 1},{k + 1}]", w1[j][k] - eta * hidden[j] * x[k])
    for k in range(2):
        note(f"new w2[1,{k + 1}]", w2[0][k] - eta * delta * a[k] * (-1 if "uphill" in slips and k == 0 else 1))
    return found


def printed(value: float) -> str:
    return f"{value:.{DECIMALS}f}"


def answer(net: dict[str, Any], number: int, name: str) -> Student:
    """The answer of one student, with its marks by a count of its own."""
    names = list(SLIPS)
    slips = ((), (names[number % len(names)],), PAIRS[number % len(PAIRS)])[number % 3]
    exact, wrong = calculate(net, (), lambda value: value), calculate(net, slips, lambda value: value)
    keep = (lambda value: round(value, DECIMALS)) if number % 2 else (lambda value: value)
    figures = {figure: printed(value) for figure, value in calculate(net, slips, keep).items()}
    blanks = random.Random(number).sample(list(figures), 2) if number % 5 == 4 and not slips else []
    figures |= dict.fromkeys(blanks, "")
    roots = {SLIPS[slip][0] for slip in slips}
    student = Student(name, slips, figures)
    for figure, text in figures.items():
        is_affected = abs(wrong[figure] - exact[figure]) > 1e-12
        if not text:
            student.marks[figure] = 0.0
        elif not is_affected or abs(float(text) - exact[figure]) < 10.0**-DECIMALS:
            student.marks[figure] = 1.0  # less than a unit off, as where it is cut
        else:
            student.marks[figure] = 0.0 if figure in roots else 0.5
    return student


def write(student: Student, path: Path) -> None:
    """Hand an answer in, in the form that the file's name calls for."""
    lines = [f"{name} = {text or '____'}" for name, text in student.figures.items()]
    kind = path.stem.partition("-")[2]
    if path.suffix == ".toml":
        claims = "\n".join(f'"{name}" = "{text}"' for name, text in student.figures.items() if text)
        path.write_text(f"[network]\ninputs = [9]\n[claims]\n{claims}\n", encoding="utf-8")
    elif path.suffix == ".md":
        front = "+++\n[network]\ninputs = [9.0]\ntargets = [9.0]\n+++\n# Another network\n\nThe text says E = 7.\n\n"
        path.write_text(front + "```\n" + "\n".join(lines) + "\n```\n", encoding="utf-8")
    else:
        text = "\n".join(["Müller, 3ᵉ" if kind != "cp1252" else "Müller", *lines])
        encoding = {"cp1252": "cp1252", "utf16": "utf-16", "bom": "utf-8-sig"}.get(kind, "utf-8")
        path.write_bytes(text.replace("\n", "\r\n" if kind in ("crlf", "cp1252") else "\n").encode(encoding))


FORMS = ("page.md", "plain.txt", "table.toml", "crlf.txt", "cp1252.txt", "utf16.txt", "bom.txt")


def make(front: str, folder: Path) -> list[Student]:
    """Write the answers of forty students: 30 files, 2 of which can't be read, and a spreadsheet with 10 rows."""
    net = tomllib.loads(front)
    files = [answer(net, number, f"s{number:02}-{FORMS[number % len(FORMS)]}") for number in range(28)]
    for student in files:
        write(student, folder / student.name)
    (folder / "s28-broken.md").write_bytes(b"\x00\x01\x02\xff" * 500)
    (folder / "s29-endless.txt").write_text("E = 1\n" * 50_000)
    rows = [answer(net, number, f"student {number}") for number in range(30, 40)]
    names = list(rows[0].figures)
    cells = [[row.name, *(row.figures[name].replace(".", ",") for name in names)] for row in rows]
    text = "\r\n".join(";".join(cells) for cells in [["Name", *names], *cells])
    (folder / "table.csv").write_bytes(text.encode("cp1252"))
    return [*files, *rows]
