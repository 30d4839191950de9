"""Worksheets are read strictly: each error is one line with the file, the line or key, what was wanted, what came."""

import re

import pytest

from microgradnet.errors import WorksheetError
from microgradnet.operation import TABLE
from microgradnet.verification.library import MAX_BYTES, read_file
from microgradnet.verification.schema import (
    MAX_CLAIMS,
    MAX_EXPRESSIONS,
    MAX_LAYERS,
    MAX_UNITS,
    MAX_WEIGHTS,
    loss_names,
    read_worksheet,
)

NETWORK = """
title = "T"
notes = "N"
[source]
author = "A"
work = "W"
seen = false
[network]
inputs = [0.05, 1]
targets = [0.01, 0.99]
loss = "half_squared_error"
[[network.layers]]
weights = [[0.15, 0.20], [0.25, 0.30], [1, 2]]
biases = [0.35, 0.35, 0]
activation = "sigmoid"
[[network.layers]]
weights = [[0.40, 0.45, 1], [0.50, 0.55, 1]]
[expressions]
F = "E*2"
[step]
eta = 0.5
update = ["w1", "b1[2]"]
weights = "updated"
momentum = 0.9
[quantities]
q = "2*E"
[[claims]]
quantity = "E"
name = "error"
printed = "0.1"
expect = "wrong"
reason = "R"
also = ["0.2"]
seen = true
[[claims]]
quantity = "q"
formula = "2*E"
"""


def test_all_that_a_worksheet_can_say():
    text = read_worksheet(NETWORK, "a.toml")
    assert (text.file, text.title, text.notes) == ("a.toml", "T", "N")
    assert (text.source.author, text.source.work, text.source.seen) == ("A", "W", False)
    assert text.network.inputs == (0.05, 1.0)
    assert text.network.targets == (0.01, 0.99)
    hidden, output = text.network.layers
    assert hidden.weights == ((0.15, 0.20), (0.25, 0.30), (1.0, 2.0))
    assert (hidden.biases, hidden.activation) == ((0.35, 0.35, 0.0), "sigmoid")
    assert (output.biases, output.activation) == (None, "identity")
    assert text.expressions == {"F": "E*2"}
    assert (text.step.eta, text.step.update, text.step.weights, text.step.momentum) == (
        0.5,
        ("w1", "b1[2]"),
        "updated",
        0.9,
    )
    assert text.quantities == {"q": "2*E"}
    figure, formula = text.claims
    assert (figure.printed, figure.formula, figure.name, figure.expect) == ("0.1", None, "error", "wrong")
    assert (figure.reason, figure.also, figure.seen) == ("R", ("0.2",), True)
    assert text.place("claims[1].printed") == "a.toml:30: claims[1].printed"
    assert (formula.printed, formula.formula, formula.name, formula.expect) == (None, "2*E", "q", None)
    assert formula.seen is False  # as the source


def test_the_least_that_a_worksheet_can_say():
    text = read_worksheet('[expressions]\na = 1\n[[claims]]\nquantity = "a"\nprinted = "1"', "a.toml")
    assert (text.title, text.notes, text.source.seen, text.network, text.step, text.loss) == (
        "a.toml",
        "",
        True,
        None,
        None,
        None,
    )
    assert text.expressions == {"a": 1.0}


