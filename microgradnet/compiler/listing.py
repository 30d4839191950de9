"""Lines of a program: which expression gets a name and a line of its own, and which stands inside another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.compiler.bodies import Body, Definition, write_body, written
from microgradnet.compiler.expressions import SMALL

_LONGEST = 60  # characters of an expression that may stand inside another
_LONGEST_COMMENT, _MOST_OPERATIONS = 80, 12  # of an equation that is given as a comment
_DEEPEST = 12  # operations inside each other on one line


@dataclass(frozen=True, slots=True)
class Line:
    """What may become a line.

    Arguments:
        operands: the expressions in it.
        template: a statement with places for them; empty for the definition of the first operand's body, which gets a
            line of its own only where that is better than to write it where it is used.
        hint: what its name begins with.
        own: whether it always gets a line, if it is used at all, and exactly that name.
        comment: what is said behind it; behind a line of its own, the equation where it says more.
        places: how tightly each operand of a statement must bind.
    """

    operands: tuple[Any, ...]
    template: str = ""
    hint: str = ""
    own: bool = False
    comment: str = ""
    places: tuple[int, ...] = ()


class Listing:
    """Writes lines, and names what they share.

    Arguments:
        lines: definitions before their uses.
        results: what is returned.
        fresh: from a hint to a name that nobody has.
    """

    def __init__(self, lines: Sequence[Line], results: Iterable[Any], fresh: Callable[[str], str]) -> None:
        self.fresh = fresh
        self.text: list[str] = []
        self.definitions: dict[Definition, None] = {}
        self.results = [result for result in results if hasattr(result, "body")]
        self.names: dict[Body, str] = {}
        self.own: dict[Body, str] = {}
        self.owners = {line.operands[0].body: line for line in lines if line.own}
        self.uses = _count_uses([*(o for line in lines if line.template for o in line.operands), *self.results])
        for line in lines:
            if line.template:
                self._statement(line)
            else:
                self._definition(line)
        for result in self.results:
            self._name_shared(result.body)

    def write(self, operand: Any) -> str:
        """Return an operand as Python, after all lines."""
        return written(operand, self.names.get)[0]

    def _statement(self, line: Line) -> None:
        for operand in line.operands:
            if hasattr(operand, "body"):
                self._name_shared(operand.body)
        body = Body(line.template, line.operands, places=line.places)
        self._add(write_body(body, self.names.get)[0], line.comment)

    def _definition(self, line: Line) -> None:
        body = line.operands[0].body
        line = self.owners.get(body, line)
        if not self.uses[body] or body in self.names or (body.light and not line.own):
            return
        self._name_shared(body, itself=False)
        text, _ = write_body(body, self.names.get)
        if line.own:
            self._name(body, text, line.hint, self._equation(body, line.hint, text))
            self.own[body] = line.hint
        elif (self.uses[body] > 1 and not self._is_small(body)) or len(text) > _LONGEST:
            self._name(body, text, self.fresh(line.hint), line.comment)

    def _name_shared(self, root: Body, *, itself: bool = True) -> None:
        """Name the parts of a body that are used more than once, or nest too deep, the inner ones first."""
        waiting: list[tuple[Body, bool]] = [(root, False)]
        depths: dict[Body, int] = {}
        while waiting:
            body, ready = waiting.pop()
            if body in self.names:
                continue
            if not ready:
                waiting.append((body, True))
                waiting += [(inner, False) for inner in reversed(body.inner())]
                continue
            depths[body] = 1 + max((depths.get(inner, 0) for inner in body.inner()), default=0)
            if body.needs is not None:
                self.definitions[body.needs] = None
            often = self.uses[body] > 1 and not self._is_small(body)
            if (often or depths[body] > _DEEPEST) and not body.light and (itself or body is not root):
                self._name(body, write_body(body, self.names.get)[0], self.fresh("v"), "")
                depths[body] = 0

    def _is_small(self, body: Body) -> bool:
        """Tell whether a body is a sum or difference of two variables that is used twice: it reads best where it is."""
        parts = [operand for operand in body.operands if getattr(operand, "factor", 0.0) == 1.0]
        named = len(parts) == 2 and all(part.body in self.own or not part.body.operands for part in parts)
        return named and self.uses[body] == 2 and body.template in SMALL

    def _equation(self, body: Body, called: str, text: str) -> str:
        """Return the definition of a named body in terms of others, if it is short and not the line itself."""
        waiting, count = [body], 0
        while waiting:
            inner = waiting.pop()
            if inner not in self.own:
                waiting += inner.inner()
                count += not inner.light
                if count > _MOST_OPERATIONS:
                    return ""
        equation, _ = write_body(body, self.own.get)
        return f"{called} = {equation}" if equation != text and len(equation) <= _LONGEST_COMMENT else ""

    def _name(self, body: Body, text: str, called: str, comment: str) -> None:
        self.names[body] = called
        self._add(f"{called} = {text}", comment)

    def _add(self, text: str, comment: str) -> None:
        self.text.append(f"{text}  # {comment}" if comment else text)


def _count_uses(roots: Iterable[Any]) -> Counter[Body]:
    """Count how often each body is written, where what is light is written anew at each use."""
    starts = [root.body for root in roots if hasattr(root, "body")]
    order: list[Body] = []
    seen: set[Body] = set()
    waiting: list[tuple[Body, bool]] = [(body, False) for body in reversed(starts)]
    while waiting:
        body, ready = waiting.pop()
        if ready:
            order.append(body)
        elif body not in seen:
            seen.add(body)
            waiting.append((body, True))
            waiting += [(inner, False) for inner in reversed(body.inner())]
    uses: Counter[Body] = Counter(starts)
    for body in reversed(order):
        for inner in body.inner():
            uses[inner] += uses[body] if body.light else 1
    return uses
