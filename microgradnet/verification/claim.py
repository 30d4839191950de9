"""A claim: a printed figure for a quantity, judged among the other figures that the same source prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from microgradnet.verification.figure import Figure
from microgradnet.verification.intermediates import alternatives
from microgradnet.verification.report import Finding, Report
from microgradnet.verification.runs import Evaluate, Key, ListeningRun
from microgradnet.verification.slips import Effort, Wrong, explain
from microgradnet.verification.verdict import Alternative, Verdict, judge


def _no_orders() -> Iterable[Alternative]:
    return ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A printed figure for a quantity.

    Arguments:
        quantity: what is claimed, in the language of quantities.
        printed: the figure.
        evaluate: the quantity as a function of a run over the graph, which gives it all its numbers.
        name: what the source calls it; the quantity where not given.
        key: what the figure can stand in for when other quantities are computed from printed intermediates.
        sign: -1 where the figure is the negative of that, as many books print -dE/dz.
        also: other figures that the source prints for the same quantity.
        orders: called when all else fails; gives what the quantity is under other orders of updates, with their names.
        expected: the verdict that it should get; None for any but wrong.
        reason: why that one is expected.
    """

    quantity: str
    printed: Figure
    evaluate: Evaluate
    name: str = ""
    key: Key | None = None
    sign: int = 1
    also: tuple[Figure, ...] = ()
    orders: Callable[[], Iterable[Alternative]] = _no_orders
    expected: Verdict | None = None
    reason: str = ""

    def judge(self, figures: Mapping[Key, Sequence[Figure]], effort: Effort) -> Finding:
        """Judge the claim, given the figures that are printed for other quantities, and how long to look for slips.

        Raises:
            DomainError: the quantity has no value.
        """
        asked = ListeningRun()
        value = self.evaluate(asked)
        others = {key: several for key, several in figures.items() if key != self.key}
        wrong = Wrong(self.printed, self.evaluate, value, asked, others, self.orders, effort)
        one_digit_and_known = bool(self.reason) and self.printed.digits < 2  # a guess beside the reason would mislead
        judgement = judge(
            self.printed,
            value,
            rounded=alternatives(self.printed, self.evaluate, others) if asked.was_asked else (),
            orders=(alternative for find in [self.orders] for alternative in find()),  # found only when it comes to it
            slips=() if one_digit_and_known else explain(wrong),
        )
        return Finding(
            name=self.name or self.quantity,
            quantity=self.quantity,
            printed=self.printed.text,
            value=value,
            exact_text=self.printed.further(value),
            verdict=judgement.verdict,
            explanation=judgement.explanation,
            expected=self.expected,
            reason=self.reason,
        )


def examine(claims: Iterable[Claim], title: str = "", notes: str = "") -> Report:
    """Judge claims that come from one source, each with the help of the others' figures.

    Raises:
        DomainError: a quantity has no value.
    """
    claims = list(claims)
    figures: dict[Key, list[Figure]] = {}
    for claim in claims:
        if claim.key is not None:
            signed = (figure if claim.sign > 0 else -figure for figure in (claim.printed, *claim.also))
            known = figures.setdefault(claim.key, [])
            known += [figure for figure in dict.fromkeys(signed) if figure not in known]
    effort = Effort()
    return Report([claim.judge(figures, effort) for claim in claims], title=title, notes=notes)
