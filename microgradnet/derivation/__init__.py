"""The chain rule for one node, worked out with symbols, then with numbers: ``mg.derive(loss, w)``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from typing import Any

from microgradnet.derivation.names import Names
from microgradnet.derivation.page import Script, Section, write_display, write_latex, write_markdown, write_text
from microgradnet.derivation.working import MOST_PATHS, MOST_STEPS, Factor, Path, Prose, Step, Worker, Working
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError
from microgradnet.graph import topological
from microgradnet.operation import as_float
from microgradnet.value import Value

_DIGITS = 8


def derive(
    loss: Value,
    w: Value | str,
    eta: float | None = None,
    digits: int = _DIGITS,
    *,
    paths: int = MOST_PATHS,
    steps: int = MOST_STEPS,
) -> Derivation:
    r"""Work out the derivative of ``loss`` by ``w`` with the chain rule.

    The chain runs over the nodes that have a label; what is nameless between two of them is collapsed into one factor.
    Where no result has a label, the nodes are called v1, v2, ... in topological order. No ``.grad`` is read or changed.

    Arguments:
        loss: the node to differentiate.
        w: the node to differentiate it by, or that node's label; ``"delta1[2]"`` means ``"z1[2]"``.
        eta: a learning rate; with it the update of ``w`` by gradient descent is shown, too.
        digits: how many significant digits to show; the calculation itself has all of them.
        paths: how many paths to list. Where there are more, the derivation goes node by node instead, each node once.
        steps: how many nodes to list then; of more, those in the middle are left out and counted.

    Raises:
        NumberTypeError: ``loss`` or ``w`` is no node.
        UnknownNameError: no node below ``loss`` has this label, or several have.
        ArgumentError: ``eta`` is not finite, or a limit is out of its range.

    Example:
        >>> x, t = Value(2.0, label="x"), Value(1.0, label="t")
        >>> w = Value(0.75, label="w")
        >>> o = w * x
        >>> o.label = "o"
        >>> print(derive((o - t) ** 2, w, eta=0.25))  # doctest: +NORMALIZE_WHITESPACE
        The derivative dE/dw
        <BLANKLINE>
        The formulas from w up to E
          o = w*x = 0.75*2 = 1.5
          E = (o - t)**2 = (1.5 - 1)**2 = 0.25
        <BLANKLINE>
        The chain rule
          dE/dw = dE/do * do/dw
        <BLANKLINE>
        Each factor
          dE/do = 2*(o - t) = 2*(1.5 - 1) = 1
          do/dw = x = 2
        <BLANKLINE>
        The numbers
          dE/dw = 1 * 2 = 2
        <BLANKLINE>
        The update
          new w = w - eta * dE/dw = 0.75 - 0.25 * 2 = 0.25
    """
    if not isinstance(loss, Value):
        raise _no_node("loss", loss)
    _check("digits", digits, 2, 17)
    _check("paths", paths, 0, 1000)
    _check("steps", steps, 2, 100_000)
    rate = None if eta is None else as_float(eta)
    if rate is not None and not abs(rate) < float("inf"):
        raise ArgumentError("eta is a finite learning rate", repr(eta), "Typical rates lie between 0.001 and 1.")
    order = topological(loss)
    names = Names(order)
    node = _find(order, names, w) if isinstance(w, str) else w
    if not isinstance(node, Value):
        raise _no_node("w", node)
    return Derivation(Worker(loss, node, names, paths, steps).work(rate), digits)


def _find(order: list[Value], names: Names, label: str) -> Value:
    """Return the node of this name below the loss."""
    found = names.find(order, label)
    if len(found) == 1:
        return found[0]
    came = repr(label if len(label) <= 60 else label[:60] + "…")
    if found:
        several = ", ".join(names.of(node).text for node in found[:5])
        raise UnknownNameError(
            "a name that one node has", f"{came}, which {len(found)} nodes have", f"They are {several}."
        )
    known = [names.of(node).text for node in order if node.label]
    close = get_close_matches(label[:60], known[:2000], n=5, cutoff=0.4) or known[:8]
    advice = f"There are {', '.join(dict.fromkeys(close))}." if known else "No node has a label; pass the Value itself."
    raise UnknownNameError("the label of a node below the loss", came, advice)


def _no_node(argument: str, came: Any) -> NumberTypeError:
    advice = "Pass a Value of the recorded graph" + (", or its label." if argument == "w" else ".")
    return NumberTypeError(f"derive needs a node as {argument}", f"{came!r:.60} of type {type(came).__name__}", advice)


def _check(argument: str, number: Any, least: int, most: int) -> None:
    if not isinstance(number, int) or not least <= number <= most:
        raise ArgumentError(
            f"{argument} is a whole number from {least} to {most}", repr(number), "Leave it out, or change it."
        )


class Derivation:
    """The chain rule for one node, worked out. Print it, or leave it as the last line of a notebook's cell.

    Arguments:
        working: the derivation as data.
        digits: how many significant digits are shown.
    """

    def __init__(self, working: Working, digits: int) -> None:
        self.working, self.digits = working, digits

    @property
    def value(self) -> float:
        """The derivative, bit for bit as ``backward()`` gives it."""
        return self.working.value

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of all listed paths, each once."""
        return self.working.factors

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths from the loss down to the node; empty where there are too many to list."""
        return self.working.paths

    @property
    def steps(self) -> tuple[Step, ...]:
        """The same derivative node by node from the loss down, each node once."""
        return self.working.steps

    @cached_property
    def sections(self) -> list[Section]:
        """The page: sections of equations, of which text, Markdown and LaTeX are three notations."""
        return Script(self.working, self.digits).sections()

    @property
    def text(self) -> str:
        """The page as plain text."""
        return write_text(self._title, self.sections)

    @property
    def markdown(self) -> str:
        """The page as Markdown with formulas in ``$$``, for GitHub, Jupyter and nbconvert."""
        return write_markdown(self._title, self.sections)

    @property
    def latex(self) -> str:
        r"""The equations as one ``align*`` per section, for a document that loads amsmath.

        A section longer than a page needs ``\allowdisplaybreaks`` in the document.
        Labels with letters beyond ASCII need a Unicode engine, LuaLaTeX or XeLaTeX, and a font that has them.
        """
        return write_latex(self.sections)

    @property
    def _title(self) -> Prose:
        return ("The derivative ", self.working.derivative)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Derivation of {self.working.derivative.text} = {self.value!r}>"

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return write_display(self.sections)
