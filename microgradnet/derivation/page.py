"""What stands on the page of a derivation, before it is text, Markdown or LaTeX: sections of equations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.derivation.chain import MANY
from microgradnet.derivation.figures import Figure, Numeral, agreeing, figure, in_full, relation
from microgradnet.derivation.formulas import substitute
from microgradnet.derivation.lettering import Written
from microgradnet.derivation.working import Definition, Factor, Prose, Step, Update, Working
from microgradnet.operation import PRODUCT, SUM
from microgradnet.ops import add
from microgradnet.symbols import Formula, Symbol, write_number


@dataclass(frozen=True, slots=True)
class Row:
    """One step of an equation: "=" or "≈", and a sum of terms, each on a line of its own where they stand apart."""

    relation: str
    terms: tuple[Written, ...]
    apart: bool = False

    @property
    def text(self) -> str:
        """The row on one line."""
        return f"{self.relation} {' + '.join(term.text for term in self.terms)}"


@dataclass(frozen=True, slots=True)
class Equation:
    """A left side, and what it equals, step by step."""

    left: Written
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, equations, and sentences after them."""

    title: Prose
    equations: tuple[Equation, ...] = ()
    sentences: tuple[Prose, ...] = ()


def written(formula: Any, least: int = 0) -> Written:
    """Return a formula or number in both notations, in brackets if it binds less tightly than its place allows."""
    pairs = [formula.write(way) if isinstance(formula, Symbol) else write_number(formula) for way in ("text", "latex")]
    (text, _), (latex, _) = pairs
    return Written(
        text if pairs[0][1] >= least else f"({text})", latex if pairs[1][1] >= least else rf"\left({latex}\right)"
    )


def written_terms(formula: Any) -> tuple[Written, ...]:
    """Return the terms of a sum, each in both notations; a formula that is no sum is one term."""
    terms: list[Written] = []
    while isinstance(formula, Formula) and formula.op is add:
        formula, last = formula.operands
        terms.append(written(last, SUM + 1))
    return (written(formula, SUM if terms else 0), *reversed(terms))


def numeral(number: Figure, least: int = 0) -> Written:
    """Return a number as shown, in brackets if it is negative and its place needs them."""
    return written(Numeral(number), least)


def product(factors: Sequence[Written]) -> Written:
    """Return a product; the factors have their brackets already."""
    return Written(" * ".join(factor.text for factor in factors), r" \cdot ".join(factor.latex for factor in factors))


def number_product(numbers: Sequence[Figure]) -> Written:
    """Return a product of numbers as shown."""
    return product([numeral(number, PRODUCT if len(numbers) > 1 else 0) for number in numbers])


_LONGEST_SUBSTITUTION = 240  # characters; beyond it only the result is given


