"""The language of quantities: what a claim is about, from ``dE/dw1[1,1]`` to ``new w2[1,2]`` and ``J at b=3.001``.

A quantity is an expression of the safe parser whose atoms are more than names. They are found first and replaced by
placeholders of the same length, so that what is left is plain arithmetic and an error still names the right column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from microgradnet.errors import ExpressionError, UnknownNameError, close_names
from microgradnet.names import is_plain
from microgradnet.verification.expression import (
    CONSTANTS,
    Expression,
    Instruction,
    check_characters,
    read_expression,
    shorten,
)

PLAIN_NAME = r"[^\W\d_]\w*(?:\[\s*\d+\s*(?:,\s*\d+\s*){0,2}\])?"
NAME = rf"{PLAIN_NAME}(?:#\d+|\s+of\s+sample\s+\d+)?"
MAX_STEPS = 1_000_000
MAX_NESTING = 4  # of "at" within the values of "at"

_DERIVATIVE = re.compile(rf"([d∂])({NAME})/\1({NAME})")
_KEYWORD = re.compile(r"(new|change)\s+(?=[^\W\d_]|∂)")
_REMEMBERED = re.compile(rf"([mv])\s+({NAME})")
_NAME = re.compile(NAME)
_WORD = re.compile(r"[\w.]+")  # a number or a name, passed over whole
_AFTER = re.compile(r"\s+after\s+(\d{1,3}(?:,\d{3})+|\d+)\s+(?:steps?|rounds?)\b")
_AT = re.compile(rf"\s+at\s+(?={NAME}\s*=)")
_REPLACEMENT = re.compile(rf"\s*({NAME})\s*=")
_WORDS = ("after", "at", "of")  # stand behind a name
_DELTA = re.compile(r"delta(\d+)(\[\d+\](?:#\d+)?)")
_OF_ALL = re.compile(rf"{_DERIVATIVE.pattern}|{NAME}")


class Context(Protocol):
    """What a quantity is evaluated in: the exact calculation, or one with printed figures put in its place."""

    def value(self, name: str) -> float:
        """Return the value of a node, of eta, or of a quantity with a name."""

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""

    def change(self, name: str) -> float:
        """Return by how much one step changes the value of a node or of a quantity with a name."""

    def remembered(self, which: str, leaf: str) -> float:
        """Return what the optimizer remembers of a leaf after the step that is being taken, ``m`` or ``v``."""

    def stepped(self, steps: int) -> Context:
        """Return the context after so many steps of gradient descent."""

    def replaced(self, leaves: Mapping[str, float]) -> Context:
        """Return the context with other numbers on some leaves."""

    def alter(self, quantity: Quantity) -> Callable[[int, Any], Any] | None:
        """Return what is done to the parts of the quantity, each given by the place of its operation; None: nothing."""


class Atom(Protocol):
    """A part of a quantity that is not arithmetic."""

    def evaluate(self, context: Context) -> float:
        """Return its value in a context."""

    @property
    def text(self) -> str:
        """Its one spelling."""

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a node, of eta, or of a named quantity."""

    name: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return self.name

    def evaluate(self, context: Context) -> float:
        """Return the value."""
        return context.value(self.name)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with a name, such as pi."""

    name: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return self.name

    def evaluate(self, context: Context) -> float:
        """Return the number, which is the same in every context."""
        return CONSTANTS[self.name]


@dataclass(frozen=True, slots=True)
class Derivative:
    """The total derivative of one node by another; ``delta1[2]`` is that of the loss by ``z1[2]``."""

    of: str
    by: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"d{_bracketed(self.of)}/d{_bracketed(self.by)}"

    def evaluate(self, context: Context) -> float:
        """Return the derivative."""
        return context.derivative(self.of, self.by)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an optimizer remembers of a leaf: m, the running mean of its gradients, or v, that of their squares."""

    which: str
    leaf: str
    takes_steps = True

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"{self.which} {self.leaf}"

    def evaluate(self, context: Context) -> float:
        """Return the number."""
        return context.remembered(self.which, self.leaf)


