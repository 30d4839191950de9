"""The form of a worksheet, as typed models, and reading it from TOML.

Only form is checked here: types, shapes, limits, unknown keys. Whether names and formulas make sense is found when the
graph is built. The models are msgspec's: it has no dependencies of its own, and loads in a quarter of pydantic's time.
"""

from __future__ import annotations

import inspect
import keyword
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from microgradnet.errors import MicrogradnetError, WorksheetError, close_names
from microgradnet.nn import activations, losses, optim
from microgradnet.verification.expression import CONSTANTS, read_expression
from microgradnet.verification.language import NAME, spell
from microgradnet.verification.library import claims_of, flat, lines_of, parse, placed, unfolded
from microgradnet.verification.report import Verdict

MAX_LAYERS = 20
MAX_UNITS = 200
MAX_WEIGHTS = 2_000  # of the whole network
MAX_EXPRESSIONS = 300
MAX_CLAIMS = 400
MAX_NAME = 60  # characters
MAX_TEXT = 4_000  # characters of one text
ORDERS = ("original", "updated")
SAMPLES = ("mean", "sum")  # of the losses of several samples
DECIMALS = ("auto", ".", ",")  # the decimal mark of a page; auto: a comma where all numbers of a line have one
_WORDS_OF_QUANTITIES = ("eta", "new", "change", "after", "at", "step", "steps", "round", "rounds")
_NUMBERS = {  # the keys of numbers, for which a formula may stand
    "network": ("inputs", "targets"),
    "step": ("eta", "momentum", "weight_decay", "betas", "eps", "alpha", "lr_decay"),
}
_MOST_ALSO = 10
_MOST_PROBLEMS = 20  # that one error names

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Row = Annotated[tuple[float, ...], Meta(min_length=1, max_length=MAX_UNITS)]
Batch = Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(min_length=1, max_length=MAX_UNITS)]
Model = TypeVar("Model")


class SourceText(Struct, frozen=True, forbid_unknown_fields=True):
    """Who printed the figures, and whether they were read there or are recalled."""

    author: Text = ""
    work: Text = ""
    seen: bool = True

    def __str__(self) -> str:
        return ", ".join(part for part in (self.author, self.work) if part)


class LayerText(Struct, frozen=True, forbid_unknown_fields=True):
    """One layer: ``weights[j][k]`` to j from k, its activation, and its biases: none, one each, or one for all."""

    weights: Annotated[tuple[Row, ...], Meta(min_length=1, max_length=MAX_UNITS)]
    biases: Row | float | None = None
    activation: Text = activations.IDENTITY


class NetworkText(Struct, frozen=True, forbid_unknown_fields=True):
    """A network with its input, its target and its loss (None where an expression is the loss).

    Inputs and targets are lists of numbers, or one such list for each of several samples, of whose losses the mean or
    the sum is taken.
    """

    inputs: Annotated[tuple[float | Row, ...], Meta(min_length=1, max_length=MAX_UNITS)]
    loss: Text | None = None
    targets: Annotated[tuple[float | Row, ...], Meta(max_length=MAX_UNITS)] = ()
    samples: Text = SAMPLES[0]
    layers: Annotated[tuple[LayerText, ...], Meta(min_length=1, max_length=MAX_LAYERS)] = ()

    @property
    def has_samples(self) -> bool:
        """Whether inputs and targets are lists of samples."""
        return isinstance(self.inputs[0], tuple)

    def rows(self) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
        """Return the inputs and the targets of each sample."""
        inputs, targets = ((each if self.has_samples else (each,)) for each in (self.inputs, self.targets))
        return list(zip(inputs, targets or ((),) * len(inputs), strict=True))  # type: ignore[arg-type]


