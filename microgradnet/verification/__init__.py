"""Printed numbers against the graph: whether a hand calculation is right, only rounded, or wrong, and why.

Where to read what, in this order:

- a figure and its judgement: ``reading``, ``figure``, ``verdict``;
- what else a figure may follow from: ``runs``, ``intermediates``; which slip explains it: ``slips``, ``graph_slips``,
  ``typos``, ``wording``;
- what is claimed, and the findings: ``claim``, ``report``;
- the language of quantities: ``characters``, ``expression``, ``atoms``, ``quantity``;
- a worksheet, from TOML to numbers: ``toml_file``, ``strict``, ``records``, ``schema``, then ``network``, ``updates``,
  ``stepping``, ``calculation``, and ``worksheet`` over all; those that come with the package: ``library``;
- a user's own graph: ``graph_context``, ``asking``, and :func:`verify` here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microgradnet.value import Value
    from microgradnet.verification.report import Report


def verify(
    loss: Value,
    claims: Mapping[Value | str, str],
    *,
    eta: float | None = None,
    update: Iterable[Value | str] | None = None,
) -> Report:
    """Judge printed figures against a recorded graph. Neither its numbers nor its gradients are touched.

    Arguments:
        loss: the node that is differentiated.
        claims: figures as they are printed. A ``Value`` as key claims d loss/d that node, or for ``loss`` itself its
            value. A string is a quantity, which names nodes by their labels: ``"z1[1]"``, ``"dE/dw1[1,1]"``,
            ``"new w1[1,1]"``, ``"0.5*(t[1] - a2[1])**2"``.
        eta: the learning rate, where a claim is about a step of gradient descent.
        update: the leaves that a step changes, or their labels; by default weights and biases (``w1[1,2]``, ``b1[1]``),
            or all leaves where none is labelled so.

    Returns:
        the report: print it, look at it in a notebook, or go through its findings.

    Raises:
        ArgumentError: there are no claims, or a key is not in the graph, or a step has no learning rate.
        FigureError: a figure is no string, or does not read as a number.
        UnknownNameError: a quantity names a node that the graph does not have.
        ExpressionError: a quantity does not read as one.

    Example:
        >>> import microgradnet as mg
        >>> w = mg.Value(0.1, label="w")
        >>> loss = mg.exp(w * 2.0)
        >>> print(verify(loss, {w: "2.44", "new w": "-0.1442"}, eta=0.1))
        quantity  printed        exact  verdict
        ---------------------------------------------------------------------------------
        dloss/dw     2.44     2.442806  ✓ rounded: to 2 decimals
        new w     -0.1442  -0.14428055  ≈ truncated: to 4 decimals; rounded it is -0.1443
        ---------------------------------------------------------------------------------
        2 claims: 1 rounded, 1 truncated.
    """
    from microgradnet.verification.asking import claims_of
    from microgradnet.verification.claim import examine

    return examine(claims_of(loss, claims, eta, update))


def __getattr__(name: str) -> Any:
    if name in ("Figure", "Verdict", "Report", "Finding", "Worksheet"):
        from importlib import import_module

        homes = {"Figure": "figure", "Verdict": "verdict", "Worksheet": "worksheet"}
        return getattr(import_module(f"{__name__}.{homes.get(name, 'report')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