@dataclass(frozen=True, slots=True)
class Stepped:
    """An atom after steps of gradient descent; ``new w`` is w after one."""

    atom: Atom
    steps: int
    takes_steps = True

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"new {self.atom.text}" if self.steps == 1 else f"{self.atom.text} after {self.steps} steps"

    def evaluate(self, context: Context) -> float:
        """Return the atom's value after the steps."""
        return self.atom.evaluate(context.stepped(self.steps))


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one step changes an atom: new less old."""

    atom: Atom
    takes_steps = True

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"change {self.atom.text}"

    def evaluate(self, context: Context) -> float:
        """Return the difference."""
        if isinstance(self.atom, Name):
            return context.change(self.atom.name)
        return self.atom.evaluate(context.stepped(1)) - self.atom.evaluate(context)


@dataclass(frozen=True, slots=True)
class Replaced:
    """An atom with other numbers on some leaves."""

    atom: Atom
    leaves: tuple[tuple[str, Quantity], ...]

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"{self.atom.text} at " + ", ".join(f"{name}={quantity.text}" for name, quantity in self.leaves)

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""
        return self.atom.takes_steps or any(quantity.takes_steps for _, quantity in self.leaves)

    def evaluate(self, context: Context) -> float:
        """Return the atom's value at the other numbers, which are computed before any of them is replaced."""
        numbers = {name: quantity.evaluate(context) for name, quantity in self.leaves}
        return self.atom.evaluate(context.replaced(numbers))


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a claim is about: arithmetic over atoms.

    Arguments:
        text: as it was written.
        expression: the arithmetic, over names of atoms.
        atoms: what these names stand for.
    """

    text: str
    expression: Expression
    atoms: Mapping[str, Atom]

    @classmethod
    def of(cls, atom: Atom, text: str = "") -> Quantity:
        """Return the quantity that is one atom, without any arithmetic."""
        text = text or atom.text
        return cls(text, Expression(text, (Instruction(None, 0, "_0"),)), {"_0": atom})

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield the names that it uses outside of derivatives, each with how many steps or replacements deep."""
        for atom in self.atoms.values():
            yield from _names_in(atom, 0)

    @property
    def atom(self) -> Atom | None:
        """The one atom that the quantity is, without any arithmetic; None where there is some."""
        return next(iter(self.atoms.values())) if len(self.expression.steps) == 1 and self.atoms else None

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""
        return any(atom.takes_steps for atom in self.atoms.values())

    def evaluate(self, context: Context) -> float:
        """Return the value in a context.

        Raises:
            DomainError: an operation has no real, finite result for its operands.
        """
        if self.atom is not None:
            return float(self.atom.evaluate(context))
        find = {name: atom.evaluate for name, atom in self.atoms.items()}
        return float(self.expression.evaluate(lambda name: find[name](context), context.alter(self)))


def _names_in(atom: Atom, depth: int) -> Iterator[tuple[str, int]]:
    """Yield the names of an atom, each with how many steps or replacements deep it is."""
    if isinstance(atom, Name):
        yield atom.name, depth
    elif isinstance(atom, Stepped | Change):
        yield from _names_in(atom.atom, depth + 1)
    elif isinstance(atom, Replaced):
        yield from _names_in(atom.atom, depth + 1)
        yield from ((name, depth + below) for _, quantity in atom.leaves for name, below in quantity.names())


class Vocabulary(Protocol):
    """What names there are when a quantity is read."""

    @property
    def loss_name(self) -> str:
        """The name of the loss, which deltas are derivatives of."""

    def resolve(self, name: str) -> str | None:
        """Return the one spelling of the name of a node, a quantity or eta; None if it is unknown."""

    def behind(self, name: str) -> str | None:
        """Return the one spelling of the node that a name stands for, by itself or as the name of a quantity."""

    def known(self) -> Iterable[str]:
        """Return all names, for suggestions."""


def read_quantity(text: str, vocabulary: Vocabulary, nesting: int = 0) -> Quantity:
    """Read a quantity such as ``"b2[1] - eta*dE/db2[1]"``.

    ``at`` reaches to the end of its brackets: ``(J at b=3.001) - J`` needs them, as a value may be any expression.

    Raises:
        ExpressionError: it is not a quantity; the message names the column.
        UnknownNameError: a name is unknown; the message lists those that are close.
    """
    if isinstance(text, str):
        check_characters(text, also="=∂")
    if nesting > MAX_NESTING:
        raise ExpressionError(f'at most {MAX_NESTING} "at" within "at"', shorten(text), "Split it into quantities.")
    reader = _Reader(text, vocabulary, nesting)
    expression = read_expression(reader.replace_atoms() if isinstance(text, str) else text, text, reader.entries)
    atoms = {name: reader.atoms.get(name) or reader.name(name) for name in expression.names}
    return Quantity(text, expression, atoms)


