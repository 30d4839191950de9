"""A thousand broken worksheets end in verdicts or in errors of one line each, and never in anything else.

There is no timer here: what keeps a worksheet from running for long are its own limits, which are tested one by one in
``test_schema.py`` and ``test_runs.py``. A hang would show as a suite that does not end.
"""

import random
import re
from pathlib import Path

import pytest

from microgradnet.errors import MicrogradnetError
from microgradnet.verification import library
from microgradnet.verification.report import Report, Verdict
from microgradnet.verification.worksheet import Worksheet

# With 10,000 steps; with softmax; with momentum; with quantities and replaced leaves; with formulas; expressions alone.
# Those with a suffix are worksheets in TOML, the others pages.
ORIGINALS = (
    "mazur-2015",
    "postnetwork-softmax-ce.toml",
    "keras-sgd-momentum.toml",
    "adam-theta-squared.toml",
    "s0-softmax-squared-error.toml",
    "micrograd-readme",
    "geeksforgeeks",
    "a page",
)
WORKSHEETS = Path(__file__).parents[1] / "data" / "worksheets"
PAGE = """+++
[network]
inputs = [[0.05, 0.10], [0.3, 0.2]]
targets = [[0.01], [0.99]]
loss = "half_squared_error"
layers = [
  { weights = [[0.15, 0.20], [0.25, 0.30]], biases = [0.35, 0.35], activation = "sigmoid" },
  { weights = [[0.40, 0.45]], biases = [0.60], activation = "sigmoid" },
]
[names]
w5 = "w2[1,1]"
"\\\\hat{y}" = "a2[1] of sample 1"
[step]
eta = 0.5
optimizer = "adam"
+++
# A lesson

    z1[1] of sample 1 = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.3775
    $$\\hat{y} = 0.7514$$
    dE/dw5 = 0.74136507 * 0.186815602 * 0.593269992 = 0.082167041
    new w5 = 0.4 - 0.5*0.082167041 = 0.35891648
    E after 3 steps ≈ 0.2
"""
NUMBERS = ("1e308", "-1e308", "5e-324", "nan", "inf", "-inf", "0", "-1", "1e999", "9" * 400, "true", '"x"', "[]", "{}")
FORMULAS = (
    "9**9**9",
    "2**2**2**2**2**2",
    "1/0",
    "(" * 30 + "E" + ")" * 30,
    "(" * 900,
    "-" * 900 + "E",
    "E" + "+E" * 400,
    "__import__('os')",
    "E.__class__",
    "E after 1000000 steps",
    "E after 999999999999 steps",
    "E at E=E",
    "new new E",
    "new",
    "dE/dE",
    "E at x[1]=1e308",
    "log(0-E)",
    "E if E else E",
    "lambda: E",
    "[E for E in E]",
    "w1[1,1,1,1]",
    "w1[E]",
    "sqrt(0)",
    "exp(1000)",
    "E at x[1]=(E at x[1]=(E at x[1]=(E at x[1]=(E at x[1]=(E at x[1]=1)))))",
    "",
    "\\u0000",
    "é",
)
PRINTED = (
    "1e400",
    "1e-400",
    "9" * 70,
    "1/0",
    "0/0",
    "--1",
    "1,5",
    "NaN",
    "inf",
    "0x1",
    "",
    " ",
    "1e",
    "½",
    "-0",
    "1e5%",
)


def flip_bytes(text: str, draw: random.Random) -> str:
    data = bytearray(text.encode())
    for _ in range(draw.choice((1, 1, 2, 8))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return data.decode(errors="replace")


def drop_a_line(text: str, draw: random.Random) -> str:
    lines = text.splitlines()
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def repeat_a_line(text: str, draw: random.Random) -> str:
    lines = text.splitlines()
    line = draw.randrange(len(lines))
    lines.insert(draw.randrange(len(lines)), lines[line])
    return "\n".join(lines)


def cut_off(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text))]


def swap_lines(text: str, draw: random.Random) -> str:
    lines = text.splitlines()
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def rename_a_key(text: str, draw: random.Random) -> str:
    return replace_one(r"(?m)^\w+(?= =)", text, draw, draw.choice(("quantty", "x", "weights", "eta", "title", "a.b")))


def change_a_number(text: str, draw: random.Random) -> str:
    return replace_one(r"(?<![\w\"])-?\d+(\.\d+)?(?=[\],\n ])", text, draw, draw.choice(NUMBERS))


def change_a_type(text: str, draw: random.Random) -> str:
    return replace_one(r"(?m)(?<= = ).+$", text, draw, draw.choice((*NUMBERS, "1979-05-27", '["a"]', "{a = 1}", "'''")))


def change_a_formula(text: str, draw: random.Random) -> str:
    return replace_one(r'(?<=quantity = ").*(?=")', text, draw, draw.choice(FORMULAS))


def change_an_expression(text: str, draw: random.Random) -> str:
    return replace_one(r'(?m)^(?<!printed)(\w+) = ".*"$', text, draw, f'z = "{draw.choice(FORMULAS)}"')


def change_a_figure(text: str, draw: random.Random) -> str:
    return replace_one(r'(?<=printed = ").*(?=")', text, draw, draw.choice(PRINTED))


def change_the_steps(text: str, draw: random.Random) -> str:
    return replace_one(
        r"\b10000\b|\b1(?= step)", text, draw, str(draw.choice((0, 2, 9999, 123456, 10**6, 10**9, 10**40)))
    )


def nest_deeply(text: str, draw: random.Random) -> str:
    deep = draw.choice(("[" * 5000, "[" * 300 + "]" * 300, "{a = " * 300, "a" + ".a" * 50))
    return replace_one(r"(?m)(?<= = ).+$", text, draw, deep)


