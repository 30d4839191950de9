"""Whether what is recorded now stands for one sample, or, compiled, for samples of all kinds.

Losses choose the form of a term by its number where the textbook's form would lose digits or overflow. A recording that
is compiled for other samples keeps the form, so it takes the one that holds for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_form = ""


@contextmanager
def recorded_for_any_sample(form: str = "accurate") -> Iterator[None]:
    """Have losses recorded inside choose forms that hold for any sample.

    Arguments:
        form: ``"accurate"`` keeps digits where a probability is near 0 or 1; ``"shifted"`` also has no power overflow,
            at the price of the largest output being computed for each sample.
    """
    global _form
    before, _form = _form, form
    try:
        yield
    finally:
        _form = before


def is_for_any_sample() -> bool:
    """Tell whether the recording stands for other samples too."""
    return bool(_form)


def is_shifted() -> bool:
    """Tell whether powers have to fit into floats for any sample."""
    return _form == "shifted"
