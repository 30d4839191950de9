"""Pages and worksheets that nobody means well with: broken ones, and bombs that would compute for ever.

``python -m tests.verification.hostile`` runs all of them and prints those that take the most processor time.
"""

import argparse
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from microgradnet.errors import MicrogradnetError
from microgradnet.verification import library
from microgradnet.verification.report import Report
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
    text = original(ORIGINALS[seed % len(ORIGINALS)])
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        text = draw.choice(MUTATIONS)(text, draw) or "\n"
    return text


def outcome(text: str) -> Report | str:
    """Return the report, or the error's text; anything but an error of the package passes through."""
    try:
        return Worksheet.from_text(text, "mutated.toml").verify()
    except MicrogradnetError as error:
        return str(error)


def is_one_line_each(error: str) -> bool:
    """Tell whether every line of an error names the file and is short."""
    return all(line.startswith("mutated.toml") and len(line) < 600 for line in error.splitlines())


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


def page(front: str, lines: str) -> str:
    return f"+++\n{front}\n+++\n# A bomb\n\n{lines}\n"


def small(activation: str = "sigmoid", samples: int = 1, step: str = "eta = 0.5", width: int = 2) -> str:
    """The front of a small network, with as many samples as asked for."""
    draw = random.Random(width)

    def row(count: int) -> str:
        return "[" + ", ".join(f"{draw.uniform(-1, 1):.2f}" for _ in range(count)) + "]"

    def of_samples(count: int) -> str:
        return row(count) if samples == 1 else "[" + ", ".join(row(count) for _ in range(samples)) + "]"

    layer = "[[network.layers]]\nweights = [" + ", ".join(row(width) for _ in range(width)) + "]\n"
    layers = f"{layer}activation = '{activation}'\nbiases = 0.1\n" * 2
    loss = f"inputs = {of_samples(width)}\ntargets = {of_samples(width)}\nloss = 'half_squared_error'\n"
    return f"[network]\n{loss}{layers}[step]\n{step}\n"


def wrong(quantities: list[str], digits: int = 4) -> str:
    draw = random.Random(len(quantities))
    return "".join(claim(name, f"{draw.uniform(-1, 1):.{digits}f}") for name in quantities)


def bombs() -> Iterator[tuple[str, str]]:
    """Yield the names and the texts of 150 pages and worksheets that ask for more than anybody computes by hand."""
    yield from _chains()
    yield from _networks()
    yield from _formulas()
    yield from _pages()


def _chains() -> Iterator[tuple[str, str]]:
    links = (
        "q + 1", "q*q", "q**q", "exp(q)", "1/(q - 1)", "(q at w=2) + (q at w=3)", "q at w=w+1", "q at w=q",
        "(q at w=w+1) + (q at w=w*1.1)", "new q", "change q", "q after 2 steps", "(q after 3 steps) + q", "dE/dw*q",
        "max(q, q, q, q)", "sum(q, q)*mean(q, q)", "(new q) at w=2",
    )  # fmt: skip
    for link in links:
        for count in (18, 60, 290):
            text = chained(link, count).replace("[quantities]", "[step]\neta = 0.1\n[quantities]")
            yield f"{count} times {link}", text
    for link in ("e + e", "e*e", "sin(e) + e", "e**2 - 1.5", "where(e, e, e)", "log(e*e + 1)"):
        rest = "".join(f'e{k} = "{link.replace("e", f"e{k - 1}")}"\n' for k in range(1, 299))
        rest = re.sub(r"whe\d+re|whe\d+re\d+", "where", rest)
        yield f"298 expressions {link}", f"[expressions]\ne0 = 0.7\n{rest}" + wrong(["de298/de0", "e298", "e9", "e150"])


def _networks() -> Iterator[tuple[str, str]]:
    gradients = [f"dE/dw1[{k % 30 + 1},{k % 29 + 1}]" for k in range(400)]
    for count in (1, 48, 74):
        yield f"{count} wrong gradients of 30-30-30", large_network(wrong(list(dict.fromkeys(gradients))[:count]))
        yield f"{count} wrong new weights", large_network(wrong([f"new {each[4:]}" for each in gradients[:count]]))
        yield (
            f"{count} wrong after 3 steps",
            large_network(wrong([f"{each[4:]} after 3 steps" for each in gradients[:count]])),
        )
    for count in (10, 120, 400):
        yield f"{count} times at", large_network(claim("+".join(f"(E at x[1]={k})" for k in range(count)), "1"))
        yield f"{count} claims at", large_network(wrong([f"E at x[1]={k}" for k in range(min(count, 70))]))
        yield f"{count} times after", large_network(claim("+".join(f"(E after {k} steps)" for k in range(count)), "1"))
    for width in (2, 5, 12, 31):
        for samples in (2, 20, 200):
            names = ["dE/dw1[1,1]", "dE/dw2[2,1]", "new w1[1,1]", "dE/db1", "E", "a1[1] of sample 2", "E after 9 steps"]
            step = "eta = 0.1\nbatches = [[1], [2, 1], [2]]"
            yield f"{samples} samples of {width}", small("tanh", samples, step, width) + wrong(names)
    for steps in (24, 26, 1000, 100_000, 1_000_000):
        for optimizer in ("", "\noptimizer = 'adam'", "\nmomentum = 0.9", "\nweights = 'updated'"):
            yield (
                f"{steps} steps{optimizer}",
                small(step=f"eta = 0.1{optimizer}")
                + wrong([f"E after {steps} steps", f"w1[1,1] after {steps} steps", "new w1[2,1]"]),
            )
    every = [f"{what}{name}" for what in ("", "dE/d", "new ") for name in ("w1[1,1]", "w1[1,2]", "w2[2,1]", "b1")]
    every += ["z1[1]", "a1[1]", "z2[1]", "a2[1]", "E", "delta1[1]", "delta2[2]", "a2[2]-t[2]", "E after 25 steps"]
    for digits in (1, 2, 4, 9, 15):
        yield f"every figure wrong to {digits} digits", small() + wrong(every * 12, digits)
        yield f"every figure of a wider one wrong to {digits} digits", small(width=9) + wrong(every * 12, digits)


