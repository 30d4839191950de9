r"""What a page calls a quantity: ``net_{h1}``, ``w_{11}^{(2)}``, ``\frac{\partial E}{\partial w_5}``, ``w_5^{new}``.

A page prints names as its author pleases. They are matched without regard to LaTeX, braces, blanks and underscores:
first with the page's own names, then with those of the graph, and then as letters with layer and index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace

from microgradnet.errors import MicrogradnetError
from microgradnet.verification.agreement import Bound
from microgradnet.verification.grammar import Parser, Syntax
from microgradnet.verification.language import NAME, PLAIN_NAME, entries, of_sample, only_entry, said, spell

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻", "0123456789()+-")
_FONTS = r"\\(?:math(?:bf|rm|it|cal|bb|sf)|text(?:bf|it|rm)?|boldsymbol|bm|operatorname|left|right)(?![A-Za-z])"
_GREEK = {"delta": "δ", "sigma": "σ", "eta": "η", "alpha": "α", "beta": "β", "theta": "θ", "partial": "∂", "gamma": "γ",
          "lambda": "λ", "mu": "μ", "epsilon": "ε", "varepsilon": "ε", "Delta": "Δ", "ell": "ℓ"}  # fmt: skip
_LETTERS = {letter: name for name, letter in _GREEK.items() if name not in ("partial", "varepsilon")}
_ACCENTED = re.compile(r"\\(hat|bar|tilde)\s*\{?\s*(\w)\s*\}?|(hat|bar|tilde)\((\w)\)")
_DERIVATIVE = re.compile(r"(?:\\[dt]?frac)?\{?([d∂])\{?(.+?)\}?\}?(?:/|\}\{|\{)\{?\1\{?(.+?)\}?\}?$")
_NEW = re.compile(
    r"^(?:new|updated|neues?|nuevo|新的?)\s*(?P<a>.+)$"
    r"|^(?P<b>.+?)(?:\^\{*(?:new|\+|neu)\}*|_\{?(?:new|neu)\}?|,\s*new\}?|\+|\(new\)|\s+new)$"
)
_CHANGE = re.compile(r"^(?:Δ\s*|change\s+)(?P<name>.+)$")
# What pages call the loss, where they have nothing else of that name.
_LOSS = frozenset(["Loss", "loss", "Cost", "cost", "Etotal", "Ltotal", "L", "J", "C", "E", "MSE", "ℒ"])
_LOSS_OF = _LOSS | frozenset(["Error", "error"])  # above in a derivative; alone it may be the difference to a target
_T = r"(?:T|⊤|\\top|\\intercal)"  # above the name of a matrix that is transposed
# All quantities of one letter and layer: a1, w1 transposed, change w1, a1 of sample 2.
_GROUP = re.compile(
    rf"(?P<before>(?:(?:new|change|[mv])\s+|(?P<d>[d∂]){NAME}/(?P=d))?)(?P<group>(?:w|b|z|a|x|t|delta|δ)\d*)"
    rf"(?P<turned>(?:\s*\^\s*\{{?\s*{_T}\s*\}}?|ᵀ|\.T|\s+transposed)?)(?P<after>(?:\s+of\s+sample\s+\d+)?)"
)
_TURNED = re.compile(rf"(?P<name>.+?)(?:\^\{{?{_T}\}}?|ᵀ|\.T|\s+transposed)$|transpose\((?P<of>.+)\)$")
_OF_SAMPLE = re.compile(r"(?P<base>.+?)\^?\((?P<number>\d+)\)(?P<late>[\d,]*)$")  # of x_1^{(2)}
_RATE_OF_SAMPLE = re.compile(
    rf"(?P<d>[d∂])(?P<of>{PLAIN_NAME})(?:\s+of\s+sample\s+(?P<above>\d+))?"
    rf"/(?P=d)(?P<by>{PLAIN_NAME})(?:\s+of\s+sample\s+(?P<below>\d+))?"
)
# Words before a name that say no more than the name does, by the beginning of the quantity that it stands for.
_SAYING_NO_MORE = {
    "": "the|our|this|so|and|or|then|thus|hence|therefore|where|with|here|now|also|finally|we|get|have|obtain"
    "|let|values?|neuron|unit|node|layer|hidden|initial|old|current|donde|entonces|luego|dann|somit|donc|alors",
    "E": "total|overall|errors?|loss|cost|squared|mean|mse|sse|cross|entropy|fehler|pérdida",
    "w": "weights?|gewichte?|pesos?|poids",
    "b": "bias(?:es)?",
    "x": "inputs?|eingabe|entrada",
    "t": "targets?|desired|expected|true|label",
    "a": "outputs?|activations?|prediction|predicted|ausgabe|salida|sortie",
    "z": "net|input|weighted|preactivation|pre-activation",
    "d": "gradients?|derivatives?|partial|slope|deltas?|error|signal",
    "eta": "learning|rate",
}
_SAYING_NEW = re.compile("new|updated|neue[rs]?|nuev[oa]|nouveau|nouvelle")
_WORDED = re.compile(
    r"(?:^|(?<=[;$\n]))(?P<bullet>[ \t]*(?:[-*+•][ \t]+)?)(?P<words>(?:[^\W\d_][^\W\d_-]+[ \t]+){1,6})"
    r"(?P<name>[^\s=≈:;$][^=≈:;$\n]{0,80}?)(?=[ \t]*(?:=|≈|\\approx))",
    re.M,
)
_LABELLED_NEW = re.compile(
    r"(?:(?:^|(?<=[;\n]))[ \t]*(?:the[ \t]+)?(?:new|updated)(?:[ \t]+(?:weight|bias|value|parameter|matrix)(?:e?s)?)?"
    r"[ \t]*:"
    r"|(?<!重)新[\u4e00-\u9fff]{0,6}[:：]?|更新后[\u4e00-\u9fff]{0,6}[:：]?)(?P<room>[ \t$]*)"
    r"(?P<name>[^\s=≈:;$][^=≈:;$\n]{0,80}?)(?=[ \t]*(?:=|≈|\\approx))",
    re.M | re.I,
)
_ATOM = re.compile(rf"(?:[d∂]{NAME}/[d∂])?{NAME}(?![\w\[]|\s*\()")
OF_LISTS = frozenset(["sum", "mean", "dot", "norm", "max", "min", "maximum", "minimum"])
_MOST_LETTERS = 3  # of a product without signs, bc
_INDEX = re.compile(r"(?P<open>\[)?(?P<j>\d+?)(?:,?(?P<k>\d+))?(?(open)\])")
_TWO_WAYS = re.compile(r"(?:[zabδ]|\\?delta)(\d)\((?!\1)\d\)", re.I)  # layer and unit, or unit and layer
_LAYERED = re.compile(
    r"^(?P<letter>w|b|z|a|x|t|h|delta)(?:(?P<sub>[\d,]+))?(?:\^?[(\[](?P<layer>\d+)[)\]])(?P<late>[\d,]+)?$", re.I
)


def plain(text: str) -> str:
    r"""Return a printed name without LaTeX's commands: ``\frac{\partial E}{\partial w_5}`` is ``\frac{∂E}{∂w_5}``."""
    text = text.translate(_SUBSCRIPTS).translate(_SUPERSCRIPTS)
    text = re.sub(_FONTS, "", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda match: _GREEK.get(match[1], match[0]), text)
    text = re.sub(r"\\[,;:! ]|[$`*]", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def key(text: str) -> str:
    r"""Return what is compared of two printed names: ``E_{o1}``, ``E_o1`` and ``Eo1`` have one key."""
    text = re.sub(
        r"\\(hat|bar|tilde)\s*\{?\s*(\w)\s*\}?|(hat|bar|tilde)\((\w)\)",
        lambda m: f"{m[2] or m[4]}{m[1] or m[3]}",
        plain(text),
    )
    text = "".join(_LETTERS.get(letter, letter) for letter in text.replace("ŷ", "yhat"))
    return re.sub(r"[\s{}_]|\\", "", text)


class Spelling:
    """Reads what a page calls its quantities.

    Arguments:
        names: the page's own names, as it prints them, each with the quantity that it stands for, or with a group such
            as ``a1``, of which ``o_2`` is then the second where ``o`` is the name.
        known: the names of the graph's nodes.
        value: returns the number of a quantity, or raises an exception of this package for one that there is not.
        loss: the name of the node that is differentiated.
        resolve: returns the one spelling of a name, None where there is none, sooner than ``value`` does.
        constant: the names of what no step changes.
        is_apart: tells whether a derivative, by its sign and what is differentiated by what, is a page's own matter.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        known: Iterable[str],
        value: Callable[[str], float],
        loss: str | None = None,
        resolve: Callable[[str], str | None] | None = None,
        constant: Container[str] = (),
        is_apart: Callable[[str, str, str], bool] = lambda sign, of, by: False,
    ) -> None:
        self._known = known = dict.fromkeys(known)
        self._resolve = resolve
        self._shapes: dict[tuple[str, int], tuple[int, ...]] = {}  # of lists, by their printed names and sample
        self.numbering: Container[str] = ()  # letters whose index is that of a neuron, not of a layer
        self.sample = 0  # the one that all names belong to that samples have apart; 0 for none
        self.steps = 0  # of training, after which all names are
        self._constant, self._is_apart = constant, is_apart
        self._defined_after: dict[str, int] = {}  # quantities that the page defines, each with the steps before that
        self._quantities = {key(name): said(name) for name in known}
        self._own: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        self._value, self._loss = value, loss
        self._given = frozenset(map(key, names))  # what the front matter says
        for name, text in names.items():
            if is_group(text, known):
                self._groups[key(name)] = text
            elif name not in known or re.fullmatch(NAME, text):  # a formula with a name is known by that
                self._own[key(name)] = text

    def add(self, name: str, quantity: str, *, is_definition: bool = False) -> None:
        """Let a name stand for a quantity, or for a group of them, in what follows."""
        self._shapes.clear()
        if is_definition:
            self._defined_after[quantity] = self.steps
        if is_group(quantity, self._known):
            self._groups.setdefault(key(name), quantity)
        elif key(name) not in self._quantities and key(name) not in self._given:
            self._own[key(name)] = quantity

    def numbers_neurons(self, name: str) -> str:
        """Return the letter of a name such as ``z_1`` that is no name of a layer with one neuron; "" for any other."""
        match = re.fullmatch(r"(?P<letter>w|b|z|a|delta)(?P<layer>\d)", key(name))
        if match is None or match[0] in self._given or match[0] in self._quantities:
            return ""
        begin = f"{'z' if match['letter'] in ('a', 'delta') else match['letter']}{match['layer']}["
        inside = {each.partition("#")[0] for each in self._known if each.startswith(begin)}
        return match["letter"] if len(inside) != 1 else ""

    def forget(self, name: str) -> None:
        """Let a name that was added stand for nothing from here on."""
        self._own.pop(key(name), None)

    def meant(self, name: str) -> str:
        """Return what a name of the page stands for, a list or a quantity; the name where it stands for none."""
        return self._groups.get(key(name)) or self._own.get(key(name)) or name

    def in_words(self, text: str) -> str:
        """Return a quantity of a sample, which ends with "of sample 2", with the page's names read."""
        rate = _RATE_OF_SAMPLE.fullmatch(text)
        if rate:
            above, below = (int(rate[part] or 0) for part in ("above", "below"))
            by = self._name(rate["by"], below) or self._name(rate["by"], above) or self._groups.get(key(rate["by"]))
            if by is not None and below and "of sample" not in by:
                above = below  # of a weight, which the samples share
            of = self._name(rate["of"], above) or self._lost(rate["of"], above, _LOSS_OF)
            return text if of is None or by is None else f"d{_bracketed(of)}/d{_bracketed(by)}"
        match = re.fullmatch(r"(?P<name>.+?)(?:\s+of\s+sample\s+|#)(?P<number>\d+)(?P<after>\s+after\s.*)?", text)
        if match is None or not re.fullmatch(NAME, match["name"]):
            return text
        name, number = match["name"], int(match["number"])
        found = self._name(name, number) or self._lost(name, number) or ""
        group = self._groups.get(key(name)) if not found else None
        if group is not None:
            return f"{group} of sample {number}"
        return found + (match["after"] or "") if f"of sample {number}" in found else text

    def quantity(self, printed: str) -> str | None:
        """Return the quantity that a printed name stands for; None if it is no name that is known."""
        return self._later(self.now(printed))

    def _later(self, quantity: str | None) -> str | None:
        """Return a quantity after the steps that a heading says; None where it can't be said so."""
        if not self.steps or quantity is None or re.search(r"\s(?:after|at)\s", quantity):
            return quantity

        def after(name: str, more: int = 0) -> str:
            steps = self.steps - self._defined_after.get(name, 0) + more
            is_constant = name in ("eta", "e", "pi") or spell(name) in self._constant or steps <= 0
            return name if is_constant else f"{name} after {steps} step{'s' * (steps > 1)}"

        if re.fullmatch(rf"[d∂]{NAME}/[d∂]{NAME}|{NAME}", quantity):
            return after(quantity)
        changed = re.fullmatch(rf"(?P<what>new|change)\s+(?P<name>(?:[d∂]{NAME}/[d∂])?{NAME})", quantity)
        if changed:
            new = after(changed["name"], 1)
            return new if changed["what"] == "new" else f"({new}) - ({after(changed['name'])})"
        if re.match(r"[mv]\s|new\s|change\s", quantity):
            return None
        return _ATOM.sub(lambda atom: f"({after(atom[0])})", quantity)

    def now(self, printed: str) -> str | None:
        """Return the same before any step, whatever the heading says."""
        text = plain(printed)
        is_unsure = key(text) not in self._own and _TWO_WAYS.fullmatch(printed.replace(" ", ""))
        found = None if is_unsure else self._name(text)
        if found is not None or self._is_entry(key(text)):
            return found
        derivative = _DERIVATIVE.match(text.replace(" ", ""))
        if derivative:
            of, by = self._of(derivative[2]), self._name(derivative[3])
            if of is None or by is None or self._is_apart(derivative[1], of, by):
                return None
            return f"d{_bracketed(of)}/d{_bracketed(by)}"
        for word, match in (("change", _CHANGE.match(text)), ("new", _NEW.match(text))):
            name = self._name(next(filter(None, match.groups())).strip()) if match else None
            if name is not None:
                return f"{word} {name}"
        return self._lost(text, self.sample)

    def without_words(self, line: str) -> str:
        """Return a line of the same length without the words before a name that say no more than the name.

        ``Total error E = 0.3`` is about E, and ``The new weight w5 = 0.36`` about the new w5. Other words may say
        something else of a name, ``half y = 0.3``, and stay.
        """

        def said_shorter(match: re.Match[str]) -> str:
            name, words = match["name"], " ".join(match["words"].split()).lower()
            if self._is_of_graph(f"{match['words']}{name}".strip()):
                return match[0]
            written = (
                self._worded(words, name, len(match[0]) - len(match["bullet"])) if self._is_of_graph(name) else None
            )
            return match[0] if written is None else f"{match['bullet']}{written}"

        def said_new(match: re.Match[str]) -> str:
            found = self.quantity(match["name"]) or self.entry(match["name"], (1,)) or self.entry(match["name"], (1, 1))
            if found is None or not re.match(r"[wb]", found):
                return match[0]
            begin = len(match[0]) - len(match[0].lstrip("; \t\n"))
            return match[0][:begin] + "new" + match["name"].rjust(len(match[0]) - begin - 3)

        return _LABELLED_NEW.sub(said_new, _WORDED.sub(said_shorter, line))

    def _is_of_graph(self, text: str) -> bool:
        return self.quantity(text) is not None or bool(self.shape(text))

    def _worded(self, words: str, name: str, width: int) -> str | None:
        """Return what words and a known name stand for, in so many columns; None where they may say something else."""
        found = self.quantity(name) or self.entry(name, (1,)) or self.entry(name, (1, 1)) or ""
        kind = "E" if re.match(rf"{re.escape(self._loss or 'E')}(?![^\W_])|E\d*(?!\w)", found) else found[:1]
        kind = "eta" if found == "eta" else "d" if found.startswith("delta") else kind
        no_more = re.compile(f"{_SAYING_NO_MORE['']}|{_SAYING_NO_MORE.get(kind, '')}")
        others = [word for word in words.split() if not no_more.fullmatch(word)]
        if not all(map(_SAYING_NEW.fullmatch, others)):
            return None
        return ("new" if others else "") + name.rjust(width - 3 * bool(others))

    def _lost(self, text: str, sample: int, called: Container[str] = _LOSS) -> str | None:
        """Return the loss, of a sample where there are some, if a text is what pages call it."""
        if key(text) not in called or self._loss is None:
            return None
        return self._apart(self._loss, sample)

    def is_lent(self, printed: str) -> bool:
        """Tell whether a name stands for the loss only because nothing else is called so."""
        text = plain(printed)
        return self._name(text) is None and self._lost(text, self.sample) is not None

    def _apart(self, name: str, sample: int) -> str:
        """Return the name of a quantity for a sample, where samples have it apart."""
        return of_sample(name, sample, self._known, self._loss or "") if sample else name

    def _of(self, text: str) -> str | None:
        """Return what stands above in a derivative; the letters of a loss stand for that of the graph."""
        return self._name(text) or self._lost(text, self.sample, _LOSS_OF)

    def entry(self, printed: str, place: tuple[int, ...]) -> str | None:
        """Return the quantity of one entry of a list or matrix with a printed name; None if it is unknown."""
        return self._later(self._entry(printed, place))

    def _entry(self, printed: str, place: tuple[int, ...]) -> str | None:
        turned = _TURNED.match(plain(printed))
        if turned:
            return self._entry(turned["name"] or turned["of"], place[::-1])
        index = ",".join(map(str, place))
        derivative = _DERIVATIVE.match(plain(printed).replace(" ", ""))
        if derivative:
            of, by = self._of(derivative[2]), self._entry(derivative[3], place)
            return None if of is None or by is None else f"d{_bracketed(of)}/d{_bracketed(by)}"
        layered = _LAYERED.match(key(printed))
        base = f"{layered['letter'].lower()}{layered['layer']}" if layered else printed
        found = self.now(f"{base}[{index}]")
        marked = _OF_SAMPLE.match(key(printed))
        if found is not None or marked is None:
            return found
        before, self.sample = self.sample, int(marked["number"])
        try:
            found = self._entry(marked["base"] + marked["late"], place)
        finally:
            self.sample = before
        return found if found is not None and f"of sample {marked['number']}" in found else None

    def write_entry(self, tree: Syntax, line: str, place: tuple[int, ...], shape: tuple[int, ...]) -> str | None:
        """Return one entry of a formula of vectors, ``a2[1] - t[1]`` of ``a2 - t``; None where not all have a shape."""

        def entry(node: Syntax) -> Syntax | None:
            if node.kind == "name" and self.quantity(node.text) is None:
                fits = len(shape) == 1 and self.shape(node.text) == shape
                return replace(node, text=self._entry(node.text, place) or "") if fits else None
            parts = [entry(part) for part in node.parts]
            return None if None in parts else replace(node, parts=tuple(filter(None, parts)))

        written = entry(tree)
        return None if written is None else self.write(written, line)

    def shape(self, printed: str) -> tuple[int, ...]:
        """Return how many entries a list with a printed name has, or how many rows and columns; () for no list."""
        where = (printed, self.sample)
        if where not in self._shapes:
            ones = next((ones for ones in ((1,), (1, 1)) if self._entry(printed, ones) is not None), ())
            self._shapes[where] = tuple(self._extent(printed, ones, axis) for axis in range(len(ones)))
        return self._shapes[where]

    def _extent(self, printed: str, ones: tuple[int, ...], axis: int) -> int:
        count = 1
        while self._entry(printed, (*ones[:axis], count + 1, *ones[axis + 1 :])) is not None:
            count += 1
        return count

    def _name(self, text: str, sample: int | None = None) -> str | None:
        """Return the quantity of a name, that of a sample first."""
        sample = self.sample if sample is None else sample
        compact = key(text)
        own = self._own.get(compact)
        if own is not None:  # what the front matter can read without a sample stands for that
            return own if not sample or self._exists(own) else self._apart(own, sample)
        if compact[:-1] in self.numbering and compact[-1:].isdigit():
            return None
        found = self._member(compact, sample)
        if found == "" or (compact in self._groups and found is None):
            found = self._alone(compact, sample)  # the graph's own list of this name is not meant
            return None if found is None else self._apart(found, sample)
        found = found or self._quantities.get(compact) or self._alone(compact, sample)
        if found is None and re.fullmatch(NAME, text) and self._exists(self._apart(text, sample)):
            found = text
        ours = compact.lower() if re.fullmatch(r"(?:z|a|w|b|delta)\d+\[[\d,]+\]", compact, re.I) else ""  # δ1[2], Z1[2]
        found = found or (ours if ours and self._exists(self._apart(ours, sample)) else None)
        found = found or self._layered(compact, sample) or self._of_a_sample(compact)
        return None if found is None else self._apart(found, sample)

    def _layered(self, compact: str, sample: int) -> str | None:
        """Return the quantity of a letter with its layer in brackets, ``w_{11}^{(2)}``, or of x1, t2."""
        layered = _LAYERED.match(compact)
        if layered:
            index = layered["sub"] or layered["late"] or ""
            pair = ",".join(index) if "," not in index and len(index) == 2 and layered["letter"] in "wW" else index
            name = f"{layered['letter'].lower()}{layered['layer']}"
            if not pair:
                return self._alone(name, sample)
            name = self._quantities.get(key(f"{name}[{pair}]")) or f"{name}[{pair}]"
            return name if self._exists(self._apart(name, sample)) else None
        indexed = re.match(r"^([xty])(\d)$", compact)
        name = f"{indexed[1]}[{indexed[2]}]" if indexed else ""
        return name if indexed and self._exists(self._apart(name, sample)) else None

    def _alone(self, compact: str, sample: int) -> str | None:
        """Return the entry of a list that has no other, by the name of the list: ``t`` is ``t[1]``."""
        group = self._groups.get(compact, compact)
        match = _GROUP.fullmatch(group)
        before, base = (match["before"], match["group"] + match["after"]) if match else ("", group)
        if not re.fullmatch(NAME, base):
            return None
        only = (sample and only_entry(f"{base}#{sample}", self._known)) or only_entry(base, self._known)
        return f"{before}{said(only.removesuffix(f'#{sample}'))}" if only else None

    def _of_a_sample(self, compact: str) -> str | None:
        r"""Return the quantity of the sample that stands above a name in brackets, ``x_1^{(2)}``, if it exists."""
        match = _OF_SAMPLE.match(compact)
        if match is None:
            return None
        name, number = match["base"] + match["late"], int(match["number"])
        if not any(each.endswith(f"#{number}") for each in self._known):
            return None
        found = self._name(name, number) or self._lost(name, number)
        return found if found is not None and f"of sample {number}" in found else None

    def _is_entry(self, compact: str) -> bool:
        """Tell whether a name is that of a list of the page with an index, be there such an entry or not."""
        return any(compact.startswith(base) and _INDEX.fullmatch(compact, len(base)) for base in self._groups)

    def _member(self, compact: str, sample: int) -> str | None:
        """Return one entry of a group that the page has a name for: ``o_2``, ``W_1[1,2]``, ``w^3_21``.

        Where the group has no such entry, but its name is that of a list of the graph, the result is "".
        """
        for base in sorted(self._groups, key=len, reverse=True):
            index = _INDEX.fullmatch(compact, len(base)) if compact.startswith(base) else None
            group = _GROUP.fullmatch(self._groups[base]) if index else None
            if index and group:
                places = [index["j"], index["k"]] if index["k"] and group["group"][0] == "w" else []
                if group["turned"]:
                    places.reverse()
                pair = ",".join(places) or index[0].strip("[]")
                name = f"{group['before']}{group['group']}[{pair}]{group['after']}"
                if self._exists(self._apart(name, sample)):
                    return name
                if is_group(base, self._known):
                    return ""
        return None

    def _exists(self, name: str) -> bool:
        """Tell whether a name that nobody gave is a quantity, as ``delta2[1]`` is."""
        if self._resolve is not None and re.fullmatch(NAME, name) and not name.startswith("delta"):
            return self._resolve(spell(name)) is not None or name == "pi"
        try:
            self._value(name)
        except MicrogradnetError:
            return False
        return True

    def tree(self, tree: Syntax, line: str, local: Container[str] = ()) -> Syntax:
        """Return a tree in which each derivative, such as ``dE/dw5``, is one name, and each sample above a name."""
        if _is_marked(tree, line) or (tree.kind == "name" and tree.primes):
            return replace(tree, kind="name", parts=(), primes=0, text=line[tree.start : tree.end])
        if tree.kind == "/" and self.quantity(line[tree.start : tree.end]) is not None:
            return replace(tree, kind="name", parts=(), text=line[tree.start : tree.end])
        if tree.kind == "name" and tree.text not in local:
            return self._product(tree)
        return replace(tree, parts=tuple(self.tree(part, line, local) for part in tree.parts)) if tree.parts else tree

    def _product(self, tree: Syntax) -> Syntax:
        """Return a name that nothing has as the product of its letters, b*c for bc, where each of these is a name."""
        letters = tree.text if tree.text.isalpha() and 2 <= len(tree.text) <= _MOST_LETTERS else ""
        if not letters or self.quantity(letters) or any(self._quantities.get(each) is None for each in letters):
            return tree
        product, *others = (
            Syntax("name", place, place + 1, text=letter) for place, letter in enumerate(letters, tree.start)
        )
        for other in others:
            product = Syntax("*", tree.start, other.end, (product, other))
        return replace(product, end=tree.end)

    def write(self, tree: Syntax, line: str) -> str | None:
        """Return a formula in the language of quantities; None if it holds a name that is unknown, or no name."""
        tree = self.tree(tree, line)
        names = [node for node in tree.walk() if node.kind == "name"]
        if not any(self.quantity(node.text) is not None or self._list(node) for node in names):
            return None
        return self._write(tree)

    def _write(self, tree: Syntax, least: int = 0) -> str | None:
        """Return a formula with brackets where its place binds more tightly than it does."""
        if tree.kind == "number":
            return tree.text if tree.text[:1].isascii() else f"({tree.number.numerator}/{tree.number.denominator})"
        if tree.kind == "name":
            found = self.quantity(tree.text)
            if found is None:
                return tree.text if tree.text in ("e", "pi") else None
            return found if re.fullmatch(r"[\w\[\],]+", found) else f"({found})"
        if tree.kind == "group":
            return self._write(tree.parts[0], least)
        if tree.kind == "vector" or tree.primes:
            return None
        if tree.kind == "^" and tree.parts[0].kind == "name" and tree.parts[0].text == "e":
            return self._filled("exp({})", tree.parts[1:])
        if tree.kind == "call" and tree.text in OF_LISTS:
            lists = [self._listed(part) or self._write(part) for part in tree.parts]
            if self.steps and tree.text == "dot":
                return None
            return None if None in lists else f"{tree.text}({', '.join(filter(None, lists))})"
        if tree.kind == "call":
            return self._filled(f"{tree.text}({', '.join(['{}'] * len(tree.parts))})", tree.parts)
        if tree.kind in ("neg", "%", "abs"):
            template, inside = {"neg": ("-{}", 25), "%": ("{}/100", 21), "abs": ("abs({})", 0)}[tree.kind]
            written = self._filled(template, tree.parts, inside)
            return f"({written})" if written is not None and least and tree.kind != "abs" else written
        binds = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 30}.get(tree.kind)
        if binds is None:  # a floor, a factorial, a transposed matrix
            return None
        left, right = self._write(tree.parts[0], binds + (tree.kind == "^")), self._write(tree.parts[1], binds + 1)
        if left is None or right is None:
            return None
        written = f"{left}{'**' if tree.kind == '^' else tree.kind if binds > 10 else f' {tree.kind} '}{right}"
        return f"({written})" if binds < least else written

    def _list(self, tree: Syntax) -> str | None:
        """Return a list in the language of quantities, ``a2`` for ``y`` where the page calls it so."""
        name = self._groups.get(key(tree.text), tree.text) if tree.kind == "name" else ""
        return name if name and len(entries(name, self._known)) > 1 else None

    def _listed(self, tree: Syntax) -> str | None:
        """Return a list as an operand: by its name, or entry by entry where these are after some steps."""
        name = self._list(tree)
        if name is None or not self.steps:
            return name
        return ", ".join(filter(None, map(self._later, map(said, entries(name, self._known)))))

    def _filled(self, template: str, parts: tuple[Syntax, ...], least: int = 0) -> str | None:
        texts = [self._write(part, least) for part in parts]
        return None if None in texts else template.format(*texts)

    @property
    def numbers(self) -> Mapping[str, Bound]:
        """What the page's names stand for, by their exact values."""
        return _Numbers(self)

    def value(self, printed: str) -> float | None:
        """Return the number that a printed name stands for; None if there is none."""
        quantity = self.quantity(printed)
        if quantity is None:
            return None
        try:
            return self._value(quantity)
        except MicrogradnetError:
            return None


