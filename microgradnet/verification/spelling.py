r"""What a page calls a quantity: ``net_{h1}``, ``w_{11}^{(2)}``, ``\frac{\partial E}{\partial w_5}``, ``w_5^{new}``.

A page prints names as its author pleases. They are matched without regard to LaTeX, braces, blanks and underscores:
first with the page's own names, then with those of the graph, and then as letters with layer and index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from microgradnet.errors import MicrogradnetError
from microgradnet.verification.agreement import Bound
from microgradnet.verification.grammar import Syntax
from microgradnet.verification.language import NAME

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
# What pages call the loss, where they have nothing else of that name: before d/dw, and by itself.
_LOSS = frozenset(["Loss", "loss", "Cost", "cost", "Etotal", "Ltotal"])
_LOSS_OF = _LOSS | frozenset(["L", "J", "C", "E", "Error", "error", "MSE", "ℒ"])
_GROUP = re.compile(r"(?:w|b|z|a|x|t|delta|δ)\d*")  # all quantities of one letter and layer: a1, delta2, w1
_LONGEST = 1_000  # characters of a formula with its names written out: names of formulas of names grow fast
_INDEX = re.compile(r"(?P<open>\[)?(?P<j>\d+?)(?:,?(?P<k>\d+))?(?(open)\])")
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
    """

    def __init__(
        self, names: Mapping[str, str], known: Iterable[str], value: Callable[[str], float], loss: str | None = None
    ) -> None:
        known = list(known)
        self._quantities = {key(name): name for name in known}
        self._own: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        self._value, self._loss = value, loss
        for name, text in names.items():
            if is_group(text, known):
                self._groups[key(name)] = text
            elif name not in known or re.fullmatch(NAME, text):  # a formula with a name is known by that
                self._own[key(name)] = text

    def add(self, name: str, quantity: str) -> None:
        """Let a name stand for a quantity, or for a group of them, in what follows."""
        if _GROUP.fullmatch(quantity):
            self._groups.setdefault(key(name), quantity)
        elif key(name) not in self._quantities:
            self._own.setdefault(key(name), quantity)

    def quantity(self, printed: str) -> str | None:
        """Return the quantity that a printed name stands for; None if it is no name that is known."""
        text = plain(printed)
        found = self._name(text)
        if found is not None:
            return found
        derivative = _DERIVATIVE.match(text.replace(" ", ""))
        if derivative:
            of, by = self._of(derivative[2]), self._name(derivative[3])
            return None if of is None or by is None else f"d{_bracketed(of)}/d{_bracketed(by)}"
        for word, match in (("change", _CHANGE.match(text)), ("new", _NEW.match(text))):
            name = self._name(next(filter(None, match.groups())).strip()) if match else None
            if name is not None:
                return f"{word} {name}"
        return self._loss if key(text) in _LOSS else None

    def _of(self, text: str) -> str | None:
        """Return what stands above in a derivative; the letters of a loss stand for that of the graph."""
        return self._name(text) or (self._loss if key(text) in _LOSS_OF else None)

    def entry(self, printed: str, place: tuple[int, ...]) -> str | None:
        """Return the quantity of one entry of a list or matrix with a printed name; None if it is unknown."""
        index = ",".join(map(str, place))
        derivative = _DERIVATIVE.match(plain(printed).replace(" ", ""))
        if derivative:
            of, by = self._of(derivative[2]), self.entry(derivative[3], place)
            return None if of is None or by is None else f"d{_bracketed(of)}/d{_bracketed(by)}"
        layered = _LAYERED.match(key(printed))
        if layered:
            printed = f"{layered['letter'].lower()}{layered['layer']}"
        return self.quantity(f"{printed}[{index}]")

    def _name(self, text: str) -> str | None:
        compact = key(text)
        found = self._own.get(compact) or self._member(compact) or self._quantities.get(compact)
        if found is not None:
            return found
        if re.fullmatch(NAME, text) and self._exists(text):
            return text
        layered = _LAYERED.match(compact)
        if layered:
            index = layered["sub"] or layered["late"] or ""
            pair = ",".join(index) if "," not in index and len(index) == 2 and layered["letter"] in "wW" else index
            name = f"{layered['letter'].lower()}{layered['layer']}[{pair}]"
            return self._quantities.get(key(name)) or (name if self._exists(name) else None)
        indexed = re.match(r"^([xty])(\d)$", compact)
        return self._quantities.get(f"{indexed[1]}[{indexed[2]}]") if indexed else None

    def _member(self, compact: str) -> str | None:
        """Return one entry of a group that the page has a name for: ``o_2``, ``W_1[1,2]``, ``w^3_21``."""
        for base in sorted(self._groups, key=len, reverse=True):
            index = _INDEX.fullmatch(compact, len(base)) if compact.startswith(base) else None
            if index:
                group = self._groups[base]
                pair = f"{index['j']},{index['k']}" if index["k"] and group[0] == "w" else index[0].strip("[]")
                name = f"{group}[{pair}]"
                if self._exists(name):
                    return name
        return None

    def _exists(self, name: str) -> bool:
        """Tell whether a name that nobody gave is a quantity, as ``delta2[1]`` is."""
        try:
            self._value(name)
        except MicrogradnetError:
            return False
        return True

    def tree(self, tree: Syntax, line: str) -> Syntax:
        """Return a tree in which each derivative, such as ``dE/dw5``, is one name instead of a quotient."""
        if tree.kind == "/" and self.quantity(line[tree.start : tree.end]) is not None:
            return replace(tree, kind="name", parts=(), text=line[tree.start : tree.end])
        return replace(tree, parts=tuple(self.tree(part, line) for part in tree.parts)) if tree.parts else tree

    def write(self, tree: Syntax, line: str) -> str | None:
        """Return a formula in the language of quantities; None if it holds a name that is unknown, or no name."""
        tree = self.tree(tree, line)
        if not any(node.kind == "name" and self.quantity(node.text) is not None for node in tree.walk()):
            return None
        written = self._write(tree)
        return (
            None if written is None or len(written) > _LONGEST else written
        )  # names of formulas of such names grow fast

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
        if tree.kind == "call":
            return self._filled(f"{tree.text}({', '.join(['{}'] * len(tree.parts))})", tree.parts)
        if tree.kind in ("neg", "%", "abs"):
            template, inside = {"neg": ("-{}", 25), "%": ("{}/100", 21), "abs": ("abs({})", 0)}[tree.kind]
            written = self._filled(template, tree.parts, inside)
            return f"({written})" if written is not None and least and tree.kind != "abs" else written
        binds = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 30}[tree.kind]
        left, right = self._write(tree.parts[0], binds + (tree.kind == "^")), self._write(tree.parts[1], binds + 1)
        if left is None or right is None:
            return None
        written = f"{left}{'**' if tree.kind == '^' else tree.kind if binds > 10 else f' {tree.kind} '}{right}"
        return f"({written})" if binds < least else written

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
    begin = re.sub("^(?:delta|δ|a(?=.))", "z", text) + "["  # behind an identity there is no a4[1], only z4[1]
    return _GROUP.fullmatch(text) is not None and any(name.startswith(begin) for name in known)


def _bracketed(name: str) -> str:
    return name if re.fullmatch(r"[\w\[\],]+", name) else f"({name})"


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
