"""The colours of a picture: white boxes, thin rules, one accent for values and one for gradients."""

from __future__ import annotations

from dataclasses import dataclass

from microgradnet.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#rrggbb``. Blue and vermilion stay apart for every common form of colour blindness.

    What they say is always said without them too: by shape, by a sign, by dashes, by words.

    They are M. Okabe and K. Ito's (*Color Universal Design*, 2008), darkened or lightened to a contrast of at least
    4.5 to 1 against the box.
    """

    background: str = "#ffffff"
    box: str = "#ffffff"
    rule: str = "#3c4654"
    text: str = "#111827"
    muted: str = "#5b6675"
    value: str = "#00609a"
    gradient: str = "#b04a00"
    symbol: str = "#e9edf2"
    cluster: str = "#f6f7f9"
    cluster_rule: str = "#c3cad3"
    positive: str = "#0072b2"
    negative: str = "#d55e00"
    highlight: str = "#00785a"


LIGHT = Theme()
DARK = Theme(
    background="#11161d",
    box="#1a212b",
    rule="#b4bfcc",
    text="#f2f5f8",
    muted="#a3afbd",
    value="#7cc4f5",
    gradient="#ffa366",
    symbol="#303b49",
    cluster="#161c24",
    cluster_rule="#4a5666",
    positive="#56b4e9",
    negative="#f0883e",
    highlight="#2fc79b",
)
PRINT = Theme(
    rule="#000000",
    text="#000000",
    muted="#333333",
    value="#000000",
    gradient="#000000",
    symbol="#ffffff",
    cluster="#ffffff",
    cluster_rule="#777777",
    positive="#000000",
    negative="#000000",
    highlight="#000000",
)
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}


def find_theme(theme: str | Theme) -> Theme:
    """Return the theme of this name; a theme of one's own is returned as it is.

    Raises:
        UnknownNameError: there is no theme of this name.
    """
    if isinstance(theme, Theme):
        return theme
    if theme in THEMES:
        return THEMES[theme]
    raise UnknownNameError("the name of a theme", repr(theme), f"There are {', '.join(THEMES)}; or pass a Theme.")
