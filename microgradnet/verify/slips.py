"""Which slip explains a wrong figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from microgradnet.verify.figure import Figure
from microgradnet.verify.intermediates import Figures, Run
from microgradnet.verify.verdict import Alternative


def explain(
    figure: Figure, evaluate: Callable[[Run], float], figures: Figures, orders: Callable[[], Iterable[Alternative]]
) -> Iterator[str]:
    """Yield the slips that a wrong figure may come from, the simplest first."""
    yield from ()