# What is replaced in the worksheet above, by what, the place that the error names, and words of it.
BROKEN = [
    ('title = "T"', "title = 3", "title", "a text in quotes; got 3"),
    ('title = "T"', "title = ", "line 2", "TOML"),
    ('title = "T"', "titel = 'T'", "a.toml", "got 'titel'. Did you mean title?"),
    ('author = "A"', "autor = 'A'", "source", "got 'autor'. Did you mean author?"),
    ("seen = false", 'seen = "no"', "source.seen", "true or false; got 'no'"),
    ("[source]", "[sauce]", "a.toml", "got 'sauce'. Did you mean source?"),
    ("[source]\nauthor = \"A\"\nwork = \"W\"\nseen = false", "source = 3", "source", "a table; got 3"),
    ("inputs = [0.05, 1]", "", "network.inputs", "no such key"),
    ("inputs = [0.05, 1]", "inputs = 3", "network.inputs", "a list of numbers; got 3"),
    ("inputs = [0.05, 1]", "inputs = []", "network.inputs", "got an empty list"),
    ("inputs = [0.05, 1]", "inputs = [0.05, true]", "network.inputs[2]", "a number; got true"),
    ("inputs = [0.05, 1]", "inputs = [0.05, nan]", "network.inputs[2]", "finite number"),
    ("inputs = [0.05, 1]", "inputs = [0.05, -inf]", "network.inputs[2]", "finite number"),
    ("inputs = [0.05, 1]", f"inputs = [0.05, {'9' * 400}]", "network.inputs[2]", "finite number"),
    ("inputs = [0.05, 1]", f"inputs = [0.05, {'9' * 5000}]", "a.toml", "TOML"),
    ("inputs = [0.05, 1]", f"inputs = [0.05, 0x{'f' * 5000}]", "network.inputs[2]", "finite number"),
    ("inputs = [0.05, 1]", "inputs = [0.05, 'one']", "network.inputs[2]", "a formula of numbers; got 'one'"),
    ("inputs = [0.05, 1]", "inputs = [0.05, 1979-05-27]", "network.inputs[2]", "got 1979-05-27"),
    ("inputs = [0.05, 1]", "inputs = [0.05]", "network.layers[1].weights[1]", "1 weights, one for each of the inputs"),
    ("targets = [0.01, 0.99]", "targets = [0.01]", "network.targets", "one for each output; got a list of 1"),
    ("targets = [0.01, 0.99]", "", "network.targets", "no such key"),
    ('loss = "half_squared_error"', 'loss = "half_squared"', "network.loss", "Did you mean 'half_squared_error'?"),
    ("[[network.layers]]", "[[network.layer]]", "network", "loss, targets, samples, layers; got 'layer'"),
    ("[0.25, 0.30]", "[0.25]", "network.layers[1].weights[2]", "got a list of 1"),
    ("[0.25, 0.30]", "0.25", "network.layers[1].weights[2]", "a list of numbers; got 0.25"),
    ("[0.25, 0.30]", "[0.25, [0.3]]", "network.layers[1].weights[2][2]", "a number; got a list of 1"),
    ("biases = [0.35, 0.35, 0]", "biases = [0.35]", "network.layers[1].biases", "3 biases, one for each neuron"),
    ('activation = "sigmoid"', 'activation = "sigmoyd"', "network.layers[1].activation", "Did you mean 'sigmoid'?"),
    ('activation = "sigmoid"', 'activation = "softmax"', "network.layers[1].activation", "the last layer only"),
    ('activation = "sigmoid"', 'activation = "maximum"', "network.layers[1].activation", "one of"),
    ('activation = "sigmoid"', 'activaton = "sigmoid"', "network.layers[1]", "Did you mean activation?"),
    ('F = "E*2"', "F = true", "expressions.F", "a number, a formula in quotes, or a list of them; got true"),
    ('F = "E*2"', "", "expressions", "between 1 and"),
    ('F = "E*2"', '"F G" = 1', "expressions", "a name of letters"),
    ('F = "E*2"', "_0 = 1", "expressions", "a name of letters"),
    ('F = "E*2"', f"{'F' * 61} = 1", "expressions", "at most 60 characters"),
    ('F = "E*2"', "new = 1", "expressions", "a name of its own"),
    ('F = "E*2"', "lambda = 1", "expressions", "a name of its own"),
    ("eta = 0.5", "", "step.eta", "no such key"),
    ("eta = 0.5", "eta = 0.5\noptimizer = 'adma'", "step.optimizer", "Did you mean 'adam'"),
    ("eta = 0.5", "eta = 0.5\nalpha = 0.9", "step.alpha", "an option of sgd, which has momentum"),
    ("inputs = [0.05, 1]", "inputs = [[0.05, 1], [1]]", "network.inputs", "all of one length"),
    ("inputs = [0.05, 1]", "inputs = [[0.05, 1], 1]", "network.inputs", "all of one length"),
    ("inputs = [0.05, 1]", "inputs = [[0.05, 1], [1, 2]]", "network.targets", "for each sample"),
    ("inputs = [0.05, 1]", "samples = 'max'\ninputs = [0.05, 1]", "network.samples", "one of mean, sum"),
    ("eta = 0.5", 'eta = "half"', "step.eta", "a formula of numbers; got 'half'"),
    ('weights = "updated"', 'weights = "update"', "step.weights", "Did you mean 'updated'?"),
    ("momentum = 0.9", "momentum = 1", "step.momentum", "from 0 up to"),
    ("momentum = 0.9", "momentum = -0.1", "step.momentum", "from 0 up to"),
    ('update = ["w1", "b1[2]"]', 'update = "w1"', "step.update", "a list of names"),
    ('update = ["w1", "b1[2]"]', "update = [1]", "step.update[1]", "a text in quotes"),
    ('q = "2*E"', "q = 2", "quantities.q", "a text in quotes; got 2"),
    ('quantity = "E"', "", "claims[1].quantity", "no such key"),
    ('printed = "0.1"', "printed = 0.1", "claims[1].printed", 'Write printed = "0.1"'),
    ('printed = "0.1"', "", "claims[1]", "either printed or formula; got neither"),
    ('printed = "0.1"', 'printed = "1"\nformula = "E"', "claims[1]", "got both"),
    ('printed = "0.1"', 'print = "1"', "claims[1]", "got 'print'. Did you mean printed?"),
    ('expect = "wrong"', 'expect = "wrnog"', "claims[1].expect", "Did you mean 'wrong'?"),
    ('reason = "R"', f'reason = "{"R" * 5000}"', "claims[1].reason", "at most 4000 characters"),
    ('also = ["0.2"]', 'also = "0.2"', "claims[1].also", "a list of figures"),
    ("seen = true", "sen = true", "claims[1]", "Did you mean seen?"),
    ("[[claims]]\nquantity = \"q\"", "[[claim]]\nquantity = \"q\"", "a.toml", "Did you mean claims?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN, ids=[f"{new[:30]!r}" for _, new, _, _ in BROKEN])
def test_an_error_names_its_place(old, new, place, words):
    assert old in NETWORK
    with pytest.raises(WorksheetError) as caught:
        read_worksheet(NETWORK.replace(old, new, 1), "a.toml")
    message = str(caught.value)
    assert message.startswith("a.toml")
    assert place in message
    assert words in message
    assert len(message.splitlines()) == 1


CLAIM = '[[claims]]\nquantity = "a"\nprinted = "1"\n'
TOO_MUCH = {
    "claims": "[expressions]\na = 1\n" + CLAIM * (MAX_CLAIMS + 1),
    "expressions": "[expressions]\n" + "".join(f"a{place} = 1\n" for place in range(MAX_EXPRESSIONS + 1)) + CLAIM,
    "quantities": "[expressions]\na = 1\n[quantities]\n"
    + "".join(f"q{place} = 'a'\n" for place in range(MAX_EXPRESSIONS + 1))
    + CLAIM,
    "layers": "[network]\ninputs = [1]\n" + "[[network.layers]]\nweights = [[1]]\n" * (MAX_LAYERS + 1) + CLAIM,
    "units": f"[network]\ninputs = {[1] * (MAX_UNITS + 1)}\n[[network.layers]]\nweights = [[1]]\n" + CLAIM,
    "weights": f"[network]\ninputs = {[1] * 150}\n[[network.layers]]\n"
    + f"weights = {[[1] * 150] * (MAX_WEIGHTS // 150 + 1)}\n[expressions]\na = 1\n"
    + CLAIM,
    "bytes": "#" * (MAX_BYTES + 1),
    "arrays in arrays": "a = " + "[" * 10_000,
    "tables in tables": "a = " + "{a = " * 10_000,
    "parts of a key": "a" + ".a" * 50 + " = 1",
    "parts of a key, spaced and quoted": "a" + " . \"a\" . 'a'" * 50 + " = 1",
    "parts of a header": "[a" + ".a" * 50 + "]",
    "parts of a key in a table": "a = {" + "b." * 50 + "b = 1}",
    "nothing": "",
    "an empty list of claims": "claims = []\n[expressions]\na = 1\n",
    "neither network nor expressions": CLAIM,
    "a network without a loss": "[network]\ninputs = [1]\n[[network.layers]]\nweights = [[1]]\n" + CLAIM,
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_limits_are_one_line_errors(what):
    with pytest.raises(WorksheetError) as caught:
        read_worksheet(TOO_MUCH[what], "a.toml")
    assert str(caught.value).startswith("a.toml")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", [None, 3, b"title = 'x'", ["x"]])
def test_the_text_is_a_text(text):
    with pytest.raises(WorksheetError, match=r"Worksheet\.load for a file"):
        read_worksheet(text, "a.toml")


def test_long_lists_and_texts_are_no_keys_of_many_parts():
    text = f'notes = "see www.a.b.c, and then ... .... 1.2.3.4"\n[expressions]\na = {"0." + "1" * 300}\n' + CLAIM
    assert read_worksheet(text, "a.toml").expressions["a"] == pytest.approx(1 / 9)
    row = ", ".join(["0.5"] * 100)
    rows = f"[network]\ninputs = [{row}]\n[[network.layers]]\nweights = [[{row}]]\n"
    assert len(read_worksheet(rows + "[expressions]\na = 1\n" + CLAIM, "a.toml").network.inputs) == 100


def test_losses_and_activations_are_those_of_the_network_s_room():
    assert {"half_squared_error", "cross_entropy", "binary_cross_entropy", "squared_error", "hinge"} <= set(
        loss_names()
    )
    assert not any(name.startswith("_") or name == "total" for name in loss_names())
    for name in (op.name for op in TABLE.values() if len(op.partials) == 1):
        text = NETWORK.replace('activation = "sigmoid"', f'activation = "{name}"')
        assert read_worksheet(text, "a.toml").network.layers[0].activation == name


class TestFiles:
    def test_a_file_is_read_with_or_without_a_mark_of_its_encoding(self, tmp_path):
        for contents in ("title = 'é'".encode(), b"\xef\xbb\xbf" + "title = 'é'".encode()):
            (tmp_path / "a.toml").write_bytes(contents)
            assert read_file(tmp_path / "a.toml") == "title = 'é'"

    def test_bytes_that_are_not_utf_8_are_found_by_line(self, tmp_path):
        (tmp_path / "a.toml").write_bytes(b"title = 'a'\nnotes = '\xff'")
        with pytest.raises(WorksheetError, match="the byte 0xff in line 2"):
            read_file(tmp_path / "a.toml")

    def test_a_missing_file_a_folder_and_a_file_that_is_too_large(self, tmp_path):
        with pytest.raises(WorksheetError, match=r"missing\.toml: a worksheet; got no file of this name"):
            read_file(tmp_path / "missing.toml")
        with pytest.raises(WorksheetError, match=re.escape(str(tmp_path))):
            read_file(tmp_path)
        (tmp_path / "large.toml").write_bytes(b" " * (MAX_BYTES + 1))
        with pytest.raises(WorksheetError, match=f"at most {MAX_BYTES} bytes"):
            read_file(tmp_path / "large.toml")

    @pytest.mark.parametrize("path", [None, 3, ["a"], "\0", ""])
    def test_what_is_no_path(self, path):
        with pytest.raises(WorksheetError):
            read_file(path)


def test_all_mistakes_are_named_at_once_each_with_its_line():
    text = NETWORK.replace("eta = 0.5", "eta = true").replace("sen = true", "x = 1").replace("[0.25, 0.30]", "[0.25]")
    with pytest.raises(WorksheetError) as caught:
        read_worksheet(text.replace('reason = "R"', "reason = 3"), "a.toml")
    lines = str(caught.value).splitlines()
    assert [line.split(";")[0] for line in lines] == [
        "a.toml:13: network.layers[1].weights[2]: 2 weights, one for each of the inputs",
        "a.toml:21: step.eta: a number",
        "a.toml:32: claims[1].reason: a text in quotes",
    ]


def test_curly_quotes_are_named():
    with pytest.raises(WorksheetError, match=r"Line 2 has the curly quote “: write straight ones"):
        read_worksheet("[expressions]\na = “1”\n", "a.toml")


def test_claims_may_be_a_table_and_may_be_left_out():
    text = read_worksheet('[expressions]\na = 1\n[claims]\na = "1"\n"2*a" = "2"', "a.toml")
    assert [(claim.quantity, claim.printed) for claim in text.claims] == [("a", "1"), ("2*a", "2")]
    assert read_worksheet("[expressions]\na = 1\n", "a.toml").claims == ()


ONE_NEURON = """[network]
inputs = [0.35, 0.9]
targets = [0.5]
loss = "half_squared_error"
layers = [{ weights = [[0.3, 0.9]] }]
"""
# What people write, and the advice that they need.
MISTAKEN = {
    ONE_NEURON + 'names = { net = "z1[1]" }\n': r"Move it above the first \[table\], or write .* \[names\]",
    ONE_NEURON + "step = { eta = 0.5 }\n": r"Move it above the first \[table\], or write .* \[step\]",
    ONE_NEURON + "[step]\nlr = 0.5\n": r"Did you mean eta\?",
    ONE_NEURON + "[step]\nlearning_rate = 0.5\n": r"Did you mean eta\?",
    ONE_NEURON.replace("targets", "labels"): r"Did you mean targets\?",
    ONE_NEURON.replace('"half_squared_error"', "half_squared_error"): r"A text stands in quotes",
    "---\ntitle: A page\n---\n": r"two lines \+\+\+",
}


@pytest.mark.parametrize("text", MISTAKEN)
def test_a_mistake_that_people_make_has_the_advice_that_they_need(text: str) -> None:
    with pytest.raises(WorksheetError, match=MISTAKEN[text]):
        read_worksheet(text, "page.md")