class _Reader:
    """Finds the atoms of one text."""

    def __init__(self, text: str, vocabulary: Vocabulary, nesting: int) -> None:
        self.text, self.vocabulary, self.nesting = text, vocabulary, nesting
        self.atoms: dict[str, Atom] = {}

    def replace_atoms(self) -> str:
        """Return the text with a placeholder of the same length for each atom that is more than a name."""
        parts: list[str] = []
        position = 0
        while position < len(self.text):
            found = self.atom(position)
            if found is None:
                word = _WORD.match(self.text, position)
                end = word.end() if word else position + 1
                if self.text[position] == "_":  # it could be taken for a placeholder, and no name starts so
                    raise self.unknown(self.text[position:end])
                parts.append(self.text[position:end])
            else:
                atom, end = found
                placeholder = f"_{len(self.atoms)}"
                self.atoms[placeholder] = atom
                parts.append(placeholder.ljust(end - position))
            position = end
        return "".join(parts)

    def atom(self, start: int) -> tuple[Atom, int] | None:
        """Return the atom that starts here and where it ends; None where arithmetic or a mere name does."""
        keyword = _KEYWORD.match(self.text, start)
        base = self.base(keyword.end() if keyword else start, forced=keyword is not None)
        if base is None:
            return None
        atom, end = base
        after = _AFTER.match(self.text, end)
        if after and keyword:
            given = f"both at column {start + 1} of {shorten(self.text)}"
            raise ExpressionError(f'either "{keyword[1]}" or "after"', given, '"new" means "after 1 step".')
        if keyword:
            atom = Stepped(atom, 1) if keyword[1] == "new" else Change(atom)
        if after:
            atom, end = Stepped(atom, self.steps(after)), after.end()
        at = _AT.match(self.text, end)
        if at:
            self.check_alone(start, end)
            leaves, end = self.replacements(at.end())
            atom = Replaced(atom, leaves)
        return atom, end

    def base(self, start: int, forced: bool) -> tuple[Atom, int] | None:
        """Return the derivative that starts here, or the name if something is said about it, and where it ends."""
        derivative = self.derivative(start)
        if derivative:
            return derivative
        remembered = _REMEMBERED.match(self.text, start)
        if remembered and remembered[2] not in _WORDS:
            return Remembered(remembered[1], self.name(remembered[2]).text), remembered.end()
        match = _NAME.match(self.text, start)
        if match is None or re.match(r"\s*\(", self.text[match.end() :]):
            return None
        forced = forced or any(said.match(self.text, match.end()) for said in (_AFTER, _AT)) or "#" in spell(match[0])
        return (self.name(match[0]), match.end()) if forced else None

    def derivative(self, start: int) -> tuple[Derivative, int] | None:
        """Return the derivative dX/dY that starts here, where it can't be a quotient of the names dX and dY."""
        match = _DERIVATIVE.match(self.text, start)
        if match is None:
            return None
        of, by = (self.vocabulary.behind(spell(match[place])) for place in (2, 3))
        shared, of_sample, number = spell(match[3]).partition("#")
        if of and not by and of_sample:  # dE/dw1[1,2] of sample 1: of the loss of that sample
            of, by = self.vocabulary.behind(f"{spell(match[2])}#{number}"), self.vocabulary.behind(shared)
        whole = [self.resolve(f"d{match[place]}") if match[1] == "d" else None for place in (2, 3)]
        if of and by and all(whole):
            given = f"{match[0]!r} at column {start + 1}, which is a quotient of two names too"
            raise ExpressionError(
                "a quantity that can be read in one way", given, f"Write ∂{of}/∂{by} or (d{of})/d{by}."
            )
        if of and by:
            return Derivative(of, by), match.end()
        if any(whole):
            return None
        missing = match[3] if of else match[2]
        if self.resolve(missing):
            given = f"{missing}, which is a formula" if missing != "eta" else "eta, which is none"
            advice = "Differentiate by what the graph is computed from, or write the formula of the derivative."
            raise ExpressionError("a derivative of one node by another", given, advice)
        raise self.unknown(missing)

    def name(self, name: str) -> Atom:
        """Return the atom that a mere name stands for."""
        plain = spell(name)
        found = self.resolve(plain)
        if found:
            return Name(found)
        if plain in CONSTANTS:
            return Number(plain)
        delta = _DELTA.fullmatch(plain)
        if delta is None and plain.startswith("delta"):
            delta = _DELTA.fullmatch(only_entry(plain, [*self.vocabulary.known()]) or "")
        if delta:
            before = self.resolve(f"z{delta[1]}{delta[2]}")
            if before:
                return Derivative(self.vocabulary.loss_name, before)
        raise self.unknown(name)

    def resolve(self, name: str) -> str | None:
        """Return the one spelling of a name; None if it is unknown."""
        return self.vocabulary.resolve(spell(name))

    def entries(self, name: str) -> list[str]:
        """Return the names of the entries of a list, such as ``a1`` or ``w1[2]``; none for other names."""
        return [] if self.resolve(name) else entries(name, [*self.vocabulary.known()])

    def unknown(self, name: str) -> UnknownNameError:
        """Return the error for a name that nothing has."""
        return unknown_name(name, self.vocabulary.known(), f"{shorten(name)} in {shorten(self.text)}")

    def steps(self, match: re.Match[str]) -> int:
        """Read a number of steps."""
        digits = match[1].replace(",", "")
        if len(digits) > 9 or int(digits) > MAX_STEPS:
            given = f"{shorten(match[1])} at column {match.start(1) + 1}"
            raise ExpressionError(f"at most {MAX_STEPS} steps", given, "Use fewer steps.")
        return int(digits)

    def check_alone(self, start: int, end: int) -> None:
        """Refuse ``2*J at b=3``, where one reader takes the 2 along and another doesn't."""
        before = self.text[:start].rstrip(" +-")
        if before and before[-1] not in "(,":
            given = f"{shorten(self.text[start:])} at column {start + 1} of {shorten(self.text)}"
            advice = f"Put it in brackets: ({self.text[start:end]} at ...)."
            raise ExpressionError('"at" at the start of its brackets', given, advice)

    def replacements(self, start: int) -> tuple[tuple[tuple[str, Quantity], ...], int]:
        """Read ``a=5.001, b=b + 0.1`` up to the end of the brackets it stands in."""
        leaves: dict[str, Quantity] = {}
        end = start
        while match := _REPLACEMENT.match(self.text, end):
            end = self.end_of_value(match.end())
            name = self.name(match[1]).text
            if name in leaves:
                given = f"{name} twice at column {match.start(1) + 1}"
                raise ExpressionError("one value for each leaf", given, "Leave one of them out.")
            leaves[name] = read_quantity(self.text[match.end() : end], self.vocabulary, self.nesting + 1)
            if not self.text.startswith(",", end) or not _REPLACEMENT.match(self.text, end + 1):
                break
            end += 1
        return tuple(leaves.items()), end

    def end_of_value(self, start: int) -> int:
        """Return where the brackets end that this position is in, or the next comma in them."""
        depth = 0
        for position, character in enumerate(self.text[start:], start):
            depth += (character in "([") - (character in ")]")
            if depth < 0 or (depth == 0 and character == ","):
                return position
        return len(self.text)


