"""From the TOML of a worksheet to records.

Only form is checked here: types, shapes, limits, unknown keys. Whether names and formulas make sense is found when the
graph is built.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Any

from microgradnet.errors import WorksheetError
from microgradnet.nn import activations, losses
from microgradnet.verification.quantity import NAME, spell
from microgradnet.verification.records import ClaimText, LayerText, NetworkText, Source, StepText, WorksheetText
from microgradnet.verification.strict import Table
from microgradnet.verification.toml_file import parse
from microgradnet.verification.verdict import Verdict

MAX_LAYERS = 20
MAX_UNITS = 200
MAX_WEIGHTS = 2_000  # of the whole network
MAX_EXPRESSIONS = 300
MAX_CLAIMS = 400
MAX_NAME = 60  # characters
ORDERS = ("original", "updated")
_WORDS_OF_QUANTITIES = ("eta", "new", "change", "after", "at", "step", "steps", "round", "rounds")


def read_worksheet(text: str, file: str) -> WorksheetText:
    """Read the text of a worksheet.

    Raises:
        WorksheetError: it can't be used; the message names the file, and the line or the key.
    """
    top = Table(parse(text, file), file)
    title, notes = top.text("title", file), top.text("notes", "")
    source = _source(top.table("source"))
    network = _network(top.table("network"))
    expressions = _expressions(top.table("expressions"))
    loss = top.text("loss", "") or None
    step = _step(top.table("step"))
    quantities = _quantities(top.table("quantities"))
    claims = top.tables("claims", MAX_CLAIMS, lambda table: _claim(table, source.seen))
    top.finish()
    if network is None and not expressions:
        raise WorksheetError(f"{file}: a [network] or [expressions]", "neither", "Add what the claims are about.")
    if network is not None and network.loss is None and not expressions:
        advice = f"Add loss = ... with one of {', '.join(loss_names())}."
        raise WorksheetError(f"{file}: network.loss: the name of a loss", "no such key", advice)
    return WorksheetText(file, title, notes, source, network, expressions, loss, step, quantities, claims)


def loss_names() -> tuple[str, ...]:
    """Return the names of the losses that a worksheet may choose from."""
    return tuple(sorted(losses.LOSSES))


def _source(table: Table | None) -> Source:
    if table is None:
        return Source()
    source = Source(table.text("author", ""), table.text("work", ""), table.truth("seen", True))
    table.finish()
    return source


def _network(table: Table | None) -> NetworkText | None:
    if table is None:
        return None
    inputs = table.numbers("inputs", "a list of numbers", MAX_UNITS)
    loss = table.choice("loss", loss_names(), aliases=losses.aliases()) if table.has("loss") else None
    targets: tuple[float, ...] = ()
    if table.has("targets") or loss is not None:
        targets = table.numbers("targets", "a list of numbers, one for each output", MAX_UNITS)
    layers = table.tables("layers", MAX_LAYERS, _layer)
    table.finish()
    _check_shapes(table, inputs, targets, layers)
    _check_loss(table, loss, layers[-1].activation)
    return NetworkText(inputs, targets, loss, layers)


def _check_loss(table: Table, loss: str | None, output: str) -> None:
    """Refuse a cross-entropy over outputs that are neither scores nor the probabilities of a softmax."""
    if loss != losses.cross_entropy.__name__ or output in (activations.SOFTMAX, activations.IDENTITY):
        return
    advice = 'Write activation = "softmax" in the last layer.'
    if output == "sigmoid":
        advice = 'Write loss = "binary_cross_entropy" for independent sigmoid outputs, or activation = "softmax".'
    wanted = "a loss for these outputs; cross_entropy needs softmax or identity in the last layer"
    table.refuse("loss", wanted, f"{loss} over {output}", advice)


def _layer(table: Table) -> LayerText:
    rows = table.items("weights", "a list of lists of numbers, one list for each neuron", MAX_UNITS) or []
    weights = tuple(
        tuple(table.as_number(*item) for item in table.as_items(key, row, "a list of numbers", MAX_UNITS))
        for key, row in rows
    )
    wanted = "a list of numbers, one for each neuron"
    biases = table.numbers("biases", wanted, MAX_UNITS) if table.has("biases") else None
    activation = table.choice("activation", activations.names(), activations.IDENTITY, activations.ALIASES)
    table.finish()
    return LayerText(weights, biases, activation)


def _check_shapes(
    table: Table, inputs: tuple[float, ...], targets: tuple[float, ...], layers: tuple[LayerText, ...]
) -> None:
    """Refuse a layer that does not fit the one before it."""
    width, fed_by = len(inputs), "inputs"
    for number, layer in enumerate(layers, 1):
        place = f"layers[{number}]"
        for index, row in enumerate(layer.weights, 1):
            if len(row) != width:
                wanted = f"{width} weights, one for each of the {fed_by}"
                table.refuse(f"{place}.weights[{index}]", wanted, list(row), "weights[j][k] is the weight to j from k.")
        if layer.biases is not None and len(layer.biases) != len(layer.weights):
            wanted = f"{len(layer.weights)} biases, one for each neuron"
            table.refuse(f"{place}.biases", wanted, list(layer.biases), "Give one for each row of weights.")
        if layer.activation == activations.SOFTMAX and number < len(layers):
            table.refuse(f"{place}.activation", "softmax in the last layer only", "softmax", "Choose another one here.")
        width, fed_by = len(layer.weights), f"outputs of layer {number}"
    if targets and len(targets) != width:
        table.refuse("targets", f"{width} targets, one for each output", list(targets), "Add or remove some.")
    if sum(len(row) for layer in layers for row in layer.weights) > MAX_WEIGHTS:
        table.refuse("layers", f"at most {MAX_WEIGHTS} weights", list(layers), "Use a smaller network.")


def _expressions(table: Table | None) -> tuple[tuple[str, float | str], ...]:
    if table is None:
        return ()
    if not 0 < len(table.entries) <= MAX_EXPRESSIONS:
        table.refuse("", f"between 1 and {MAX_EXPRESSIONS} expressions", table.entries, "Add or remove some.")
    return tuple(
        (_name(table, key), entry if isinstance(entry, str) else _leaf(table, key, entry))
        for key, entry in table.entries.items()
    )


def _leaf(table: Table, key: str, entry: Any) -> float:
    if type(entry) not in (int, float):
        table.refuse(key, "a number, or a formula in quotes", entry)
    return table.as_number(key, entry)


def _quantities(table: Table | None) -> tuple[tuple[str, str], ...]:
    if table is None:
        return ()
    if len(table.entries) > MAX_EXPRESSIONS:
        table.refuse("", f"at most {MAX_EXPRESSIONS} quantities", table.entries, "Remove some.")
    return tuple((_name(table, key), table.as_text(key, entry)) for key, entry in table.entries.items())


def _name(table: Table, key: str) -> str:
    """Return the name of an expression or quantity in its one spelling."""
    spelled = spell(unicodedata.normalize("NFKC", key[: MAX_NAME + 1]))
    base = spelled.partition("[")[0]
    if not re.fullmatch(NAME, spelled) or len(spelled) > MAX_NAME:
        wanted = f"a name of letters, digits and _, of at most {MAX_NAME} characters"
        raise WorksheetError(f"{table.place('')}: {wanted}", repr(key[:MAX_NAME]), 'Such as z, E1 or "w[1,2]".')
    if keyword.iskeyword(base) or base in _WORDS_OF_QUANTITIES:
        came = f"{spelled!r}, which is a word of quantities or of Python"
        raise WorksheetError(f"{table.place('')}: a name of its own", came, "Choose another name.")
    return spelled


def _step(table: Table | None) -> StepText | None:
    if table is None:
        return None
    eta = table.number("eta")
    update = table.texts("update", 'a list of names or groups, such as ["w1", "b1[2]"]', MAX_CLAIMS)
    weights = table.choice("weights", ORDERS, "original")
    momentum = table.number("momentum", 0.0)
    table.finish()
    if not 0 <= momentum < 1:
        table.refuse("momentum", "a number from 0 up to, but not including, 1", momentum, "0.9 is usual.")
    return StepText(eta, update, weights, momentum)


def _claim(table: Table, seen: bool) -> ClaimText:
    quantity = table.text("quantity")
    has_figure, has_formula = table.has("printed"), table.has("formula")
    if has_figure == has_formula:
        advice = "Keep one." if has_figure else 'Add printed = "...", a figure as it is printed, in quotes.'
        came = "both" if has_figure else "neither"
        raise WorksheetError(f"{table.place('')}: either printed or formula", came, advice)
    printed = table.text("printed") if has_figure else None
    formula = table.text("formula") if has_formula else None
    name = table.text("name", quantity)
    verdicts = [verdict.value for verdict in Verdict]
    expect = Verdict(table.choice("expect", verdicts)) if table.has("expect") else None
    reason, seen = table.text("reason", ""), table.truth("seen", seen)
    also = table.texts("also", "a list of figures in quotes", 10) or ()
    table.finish()
    return ClaimText(table.path, quantity, printed, formula, name, expect, reason, also, seen)