def _formulas() -> Iterator[tuple[str, str]]:
    formulas = (
        "9**9**9", "2**-2**-2**9", "polygamma(1000000000, w)", "polygamma(w, 1e300)", "lgamma(1e308)", "gelu(1e308)",
        "(" * 39 + "w" + ")" * 39, "-" * 1900 + "w", "w" + "+w" * 900, "w" + "*w" * 499, "sum(" + "w, " * 600 + "w)",
        "max(" + "w, " * 400 + "w)", "w**1000", "exp(exp(exp(exp(w))))", "log(log(log(w)))", "1e308*10", "0.1" * 500,
        "9" * 1900, "1e-999999", "w[1,2,3]", "dot(w, w)", "norm(0*w)", "erfinv(1 - 1e-17)", "sqrt(0*w)",
        "x" * 1900, "(" * 1000, "é" * 1000, "w at w=1 at w=2", "E after 1 steps after 2 steps", "new new w",
        "0**0", "w if w else w",
    )  # fmt: skip
    for place, formula in enumerate(formulas):
        yield f"formula {place}: {formula[:20]}", f"[expressions]\nw = 1.5\nE = '{formula}'\n" + claim("dE/dw", "1.25")
        yield (
            f"claim {place}: {formula[:20]}",
            "[expressions]\nw = 1.5\nE = 'w*w'\n[step]\neta = 1\n" + claim(formula, "1.2"),
        )


def _pages() -> Iterator[tuple[str, str]]:
    front = small()
    lines = {
        "a long chain": "    E = " + " = ".join(["0.5*2"] * 600),
        "a long sum": "    E = " + " + ".join(["0.001"] * 600) + " = 0.6",
        "ever deeper": "    E = " + "(" * 300 + "1" + ")" * 300,
        "fractions": "$$E = " + r"\frac{1}{" * 80 + "2" + "}" * 80 + " = 0.5$$",
        "towers": "    E = 9^9^9^9 = 1",
        "a large power": "    E = (1.0001)^99999999 = 1\n    E = (1/3)^30000 = 0\n    E = 1.5^9999 = 2",
        "exponents": "    E = 1e308*1e308 = 1e-400",
        "roots": "    E = " + "√" * 900 + "2 = 1",
        "signs": "    E = " + "-" * 900 + "2 = 2",
        "a matrix": "    w1 = [" + ", ".join(["[" + ", ".join(["0.1"] * 60) + "]"] * 60) + "]",
        "many wrong lines": "\n".join(f"    dE/dw1[{k % 2 + 1},{k // 2 % 2 + 1}] = 0.1{k:03d}" for k in range(390)),
        "many lines of arithmetic": "\n".join(f"    0.{k}*0.{k + 1} + {k} = {k}.5" for k in range(3000)),
        "many names": "\n".join(f"    c{k} = c{k - 1} + E = 0.{k}" for k in range(1, 1500)),
        "squares of names": "    c0 = 1.5\n" + "\n".join(f"    c{k} = c{k - 1}*c{k - 1} = 2" for k in range(1, 60)),
        "an open fence": "```\n" + "E = 0.5\n" * 2000,
        "an open formula": "$$" + "E = 0.5 " * 500,
        "dollars": "$" * 4000,
        "underscores": "    E_{" * 400 + " = 1",
        "primes": "    E" + "'" * 800 + " = 1",
        "at in a page": "    E after 999999 steps = 0.1\n" * 40,
        "a factorial": "    E = 99999! = 1\n    E = 170!! = 1",
        "a long sum with limits": r"$$\sum_{i=1}^{999999999} i = 5 = \sum_{j=1}^{99999} j^{99999}$$",
        "numbers of a thousand digits": "    E = 0." + "1" * 3000 + " = 0.1",
    }
    for name, text in lines.items():
        yield f"page: {name}", page(front, text)


def main() -> None:
    """Run everything, and print what took the most time of the processor, and errors of several lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=4_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="run one in so many")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.mutations)
    texts = [*bombs(), *((f"seed {seed}", mutated(seed)) for seed in seeds)][:: options.every]
    signal.signal(signal.SIGPROF, lambda *_: (_ for _ in ()).throw(TimeoutError("after 20 s")))
    took = []
    for name, text in texts:
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, 20)
        try:
            result = outcome(text)
        except Exception as error:  # what is no error of the package is a fault
            result = f"{type(error).__name__}:\n{error}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        took.append((time.process_time() - start, name, result))
        if took[-1][0] > 1 or (isinstance(result, str) and not is_one_line_each(result)):
            print(f"{took[-1][0]:6.2f} s  {name[:50]!r}: {result[:200]!r}" if isinstance(result, str) else took[-1][:2])
    print(f"{len(texts)} texts; {sum(seconds > 2 for seconds, *_ in took)} over 2 s of processor time")


if __name__ == "__main__":
    main()
