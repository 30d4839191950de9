r"""The page of a derivation: sections of equations and sentences, written as text, Markdown and LaTeX.

The LaTeX is understood by LaTeX with amsmath, by MathJax and by KaTeX alike. A line inside ``aligned`` never begins
with a character that Markdown would act on, and in Markdown it holds no character that HTML acts on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from microgradnet.derivation.chain import MANY
from microgradnet.derivation.formulas import substitute
from microgradnet.derivation.working import ChainStep, Factor, NodeFormula, Prose, Update, Working
from microgradnet.figures import Numeral, Shown, agreeing, in_full, relation, show
from microgradnet.messages import translate
from microgradnet.names import Written
from microgradnet.operation import PRODUCT, SUM
from microgradnet.ops import add
from microgradnet.symbols import Formula, Symbol, write_number

_LONGEST_SUBSTITUTION = 240  # characters; beyond it only the result is given
_SLIDE = 84  # columns that the plain text of one line of LaTeX may have, to fit on a slide
_WIDEST_LEFT = 28  # columns of the left sides in plain text
_TIMES = " * "  # between the factors of a product; inside formulas there are no spaces around *


@dataclass(frozen=True, slots=True)
class EquationRow:
    """One step of an equation: "=" or "≈", and a sum of terms, each on a line of its own where they are set apart."""

    relation: str
    terms: tuple[Written, ...]
    apart: bool = False

    @property
    def text(self) -> str:
        """The row on one line."""
        return f"{self.relation} {' + '.join(term.text for term in self.terms)}"

    @property
    def latex(self) -> str:
        """The row in LaTeX, on one line."""
        return f"{_latex_relation(self.relation)} {' + '.join(term.latex for term in self.terms)}"


@dataclass(frozen=True, slots=True)
class Equation:
    """A left side, and what it equals, step by step."""

    left: Written
    rows: tuple[EquationRow, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, equations, and sentences after them."""

    title: Prose
    equations: tuple[Equation, ...] = ()
    sentences: tuple[Prose, ...] = ()


def sections_of(working: Working, digits: int) -> list[Section]:
    """Return the page of a derivation, from the question to the update, with so many significant digits."""
    return [section for section in _Page(working, digits).sections() if section.equations or section.sentences]


