"""A picture as a page of its own: one HTML file with the SVG in it, no script, and nothing that is fetched."""

from __future__ import annotations

import html

# Nothing may run or be fetched, whatever a label says; the browser holds the page to it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1rem; background: Canvas; }}
main {{ overflow-x: auto; }}
svg {{ display: block; margin: auto; max-width: none !important; }}
@media print {{ svg {{ max-width: 100% !important; }} }}
</style>
</head>
<body>
<main tabindex="0" aria-label="{title}">
{svg}</main>
</body>
</html>
"""


def write_page(title: str, svg: str) -> str:
    """Return the HTML text. The picture keeps its size, and scrolls sideways where the window is narrower."""
    return _PAGE.format(policy=html.escape(_POLICY), title=html.escape(title), svg=svg)
