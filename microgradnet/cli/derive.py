"""``microgradnet derive``: the chain rule for one node of a worked example or worksheet."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from microgradnet.cli.application import app
from microgradnet.cli.worksheet import Which, load
from microgradnet.errors import ArgumentError


@app.command()
def derive(
    which: Which,
    quantity: Annotated[str, typer.Argument(help="The node to derive by: w1[1,1], or dE/dw1[1,1].")],
    form: Annotated[str, typer.Option("--format", help="text, markdown or latex.")] = "text",
) -> None:
    """Write out the chain rule for one node, with symbols and then numbers."""
    from microgradnet.derivation import derive as derivation_of

    worksheet = load(which)
    node = worksheet.find(re.sub(r"^(new\s+|d[^/]+/d)", "", quantity.strip()))
    derivation = derivation_of(worksheet.loss, node, eta=worksheet.eta)
    forms = {"text": derivation.text, "markdown": derivation.markdown, "latex": derivation.latex}
    if form not in forms:
        raise ArgumentError("--format is text, markdown or latex", repr(form), "Choose one of the three.")
    print(forms[form])
