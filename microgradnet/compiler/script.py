"""The text of one program: constants, the functions that it defines, the pieces of its arrays, and the lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.bodies import Body, Definition
from microgradnet.compiler.expressions import SHARE
from microgradnet.compiler.listing import Line, Listing
from microgradnet.compiler.reading import COUNT
from microgradnet.compiler.scope import Piece, Scope
from microgradnet.rules import Rule

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Script:
    """A program of one function, as text and read by Python.

    Arguments:
        text: the text without the numbers of the constants.
        constants: per name, an array.
        external: per name, a rule that the program calls and that can't be written out.
        code: what Python made of the text.
    """

    text: str
    constants: dict[str, Any]
    external: dict[str, Definition]
    code: Any

    def bind(self, parameters: Any, gradient: Any) -> Callable[..., Any]:
        """Return the function, working on these flat arrays."""
        external = {name: on_arrays(definition.rule) for name, definition in self.external.items()}
        names: dict[str, Any] = {"np": np, **external, **self.constants}
        exec(self.code, names)
        return names["program"](parameters, gradient)  # type: ignore[no-any-return]

    @property
    def source(self) -> str:
        """The text of a program that runs by itself."""
        head = ["import numpy as np"]
        if self.external:
            head += ["from microgradnet.compiler.script import on_arrays"]
            head += ["from microgradnet.operation import lookup", ""]
            head += [f"{name} = on_arrays({_found(definition)})" for name, definition in self.external.items()]
        if self.constants:
            head += ["", *(f"{name} = np.{_literal(numbers)}" for name, numbers in self.constants.items())]
        return "\n".join([*head, "", "", self.text])


def write_script(
    scope: Scope, called: str, lines: Sequence[Line], results: Sequence[Any], ending: str
) -> tuple[Script, dict[Body, str]]:
    """Return the program of one function, and the names of what it computes.

    Arguments:
        scope: its names.
        called: what the function is called.
        lines: its lines.
        results: what it returns.
        ending: its last line, with braces for the results.
    """
    listing = Listing(lines, results, scope.branch())
    body = [*listing.text, ending.format(", ".join(map(listing.write, results)))]
    words = set(re.findall(r"\w+", " ".join(body)))
    parameters, samples = scope.layout.arrays[:2]
    arguments = "samples" if samples.shape[0] else "samples=None"
    function = [f"def {called}({arguments}):", *_indented([*_beginning(scope, words), *body])]
    pieces = [
        f"{name} = {_part(piece, flat)}{said}"
        for piece in scope.pieces[parameters]
        if piece.shape
        for name, flat, said in (
            (piece.name, "parameters", ""),
            (f"d{piece.name}", "gradient", f"  # the derivatives by {piece.name}"),
        )
        if name in words
    ]
    inside = [*pieces, *([""] if pieces else []), *function, "", f"return {called}"]
    definitions, external = _define(listing.definitions)
    text = "\n".join([*definitions, "def program(parameters, gradient):", *_indented(inside), ""])
    words |= set(re.findall(r"\w+", text))
    constants = {name: numbers for name, numbers in scope.constants.items() if name in words}
    return Script(text, constants, external, compile(text, "<compiled graph>", "exec")), listing.names


def _beginning(scope: Scope, words: set[str]) -> list[str]:
    """Return the lines that take samples and single parameters apart."""
    parameters, samples = scope.layout.arrays[:2]
    lines = [
        f"{piece.name} = parameters[{piece.begin}]"
        for piece in scope.pieces[parameters]
        if not piece.shape and piece.name in words
    ]
    lines += [
        f"{piece.name} = samples[:, {piece.begin}:{piece.end}]"
        for piece in scope.pieces[samples]
        if piece.name in words
    ]
    if SHARE in words:
        words.add(COUNT)
        lines.insert(0, f"{SHARE} = 1 / {COUNT}  # of each sample in the mean")
    if COUNT in words and samples.shape[0]:
        lines.insert(0, f"{COUNT} = len(samples)")
    return lines


def _part(piece: Piece, flat: str) -> str:
    shape = f".reshape{piece.shape}" if len(piece.shape) > 1 else ""
    return f"{flat}[{piece.begin}:{piece.end}]{shape}"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{_INDENT}{line}" if line else "" for line in lines]


def _define(needed: Iterable[Definition]) -> tuple[list[str], dict[str, Any]]:
    """Return the texts of functions and of those that they call, and those functions that have no text."""
    waiting, known = list(needed), dict.fromkeys(needed)
    texts: list[list[str]] = []
    external: dict[str, Definition] = {}
    while waiting:
        definition = waiting.pop(0)
        if definition.result is None:
            external[definition.name] = definition
            continue
        listing = Listing([], [definition.result], _numbered())
        result = f"return {listing.write(definition.result)}"
        header = f"def {definition.name}({', '.join(definition.parameters)}):"
        texts.append([header, *_indented([*listing.text, result]), "", ""])
        new = [other for other in listing.definitions if other not in known]
        known.update(dict.fromkeys(new))
        waiting += new
    return [line for text in reversed(texts) for line in text], external


def _numbered() -> Callable[[str], str]:
    count = iter(range(1, 1000))
    return lambda hint: f"{hint}{next(count)}"


def _found(definition: Definition) -> str:
    partial = "" if definition.place is None else f".partials[{definition.place}]"
    return f'lookup("{definition.op.name}"){partial}'


def on_arrays(rule: Rule) -> Rule:
    """Return a rule that takes numbers and arrays of any shape and always returns an array, element by element.

    A rule of the table returns a float for a NumPy scalar, and a user's rule may be written for one number at a time.
    """

    def elementwise(*operands: Any) -> Any:
        try:
            return np.asarray(rule(*operands), float)
        except (TypeError, ValueError):
            return np.vectorize(rule, otypes=[float])(*operands)

    return elementwise


def _literal(numbers: Any) -> str:
    with np.printoptions(threshold=np.iinfo(int).max, linewidth=120, floatmode="unique"):
        return repr(numbers).replace("nan", "np.nan").replace("inf", "np.inf")
