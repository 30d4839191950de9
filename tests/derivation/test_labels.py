"""Labels as they are set: the notation read out of them, and strangers' labels made harmless."""

import re
import unicodedata

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.names import letter

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "$",
    "$$ \\input{/etc/passwd} $$",
    "\\",
    "\\end{aligned}",
    "}{",
    "{{{",
    "`code`",
    "a & b % c # d ~ e ^ f _ g",
    "line\nbreak\r\n\n- list",
    "\x1b[31mred\x07",
    "\u202eright to left",
    "W" * 10_000,
    "权重一",
    "🙂 weight",
    "| a | b |",
    "![x](http://example.org)",
    "'\"",
    "-->",
]


@pytest.mark.parametrize(
    ("label", "latex"),
    [
        ("w1[1,2]", "w^{(1)}_{1,2}"),
        ("z12[3]", "z^{(12)}_{3}"),
        ("delta2[1]", r"\delta^{(2)}_{1}"),
        ("x[1]", "x_{1}"),
        ("w5", "w_{5}"),
        ("v_3", "v_{3}"),
        ("E", "E"),
        ("theta", r"\theta"),
        ("net_h1", r"\mathrm{net}_{\mathrm{h1}}"),
        ("loss", r"\mathrm{loss}"),
        ("x1*w1", r"\text{x1*w1}"),
        ("50%", r"\text{50}\%"),
    ],
)
def test_the_notation_is_read_out_of_a_label(label, latex):
    assert letter(label).latex == latex


def derivation_with(label):
    w, x = Value(0.5, label=label), Value(2.0, label=f"{label} too")
    product = w * x
    product.label = f"({label})"
    loss = mg.relu(product - 1.0) ** 2
    loss.label = label + "!"
    return mg.derive(loss, w, eta=0.1)


def unescaped_braces(latex):
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex.replace("\\\\", "")):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:20]))
def test_a_strangers_label_is_harmless_in_all_three_forms(label):
    derivation = derivation_with(label)
    for page in (derivation.text, derivation.markdown, derivation.latex):
        controls = {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")}
        assert controls <= {"\n"}
        assert max(map(len, page.splitlines())) < 4000
    for latex in (derivation.latex, derivation.markdown, derivation._repr_latex_()):
        assert unescaped_braces(latex)
        assert latex.count(r"\left") - latex.count(r"\left[") == latex.count(r"\right") - latex.count(r"\right]")
        assert latex.count(r"\begin{") == latex.count(r"\end{")
        assert "\\input" not in latex
        assert r"\grave{\ }" in latex or "`" not in label
    assert not re.search(r"[<>`]", derivation.markdown)
    displays = derivation.markdown.split("$$")
    assert len(displays) % 2 == 1
    for inside in displays[1::2]:
        assert "$" not in inside
        assert "\n\n" not in inside
        assert not re.search(r"^\s*(?:[-+=#>*]|\d+\.)", inside.strip("\n"), re.MULTILINE)


def test_labels_that_look_alike_after_cutting_stay_apart():
    first, second = Value(2.0, label="W" * 100 + "1"), Value(3.0, label="W" * 100 + "2")
    page = mg.derive(first * second, first).text
    assert "#1" in page
    assert "#2" in page


def test_rows_are_set_by_a_renderer():
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for label in ["w1[1,2]", "50% x1*w1", "{{{$x_y$"]:
        for line in derivation_with(label).latex.splitlines():
            row = re.sub(r"\\\\(\[[\d.]+em\])?$|(?<!\\)&|(?:\\begin|\\end)\{align\*\}", "", line.strip())
            if row:
                parser.parse(f"${row}$")