class _Page:
    def __init__(self, working: Working, digits: int) -> None:
        self._working, self._digits = working, digits
        self._result: Shown | None = None  # the derivative, as the numbers shown give it

    def sections(self) -> Iterator[Section]:
        working = self._working
        if working.printed:
            yield Section(("From the figures",), (), ((", ".join(working.printed),),))
        title: Prose = ("The formulas from ", working.node, " up to ", working.loss)
        yield Section(("Its formulas",) if working.is_value else title, *self._definitions())
        if working.paths:
            yield from self._path_by_path()
        elif working.steps:
            yield self._node_by_node()
        if not (working.printed or working.is_value):
            yield self._in_full()
        if working.update is not None:
            yield Section(("The update",), (self._update(working.update),))
        yield Section(("Notes",), (), working.notes)

    def _definitions(self) -> tuple[tuple[Equation, ...], tuple[Prose, ...]]:
        working = self._working
        equations = tuple(_equation(item.name, self._evaluated(item)) for item in working.definitions)
        more = working.definitions_left_out
        return equations, ((f"{more:,} more formulas are left out.",),) if more else ()

    def _path_by_path(self) -> Iterator[Section]:
        working, several = self._working, len(self._working.paths) > 1
        products = tuple(_product([factor.derivative for factor in path.factors]) for path in working.paths)
        if several or len(working.paths[0].factors) > 1:
            title = f"The chain rule, over {len(products)} paths" if several else "The chain rule"
            yield Section((title,), (Equation(working.derivative, (EquationRow("=", products, apart=several),)),))
        if len(working.factors) == 1:  # no other path leads around it: the partial derivative is the whole one
            yield Section(("The derivative",), (_equation(working.derivative, self._evaluated(working.factors[0])),))
            return
        equations = (_equation(factor.derivative, self._evaluated(factor)) for factor in working.factors)
        yield Section(("Each factor",), tuple(equations))
        yield Section(("The numbers",), tuple(self._multiplied()))

    def _multiplied(self) -> Iterator[Equation]:
        """Yield the product along each path, and their sum."""
        working, results = self._working, []
        several = len(working.paths) > 1
        for number, path in enumerate(working.paths, 1):
            shown = [show(factor.value, self._digits) for factor in path.factors]
            value = path.value if several else working.value
            results.append(agreeing(value, math.prod(each.shown for each in shown), self._digits))
            left = Written(f"path {number}", rf"\text{{path }}{number}") if several else working.derivative
            yield _equation(left, _calculation((_number_product(shown),), shown, results[-1]))
        if several:
            total = agreeing(working.value, sum(each.shown for each in results), self._digits)
            terms = tuple(_numeral(each, SUM + 1) for each in results)
            yield _equation(working.derivative, _calculation(terms, results, total))
            results.append(total)
        self._result = results[-1]

    def _node_by_node(self) -> Section:
        working = self._working
        equations = tuple(map(self._step, working.steps))
        sentences: list[Prose] = []
        if working.steps_left_out:
            sentences.append((
                f"{working.steps_left_out:,} steps of the same kind, in the middle, are left out here; "
                "the numbers include them.",
            ))  # fmt: skip
        many = working.path_count
        title = "The chain rule, node by node from the loss down"
        if many > 1:
            title += f" ({many:,} paths{' or more' * (many == MANY)})"
        return Section((title,), equations, (*sentences,))

    def _step(self, step: ChainStep) -> Equation:
        """Return one node's derivative: in names, in formulas, in numbers."""
        rows = [] if step.delta is None else [EquationRow("=", (step.derivative,))]
        left = step.delta or step.derivative
        if len(step.terms) == 1 and step.terms[0].above is None:
            return _equation(left, [*rows, *self._evaluated(step.terms[0].factor)])
        shown: list[Shown] = []
        names, formulas, numbers = [], [], []
        by_reader = math.nan if step.left_out else 0.0
        for term in step.terms:
            above = [] if term.above is None else [term.above]
            least = PRODUCT if above else SUM + 1
            names.append(_product([*above, term.factor.derivative]))
            formulas.append(_product([*above, _written(term.factor.formula, least)]))
            figures = [show(term.above_value, self._digits)] if above else []
            factor = self._substituted(term.factor, shown)
            numbers.append(_product([*(_numeral(each, PRODUCT) for each in figures), _written(factor, least)]))
            by_reader += math.prod([each.shown for each in figures], start=_by_reader(factor))
            shown += figures
        rows += [EquationRow("=", _listed(names, step)), EquationRow("=", _listed(formulas, step))]
        rows += _calculation(_listed(numbers, step), shown, agreeing(step.value, by_reader, self._digits))
        return _equation(left, rows)

    def _substituted(self, item: Factor | NodeFormula, shown: list[Shown]) -> Any:
        """Return a formula with numbers, or only its result where that would be too long; note the numbers shown."""
        if not isinstance(item.formula, Formula) or len(item.formula.text) > _LONGEST_SUBSTITUTION:
            shown.append(show(item.value, self._digits))
            return Numeral(shown[-1])

        def number(value: float, _: object) -> Numeral:
            shown.append(show(value, self._digits))
            return Numeral(shown[-1])

        return substitute(item.formula, number)

    def _evaluated(self, item: Factor | NodeFormula) -> Iterator[EquationRow]:
        """Yield a formula, the formula with numbers, and the result."""
        shown: list[Shown] = []
        substituted = self._substituted(item, shown)
        numbers = _written_terms(substituted)
        is_named_by_formula = isinstance(item, NodeFormula) and _written(item.formula).text == item.name.text
        if isinstance(item.formula, Symbol) and not is_named_by_formula:
            yield EquationRow("=", _written_terms(item.formula))
        yield from _calculation(numbers, shown, agreeing(item.value, _by_reader(substituted), self._digits))

    def _in_full(self) -> Section:
        """Return the result to the last digit; nothing, where the page has shown it before."""
        working, full = self._working, in_full(self._working.value)
        if working.steps and full == show(working.value, self._digits).text:
            return Section(())
        row = EquationRow("=", (_written(Numeral(Shown(working.value, full, exact=True))),))
        return Section(("The result, to the last digit",), (Equation(working.derivative, (row,)),))

    def _update(self, update: Update) -> Equation:
        node, digits = self._working.node, self._digits
        eta, before, gradient = (show(each, digits) for each in (update.eta, update.before, update.gradient))
        gradient = self._result or gradient
        after = agreeing(update.after, before.shown - eta.shown * gradient.shown, digits)
        name, slope = node.bracketed, self._working.derivative
        rule = Written(f"{name.text} - eta * {slope.text}", rf"{name.latex} - \eta \, {slope.latex}")
        start, step = _numeral(before), _number_product([eta, gradient])
        numbers = Written(f"{start.text} - {step.text}", f"{start.latex} - {step.latex}")
        left = Written(f"new {name.text}", rf"\text{{new }} {name.latex}")
        return _equation(left, [EquationRow("=", (rule,)), *_calculation((numbers,), [eta, before, gradient], after)])