def _bracketed(name: str) -> str:
    return name if is_plain(name) else f"({name})"


@lru_cache(maxsize=4096)
def spell(name: str) -> str:
    """Return a name without spaces between its indices, ``z1[1]#2`` for "z1[1] of sample 2"."""
    name = re.sub(r"\s+of\s+sample\s+(?=\d)", "#", name.strip())
    return re.sub(r"\s*([\[\],])\s*", r"\1", name)


def entries(name: str, known: Collection[str]) -> list[str]:
    """Return the names of the entries of a list: ``x[1]``, ``x[2]`` of ``x``, ``w1[2,1]``, ... of ``w1[2]``."""
    spelled = spell(name)
    if spelled in known:
        return []
    begin = f"{spelled[:-1]}," if spelled.endswith("]") else f"{spelled}["
    found = {each for each in known if each.startswith(begin) and each.endswith("]")}
    return sorted(found, key=lambda each: [int(index) for index in re.findall(r"\d+", each.rpartition("[")[2])])


def only_entry(name: str, known: Container[str]) -> str | None:
    """Return the one entry of a list that has no other, ``t[1]`` of ``t`` and ``w1[1,1]`` of ``w1``; else None."""
    base, mark, sample = spell(name).partition("#")
    # Deltas belong to z, and behind an identity there is only z.
    for stem in (base, re.sub(r"^(?:delta|a)(?=\d+$)", "z", base)):
        for first, others in (("[1]", ("[2]",)), ("[1,1]", ("[1,2]", "[2,1]"))):
            has = [f"{stem}{index}{mark}{sample}" in known for index in (first, *others)]
            if has[0] and not any(has[1:]) and base not in known:
                return f"{base}{first}{mark}{sample}"
    return None


def said(name: str) -> str:
    """Return a name as people say it: ``z1[1]#2`` is "z1[1] of sample 2"."""
    return re.sub(r"#(?=\d)", " of sample ", name)