class Script:
    """Writes the page of a derivation.

    Arguments:
        working: the derivation as data.
        digits: how many significant digits are shown.
    """

    def __init__(self, working: Working, digits: int) -> None:
        self._working, self._digits = working, digits
        self._result: Figure | None = None  # the derivative, as the numbers shown give it

    def sections(self) -> list[Section]:
        """Return the page, from the question to the update."""
        return [section for section in self._all() if section.equations or section.sentences]

    def _all(self) -> Iterator[Section]:
        working = self._working
        yield Section(("The formulas from ", working.node, " up to ", working.loss), *self._definitions())
        if working.paths:
            yield from self._path_by_path()
        elif working.steps:
            yield self._node_by_node()
        yield self._in_full()
        if working.update is not None:
            yield Section(("The update",), (self._update(working.update),))
        yield Section(("Notes",), (), working.notes)

    def _definitions(self) -> tuple[tuple[Equation, ...], tuple[tuple[str, ...], ...]]:
        working = self._working
        equations = tuple(Equation(item.name, tuple(self._evaluated(item))) for item in working.definitions)
        more = working.definitions_left_out
        return equations, ((f"{more:,} more formulas are left out.",),) if more else ()

    def _path_by_path(self) -> Iterator[Section]:
        working, several = self._working, len(self._working.paths) > 1
        products = tuple(product([factor.derivative for factor in path.factors]) for path in working.paths)
        if several or len(working.paths[0].factors) > 1:
            title = f"The chain rule, over {len(products)} paths" if several else "The chain rule"
            yield Section((title,), (Equation(working.derivative, (Row("=", products, apart=several),)),))
        yield Section(
            ("Each factor",) if len(working.factors) > 1 else ("The derivative",),
            tuple(Equation(factor.derivative, tuple(self._evaluated(factor))) for factor in working.factors),
        )
        if len(working.factors) > 1:
            yield Section(("The numbers",), tuple(self._multiplied()))

    def _multiplied(self) -> Iterator[Equation]:
        """Yield the product along each path, and their sum."""
        working, results = self._working, []
        several = len(working.paths) > 1
        for number, path in enumerate(working.paths, 1):
            shown = [figure(factor.value, self._digits) for factor in path.factors]
            value = path.value if several else working.value
            results.append(agreeing(value, math.prod(each.shown for each in shown), self._digits))
            left = Written(f"path {number}", rf"\text{{path }}{number}") if several else working.derivative
            yield Equation(left, _calculation((number_product(shown),), shown, results[-1]))
        if several:
            total = agreeing(working.value, sum(each.shown for each in results), self._digits)
            terms = tuple(numeral(each, SUM + 1) for each in results)
            yield Equation(working.derivative, _calculation(terms, results, total))
            results.append(total)
        self._result = results[-1]

    def _node_by_node(self) -> Section:
        working = self._working
        equations = tuple(self._step(step) for step in working.steps)
        sentences: list[tuple[str, ...]] = []
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

    def _step(self, step: Step) -> Equation:
        """Return one node's derivative: in names, in formulas, in numbers."""
        rows = [] if step.delta is None else [Row("=", (step.derivative,))]
        if len(step.terms) == 1 and step.terms[0].above is None:
            rows += self._evaluated(step.terms[0].factor)
            return Equation(step.delta or step.derivative, tuple(rows))
        shown: list[Figure] = []
        names, formulas, numbers = [], [], []
        for term in step.terms:
            above = [] if term.above is None else [term.above]
            least = PRODUCT if above else SUM + 1
            names.append(product([*above, term.factor.derivative]))
            formulas.append(product([*above, written(term.factor.formula, least)]))
            figures = [figure(term.above_value, self._digits)] if above else []
            factor = written(self._substituted(term.factor, shown), least)
            numbers.append(product([*(numeral(each, PRODUCT) for each in figures), factor]))
            shown += figures
        rows += [Row("=", self._sum(names, step)), Row("=", self._sum(formulas, step))]
        rows += _calculation(self._sum(numbers, step), shown, figure(step.value, self._digits))
        return Equation(step.delta or step.derivative, _without_repeats(rows))

    def _substituted(self, item: Factor | Definition, shown: list[Figure]) -> Any:
        """Return a formula with numbers, or only its result where that would be too long; note the numbers shown."""
        if not isinstance(item.formula, Formula) or len(item.formula.text) > _LONGEST_SUBSTITUTION:
            shown.append(figure(item.value, self._digits))
            return Numeral(shown[-1])

        def number(value: float) -> Numeral:
            shown.append(figure(value, self._digits))
            return Numeral(shown[-1])

        return substitute(item.formula, number)

    def _sum(self, terms: Sequence[Written], step: Step) -> tuple[Written, ...]:
        if not step.left_out:
            return tuple(terms)
        more = Written(f"... [{step.left_out:,} more]", rf"\cdots \text{{ ({step.left_out} more)}}")
        half = len(terms) // 2
        return (*terms[:half], more, *terms[half:])

    def _evaluated(self, item: Factor | Definition) -> Iterator[Row]:
        """Yield a formula, the formula with numbers, and the result."""
        shown: list[Figure] = []
        numbers = written_terms(self._substituted(item, shown))
        if isinstance(item.formula, Symbol):
            yield Row("=", written_terms(item.formula))
        yield from _calculation(numbers, shown, figure(item.value, self._digits))

    def _in_full(self) -> Section:
        """Return the result to the last digit; nothing, where that has been shown before."""
        working, full = self._working, in_full(self._working.value)
        if working.steps and full == figure(working.value, self._digits).text:
            return Section(())
        row = Row("=", (written(Numeral(Figure(working.value, full, True))),))
        return Section(("The result, to the last digit",), (Equation(working.derivative, (row,)),))

    def _update(self, update: Update) -> Equation:
        node, digits = self._working.node, self._digits
        eta, before, gradient = (figure(each, digits) for each in (update.eta, update.before, update.gradient))
        gradient = self._result or gradient
        after = agreeing(update.after, before.shown - eta.shown * gradient.shown, digits)
        name, slope = node.bracketed, self._working.derivative
        rule = Written(f"{name.text} - eta * {slope.text}", rf"{name.latex} - \eta \, {slope.latex}")
        start, step = numeral(before), number_product([eta, gradient])
        numbers = Written(f"{start.text} - {step.text}", f"{start.latex} - {step.latex}")
        left = Written(f"new {name.text}", rf"\text{{new }} {name.latex}")
        return Equation(left, (Row("=", (rule,)), *_calculation((numbers,), [eta, before, gradient], after)))


def _calculation(terms: tuple[Written, ...], shown: Sequence[Figure], result: Figure) -> tuple[Row, ...]:
    """Return the rows of a calculation with numbers: the numbers, then what they come to."""
    first = "=" if all(number.exact for number in shown) else "≈"
    return _without_repeats([Row(first, terms), Row(relation(result, shown), (numeral(result),))])