# Rows of an equation --------------------------------------------------------------------------------------------------


def _equation(left: Written, rows: Iterator[EquationRow] | Sequence[EquationRow]) -> Equation:
    """Return an equation without rows that read like the one before them, or like the left side."""
    kept: list[EquationRow] = []
    for row in rows:
        before = kept[-1].terms if kept else (left,)
        if [term.text for term in row.terms] != [term.text for term in before]:
            kept.append(row)
    return Equation(left, tuple(kept))


def _calculation(terms: tuple[Written, ...], shown: Sequence[Shown], result: Shown) -> tuple[EquationRow, ...]:
    """Return the rows of a calculation with numbers: the numbers, and their result."""
    return EquationRow(relation(shown), terms), EquationRow(relation([result, *shown]), (_numeral(result),))


def _by_reader(formula: Any) -> float:
    """Return what a reader gets who calculates a formula from its numbers as they are printed; nan for nothing."""
    if isinstance(formula, Numeral):
        return formula.number.shown
    if not isinstance(formula, Formula):  # the mark for omitted lines
        return math.nan
    try:
        return float(formula.op(*map(_by_reader, formula.operands)))
    except (ArithmeticError, TypeError, ValueError):  # a rounded number may be outside of a domain
        return math.nan


def _listed(terms: Sequence[Written], step: ChainStep) -> tuple[Written, ...]:
    """Return the terms of a step with a mark for those that are left out in the middle."""
    if not step.left_out:
        return tuple(terms)
    more = Written(f"... [{step.left_out:,} more]", rf"\cdots \text{{ ({step.left_out} more)}}")
    half = len(terms) // 2
    return (*terms[:half], more, *terms[half:])


def _written(formula: Any, least: int = 0) -> Written:
    """Return a formula or number in both notations, in brackets if it binds less tightly than its place allows."""
    pairs = [formula.write(way) if isinstance(formula, Symbol) else write_number(formula) for way in ("text", "latex")]
    (text, _), (latex, _) = pairs
    return Written(
        text if pairs[0][1] >= least else f"({text})", latex if pairs[1][1] >= least else rf"\left({latex}\right)"
    )


def _written_terms(formula: Any) -> tuple[Written, ...]:
    """Return the terms of a sum, each in both notations; a formula that is no sum is one term."""
    terms: list[Written] = []
    while isinstance(formula, Formula) and formula.op is add:
        formula, last = formula.operands
        terms.append(_written(last, SUM + 1))
    return (_written(formula, SUM if terms else 0), *reversed(terms))


def _numeral(number: Shown, least: int = 0) -> Written:
    return _written(Numeral(number), least)


def _product(factors: Sequence[Written]) -> Written:
    """Return a product; the factors have their brackets already."""
    return Written(_TIMES.join(factor.text for factor in factors), r" \cdot ".join(each.latex for each in factors))


def _number_product(numbers: Sequence[Shown]) -> Written:
    return _product([_numeral(number, PRODUCT if len(numbers) > 1 else 0) for number in numbers])


# Plain text -----------------------------------------------------------------------------------------------------------


def write_text(title: Prose, sections: Sequence[Section], width: int) -> str:
    """Return the page as text, equations aligned, lines broken at + and * to fit into so many columns."""
    lines = [_sentence(title, "text")]
    for section in sections:
        lines += ["", _sentence(section.title, "text")]
        left = max((len(equation.left.text) for equation in section.equations), default=0)
        for equation in section.equations:
            lines += _text_lines(equation, min(left, _WIDEST_LEFT), width)
        lines += [f"  {_sentence(sentence, 'text')}" for sentence in section.sentences]
    return "\n".join(lines)


