"""``mg.check`` against printed lines that were judged by hand and by mpmath, and against Python on random formulas."""

import contextlib
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import microgradnet as mg
from microgradnet.errors import ExpressionError
from microgradnet.verification.check import judge_lines
from microgradnet.verification.grammar import Parser

LINES = json.loads((Path(__file__).parents[1] / "data" / "lines.json").read_text(encoding="utf-8"))


def holds(equality: Any) -> bool | str:
    return "truncated" if equality.verdict == "truncated" else equality.verdict != "wrong"


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.fsum(float(part) * 7**place for place, part in enumerate(text.strip("[]").split(",")))


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_printed_line_is_judged_as_it_was_by_hand(line: dict[str, Any]) -> None:
    found = [(holds(equality), number(equality.exact)) for equality in judge_lines(line["line"].split("\n"))[0]]
    for wanted in line["equalities"]:
        match = [
            pair
            for pair in found
            if pair[0] == wanted["holds"]
            and math.isclose(pair[1], number(wanted["exact"]), rel_tol=1e-9, abs_tol=1e-15)
        ]
        assert match, (wanted, found)
        found.remove(match[0])
    assert all(verdict is True for verdict, _ in found)


HABITS = {
    # one line for each habit that is not in the file, with the verdicts of its equalities
    "1/2 (0.01 - 0.75)^2 = 0.2738": ["exact"],
    "½(0.9 - 0.6785)² = 0.02453": ["rounded"],
    "(1/6)[0.5+0.5+0.5] = 0.25": ["exact"],
    "-1.7 x 1.5 = -2.55": ["exact"],
    "0.5x0.2 = 0.1": ["exact"],
    "e^-0.40 = 0.67": ["rounded"],
    "e⁻⁰·⁵ = 0.607": ["rounded"],
    "320{,}714 / 11{,}210 = 28.61": ["rounded"],
    "0,5 × 0,2 = 0,1": ["exact"],
    r"0{,}5 \cdot 0{,}3 = 0{,}15": ["exact"],
    r"\log 0.18 = -1.7148": ["rounded"],
    "0.256/0.389 = 0.658 (66%)": ["rounded"],
    "0.9×4 + (2×1.6=3.2) = 3.6 + 3.2": ["exact", "exact"],
    "-0.7 * 5 = -3.5 (这明显有问题)": ["exact"],
    "2*2.42 = 4.84 ← That's our loss!": ["exact"],
    "1/1.753 = 0.5704 ✅": ["truncated"],
    r"0.5/0.500025 ≈ 99.995\%": ["rounded"],
    "7*1.1 = 7.700000 °C/W": ["exact"],
    "1000*3501.27 = $3,501,270": ["exact"],
    "0.1*0.0923 = +0.00923": ["exact"],
    "(4, 2) - 0.1·[8, 16] = (3.2, 0.4)": ["exact"],
    "(1, 2) · (5, 6) = 1·5 + 2·6": ["exact"],
    "(0.2)(-1.0) + (0.9)(2.0) = 1.6": ["exact"],
    r"0.9 \cdot -0.3 = -0.27": ["exact"],
    r"\max(0, -0.3) = 0": ["exact"],
    r"\text{ReLU}(0.3) = 0.3": ["exact"],
    "**Frame 3.** Update: x ← x − η · f'(x) = 3 - 0.1*6 = 2.4": ["exact"],
    '"Cat": 0.36 / 1.414 = 0.255': ["rounded"],
    r"\frac12 (0.3)^2 = 0.045": ["exact"],
    "2.1 * 3 = 6.3 and 6.3 + 1 = 7.3": ["exact", "exact"],
    "2 - 0.1 × 4/(√16+1e-8) = 2 - 0.1×4/4": ["rounded"],
    r"-(0\times log(0.3) + 1\times log(0.4) = 0.92": ["rounded"],
    "1/(1+exp(-1)) = 0.731058...": ["rounded"],
    "|−0.3| = 0.3": ["exact"],
    "3 × 10⁻⁴ * 2 = 6 × 10^{-4}": ["exact"],
    r"\sigma'(0.854) = 0.2094": ["rounded"],
    r"\begin{aligned} z &= 0.5 \cdot 0.2 \\ &= 0.1 \end{aligned}": ["exact"],
    r"2 \cdot 3 = 6 \text{ apples}": ["exact"],
    "log_2(8) = 3": ["exact"],
    r"$2 \times 3$ = $6$": ["exact"],
    "softmax([1, 2]) = [0.2689, 0.7311]": ["rounded"],
    "new w5 = 0.4 - 0.5*0.082167041 = 0.35891648": ["rounded"],
    "0.1 + 0.2 = 0.30000000000000004": ["rounded"],
    "| 2 | 2.8 | -0.1 × 2.8 = -0.28 |": ["exact"],
    "-2^2 = -4": ["exact"],
    "2+2=5": ["wrong"],
    "0.25 = 25%": ["exact"],
    "1 - 0.21 = 0.78": ["wrong"],
    "0.2 * 0.3 = 0.061": ["wrong"],
    "[1, 2] * 2 = [2, 5]": ["wrong"],
    "[1, 2] * 2 = [2, 4, 6]": ["wrong"],
    r"a total of 32 $\times$ 9 + 1 = 289 parameters": ["exact"],
    "b) |5-2| + |7-3| = 3 + 4 = 7": ["exact", "exact"],
    "[ 0  1  0 ] ⋅ [ 2  1 -1 ] = 1": ["exact"],
    r"\[ 5{,}03 \cdot 10^{-3} \cdot 3{,}34 = 1{,}68 \cdot 10^{-2}\ \text{m}^3/\text{s} \]": ["rounded"],
    r"\frac{77{,}25}{0{,}0021} = 36\,786": ["rounded"],
    "1.3 × 2.0 = 2.6 (closer to 3.0!)": ["exact"],
    r"\begin{bmatrix}1 & 2\end{bmatrix} \begin{bmatrix}3\\4\end{bmatrix} = 11": ["exact"],
    r"\begin{bmatrix}1 & 2\\3 & 4\end{bmatrix} \begin{bmatrix}1\\1\end{bmatrix} = \begin{bmatrix}3\\7\end{bmatrix}": [
        "exact"
    ],
    "[[1,2],[3,4]] @ [1,1] = [3, 8]": ["wrong"],
    r"\boxed{0.25 \cdot 4 = 1}": ["exact"],
    "(a) 0.5 * 2 = 1": ["exact"],
    "np.dot([1,2],[3,4]) = 11": ["exact"],
    "1⁄2 = 0.5": ["exact"],
    "∛8 = 2": ["exact"],
    "17 mod 5 = 2": ["exact"],
    "50% of 80 = 40": ["exact"],
    # LaTeX
    r"\left\{0.5 + 0.2\right\} \times 2 = 1.4": ["exact"],
    r"\phantom{x}0.3 + 0.2 = 0.5": ["exact"],
    r"{5 \choose 2} = \frac{5!}{2!\,3!} = 10": ["exact", "exact"],
    r"\dbinom{4}{2} 0.5^4 = 0.375": ["exact"],
    r"\sum\limits_{i=1}^{3} i = 6": ["exact"],
    r"x &= 0.5 \times 0.3 && \text{(chain rule)} \\ &= 0.16": ["wrong"],
    r"\num{1.5e-3} \cdot 2 = \num{3e-3}": ["exact"],
    r"\SI{5}{\meter} / \SI{2}{\second} = \SI{2.5}{\meter\per\second}": ["exact"],
    r"\SI{5}{\volt} / \SI{10}{\ohm} = \SI{500}{\milli\ampere}": [],
    r"\left[\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right] \begin{pmatrix}1\\1\end{pmatrix} = [3, 8]": ["wrong"],
    r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} = 1 \cdot 4 - 2 \cdot 3 = -2": ["exact", "exact"],
    r"\det\begin{pmatrix} 1 & 2 & 0 \\ 3 & 4 & 0 \\ 7 & 8 & 2 \end{pmatrix} = -4": ["exact"],
    r"\langle 1, 2 \rangle \cdot \langle 3, 4 \rangle = 11": ["exact"],
    r"FV = \$1,000 \times 1.05^2 = \$1,102.50": ["exact"],
    r"-\frac{1}{2}\text{log}_2(\frac{1}{2}) = 0.5": ["exact"],
    r"1/3 = 0.\overline{3}": ["exact"],
    r"1/6 = 0.1\bar{7}": ["wrong"],
    r"\frac13 \sim 0.333": ["rounded"],
    r"0 < 0.3 \cdot 2 = 0.6 < 1": ["exact"],
    # signs and numbers
    "0.5 ✕ 0.2 = 0.1": ["exact"],
    "0.5 X 0.2 = 0.1": ["exact"],
    "[1, 2] ∘ [3, 4] = [3, 8]": ["exact"],
    "[1, 2]ᵀ · [3, 4] = 11": ["exact"],
    "[-1, 2]² = [1, 4]": ["exact"],
    "‖(3, 4)‖₂ = √(3² + 4²) = 5": ["exact", "exact"],
    "e² ≈ 7.389": ["rounded"],
    "0.5 * 0.003 = 1.5x10^-3": ["exact"],
    "2^20 = 1 048 576": ["exact"],
    "1_000 * 3 = 3_000": ["exact"],
    "1'000 × 3 = 3'000": ["exact"],
    "1.000,50 + 2,50 = 1.003,00": ["exact"],
    "[0,5; 0,3] · 2 = [1,0; 0,6]": ["exact"],
    r"\log_2 0.99 \approx -0,014": ["rounded"],
    "100 € × 1,19 = 119 €": ["exact"],
    "80/100 × 100 = 80%": ["exact"],
    "-1/3*log2 1/3 - 2/3*log2 2/3 = 0.9183": ["rounded"],
    "ln 2/0.05 = 13.86": ["rounded"],
    "round(2.567, 2) = 2.57": ["exact"],
    "gcd(12, 18) = 6": ["exact"],
    "P(X=2) = C(3,2)·0.5²·0.5 = 0.375": ["exact"],
    "2*3 = 6!": ["exact"],
    "4*3*2 = 4!": ["exact"],
    # what stands around
    "Step 2) 0.1*0.5 + 0.2*0.3 = 0.11": ["exact"],
    "（1）0.1×0.5=0.05；": ["exact"],
    "/* 0.5 * 2 = 1 */": ["exact"],
    "the slope (6-2)/(3-1) = 2 and intercept 2 - 2*1 = 1": ["exact", "wrong"],
    "Luego z = 0.5×0.2 + 0.1 = 0.2 y a = σ(0.2) = 0.5498": ["exact", "rounded"],
    "z1 = 0.1*2 = 0.2 và z2 = 0.3*2 = 0.7": ["exact", "wrong"],
    "z1 = 0.1*2 = 0.2 (w=0.1), z2 = 0.3*2 = 0.6 [w=0.3]": ["exact", "exact"],
    "path 2 = 1 * 1.63 = 1.63": ["exact"],  # a number behind a word is a part of its name
    "样本 2 = 0.3*2 = 0.6": ["exact"],
    "E#2 = 0.33*1 = 0.34": ["wrong"],
    "P(X > 7) = 1 - 0.2 = 0.8": ["exact"],
    r"\left[2 > 0\right] = 1": [],
    r"\frac{d\tanh\left(x - y\right)}{dx} = 1 - 0.5^2 = 0.75": ["exact"],
    r"& = \arccos \frac{1}{2} = \frac{\pi}{3}": ["exact"],
    r"\sin 29^{\circ} = \sin \frac{29}{180} \pi": ["exact"],
    r"\approx 0.485 \quad \sin 29^{\circ} \approx 0.4848": ["rounded"],
    r"\sqrt[5]{245} & =(243+2)^{\frac{1}{5}} & 3^{5}=243 \\": ["exact", "exact"],
    "32000 × 4096 = 131,072,000  (1.3억)": ["exact"],
    "➡️ 0.2748 + 0.0236 = 0.2984": ["exact"],
    "*0.2748 + 0.0236 = 0.2984*": ["exact"],
    "_0.2748 + 0.0236 = 0.2985_": ["wrong"],
    "z = 0.5*2 + 0.3 = 1.3   ReLU(1.3) = 1.3": ["exact", "exact"],
    "z = 0.5*2 + 0.3 = 1.3, then ReLU(1.3) = 1.4": ["exact", "wrong"],
    "v = u + at = 0 + 9.8×2 = 19.6 m/s²": ["exact"],
    "log2(8) = 3 bits": ["exact"],
    "-0.25·log₂0.25 = 0.5": ["exact"],
    "解：x=8−0.1×16=6.4．": ["exact"],
    r"\sigma^{\prime}(0.5) = 0.2350": ["rounded"],
    "0.5*0.04 = 0.02 -- better": ["exact"],
    "0.5*0.04 = 0.02 [better]": ["exact"],
    "(a) z₁ = 0.5·1 + 0.1 = 0.6 (b) z₂ = 0.2·2 = 0.4": ["exact", "exact"],
    "disp(0.5*2)  % 0.5*2 = 1": ["exact"],
    r"x = \frac{5}{5} = 1\ \checkmark": ["exact"],
    r"\text{Step 2: } 0.5 \cdot 0.4 = 0.2": ["exact"],
    r"{\bf 0.5} \cdot 0.4 = {\bf 0.3}": ["wrong"],
    r"\underline{0.5 \times 0.4 = 0.2}": ["exact"],
    "（见式2）0.5×0.4=0.2": ["exact"],
    "trong đó 0.5 × 0.4 = 0.2 là đạo hàm": ["exact"],
    "Ошибка равна (1 − 0,8)²/2 = 0,02": ["exact"],
    # a chain broken over lines
    "z = 0.1*2 +\n    0.3*0.5 = 0.35": ["exact"],
    "z = 0.1*2\n  + 0.3*0.5\n  = 0.35": ["exact"],
    "z = 0.1*2 + 0.3*0.5 =\n  0.36": ["wrong"],
    "> z = 0.1*2\n>   = 0.2": ["exact"],
    "# z = 0.1*2 # first\n#   = 0.3": ["wrong"],
    "- 2*3 = 6\n- 3 are red": ["exact"],
    # what may mean something else is left alone
    "C(5,2) = 11": [],
    "1280 × 36 = 46.080": [],
    "1.3 * 2 = (1.2, 2.6)": [],
    r"\{1, 2\} = 3": [],
    r"$2 x+y-z \pm 2 \sqrt{6}=0$": [],
    "77% - 68.5% = **8.5 percentage points**": [],
    "1 + 1 = 0 (mod 2)": [],
    r"\sqrt{0.5,(1-0.5)/4} = 0.25": [],
    "version 1.2 = 1.3": [],
    "0.1 + 0.2 == 0.4": [],
    "lr=0.1, batch=32": [],
    "x = 2.5": [],
    "π = 0.3": [],
    "f(100,200) = 3": [],
    "if x == 3: y = 4": [],
    "7 // 2 = 3": [],
    "7 % 3 = 1": [],
    "w -= 0.1*0.5": [],
}


