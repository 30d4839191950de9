"""The language of quantities: what is read, and what it asks of the context that it is evaluated in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from microgradnet import Value
from microgradnet.errors import ExpressionError, MicrogradnetError, UnknownNameError
from microgradnet.verification import verify
from microgradnet.verification.language import Change, Derivative, Name, Replaced, Stepped, read_quantity

NAMES = [
    "E",
    "E1",
    "a",
    "b",
    "d",
    "x[1]",
    "z1[1]",
    "z2[1]",
    "a1[1]",
    "w1[1,1]",
    "w1[1,2]",
    "v3",
    "y",
    "x2",
    "eta",
    "dx",
    "dy",
    "m1",
]


class Names:
    """The names of a worksheet; a2[1] is another spelling of z2[1]."""

    loss_name = "E"

    def resolve(self, name: str) -> str | None:
        return {"a2[1]": "z2[1]"}.get(name, name if name in NAMES else None)

    behind = resolve

    def known(self) -> Iterable[str]:
        return NAMES


class Asked:
    """A context in which every question has a number of its own, so that sums tell which were asked."""

    def __init__(self, said: str = "") -> None:
        self.said = said

    def value(self, name: str) -> float:
        return ANSWERS[f"{self.said}{name}"]

    def derivative(self, of: str, by: str) -> float:
        return ANSWERS[f"{self.said}d{of}/d{by}"]

    def change(self, name: str) -> float:
        return self.stepped(1).value(name) - self.value(name)

    def remembered(self, which: str, leaf: str) -> float:
        raise AssertionError

    def alter(self, quantity: object) -> None:
        return None

    def stepped(self, steps: int) -> Asked:
        return Asked(f"{self.said}{steps}:")

    def replaced(self, leaves: Mapping[str, float]) -> Asked:
        return Asked(f"{self.said}{','.join(f'{name}={number:g}' for name, number in leaves.items())}:")


ANSWERS = {
    "E": 2.0, "a": 3.0, "b": 5.0, "d": 7.0, "eta": 0.5, "z2[1]": 11.0, "w1[1,1]": 13.0, "w1[1,2]": 17.0, "dx": 19.0,
    "dE/dw1[1,1]": 23.0, "dE/dz1[1]": 29.0, "dE/dd": 31.0, "dz2[1]/dz1[1]": 37.0, "dv3/dx2": 41.0, "dy/dv3": 43.0,
    "1:w1[1,1]": 47.0, "1:E": 53.0, "10000:E": 59.0, "2:a": 61.0, "1:dE/dw1[1,1]": 67.0, "a=5.001:E": 71.0,
    "a=8,b=-1:E": 73.0, "a=5:dE/dw1[1,1]": 79.0, "a=71:E": 83.0, "1:a=2:E": 0.0, "a=1:1:E": 89.0, "0:E": 97.0,
}  # fmt: skip

READ = {
    "E": 2.0,
    "w1[1, 1]": 13.0,
    "a2[1]": 11.0,  # an identity activation: the resolver's spelling
    "dE/dw1[1,1]": 23.0,
    "∂E/∂w1[1,1]": 23.0,
    "dE/dw1[1, 1]*2": 46.0,
    "delta1[1]": 29.0,
    "-delta1[1]": -29.0,
    "da2[1]/dz1[1]": 37.0,
    "dE/dd": 31.0,  # by the node called d
    "d": 7.0,
    "d/a": 7.0 / 3.0,
    "a/d": 3.0 / 7.0,
    "dv3/dx2*dy/dv3": 41.0 * 43.0,
    "a*dE/dd": 93.0,
    "a - eta*dE/dd": 3.0 - 15.5,
    "new w1[1,1]": 47.0,
    "new  w1[1, 1]": 47.0,
    "-new w1[1,1] + a": -44.0,
    "change w1[1,1]": 34.0,
    "-change w1[1,1]": -34.0,
    "new dE/dw1[1,1]": 67.0,
    "E after 1 step": 53.0,
    "E after 0 steps": 97.0,
    "E after 10000 steps": 59.0,
    "E after 10,000 rounds": 59.0,
    "a - a after 2 steps": 3.0 - 61.0,
    "dE/dw1[1,1] after 1 step": 67.0,
    "E at a=5.001": 71.0,
    "E at a = 5.001": 71.0,
    "-E at a=5.001": -71.0,
    "E at a=a + b, b=-1": 73.0,
    "(E at a=5.001) - E": 69.0,
    "2*(E at a=5.001)": 142.0,
    "maximum(E, E at a=5.001)": 71.0,
    "maximum(E at a=5.001, E)": 71.0,
    "dE/dw1[1,1] at a=b": 79.0,
    "E at a=(E at a=5.001)": 83.0,
    "new E at a=1": 89.0,
    "exp(0)*E": 2.0,
    "0.5*(a - b)**2": 2.0,
    "1e2*E": 200.0,
}


@pytest.mark.parametrize("text", READ)
def test_a_quantity_asks_for_its_numbers(text):
    assert read_quantity(text, Names()).evaluate(Asked()) == READ[text]


def test_its_atoms_are_data():
    quantity = read_quantity("-change w1[1,1] + dE/da2[1] - (a after 3 steps) + (E at a=2)", Names())
    change, derivative, after, at = quantity.atoms.values()
    assert change == Change(Name("w1[1,1]"))
    assert derivative == Derivative("E", "z2[1]")
    assert after == Stepped(Name("a"), 3)
    assert isinstance(at, Replaced)
    assert [atom.text for atom in (change, derivative, after, at)] == [
        "change w1[1,1]", "dE/dz2[1]", "a after 3 steps", "E at a=2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "takes_steps"),
    [
        ("E", False),
        ("dE/dd", False),
        ("new d", True),
        ("E at a=2", False),
        ("E at a=(new a)", True),
        ("E + change a", True),
    ],
)
def test_it_knows_whether_it_is_about_steps(text, takes_steps):
    assert read_quantity(text, Names()).takes_steps is takes_steps


@pytest.mark.parametrize(
    ("text", "alone"), [("E", True), ("dE/dd", True), ("-E", False), ("E + E", False), ("2", False)]
)
def test_an_atom_without_arithmetic_is_known_as_such(text, alone):
    assert (read_quantity(text, Names()).atom is not None) is alone


UNREADABLE = {
    "q": ("'q' in 'q'", "There are"),
    "w1[1,3]": ("'w1[1,3]'", "Did you mean w1["),
    "dE/dq": ("'q'", ""),
    "dq/dE": ("'q'", ""),
    "delta7[1]": ("'delta7[1]'", ""),
    "new q": ("'q'", ""),
    "E at q=3": ("'q'", ""),
    "E after many steps": ("", ""),
    "E after 1000001 steps": ("'1000001' at column 9", "fewer"),
    "E after 99999999999999999999999999999999 steps": ("column 9", "fewer"),
    "2*E at a=3": ("'E at a=3' at column 3", "Put it in brackets: (E at ...)"),
    "a + E at a=3": ("column 5", "brackets"),
    "E at a=3, a=4": ("a twice", ""),
    "E at a=": ("nothing", ""),
    "E at a": ("", ""),
    "new new a": ("", ""),
    "new a after 2 steps": ("column 1", '"new" means'),
    "new (a + b)": ("", ""),
    "a = 3": ("", ""),
    "5dE/dd": ("'5dE", "A product needs its *"),
    "dy/dx": ("a quotient of two names too", "∂y/∂x"),
    "E at a=(E at a=(E at a=(E at a=(E at a=(E at a=1)))))": ("", "Split"),
    "∂E": ("", ""),
    "": ("nothing", ""),
    "_0": ("'_0'", ""),
    "E + _0 - dE/dd": ("'_0'", ""),  # _0 is what stands in for dE/dd
    "__import__": ("", ""),
    "a^2": ("column 2", "x**2"),
    "new w1[1,1] + ": ("'new w1[1,1] + '", ""),  # what was written, not what stands in for it
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_quantity_is_refused_in_one_line(text):
    came, advice = UNREADABLE[text]
    names = Names()
    if text == "dy/dx":
        names.resolve = names.behind = lambda name: name if name in (*NAMES, "x") else None  # type: ignore[method-assign]
    with pytest.raises((ExpressionError, UnknownNameError)) as caught:
        read_quantity(text, names)
    assert came in str(caught.value)
    assert advice in str(caught.value)
    assert "_0 " not in str(caught.value).replace("_0 - dE", "")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("given", [None, 3, ["E"]])
def test_a_quantity_is_a_text(given):
    with pytest.raises(MicrogradnetError, match="as text"):
        read_quantity(given, Names())


def test_eta_without_a_step_says_where_it_comes_from():
    names = Names()
    names.resolve = names.behind = lambda name: None if name == "eta" else name  # type: ignore[method-assign]
    with pytest.raises(UnknownNameError, match=r"\[step\] with eta"):
        read_quantity("E - eta*a", names)


def test_pi_is_the_number_unless_something_else_has_the_name():
    x, other = Value(0.5, label="x"), Value(2.0, label="pi")
    assert verify(x * 1.0, {"cos(pi*x)": "0.00000"})
    assert verify(x * other, {"pi": "2.0"})