def _text_lines(equation: Equation, left_width: int, width: int) -> Iterator[str]:
    left = f"  {equation.left.text:<{left_width}} "
    whole = left + " ".join(row.text for row in equation.rows)
    if len(whole) <= width and not any(row.apart for row in equation.rows):
        yield whole
        return
    indent = " " * min(len(left), _WIDEST_LEFT + 3)
    if len(left) > len(indent):
        yield left.rstrip()
        left = indent
    for row in equation.rows:
        for line in _broken_text(row, width - len(indent)):
            yield left + line
            left = indent


def _broken_text(row: EquationRow, width: int) -> Iterator[str]:
    """Yield a row, broken before a "+" where it is too wide, and before a "*" where a term is."""
    line = row.relation
    for place, term in enumerate(row.terms):
        mark = "+ " if place else ""
        if place and (row.apart or len(line) + len(mark) + len(term.text) + 1 > width):
            yield line
            line = ""
        for factor_place, factor in enumerate(term.text.split(_TIMES)):
            piece = f"{_TIMES.strip()} {factor}" if factor_place else mark + factor
            if factor_place and len(line) + 1 + len(piece) > width:
                yield line
                line = f"  {piece}"
            else:
                line = f"{line} {piece}" if line else piece
    yield line


# LaTeX and Markdown ---------------------------------------------------------------------------------------------------


def write_latex(sections: Sequence[Section]) -> str:
    """Return the equations of each section as one ``align*``."""
    groups = [_latex_equations(section) for section in sections if section.equations]
    return "\n\n".join(f"\\begin{{align*}}\n{group}\n\\end{{align*}}" for group in groups)


def write_display(sections: Sequence[Section]) -> str:
    """Return all equations as one displayed formula, which a notebook shows."""
    groups = " \\\\[1.5em]\n".join(_latex_equations(section) for section in sections if section.equations)
    return f"$$\n\\begin{{aligned}}\n{_safe_in_markdown(groups)}\n\\end{{aligned}}\n$$"


def write_markdown(title: Prose, sections: Sequence[Section]) -> str:
    """Return the page as Markdown."""
    blocks = [f"### {_sentence(title, 'latex')}"]
    for section in sections:
        blocks.append(f"**{_sentence(section.title, 'latex')}**")
        if section.equations:
            blocks.append(write_display([section]))
        if section.sentences:
            blocks.append("\n".join(f"- {_sentence(sentence, 'latex')}" for sentence in section.sentences))
    return "\n\n".join(blocks) + "\n"


def _safe_in_markdown(latex: str) -> str:
    r"""Return LaTeX without ``<`` and ``>``, which start tags, and without ``\$``, which may end the formula."""
    return latex.replace("<", r"\lt ").replace(">", r"\gt ").replace(r"\$", r"\text{＄}")


def _latex_equations(section: Section) -> str:
    return " \\\\[0.5em]\n".join(" \\\\\n".join(_latex_lines(equation)) for equation in section.equations)


def _latex_lines(equation: Equation) -> Iterator[str]:
    left = equation.left.latex
    length = len(equation.left.text) + sum(len(row.text) + 1 for row in equation.rows)
    if length <= _SLIDE and not any(row.apart for row in equation.rows):
        yield f"{left} &{' '.join(row.latex for row in equation.rows)}"
        return
    for row in equation.rows:
        for line in _broken_latex(row):
            yield f"{left} &{line}"
            left = ""


def _broken_latex(row: EquationRow) -> Iterator[str]:
    """Yield a row in LaTeX, broken before a "+" where its plain text is too wide."""
    line, length = f"{_latex_relation(row.relation)} {row.terms[0].latex}", len(row.terms[0].text)
    for term in row.terms[1:]:
        if row.apart or length + len(term.text) + 3 > _SLIDE:
            yield line
            line, length = rf"\quad + {term.latex}", len(term.text)
        else:
            line, length = f"{line} + {term.latex}", length + len(term.text) + 3
    yield line


def _latex_relation(relation: str) -> str:
    return relation.replace("≈", r"\approx")


def _sentence(parts: Prose, notation: Literal["text", "latex"]) -> str:
    if notation == "text":
        return "".join(part.text if isinstance(part, Written) else translate(part) for part in parts)
    written = (f"${_safe_in_markdown(part.latex)}$" if isinstance(part, Written) else translate(part) for part in parts)
    return "".join(written)