@pytest.mark.parametrize("line", HABITS)
def test_a_habit_of_print_is_read(line: str) -> None:
    found, _ = judge_lines(line.split("\n"))
    assert [equality.verdict for equality in found] == HABITS[line]


def test_names_stand_for_the_numbers_they_are_bound_to() -> None:
    assert mg.check("x = 2\ny = 3x = 6")
    assert not mg.check("x = 2\ny = 3x = 7")
    assert not mg.check("y = 3x = 7", {"x": 2.0})
    report = mg.check("x = 2\nx = 3\ny = 3x = 7")
    assert report.equalities == ()  # a name that is bound twice stands for nothing


def test_a_rounded_name_reaches_as_far_as_its_rounding() -> None:
    assert mg.check("net = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.38\nout = σ(net) = 0.5933")
    assert not mg.check("net = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.38\nout = σ(net) = 0.61")


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("0.5*(0.5 - 0.734^2 = 0.0274", "bracket"),
        ("log(8) = 3", "base 2"),
        (r"\log 1000 = 3", "base 10"),
        (r"60 \cos(30) = 30\sqrt{3}", "degrees"),
        ("sin(30) = 0.6", ""),
    ],
)
def test_what_only_the_author_knows_is_said(line: str, remark: str) -> None:
    (wrong,) = mg.check(line).equalities
    assert not wrong
    assert remark in wrong.remark
    assert bool(remark) == bool(wrong.remark)


