"""What a page calls its quantities, and which of its lines are claims."""

import pytest

from microgradnet.errors import UnknownNameError, WorksheetError
from microgradnet.verification.lines import read_page
from microgradnet.verification.spelling import Spelling

KNOWN = [
    "w1[1,1]",
    "w1[1,2]",
    "w2[1,1]",
    "b1[1]",
    "z1[1]",
    "a1[1]",
    "z2[1]",
    "a2[1]",
    "delta1[1]",
    "delta2[1]",
    "x[1]",
    "t[1]",
]
NAMES = {"net_h1": "z1[1]", "w5": "w2[1,1]", "E_{total}": "E", "h_{pre,1}": "z1[1]", r"\hat{y}": "a2[1]"}

SPELLINGS = {
    "z1[1]": ["net_{h1}", "net_h1", "h_{pre,1}", "z_1^{(1)}", "z^{[1]}_1", "z1[1]"],
    "w2[1,1]": ["w_5", "w5", "w₅", "w_{5}", "w_{11}^{(2)}", "w^{(2)}_{1,1}", "w₁₁⁽²⁾"],
    "w1[1,2]": ["w^{(1)}_{12}", r"\mathbf{w}^{[1]}_{1,2}"],
    "a2[1]": [r"\hat{y}", "ŷ", "a₁⁽²⁾"],
    "delta2[1]": [r"\delta_1^{(2)}", "δ₁⁽²⁾", "δ2[1]", "delta2[1]"],
    "eta": [r"\eta", "η", "eta"],
    "x[1]": ["x_1", "x1", "x₁"],
    "dE/dw2[1,1]": [
        r"\frac{\partial E}{\partial w_5}", "∂E/∂w5", "dE/dw5", r"\frac{\partial E_{total}}{\partial w_{5}}",
        r"\dfrac{dE}{dw_5}",
    ],
    "dE/dz1[1]": ["dE_total/dnet_h1"],
    "new w2[1,1]": ["new w5", "w_5^{new}", "w5+", "w_5^{+}", r"w_{5}^{\text{new}}", "w5_new", "w_{5,new}", "新w5"],
}  # fmt: skip


def value(quantity: str) -> float:
    if quantity not in [*KNOWN, "E", "eta"]:
        raise UnknownNameError("a name", quantity, "")
    return 1.0


@pytest.mark.parametrize(("quantity", "printed"), [(q, text) for q, texts in SPELLINGS.items() for text in texts])
def test_a_printed_name_is_the_quantity_it_stands_for(quantity: str, printed: str) -> None:
    spelling = Spelling(NAMES, [*KNOWN, "E", "eta"], value)
    assert spelling.quantity(printed) == quantity


@pytest.mark.parametrize("printed", ["foo", "w9", "dE/dfoo", "new foo", "0.5", ""])
def test_an_unknown_name_is_none(printed: str) -> None:
    assert Spelling(NAMES, KNOWN, value).quantity(printed) is None


PAGE = r"""+++
[network]
inputs = [0.05, 0.1]
+++
# A neuron by hand

We have $net_{h1} = 0.05 = 5\%$ and $a = 2$, not 1 + 1 = 3.

    net_h1 = 0.15*0.05
    = 0.0075

$$E_{o1} = \frac{1}{2}(0.01 - 0.75)^2
 = 0.2738$$

```python
x = 3
```

```
y = 2*3 = 6
```
"""


def test_claims_are_the_lines_of_code_blocks_and_formulas() -> None:
    page = read_page(PAGE)
    assert page.front == "[network]\ninputs = [0.05, 0.1]"
    assert page.title == "A neuron by hand"
    lines = PAGE.split("\n")
    kept = {number: line.strip() for number, line in enumerate(page.lines, 1) if line.strip()}
    assert list(kept) == [7, 9, 10, 12, 13, 20]
    assert page.lines[8] == lines[8]
    assert "not" not in kept[7]
    for number in (7, 12):  # columns stay as they are
        place = page.lines[number - 1].index("=")
        assert lines[number - 1][place] == "="


@pytest.mark.parametrize("text", ["# no front matter\n", "+++\nnever closed\n", ""])
def test_a_page_without_front_matter_is_refused(text: str) -> None:
    with pytest.raises(WorksheetError):
        read_page(text, "notes.md")