class StepText(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of training; ``update`` is None where weights and biases are updated.

    ``batches`` lists the samples, counted from 1, of the first step, the second one and so on, and begins anew after
    the last. With ``ascent`` a step goes uphill. ``optimizer`` is one of ``mg.optim``, whose options have their names
    there.
    """

    eta: float
    update: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=MAX_CLAIMS)] | None = None
    weights: Text = ORDERS[0]
    batches: Annotated[tuple[Batch, ...], Meta(min_length=1, max_length=MAX_CLAIMS)] | None = None
    ascent: bool = False
    optimizer: Text = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float | UnsetType = UNSET
    betas: tuple[float, float] | UnsetType = UNSET
    eps: float | UnsetType = UNSET
    eps_inside_sqrt: bool = False
    alpha: float | UnsetType = UNSET
    centered: bool = False
    amsgrad: bool = False
    lr_decay: float = 0.0

    def options(self) -> dict[str, Any]:
        """Return the options of the optimizer that are given, without those that have no effect."""
        names = self.__struct_fields__[self.__struct_fields__.index("optimizer") + 1 :]
        given = {name: getattr(self, name) for name in names}
        return {name: option for name, option in given.items() if option is not UNSET and option}


class ClaimText(Struct, frozen=True, forbid_unknown_fields=True):
    """One claim: a quantity, and the figure printed for it or the formula said to equal it."""

    quantity: Text
    printed: Text | None = None
    formula: Text | None = None
    name: Text = ""
    expect: Text | None = None
    reason: Text = ""
    also: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=_MOST_ALSO)] | None = None
    seen: bool | UnsetType = UNSET


class WorksheetText(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole worksheet, as it was read."""

    title: Text = ""
    notes: Text = ""
    source: SourceText = SourceText()
    network: NetworkText | None = None
    expressions: dict[str, float | Text] = {}
    loss: Text | None = None
    step: StepText | None = None
    quantities: dict[str, Text] = {}
    names: dict[str, Text] = {}
    claims: tuple[ClaimText, ...] = ()
    decimal: Text = DECIMALS[0]
    file: str = "worksheet"
    lines: Mapping[str, int] = {}

    def place(self, path: str) -> str:
        """Return where an entry stands, for errors: file, line and keys."""
        return placed(self.file, self.lines, path)


# What people call keys that have other names here.
_CALLED = dict.fromkeys(["lr", "learning_rate", "learningrate", "rate", "η"], "eta") | {
    "x": "inputs", "t": "targets", "y": "targets", "labels": "targets", "w": "weights", "b": "biases", "cost": "loss"
}  # fmt: skip
_WANTED = {
    "inputs": "a list of numbers",
    "targets": "a list of numbers, one for each output",
    "weights": "a list of lists of numbers, one list for each neuron",
    "biases": "a list of numbers, one for each neuron, or one number for all",
    "layers": "tables [[network.layers]]",
    "claims": "tables [[claims]]",
    "update": 'a list of names or groups, such as ["w1", "b1[2]"]',
    "also": "a list of figures in quotes",
    "expressions": "a number, a formula in quotes, or a list of them",
    "batches": "a list of lists of samples, such as [[1, 2], [3]]",
}
_FIELDS: dict[str, type[Struct]] = {"layers": LayerText, "claims": ClaimText}
_TYPES = {"float": "a number", "str": "a text in quotes", "bool": "true or false", "object": "a table"}
_ADVICE = {"float": "Write it without quotes, as in 0.35.", "bool": "Write it without quotes."}


def read_worksheet(text: str, file: str, *, first_line: int = 1, title: str = "") -> WorksheetText:
    """Read the text of a worksheet, or the front matter of a page.

    Arguments:
        text: TOML.
        file: its name, for errors, and its title where it has none.
        first_line: the line of the file in which the text begins.
        title: its title where it gives none; the name of the file if this is empty.

    Raises:
        WorksheetError: it can't be used; the message names the file, the line and the key of every mistake.
    """
    form = _Form(file, lines_of(unfolded(text)[0], first_line) if isinstance(text, str) else {}, title)
    sheet = form.worksheet(parse(text, file, first_line))
    form.finish()
    return sheet


def json_schema() -> dict[str, Any]:
    """Return a JSON Schema of a worksheet, and of the front matter of a page."""
    schema = msgspec.json.schema(WorksheetText)
    parts = {name: model["properties"] for name, model in schema["$defs"].items()}
    for name in ("file", "lines"):  # what reading adds
        parts["WorksheetText"].pop(name, None)
    figures: dict[str, Any] = {"type": ["string", "array"]}
    short = {"type": "object", "additionalProperties": figures}
    parts["ClaimText"]["printed"] = {"anyOf": [figures, {"type": "null"}], "default": None}
    parts["WorksheetText"]["claims"] = {"anyOf": [short, parts["WorksheetText"]["claims"]]}
    _allow_formulas([parts["NetworkText"], parts["LayerText"], parts["StepText"]["eta"]])
    entry = {"type": ["number", "string"]}
    row = {"type": "array", "items": entry}
    several = {"type": "array", "items": {"anyOf": [entry, row]}}
    parts["WorksheetText"]["expressions"]["additionalProperties"] = {"anyOf": [entry, several]}
    return {"title": "microgradnet worksheet", **schema}


def _allow_formulas(part: Any) -> None:
    """Let a formula stand wherever a part of a JSON Schema asks for a number."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and each.get("type") == "number":
            each["type"] = ["number", "string"]
        if isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each


class _Form:
    """Reads the parts of a worksheet one by one, and collects what is wrong with each."""

    def __init__(self, file: str, lines: Mapping[str, int], title: str = "") -> None:
        self.file, self.lines, self.title = file, lines, title or file
        self.problems: list[WorksheetError] = []

    def finish(self) -> None:
        """Raise the first problem; its message ends with the others."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            first, *others = self.problems[:_MOST_PROBLEMS]
            more = "\n".join(str(each) for each in others)
            raise WorksheetError(first.expected, first.given, f"{first.advice}\n{more}")

    def refuse(self, path: str, expected: str, entry: Any, advice: str = "", given: str = "") -> None:
        """Note an entry that is not what was wanted."""
        place = placed(self.file, self.lines, path)
        given = given or _described(entry)
        self.problems.append(WorksheetError(f"{place}: {expected}", given, advice or f"Write {expected} there."))

    def worksheet(self, top: dict[str, Any]) -> WorksheetText:
        """Read the top table."""
        top = self._computed(top)
        known = [name for name in WorksheetText.__struct_fields__ if name not in ("file", "lines")]
        for key in top:
            if key not in known:
                self._unknown("", key, known)
        title, notes = self.read(Text, top, "title", self.title), self.read(Text, top, "notes", "")
        source = self.read(SourceText, top, "source", SourceText())
        network = self.read(NetworkText, top, "network", None)
        if "expressions" in top:
            top = {**top, "expressions": flat(top["expressions"])}
        expressions = self.names(self.read(dict[str, float | Text], top, "expressions", {}), "expressions")
        quantities = self.names(self.read(dict[str, Text], top, "quantities", {}), "quantities")
        sheet = WorksheetText(
            title=title or self.file,
            notes=notes,
            source=source,
            network=self.network(network, bool(expressions)) if network is not None else None,
            expressions={key: float(each) if isinstance(each, int) else each for key, each in expressions.items()},
            loss=self.read(Text, top, "loss", None),
            step=self.step(self.read(StepText, top, "step", None), network),
            quantities=quantities,
            names=self.read(Annotated[dict[str, Text], Meta(max_length=MAX_EXPRESSIONS)], top, "names", {}),
            claims=self.claims(top, source),
            decimal=self.read(Text, top, "decimal", DECIMALS[0]),
            file=self.file,
            lines=self.lines,
        )
        self.choice("decimal", sheet.decimal, DECIMALS)
        if "expressions" in top and not expressions and not self.problems:
            self.refuse("expressions", f"between 1 and {MAX_EXPRESSIONS} expressions", top["expressions"], "Add some.")
        if network is None and not expressions and not self.problems:
            self.refuse("", "a [network] or [expressions]", None, "Add what the claims are about.", given="neither")
        return sheet

    def _computed(self, top: dict[str, Any]) -> dict[str, Any]:
        """Return the top table with the formulas of numbers, such as "1 + sin(pi/4)", computed."""
        found = top | {key: self._with_numbers(top[key], key, keys) for key, keys in _NUMBERS.items() if key in top}
        network = found.get("network")
        if isinstance(network, dict) and isinstance(network.get("layers"), list):
            network["layers"] = [
                self._with_numbers(layer, f"network.layers[{place}]", ("weights", "biases"))
                for place, layer in enumerate(network["layers"], 1)
            ]
        return found

    def _with_numbers(self, table: Any, path: str, keys: Sequence[str]) -> Any:
        if not isinstance(table, dict):
            return table
        return {key: self._number(each, f"{path}.{key}") if key in keys else each for key, each in table.items()}

    def _number(self, entry: Any, path: str) -> Any:
        """Return an entry with its formulas computed; one that is none is noted, and read as 0."""
        if isinstance(entry, list):
            return [self._number(each, f"{path}[{place}]") for place, each in enumerate(entry, 1)]
        if not isinstance(entry, str):
            return entry
        try:
            return float(read_expression(entry).evaluate(CONSTANTS.__getitem__))
        except (MicrogradnetError, KeyError, OverflowError):
            self.refuse(path, "a number, or a formula of numbers", entry, 'Such as 0.35, or "1 + sin(pi/4)".')
            return 0.0

    def read(self, model: Any, table: dict[str, Any], key: str, default: Any, path: str = "") -> Any:
        """Return an entry of a table as a model; the default where it is missing or has a mistake, which is noted."""
        if key not in table:
            return default
        path = path or key
        number = next(_not_finite(table[key], path), None)
        if number:
            self.refuse(number[0], "a finite number, up to 1.8e308", number[1])
            return default
        try:
            return msgspec.convert(table[key], model)
        except msgspec.ValidationError as error:
            self._translate(str(error), table[key], path, model)
            return default

    def _translate(self, message: str, entry: Any, path: str, model: Any) -> None:
        """Note what msgspec says, in the words of the file."""
        what, _, at = message.partition(" - at `$")
        parts = re.findall(r"\.(\w+)|\[(\d+)\]|\[(\.\.\.)\]", at)
        for name, index, any_key in parts:
            if any_key:  # an entry of a table of names: msgspec does not say which
                name = (
                    next(key for key, each in entry.items() if not isinstance(each, int | float | str))
                    if (any(not isinstance(each, int | float | str) for each in entry.values()))
                    else next(key for key, each in entry.items() if not isinstance(each, str) or len(each) > MAX_TEXT)
                )
            entry = entry[name] if name else entry[int(index)]
            path += f".{name}" if name else f"[{int(index) + 1}]"
        last = re.sub(r"(\[\d+\])+$", "", path).rpartition(".")[2]
        field = re.search(r"`(\w+)`$", what)
        if field and ("unknown field" in what or "missing required" in what):
            fields = _FIELDS.get(last, model)
            if "unknown" in what:
                self._unknown(path, field[1], getattr(fields, "__struct_fields__", ()))
            else:
                expected = _WANTED.get(field[1], "a number" if field[1] == "eta" else "a text in quotes")
                self.refuse(f"{path}.{field[1]}", expected, None, f"Add {field[1]} to the worksheet.", "no such key")
            return
        self._mistyped(what, entry, path, last)

    def _mistyped(self, what: str, entry: Any, path: str, last: str) -> None:
        limit = re.search(r"length <= (\d+)", what)
        if limit and isinstance(entry, str):
            self.refuse(path, f"a text of at most {limit[1]} characters", entry, "Shorten it.")
        elif limit:
            self.refuse(path, f"at most {limit[1]} entries", entry, "Leave some out.")
        elif path.startswith("expressions."):
            self.refuse(path, _WANTED["expressions"], entry)
        else:
            kind = (re.search(r"`(\w+)", what) or ["", ""])[1]
            expected = _TYPES.get(kind, "")
            if kind == "array":
                expected = "a list of numbers" if re.search(r"weights\[\d+\]$", path) else _WANTED.get(last, "a list")
            advice = _ADVICE.get(kind, "")
            if kind == "str" and not path.endswith("]"):
                advice = f'Write {last} = "{_plain(entry)}".'
            self.refuse(path, expected or "an entry of the right type", entry, advice)

    def _unknown(self, path: str, key: str, known: Sequence[str]) -> None:
        close = [each for each in close_names(key, known, _CALLED) if each in known]
        expected = f"keys out of {', '.join(known)}"
        advice = f"Did you mean {close[0]}?" if close else "Remove it."
        if path and key in WorksheetText.__struct_fields__:  # TOML takes it for a key of the table above
            advice = f"Move it above the first [table], or write it as a table of its own, [{key}]."
        self.refuse(
            f"{path}.{key}".lstrip(".") if f"{path}.{key}".lstrip(".") in self.lines else path,
            expected,
            None,
            advice,
            repr(_plain(key)),
        )

    def choice(self, path: str, entry: str, known: Sequence[str], aliases: Mapping[str, str] | None = None) -> str:
        """Return the known name that an entry stands for; an unknown one is noted, and returned as it is."""
        found = (aliases or {}).get(entry, entry)
        if found not in known:
            close = close_names(entry, known)
            advice = f"Did you mean {close[0]!r}?" if close else "Choose one of them."
            self.refuse(path, f"one of {', '.join(known)}", entry, advice)
        return found

    def network(self, network: NetworkText, has_expressions: bool) -> NetworkText:
        """Check the shapes and the names of a network, and return it with the names in their one spelling."""
        layers = tuple(
            msgspec.structs.replace(
                layer,
                activation=self.choice(
                    f"network.layers[{number}].activation", layer.activation, activations.names(), activations.ALIASES
                ),
            )
            for number, layer in enumerate(network.layers, 1)
        )
        loss = network.loss
        if loss is not None:
            loss = self.choice("network.loss", loss, loss_names(), losses.aliases())
        elif not has_expressions:
            advice = f"Add loss = ... with one of {', '.join(loss_names())}."
            self.refuse("network.loss", "the name of a loss", None, advice, "no such key")
        network = msgspec.structs.replace(network, layers=layers, loss=loss)
        if not layers:
            self.refuse("network.layers", _WANTED["layers"], None, "Add layers to the worksheet.", "no such key")
        elif loss is not None and not network.targets:
            self.refuse("network.targets", _WANTED["targets"], None, "Add targets to the worksheet.", "no such key")
        else:
            self._shapes(network)
            self._loss_of(network)
        return network

    def _shapes(self, network: NetworkText) -> None:
        """Note the first layer that does not fit the one before it."""
        if not self._samples(network):
            return None
        width, fed_by = len(network.rows()[0][0]), "inputs"
        for number, layer in enumerate(network.layers, 1):
            place = f"network.layers[{number}]"
            for index, row in enumerate(layer.weights, 1):
                if len(row) != width:
                    expected = f"{width} weights, one for each of the {fed_by}"
                    advice = "weights[j][k] is the weight to j from k."
                    return self.refuse(f"{place}.weights[{index}]", expected, list(row), advice)
            if isinstance(layer.biases, tuple) and len(layer.biases) != len(layer.weights):
                expected = f"{len(layer.weights)} biases, one for each neuron, or one number for all"
                return self.refuse(f"{place}.biases", expected, list(layer.biases), "Give one for each row of weights.")
            if layer.activation == activations.SOFTMAX and number < len(network.layers):
                expected = "softmax in the last layer only"
                return self.refuse(f"{place}.activation", expected, "softmax", "Choose another one here.")
            width, fed_by = len(layer.weights), f"outputs of layer {number}"
        for _, targets in network.rows() if network.targets else ():
            if len(targets) != width:
                expected = f"{width} targets, one for each output"
                self.refuse("network.targets", expected, list(targets), "Add or remove some.")
                break
        if sum(len(row) for layer in network.layers for row in layer.weights) > MAX_WEIGHTS:
            expected = f"at most {MAX_WEIGHTS} weights"
            self.refuse("network.layers", expected, list(network.layers), "Use a smaller network.")
        return None

    def _samples(self, network: NetworkText) -> bool:
        """Note inputs and targets that are not alike, sample by sample; return whether they are."""
        self.choice("network.samples", network.samples, SAMPLES)
        for key, rows in (("inputs", network.inputs), ("targets", network.targets)):
            kinds = {isinstance(each, tuple) for each in rows} | {network.has_samples}
            widths = {len(each) for each in rows if isinstance(each, tuple)}
            if len(kinds) > 1 or len(widths) > 1:
                expected = "a list of numbers for each sample, all of one length, or one list of numbers"
                self.refuse(f"network.{key}", expected, list(rows), "Write [[0, 1], [1, 1]] for two samples.")
                return False
        if network.has_samples and network.targets and len(network.targets) != len(network.inputs):
            expected = f"{len(network.inputs)} lists, one for each sample"
            self.refuse("network.targets", expected, list(network.targets), "Add or remove some.")
            return False
        return True

    def _loss_of(self, network: NetworkText) -> None:
        """Note a cross-entropy over outputs that are neither scores nor the probabilities of a softmax."""
        output = network.layers[-1].activation
        if network.loss != losses.cross_entropy.__name__ or output in (activations.SOFTMAX, activations.IDENTITY):
            return
        advice = 'Write activation = "softmax" in the last layer.'
        if output == "sigmoid":
            advice = 'Write loss = "binary_cross_entropy" for independent sigmoid outputs, or activation = "softmax".'
        expected = "a loss for these outputs; cross_entropy needs softmax or identity in the last layer"
        self.refuse("network.loss", expected, f"{network.loss} over {output}", advice)

    def step(self, step: StepText | None, network: NetworkText | None) -> StepText | None:
        """Check the rule of a step."""
        samples = len(network.inputs) if network is not None and network.has_samples else 0
        if step is not None:
            for number, batch in enumerate(step.batches or (), 1):
                if max(batch) > samples or len(set(batch)) < len(batch):
                    expected = f"samples from 1 to {samples}, each once" if samples else "several samples in [network]"
                    self.refuse(f"step.batches[{number}]", expected, list(batch), "Write [[1, 2], [3]] for two.")
            self.choice("step.weights", step.weights, ORDERS)
            self._optimizer(step)
            if not 0 <= step.momentum < 1:
                expected = "a number from 0 up to, but not including, 1"
                self.refuse("step.momentum", expected, step.momentum, "0.9 is usual.")
        return step

    def _optimizer(self, step: StepText) -> None:
        """Note an optimizer that is unknown, and options that it does not have."""
        name = self.choice("step.optimizer", step.optimizer.lower(), list(optim.OPTIMIZERS), optim.ALIASES)
        if name in optim.OPTIMIZERS:
            known = list(inspect.signature(optim.OPTIMIZERS[name]).parameters)[2:]
            for option in step.options():
                if option not in known:
                    expected = f"an option of {name}, which has {', '.join(known)}"
                    self.refuse(f"step.{option}", expected, None, "Leave it out.", option)

    def claims(self, top: dict[str, Any], source: SourceText) -> tuple[ClaimText, ...]:
        """Read the claims, each by itself."""
        entries = top.get("claims", [])
        if isinstance(entries, dict):  # the short form: a quantity and its figure
            entries = [{"quantity": quantity, "printed": printed} for quantity, printed in entries.items()]
        if isinstance(entries, list):
            entries = [each for entry in entries for each in claims_of(entry)]
        if not isinstance(entries, list) or ("claims" in top and not entries):
            self.refuse("claims", _WANTED["claims"], entries)
            return ()
        if len(entries) > MAX_CLAIMS:
            self.refuse("claims", f"at most {MAX_CLAIMS} entries", entries, "Leave some out.")
            return ()
        return tuple(
            filter(None, (self._claim(entry, f"claims[{place}]", source) for place, entry in enumerate(entries, 1)))
        )

    def _claim(self, entry: Any, path: str, source: SourceText) -> ClaimText | None:
        claim: ClaimText | None = self.read(ClaimText, {"claim": entry}, "claim", None, path)
        if claim is None:
            return None
        if (claim.printed is None) == (claim.formula is None):
            advice = "Keep one." if claim.printed else 'Add printed = "...", a figure as it is printed, in quotes.'
            self.refuse(path, "either printed or formula", None, advice, "both" if claim.printed else "neither")
        if claim.expect is not None:
            self.choice(f"{path}.expect", claim.expect, [verdict.value for verdict in Verdict])
        seen = source.seen if claim.seen is UNSET else claim.seen
        return msgspec.structs.replace(claim, name=claim.name or claim.quantity, seen=seen)

    def names(self, table: dict[str, Any], path: str) -> dict[str, Any]:
        """Return a table of expressions or quantities with its names in their one spelling."""
        if len(table) > MAX_EXPRESSIONS:
            self.refuse(path, f"between 1 and {MAX_EXPRESSIONS} {path}", table, "Add or remove some.")
            return {}
        return {self._name(path, key): entry for key, entry in table.items()}

    def _name(self, path: str, key: str) -> str:
        spelled = spell(unicodedata.normalize("NFKC", key[: MAX_NAME + 1]))
        base = spelled.partition("[")[0]
        if not re.fullmatch(NAME, spelled) or len(spelled) > MAX_NAME:
            expected = f"a name of letters, digits and _, of at most {MAX_NAME} characters"
            self.refuse(path, expected, key[:MAX_NAME], 'Such as z, E1 or "w[1,2]".')
        elif keyword.iskeyword(base) or base in _WORDS_OF_QUANTITIES:
            given = f"{spelled!r}, which is a word of quantities or of Python"
            self.refuse(path, "a name of its own", None, "Choose another name.", given)
        return spelled


def loss_names() -> tuple[str, ...]:
    """Return the names of the losses that a worksheet may choose from."""
    return tuple(sorted(losses.LOSSES))


def _not_finite(entry: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the numbers that are not finite, or do not fit into a float, with their places."""
    waiting = [(path, entry)]
    while waiting:
        where, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [(f"{where}.{key}", inside) for key, inside in each.items()]
        elif isinstance(each, list):
            waiting += [(f"{where}[{place}]", inside) for place, inside in enumerate(each, 1)]
        elif isinstance(each, int | float) and not _is_finite(each):
            yield where, each


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _described(entry: Any) -> str:
    """Return what was given, in the words of the file, short enough for one line."""
    if entry is None:
        return "nothing"
    if isinstance(entry, dict):
        return f"a table with the keys {_plain(', '.join(entry))}" if entry else "an empty table"
    if isinstance(entry, list | tuple):
        return f"a list of {len(entry)}" if entry else "an empty list"
    if isinstance(entry, bool):
        return str(entry).lower()
    return repr(_plain(entry)) if isinstance(entry, str) else _plain(entry)


def _plain(entry: Any) -> str:
    """Return an entry as text on one line, cut to a reasonable length."""
    try:
        text = str(entry)
    except ValueError:  # an integer of thousands of digits
        text = "a number of thousands of digits"
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