def test_the_verdict_points_at_line_and_column() -> None:
    (wrong,) = [equality for equality in mg.check("a = 1 + 1 = 2\n  b = 2 * 3 = 7").equalities if not equality]
    assert (wrong.line, wrong.column, wrong.off) == (2, 15, 1.0)
    (chain,) = [equality for equality in mg.check("c = 2 * 3\n  = 8").equalities if not equality]
    assert (chain.line, chain.column) == (2, 5)


@pytest.mark.parametrize("text", ["", "no formula", "2 + 2", "?? = !!"])
def test_a_text_without_an_equality_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        mg.check(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "1" + ")" * 500 + " = 1",
        "\\text{" * 600 + "= 1",
        "1=\n" * 1300,
        "\\left\\{" * 500 + "= 1",
        "9" * 5000 + " = 1",
        "9^9^9^9 = 1",
        "2^" * 50 + "2 = 3",
        "1/0 = 3",
        "-" * 1000 + "1=1",
    ],
)
def test_a_hostile_line_ends(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert not mg.check(text).equalities


def test_the_report_prints_and_shows_itself() -> None:
    report = mg.check("L = 2*3 = 7 and <b> = 2")
    assert "wrong" in str(report)
    assert "L" in str(report)
    assert "<b>" not in report._repr_html_()


# Random formulas, written in five styles by a printer that shares nothing with the grammar.

STYLES: dict[str, dict[str, Callable[..., str]]] = {
    "python": {"*": "{} * {}".format, "/": "{} / {}".format, "^": "{}**{}".format, "neg": "(-{})".format},
    "plain": {"*": "{}*{}".format, "/": "{}/{}".format, "^": "{}^{}".format, "neg": "(-{})".format},
    "unicode": {"*": "{} · {}".format, "/": "{} ÷ {}".format, "^": lambda x, y: x + raised(y), "neg": "(−{})".format},
    "latex": {
        "*": r"{} \cdot {}".format,
        "/": r"\frac{{{}}}{{{}}}".format,
        "^": "{}^{{{}}}".format,
        "neg": "(-{})".format,
    },
    "school": {"*": "({})({})".format, "/": "{} / {}".format, "^": "{}^({})".format, "neg": "(−{})".format},
}
FUNCTIONS = {"exp": math.exp, "tanh": math.tanh, "sqrt": math.sqrt, "sigmoid": lambda x: 1 / (1 + math.exp(-x))}
NAMES = {"latex": {"exp": r"\exp", "tanh": r"\tanh", "sigmoid": r"\sigma"}, "unicode": {"sigmoid": "σ", "sqrt": "√"}}


def raised(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def grow(draw: random.Random, depth: int) -> tuple[Any, ...]:
    kind = draw.choice(["number"] if depth == 0 else ["number", "+", "-", "*", "*", "/", "^", "neg", "call"])
    if kind == "number":
        return kind, draw.choice([f"{draw.uniform(0.01, 9):.{draw.randint(1, 6)}f}", str(draw.randint(1, 20)), ".5"])
    if kind == "call":
        return kind, draw.choice(list(FUNCTIONS)), grow(draw, depth - 1)
    if kind == "^":
        return kind, grow(draw, depth - 1), ("number", str(draw.randint(2, 3)))
    return (kind, *(grow(draw, depth - 1) for _ in range(1 if kind == "neg" else 2)))


def value(tree: tuple[Any, ...]) -> float:
    kind, *parts = tree
    if kind == "number":
        return float(parts[0])
    if kind == "call":
        return FUNCTIONS[parts[0]](value(parts[1]))
    numbers = [value(part) for part in parts]
    if kind == "neg":
        return -numbers[0]
    x, y = numbers
    return x + y if kind == "+" else x - y if kind == "-" else x * y if kind == "*" else x / y if kind == "/" else x**y


def written(tree: tuple[Any, ...], style: str) -> str:
    kind, *parts = tree
    if kind == "number":
        return str(parts[0])
    if kind == "call":
        name, inside = NAMES.get(style, {}).get(parts[0], parts[0]), written(parts[1], style)
        return rf"\sqrt{{{inside}}}" if style == "latex" and name == "sqrt" else f"{name}({inside})"
    texts = [written(part, style) for part in parts]
    if kind in "+-":
        sign = "−" if kind == "-" and style in ("unicode", "school") else kind
        return f"{texts[0]} {sign} {bracketed(parts[1], texts[1])}"
    if style == "latex" and kind == "/":
        return STYLES[style]["/"](*texts)
    if kind != "call":
        texts = [bracketed(part, text, whole=True) for part, text in zip(parts, texts, strict=True)]
    return STYLES[style][kind](*texts)


def bracketed(tree: tuple[Any, ...], text: str, *, whole: bool = False) -> str:
    return f"({text})" if tree[0] in ("+", "-", "neg") or (whole and tree[0] not in ("number",)) else text


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [pytest.param(200, id="some"), pytest.param(2_000, id="all", marks=pytest.mark.slow)])
def test_random_formulas_are_read_back_to_the_same_value(style: str, count: int) -> None:
    draw = random.Random(f"{style} {count}")
    read = 0
    while read < count:
        tree = grow(draw, 4)
        try:
            expected = value(tree)
        except (ValueError, ArithmeticError):
            continue
        if not 1e-9 < abs(expected) < 1e9:
            continue
        text = written(tree, style)
        Parser(text).parse()
        if tree[0] != "number":
            (equality,) = judge_lines([f"q = {text} = {expected:.6g}"])[0]
            assert equality.verdict != "wrong", (text, expected, equality.exact)
            assert math.isclose(float(equality.exact), expected, rel_tol=1e-9), text
        read += 1


AROUND = {
    # what people write around a formula changes nothing of what it states
    "bullet": "- {}".format,
    "number": "3. {}".format,
    "quotation": "> {}".format,
    "label": "**Step 1:** {}".format,
    "words": "So we get: {}".format,
    "comment": "// {}".format,
    "formula": "${}$".format,
    "mark": "{} ✓".format,
    "end": lambda line: line if line.endswith(".") else f"{line}。",
    "remark": "{} (rounded)".format,
    "nbsp": lambda line: line.replace(" ", "\u00a0"),
    "times": lambda line: line.replace("×", r"\times "),
    "about": lambda line: line.replace("≈", "~="),
    "tight": lambda line: line.replace(" = ", "="),
    "full": lambda line: line.replace(" = ", "＝"),
}
PLAIN_LINES = [line["line"] for line in LINES if not set("\n$`|") & set(line["line"]) and line["line"][:1] not in "-=>"]


@pytest.mark.parametrize("around", AROUND)
def test_a_line_states_the_same_whatever_stands_around_it(around: str) -> None:
    for line in PLAIN_LINES[::2]:
        plain, changed = (judge_lines([text])[0] for text in (line, AROUND[around](line)))
        assert [(each.verdict, each.exact) for each in changed] == [(each.verdict, each.exact) for each in plain], line