def is_group(text: str, known: Iterable[str]) -> bool:
    """Tell whether a text stands for a group of quantities, such as ``w1`` for ``w1[1,1]`` and all others there."""
    match = _GROUP.fullmatch(text)
    begin = "" if match is None else re.sub("^(?:delta|δ|a(?=.))", "z", match["group"]) + "["
    return match is not None and any(name.startswith(begin) for name in known)  # behind an identity there is only z4[1]


def is_loss(name: str) -> bool:
    """Tell whether a name is one that pages call the loss."""
    return key(name) in _LOSS


def is_word(name: str) -> bool:
    """Tell whether the grammar reads a name of a page as one name, as it does ``h_{pre,1}`` but not ``z(1)``."""
    try:
        tree = Parser(name).parse()
    except MicrogradnetError:
        return False
    return tree.kind == "name" and tree.start == 0 and tree.end == len(name.rstrip())


def any_of(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of these as whole words, the longest first; None where there are none."""
    written = []
    for phrase in sorted(phrases, key=len, reverse=True):
        before = r"(?:(?<![\w\\])|(?<=[d∂])(?<![\w\\][d∂]))" if phrase[:1].isalnum() else ""
        after = r"(?![^\W_])" if phrase[-1:].isalnum() else ""
        written.append(before + r"\s+".join(map(re.escape, phrase.split())) + after)
    return re.compile("|".join(written)) if written else None


def _is_marked(tree: Syntax, line: str) -> bool:
    """Tell whether a number or letter in brackets stands above a name, as the mark of its sample or layer."""
    if tree.kind != "^" or tree.parts[0].kind != "name" or tree.parts[0].text == "e":
        return False
    above = line[tree.parts[1].start : tree.end]
    return re.match(r"\{?\s*(?:[(\[]\s*(?:\d+|[a-z])\s*[)\]]\s*)+\}?$", above) is not None


def _bracketed(name: str) -> str:
    return name if re.fullmatch(NAME, name) else f"({name})"


class _Numbers(Mapping[str, Bound]):
    """A page's names with their numbers, found when they are asked for."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._found: dict[str, float | None] = {}

    def _number(self, name: str) -> float | None:
        if name not in self._found:
            self._found[name] = self._spelling.value(name)
        return self._found[name]

    def __getitem__(self, name: str) -> Bound:
        number = self._number(name)
        if number is None:
            raise KeyError(name)
        return Bound(number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
