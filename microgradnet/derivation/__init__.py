"""The chain rule for one node, worked out with symbols, then with numbers: ``mg.derive(loss, w)``."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from microgradnet.derivation.page import Section, sections_of, write_display, write_latex, write_markdown, write_text
from microgradnet.derivation.working import (
    MOST_STEPS,
    ChainStep,
    Factor,
    Path,
    Prose,
    Working,
    from_figures,
    work_out,
    work_out_value,
)
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, described, did_you_mean, shown
from microgradnet.graph import topological
from microgradnet.names import Names, caller_variables
from microgradnet.operation import as_float
from microgradnet.text import clean, encodable
from microgradnet.value import Value

_DIGITS_OF_TEXT, _DIGITS_OF_A_PAGE = 8, 4
_WIDTH = 100  # columns of the plain text
_DELTA = re.compile(r"delta\d*\[")
_DERIVATIVE = re.compile(r"\s*[d∂](?P<upper>[^/]+)/\s*[d∂](?P<lower>.+)")


class Derivation:
    """The chain rule for one node, worked out. Print it, or leave it as the last line of a notebook's cell.

    Arguments:
        working: the derivation as data.
        digits: how many significant digits are shown; None for 8 in text and 4 in Markdown and LaTeX.
    """

    def __init__(self, working: Working, digits: int | None = None) -> None:
        self.working, self.digits = working, digits

    @property
    def value(self) -> float:
        """The derivative, bit for bit as ``backward()`` gives it."""
        return self.working.value

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of all listed paths and steps, each once."""
        return self.working.factors

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths from the loss down to the node; empty where the derivation goes node by node."""
        return self.working.paths

    @property
    def steps(self) -> tuple[ChainStep, ...]:
        """The same derivative node by node from the loss down, each node once."""
        return self.working.steps

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of equations of the plain text."""
        return sections_of(self.working, self.digits or _DIGITS_OF_TEXT)

    @cached_property
    def _page_sections(self) -> list[Section]:
        return sections_of(self.working, self.digits or _DIGITS_OF_A_PAGE)

    @property
    def text(self) -> str:
        """The derivation as plain text of at most 100 columns."""
        return self.wrapped(_WIDTH)

    def wrapped(self, width: int) -> str:
        """Return the derivation as plain text, lines broken at + and * to fit into so many columns."""
        return write_text(self._title, self.sections, width)

    @property
    def markdown(self) -> str:
        """The derivation as Markdown with formulas in ``$$``, for GitHub, Jupyter and nbconvert."""
        return write_markdown(self._title, self._page_sections)

    @property
    def latex(self) -> str:
        r"""The equations as one ``align*`` per section, for a document that loads amsmath.

        A section longer than a page needs ``\allowdisplaybreaks`` in the document.
        Labels with letters beyond ASCII need a Unicode engine, LuaLaTeX or XeLaTeX, and a font that has them.
        """
        return write_latex(self._page_sections)

    @property
    def _title(self) -> Prose:
        return ("The value " if self.working.is_value else "The derivative ", self.working.derivative)

    def __str__(self) -> str:
        columns = shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH
        return encodable(self.wrapped(min(columns, _WIDTH)))

    def __repr__(self) -> str:
        return f"<Derivation of {self.working.derivative.text} = {self.value!r}>"

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return write_display(self._page_sections)


def derive(
    loss: Value,
    w: Value | str,
    eta: float | None = None,
    digits: int | None = None,
    *,
    paths: int | None = None,
    steps: int = MOST_STEPS,
) -> Derivation:
    r"""Work out the derivative of ``loss`` by ``w`` with the chain rule.

    The chain goes over the nodes that have a label or are bound to a variable of the caller; the nameless nodes between
    two of them are collapsed into one factor. Where no result has a name, every node is called by its formula or as v1,
    v2, ... in topological order. No ``.grad`` is read or changed.

    The derivative of a function of one variable is written d, a partial derivative ∂, and a total derivative d:
    ``dz/dx = ∂z/∂x + ∂z/∂y * dy/dx``. The derivative by a pre-activation ``z1[2]`` of a network is ``delta1[2]``.

    Arguments:
        loss: the node to differentiate.
        w: the node to differentiate it by, or that node's name; ``"delta1[2]"`` means ``"z1[2]"``. ``"dy/dx"`` derives
            the derivative of the node y, which lies below ``loss``, by x.
        eta: a learning rate; with it the update of ``w`` by gradient descent is shown, too.
        digits: how many significant digits to show, from 2 to 17; None for 8 in text and 4 in Markdown and LaTeX. The
            calculation itself has all of them.
        paths: how many paths to list, product by product. Where there are more, the derivation goes node by node
            instead, each node once. None lists the paths where no two of them share a factor.
        steps: how many nodes to list then; of more, those in the middle are left out and counted.

    Returns:
        A :class:`Derivation`: print it, or use its ``text``, ``markdown``, ``latex`` and ``value``.

    Raises:
        NumberTypeError: ``loss`` or ``w`` is no node.
        UnknownNameError: no node below ``loss`` has this name, or several have.
        ArgumentError: ``eta`` is not finite, or a limit is out of its range.

    Example:
        >>> x, t = Value(2.0, label="x"), Value(1.0, label="t")
        >>> w = Value(0.75, label="w")
        >>> o = w * x
        >>> print(derive((o - t) ** 2, w, eta=0.25))  # doctest: +NORMALIZE_WHITESPACE
        The derivative dloss/dw
        <BLANKLINE>
        The formulas from w up to loss
          o    = w*x = 0.75*2 = 1.5
          loss = (o - t)**2 = (1.5 - 1)**2 = 0.25
        <BLANKLINE>
        The chain rule
          dloss/dw = ∂loss/∂o * ∂o/∂w
        <BLANKLINE>
        Each factor
          ∂loss/∂o = 2*(o - t) = 2*(1.5 - 1) = 1
          ∂o/∂w    = x = 2
        <BLANKLINE>
        The numbers
          dloss/dw = 1 * 2 = 2
        <BLANKLINE>
        The update
          new w = w - eta * dloss/dw = 0.75 - 0.25 * 2 = 0.25
    """
    if not isinstance(loss, Value):
        raise _no_node("loss", loss)
    _check("digits", digits, 2, 17)
    _check("paths", paths, 0, 1000)
    _check("steps", steps, 2, 100_000)
    rate = None if eta is None else as_float(eta)
    if rate is not None and not abs(rate) < float("inf"):
        raise ArgumentError("eta is a finite learning rate", repr(eta), "Typical rates lie between 0.001 and 1.")
    variables = caller_variables()
    names = Names(topological(loss), variables)
    if isinstance(w, str):
        upper, w = _read(names, w)
        if upper is not None and upper is not loss:
            loss, names = upper, Names(topological(upper), variables)
    if not isinstance(w, Value):
        raise _no_node("w", w)
    return Derivation(work_out(loss, w, names, eta=rate, most_paths=paths, most_steps=steps), digits)