def change_digits(text: str, draw: random.Random) -> str:
    """Change what a misprint changes: the worksheet stays readable, the figures don't hold."""
    for _ in range(draw.randrange(1, 6)):
        text = replace_one(r"(?<=[\d.])\d", text, draw, str(draw.randrange(10)))
    return text


def swap_quantities(text: str, draw: random.Random) -> str:
    quantities = re.findall(r'(?<=quantity = ").*(?=")', text) or ["E"]
    return replace_one(r'(?<=quantity = ").*(?=")', text, draw, draw.choice(quantities))


def change_an_activation(text: str, draw: random.Random) -> str:
    return replace_one(r'(?<=activation = ").*(?=")', text, draw, draw.choice(("tanh", "relu", "exp", "log", "sin")))


def replace_one(pattern: str, text: str, draw: random.Random, replacement: str) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return flip_bytes(text, draw)
    match = draw.choice(found)
    return text[: match.start()] + replacement + text[match.end() :]


MUTATIONS = (
    flip_bytes, drop_a_line, repeat_a_line, cut_off, swap_lines, rename_a_key, change_a_number, change_a_type,
    change_a_formula, change_an_expression, change_a_figure, change_the_steps, nest_deeply, change_digits,
    change_digits, change_digits, swap_quantities, swap_quantities, change_an_activation,
)  # fmt: skip


def original(name: str) -> str:
    if name == "a page":
        return PAGE
    return (WORKSHEETS / name).read_text(encoding="utf-8") if name.endswith(".toml") else library.text(name)


def mutated(seed: int) -> str:
    draw = random.Random(seed)
    name = ORIGINALS[seed % len(ORIGINALS)]
    text = original(name)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        text = draw.choice(MUTATIONS)(text, draw) or "\n"
    return text


SEEDS = [range(16), *(range(64 * block, 64 * (block + 1)) for block in range(1, 16))]


def outcome(text: str) -> Report | str:
    """Return the report, or the error's text; anything but an error of the package passes through."""
    try:
        return Worksheet.from_text(text, "mutated.toml").verify()
    except MicrogradnetError as error:
        return str(error)


@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.slow) for block in range(1, 16))])
def test_a_mutated_worksheet_ends_in_verdicts_or_in_one_line_each(block):
    for seed in SEEDS[block]:
        result = outcome(mutated(seed))
        if isinstance(result, Report):
            assert all(isinstance(finding.verdict, Verdict) for finding in result), seed
            assert str(result), seed
        else:
            for line in result.splitlines():
                assert line.startswith("mutated.toml"), (seed, result)
                assert len(line) < 600, (seed, result)


def test_the_mutations_reach_both_ends():
    results = [outcome(mutated(seed)) for seed in (*range(1, 1000, 80), *range(2, 1000, 80))]
    reports = [result for result in results if isinstance(result, Report)]
    assert 3 < len(reports) < len(results) - 3
    assert any(not report.as_expected for report in reports)
    assert all(outcome(original(name)).as_expected for name in ORIGINALS[1:-1])
    assert isinstance(outcome(PAGE), Report)


def large_network(claims: str) -> str:
    """A 30-30-30 network, whose graph has 4,000 nodes."""
    draw = random.Random(1)

    def row(count: int) -> str:
        return "[" + ", ".join(f"{draw.uniform(-1, 1):.4f}" for _ in range(count)) + "]"

    layers = "".join(
        f"[[network.layers]]\nweights = [{', '.join(row(30) for _ in range(30))}]\nactivation = 'sigmoid'\n"
        for _ in range(2)
    )
    head = f"[network]\ninputs = {row(30)}\ntargets = {row(30)}\nloss = 'half_squared_error'\n"
    return f"{head}{layers}[step]\neta = 0.5\n{claims}"


def claim(quantity: str, printed: str) -> str:
    return f'[[claims]]\nquantity = "{quantity}"\nprinted = "{printed}"\n'


def chained(formula: str, count: int) -> str:
    rest = "".join(f'q{place} = "{formula.replace("q", f"q{place - 1}")}"\n' for place in range(1, count + 1))
    return f'[expressions]\nw = 1.0\nE = "w*w"\n[quantities]\nq0 = "E*1"\n{rest}' + claim(f"q{count}", "1")


BOMBS = {
    "a chain of quantities": (chained("q + 1", 250), 1),
    "doubling at two numbers": (chained("(q at w=2) + (q at w=3)", 25), "at most 20 steps and replacements"),
    "a chain of replacements": (chained("q at w=w+1", 250), "at most 20 steps and replacements"),
    "doubling at ever new numbers": (chained("(q at w=w+1) + (q at w=w*1.1)", 18), "at most 250,000 nodes"),
    "an order of a billion": (
        "[expressions]\nw = 1.5\nE = 'polygamma(1000000000, w)'\n" + claim("E", "1"),
        "polygamma",
    ),
    "120 times at": (
        large_network(claim("+".join(f"(E at x[1]={place})" for place in range(120)), "1")),
        "at most 250,000 nodes",
    ),
    "48 wrong gradients": (
        large_network("".join(claim(f"dE/dw1[{k % 30 + 1},{k % 29 + 1}]", f"0.{1234 + 61 * k}") for k in range(48))),
        48,
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_never_end_ends_in_verdicts_or_in_one_line(bomb):
    text, expected = BOMBS[bomb]
    result = outcome(text)
    if isinstance(expected, int):
        assert len(result) == expected
    else:
        assert expected in result
        assert len(result.splitlines()) == 1
