"""The chain rule of each leaf, as ``mg.derive`` works it out, for a page: lines that many leaves share stand once."""

from __future__ import annotations

import re
from typing import Any

from microgradnet.derivation import derive
from microgradnet.derivation.page import Equation, Row, Section
from microgradnet.derivation.working import Prose
from microgradnet.drawing.stepper.once import Once
from microgradnet.drawing.stepper.parts import isolate
from microgradnet.drawing.stepper.trace import Trace

_MOST_PATHS = 4  # beyond it node by node: a page has no room for more
_MOST_STEPS = 24
_FEWEST_DIGITS = 2  # of a derivation
_NEGATIVE = re.compile(r"(?<![\w.)\]'])-(?=\d)")  # the sign of a number, which the picture writes as a minus


class ChainRules:
    """Collects the derivations of all leaves of a trace.

    Arguments:
        trace: the nodes.
        digits: significant digits of the numbers.
    """

    def __init__(self, trace: Trace, digits: int) -> None:
        self.lines = Once()  # each ``[left, [[relation, term, ...], ...]]``
        self.sections: dict[str, list[Any]] = {}  # by position: ``[title, [number of a line, ...], [sentence, ...]]``
        for position in trace.leaves:
            derivation = derive(
                trace.loss,
                trace.order[position],
                digits=max(digits, _FEWEST_DIGITS),
                paths=_MOST_PATHS,
                steps=_MOST_STEPS,
            )
            self.sections[str(position)] = [self._section(section) for section in derivation.sections]

    def _section(self, section: Section) -> list[Any]:
        equations = [self.lines.number(_line(equation)) for equation in section.equations]
        return [_prose(section.title), equations, [_prose(sentence) for sentence in section.sentences]]


def _line(equation: Equation) -> list[Any]:
    return [isolate(equation.left.text), [_row(row) for row in equation.rows]]


def _row(row: Row) -> list[str]:
    terms = [isolate(_NEGATIVE.sub("−", term.text)) for term in row.terms]
    return [row.relation, *terms] if row.apart else [row.relation, " + ".join(terms)]


def _prose(parts: Prose) -> str:
    return isolate("".join(part if isinstance(part, str) else part.text for part in parts))