def go_on(
    loss: Value, name: str, figures: Mapping[str, float], *, eta: float | None = None, digits: int = 6
) -> Derivation:
    """Work out a quantity from figures that somebody printed for others: only what is still to do.

    Arguments:
        loss: the node that is differentiated.
        name: ``"z1[1]"``, ``"delta1[1]"``, ``"dE/dw1[1,1]"`` or, with ``eta``, ``"new w1[1,1]"``.
        figures: the printed numbers by such names.
        eta: the learning rate of plain gradient descent.
        digits: how many significant digits to show.

    Raises:
        UnknownNameError: no node below ``loss`` has this name.
        ArgumentError: ``"new ..."`` without ``eta``.

    Example:
        >>> x, w = Value(2.0, label="x"), Value(0.75, label="w")
        >>> z = w * x
        >>> z.label = "z"
        >>> print(go_on(z**2, "dloss/dw", {"z": 1.6}))
        The derivative dloss/dw
        <BLANKLINE>
        From the figures
          z = 1.6
        <BLANKLINE>
        The chain rule, node by node from the loss down
          dloss/dz = 2*z = 2*1.6 = 3.2
          dloss/dw = dloss/dz * ∂z/∂w = dloss/dz * x = 3.2 * 2 = 6.4
    """
    names = Names(topological(loss))
    figures = {key: number for key, number in figures.items() if key != name}
    if name.startswith("new "):
        if eta is None:
            raise ArgumentError("a new weight needs a learning rate", "none", "Pass eta=0.1.")
        working = work_out(loss, _find(names, name[4:]), names, eta=eta, most_paths=0, most_steps=MOST_STEPS)
    elif _DERIVATIVE.fullmatch(name) or _DELTA.match(name):
        upper, node = _read(names, name)
        if upper is not None and upper is not loss:
            loss, names = upper, Names(topological(upper))
        working = work_out(loss, node, names, eta=None, most_paths=0, most_steps=MOST_STEPS)
    else:
        working = work_out_value(_find(names, name), names)
    return Derivation(from_figures(working, figures), digits)


def _read(names: Names, text: str) -> tuple[Value | None, Value]:
    """Return the node that a name means; of "dy/dx" the node y, too."""
    quotient = _DERIVATIVE.fullmatch(text)
    if quotient is None or names.find(text):
        return None, _find(names, text)
    return _find(names, quotient["upper"].strip()), _find(names, quotient["lower"].strip())


def _find(names: Names, name: str) -> Value:
    found = names.find(name)
    if len(found) == 1:
        return found[0]
    given = shown(clean(name, 60))
    if found:
        several = ", ".join(names.text(node) for node in found[:5])
        raise UnknownNameError(
            "a name means one node", f"{given}, which {len(found)} nodes have", f"They are {several}."
        )
    known = names.known()
    advice = did_you_mean(name, known) if known else "No node has a label; pass the Value itself."
    raise UnknownNameError("derive needs the name of a node below the loss", given, advice)


def _no_node(argument: str, given: Any) -> NumberTypeError:
    advice = "Pass a Value of the recorded graph" + (", or its name." if argument == "w" else ".")
    return NumberTypeError(f"derive needs a node as {argument}", described(given), advice)


def _check(argument: str, number: Any, least: int, most: int) -> None:
    if number is not None and (not isinstance(number, int) or not least <= number <= most):
        expected = f"{argument} is a whole number from {least} to {most}"
        raise ArgumentError(expected, repr(number), "Leave it out, or change it.")