def _without_repeats(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Leave out a row that reads like the one before it."""
    kept = [row for index, row in enumerate(rows) if not index or row.terms != rows[index - 1].terms]
    return tuple(kept)


WIDTH = 100
_WIDEST_LEFT = 28


def write_text(title: Prose, sections: Sequence[Section]) -> str:
    """Return the page as text, equations aligned, lines of at most 100 columns where they can be broken."""
    lines = [_sentence(title)]
    for section in sections:
        lines += ["", _sentence(section.title)]
        width = max((len(equation.left.text) for equation in section.equations), default=0)
        for equation in section.equations:
            lines += _equation(equation, min(width, _WIDEST_LEFT))
        lines += [f"  {_sentence(sentence)}" for sentence in section.sentences]
    return "\n".join(lines)


def _equation(equation: Equation, width: int) -> Iterator[str]:
    left = f"  {equation.left.text:<{width}} "
    whole = left + " ".join(row.text for row in equation.rows)
    if len(whole) <= WIDTH and not any(row.apart for row in equation.rows):
        yield whole
        return
    indent = " " * min(len(left), _WIDEST_LEFT + 3)
    if len(left) > len(indent):
        yield left.rstrip()
        left = indent
    for row in equation.rows:
        for line in _broken(row, WIDTH - len(indent)):
            yield left + line
            left = indent


def _broken(row: Row, width: int) -> Iterator[str]:
    """Yield a row, broken before a "+" where it is too wide."""
    line = f"{row.relation} {row.terms[0].text}"
    for term in row.terms[1:]:
        if row.apart or len(line) + len(term.text) + 3 > width:
            yield line
            line = f"+ {term.text}"
        else:
            line += f" + {term.text}"
    yield line


def _sentence(parts: Prose) -> str:
    return "".join(part.text if isinstance(part, Written) else part for part in parts)


_WIDTH = 84  # columns that the plain text of one line may have, to fit on a slide
_RELATIONS = {"=": "=", "≈": r"\approx"}


def write_latex(sections: Sequence[Section]) -> str:
    """Return the equations of each section as one ``align*``."""
    groups = [_equations(section) for section in sections if section.equations]
    return "\n\n".join(f"\\begin{{align*}}\n{group}\n\\end{{align*}}" for group in groups)


def write_display(sections: Sequence[Section]) -> str:
    """Return all equations as one displayed formula, which a notebook shows."""
    groups = " \\\\[1.5em]\n".join(_equations(section) for section in sections if section.equations)
    return f"$$\n\\begin{{aligned}}\n{safe_in_markdown(groups)}\n\\end{{aligned}}\n$$"


def write_markdown(title: Prose, sections: Sequence[Section]) -> str:
    """Return the page as Markdown."""
    blocks = [f"### {_latex_sentence(title)}"]
    for section in sections:
        blocks.append(f"**{_latex_sentence(section.title)}**")
        if section.equations:
            blocks.append(write_display([section]))
        if section.sentences:
            blocks.append("\n".join(f"- {_latex_sentence(sentence)}" for sentence in section.sentences))
    return "\n\n".join(blocks) + "\n"


def safe_in_markdown(latex: str) -> str:
    r"""Return LaTeX without ``<`` and ``>``, which start tags, and without ``\$``, which may end the formula."""
    return latex.replace("<", r"\lt ").replace(">", r"\gt ").replace(r"\$", r"\text{＄}")


def _equations(section: Section) -> str:
    return " \\\\[0.5em]\n".join(" \\\\\n".join(_latex_equation(equation)) for equation in section.equations)


def _latex_equation(equation: Equation) -> Iterator[str]:
    left = equation.left.latex
    length = len(equation.left.text) + sum(len(row.text) + 1 for row in equation.rows)
    if length <= _WIDTH and not any(row.apart for row in equation.rows):
        yield f"{left} &{' '.join(_row(row) for row in equation.rows)}"
        return
    for row in equation.rows:
        for line in _latex_broken(row):
            yield f"{left} &{line}"
            left = ""


def _row(row: Row) -> str:
    return f"{_RELATIONS[row.relation]} " + " + ".join(term.latex for term in row.terms)


def _latex_broken(row: Row) -> Iterator[str]:
    """Yield a row, broken before a "+" where it is too wide."""
    line, length = f"{_RELATIONS[row.relation]} {row.terms[0].latex}", len(row.terms[0].text)
    for term in row.terms[1:]:
        if row.apart or length + len(term.text) + 3 > _WIDTH:
            yield line
            line, length = rf"\quad + {term.latex}", len(term.text)
        else:
            line, length = f"{line} + {term.latex}", length + len(term.text) + 3
    yield line


def _latex_sentence(parts: Prose) -> str:
    return "".join(f"${safe_in_markdown(part.latex)}$" if isinstance(part, Written) else part for part in parts)
