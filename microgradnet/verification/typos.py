"""Slips of the pen: what is printed is almost the right digits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from microgradnet.errors import FigureError
from microgradnet.verification.figure import Figure

_LARGEST_SHIFT = 3  # places that a decimal point is taken to move


def moved_point(figure: Figure, value: float) -> Iterator[str]:
    """Yield the sentence for a decimal point in another place, nearest first."""
    for places in range(1, _LARGEST_SHIFT + 1):
        for power, size in ((places, "large"), (-places, "small")):
            if figure.digits >= 2 and figure.is_rounding_of(value * 10.0**power):
                yield f"the decimal point may be moved: {10**places} times too {size}"


def misprint(figure: Figure, value: float) -> Iterator[str]:
    """Yield the sentences for digits that are swapped, wrong, too many or missing."""
    right = figure.like(value)
    if _skeleton(right) == _skeleton(figure.text):
        wrong = [place for place, (was, should) in enumerate(zip(figure.text, right, strict=True)) if was != should]
        if figure.digits >= 3 and _is_swap(figure.text, right, wrong):
            yield "two digits may be swapped"
        elif figure.digits >= 4 and len(wrong) == 1:
            yield "one digit may be misprinted"
    if figure.digits >= 5:
        yield from (f"there may be a digit too many: {text}" for text in _without_one(figure) if _reads(text, value))
    if figure.digits >= 4:
        yield from (f"a digit may be missing: {text}" for text in _with_one_more(figure) if _reads(text, value))


def _skeleton(text: str) -> str:
    return "".join("0" if character.isdigit() else character for character in text)


def _is_swap(printed: str, right: str, wrong: list[int]) -> bool:
    if len(wrong) != 2 or printed[wrong[0] + 1 : wrong[1]].strip("."):
        return False  # not two neighbours, with at most the point between them
    return (printed[wrong[0]], printed[wrong[1]]) == (right[wrong[1]], right[wrong[0]])


def _significant(figure: Figure) -> list[int]:
    """Return the places in the text of the figure's significant digits."""
    places: list[int] = []
    for place, character in enumerate(figure.text):
        if character in "0123456789" and (places or character != "0"):
            places.append(place)
        if len(places) == figure.digits:
            break
    return places


def _without_one(figure: Figure) -> Iterator[str]:
    """Yield the figure without one of its digits; the last stays, as without it the figure is merely shorter."""
    for place in _significant(figure)[:-1]:
        yield figure.text[:place] + figure.text[place + 1 :]


def _with_one_more(figure: Figure) -> Iterator[str]:
    for before, _ in pairwise(_significant(figure)):
        yield from (f"{figure.text[: before + 1]}{digit}{figure.text[before + 1 :]}" for digit in "0123456789")


def _reads(text: str, value: float) -> bool:
    try:
        return Figure.parse(text).is_rounding_of(value)
    except FigureError:
        return False
