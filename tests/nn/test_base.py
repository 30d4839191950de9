import math

import numpy as np
import pytest

from microgradnet import MLP, Module, Neuron, Value
from microgradnet.errors import ArgumentError, DomainError, MicrogradnetError, NumberTypeError, UnknownNameError


class Net(Module):
    """A module of every kind of attribute."""

    def __init__(self):
        self.scale = Value(2.0)
        self.rows = [[Value(1.0), Value(2.0)], (Value(3.0),)]
        self.table = {"left": Value(4.0), 7: Value(5.0)}
        self.grid = np.array([[Value(6.0), Value(7.0)]])
        self.cell = np.array(Value(8.0))
        self.data = np.zeros((2, 2))
        self.encoder = MLP(1, [2], seed=1)
        self.heads = [Neuron(2, nonlin=False, seed=2), Neuron(2, seed=3)]
        self.count = 3
        self.result = self.scale * 2  # no parameter: it was computed
        self._cache = Value(9.0)  # no parameter: private
        self.again = self.scale  # shared: once

    def __call__(self, x):
        return self.scale * self.heads[0](self.encoder(x))


NAMES = [
    *("scale", "rows[1][1]", "rows[1][2]", "rows[2][1]", "table['left']", "table[7]"),
    *("grid[1][1]", "grid[1][2]", "cell[1]"),
    *("encoder.w1[1,1]", "encoder.b1[1]", "encoder.w1[2,1]", "encoder.b1[2]"),
    *("heads[1].w[1]", "heads[1].w[2]", "heads[1].b", "heads[2].w[1]", "heads[2].w[2]", "heads[2].b"),
]


def test_a_users_module_finds_and_names_its_parameters():
    net = Net()
    assert list(net.named_parameters()) == NAMES
    assert all(a is b for a, b in zip(net.parameters(), net.named_parameters().values(), strict=True))


def test_zero_grad_clears_all_parameters():
    net = Net()
    net([1.0]).backward()
    assert any(parameter.grad for parameter in net.parameters())
    net.zero_grad()
    assert [(p.grad, p.has_grad) for p in net.parameters()] == [(0.0, False)] * len(NAMES)


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_parameters_is_refused_as_it_has_no_order(kind):
    module = Module()
    module.words = {"a", "b"}
    assert module.parameters() == []
    module.weights = kind([Value(1.0), Value(2.0)])
    for look in (module.parameters, module.named_parameters, module.state_dict):
        with pytest.raises(ArgumentError, match="a set of Values"):
            look()


def test_an_empty_module_has_no_parameters():
    assert (Module().parameters(), Module().state_dict()) == ([], {})


def test_a_list_of_parameters_in_micrograds_way_is_respected():
    class Lecture(Module):
        def __init__(self):
            self.w, self.unused = [Value(1.0)], Value(2.0)

        def parameters(self):
            return self.w

    class Outer(Module):
        def __init__(self):
            self.inner = Lecture()

    assert len(Outer().parameters()) == 1


def test_modules_and_lists_in_a_circle_are_an_error_not_a_crash():
    first, second, lists = Net(), Net(), Module()
    first.other, second.other = second, [first]
    lists.held = [Value(1.0)]
    lists.held.append({"itself": lists.held})
    for ask in (Module.parameters, Module.named_parameters, Module.state_dict):
        with pytest.raises(ArgumentError, match="a circle through a Net"):
            ask(first)
        with pytest.raises(ArgumentError, match="a circle through a list"):
            ask(lists)


def test_a_module_that_is_held_twice_is_no_circle():
    outer, inner = Module(), Net()
    outer.first, outer.again = inner, [inner, [inner]]
    assert outer.parameters() == inner.parameters()


def test_modules_may_be_nested_deeply():
    outer = inner = Module()
    for _ in range(2000):
        inner.next = inner = Module()
    inner.w = Value(1.0)
    assert outer.parameters() == [inner.w]


def test_two_parameters_of_one_name():
    net = Module()
    net.w = [Value(1.0)]
    setattr(net, "w[1]", Value(2.0))
    with pytest.raises(ArgumentError, match="twice"):
        net.named_parameters()


def test_a_state_comes_back():
    net, other = Net(), Net()
    for parameter in net.parameters():
        parameter.data += 0.1
    other.load_state_dict(net.state_dict())
    assert other.state_dict() == net.state_dict()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda state: state.pop("scale"), UnknownNameError, "without scale"),
        (lambda state: state.update(w9=1.0), UnknownNameError, "with w9"),
        (lambda state: state.update({"heads[2].b": "1"}), NumberTypeError, r"heads\[2\].b"),
        (lambda state: state.update({"heads[2].b": None}), NumberTypeError, r"heads\[2\].b"),
        (lambda state: state.update({"heads[2].b": math.nan}), DomainError, r"heads\[2\].b"),
        (lambda state: state.update({"heads[2].b": 10**400}), DomainError, r"heads\[2\].b"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    net = Net()
    before = net.state_dict()
    state = {name: number + 1.0 for name, number in before.items()}
    change(state)
    with pytest.raises(error, match=message):
        net.load_state_dict(state)
    assert net.state_dict() == before


def test_many_missing_names_are_counted_not_listed():
    with pytest.raises(UnknownNameError, match=r"\(41 in all\)"):
        MLP(3, [4, 4, 1]).load_state_dict({})


@pytest.mark.parametrize("state", [None, [1.0], "w"])
def test_what_is_no_state(state):
    with pytest.raises(MicrogradnetError):
        Net().load_state_dict(state)


class Mixed(Module):
    """Parameters beside modules and other things in one list, and in a dict; one of them twice."""

    def __init__(self):
        first, constant = Value(1.0), Value(2.0) * 3.0
        self.parts = [first, Value(2.0), constant, "no", Neuron(1), [Value(3.0), first], Value(4.0)]
        self.table = {"a": Value(5.0), 7: Value(6.0), (1, 2): Value(7.0)}


class Renamed(Module):
    """A module that names its parameters itself."""

    def __init__(self):
        self.w = [Value(1.0), Value(2.0)]

    def named_parameters(self):
        return {f"mine {place}": parameter for place, parameter in enumerate(self.w)}


class Holder(Module):
    def __init__(self):
        self.inner = Renamed()


def test_names_of_what_stands_beside_other_things():
    expected = [
        *("parts[1]", "parts[2]", "parts[5].w[1]", "parts[5].b", "parts[6][1]", "parts[7]"),
        *("table['a']", "table[7]", "table[(1, 2)]"),
    ]
    assert list(Mixed().named_parameters()) == expected


def test_a_module_that_names_its_parameters_itself_is_asked():
    assert list(Holder().named_parameters()) == ["inner.mine 0", "inner.mine 1"]