def of_sample(text: str, number: int, known: Collection[str], loss: str) -> str:
    """Return a quantity in which each name that samples have apart is that of one sample.

    Arguments:
        text: the quantity, such as ``"t[1] - a1[1]"``, ``"dE/dw1[1,2]"`` or ``"delta1[2]"``.
        number: the sample.
        known: the names of all nodes.
        loss: the name of the loss of all samples.
    """

    def apart(name: str) -> str:
        named = f"{spell(name)}#{number}"
        return said(named) if named in known else name

    def replaced(match: re.Match[str]) -> str:
        if match[2]:
            return f"{match[1]}{apart(match[2])}/{match[1]}{apart(match[3])}"
        delta = _DELTA.fullmatch(spell(match[0]))
        before = f"z{delta[1]}{delta[2]}#{number}" if delta else ""
        return f"d{apart(loss)}/d{said(before)}" if before in known else apart(match[0])

    return _OF_ALL.sub(replaced, text)


def meant(name: str, known: Iterable[str]) -> str:
    """Return advice on an unknown name: its entries, its samples, or what is spelled alike; "" where nothing is."""
    names, spelled = sorted(set(known)), spell(name)
    inside = entries(spelled, names)
    if inside:
        last = f" to {said(inside[-1])}" if len(inside) > 1 else ""
        return f"It is a list: write {said(inside[0])}{last}, or {spelled} = [...] with all of them."
    wanted = spelled.partition("#")[0]
    wanted = re.sub(r"^delta", "z", wanted)
    samples = [each for each in names if each.partition("#")[0] == wanted and "#" in each]
    if samples or any(each.startswith(f"{wanted}[") and "#" in each for each in names):
        count = len({each.partition("#")[2] for each in names if "#" in each})
        if "#" in spelled:
            return f"There are {count} samples."
        return f"There are {count} samples: say of which, {spelled} of sample 1, or write a heading ## Sample 1 above."
    if "#" in spelled and not any("#" in each for each in names):
        return "There is one sample: leave it out."
    deltas = [f"delta{each[1:]}" for each in names if re.match(r"z\d+\[", each)]
    # "delta_h2" is nearer to a delta than to eta, and w3[1] to w1[1,3] than to x[1].
    kind = re.match(r"[^\W\d_]+", spelled)
    alike = [each for each in [*names, *deltas] if kind and each.startswith(kind[0])]
    close = close_names(spelled, alike) or close_names(spelled, names) or alike[:3]
    close = [each for each in close if each != spelled]
    return f"Did you mean {' or '.join(map(said, close))}?" if close else ""


def beyond(name: str, known: Collection[str]) -> str:
    """Return a sentence on how many samples, layers or entries there are, where a name is beyond them; else ""."""
    base, _, sample = spell(name).partition("#")
    samples = {each.partition("#")[2] for each in known if "#" in each}
    if sample and samples and sample not in samples:
        return f"There are {len(samples)} samples."
    group, _, index = base.partition("[")
    stem = re.sub(r"^(?:delta|δ|a)(?=\d+$)", "z", group)  # which is there for each of these
    inside = [each.partition("#")[0] for each in known if each.startswith(f"{stem}[")]
    places = [tuple(map(int, re.findall(r"\d+", each[len(stem) :]))) for each in inside]
    wanted = tuple(map(int, re.findall(r"\d+", index)))
    if wanted and places and base not in inside and len(wanted) == len(places[0]):
        sizes = [max(along) for along in zip(*places, strict=True)]
        if any(not 1 <= place <= size for place, size in zip(wanted, sizes, strict=True)):
            return (
                f"{group} has {' by '.join(map(str, sizes))} entries." if max(sizes) > 1 else f"{group} has one entry."
            )
    layers = [int(each[1]) for each in (re.match(r"z(\d+)\[", other) for other in known) if each]
    layer = re.match(r"[wbz](\d+)$", stem)
    if layer and layers and not inside and wanted and int(layer[1]) > max(layers):
        return f"There are {max(layers)} layers." if max(layers) > 1 else "There is one layer."
    return ""


def unknown_name(name: str, known: Iterable[str], given: str) -> UnknownNameError:
    """Return the error for an unknown name, with those that are spelled alike."""
    names = sorted(set(known))
    listing = ", ".join(map(said, names[:20])) + (", ..." if len(names) > 20 else "")
    if spell(name) == "eta":
        return UnknownNameError("a known name", given, "Say what eta is: [step] with eta = ..., or eta= in the call.")
    advice = meant(name, names) or f"There are {listing or 'no names'}."
    return UnknownNameError("a name of a node or quantity", given, advice)
