"""Printed numbers against the graph: whether a hand calculation is right, only rounded, or wrong, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microgradnet.value import Value
    from microgradnet.verification.report import Report


def verify(
    loss: Value,
    claims: Mapping[Value | str, str] | str,
    *,
    eta: float | None = None,
    update: Iterable[Value | str] | None = None,
) -> Report:
    """Judge printed figures against a recorded graph. Neither its numbers nor its gradients are touched.

    Arguments:
        loss: the node that is differentiated.
        claims: figures as they are printed. A ``Value`` as key claims d loss/d that node, or for ``loss`` itself its
            value. A string is a quantity, which names nodes by their labels: ``"z1[1]"``, ``"dE/dw1[1,1]"``,
            ``"new w1[1,1]"``, ``"0.5*(t[1] - a2[1])**2"``. One string holds the lines of a calculation as people write
            it, ``"z = w*x + b = 0.5*2 + 0.1 = 1.1"``, in plain text or LaTeX; every relation of each is judged.
        eta: the learning rate, where a claim is about a step of gradient descent.
        update: the leaves that a step changes, or their labels; by default weights and biases (``w1[1,2]``, ``b1[1]``),
            or all leaves where none is labelled so.

    Returns:
        The report: print it, look at it in a notebook, or go through its findings. It is true only if every figure is
        as expected. In IPython and Jupyter a cell that begins with ``%%verify loss`` judges its lines in the same way.

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
        --------  -------  -----------  -------------------------------------------------
        dloss/dw     2.44     2.442806  ✓ rounded: to 2 decimals
        new w     -0.1442  -0.14428055  ≈ truncated: to 4 decimals; rounded it is -0.1443
        2 claims: 1 rounded, 1 truncated.
    """
    from microgradnet.errors import ArgumentError, type_of
    from microgradnet.names import caller_variables
    from microgradnet.operation import as_float
    from microgradnet.value import Value as Node
    from microgradnet.verification.calculation import Calculation
    from microgradnet.verification.judging import judge

    if not isinstance(loss, Node):
        given = f"{loss!r} of type {type(loss).__name__}"
        raise ArgumentError("verify needs the node that is differentiated", given, "Give the loss, a Value.")
    if not isinstance(claims, Mapping | str) or not claims:
        given = f"an empty {type(claims).__name__}" if isinstance(claims, Mapping | str) else type_of(claims)
        raise ArgumentError("verify needs at least one claim", given, 'Give figures, such as {w: "0.0084"}.')
    calculation = Calculation(loss, variables=caller_variables())
    if eta is not None:
        calculation.set_step(as_float(eta), update)
    if isinstance(claims, str):
        from microgradnet.verification.page import PageReader

        report = PageReader(calculation).judge(claims.split("\n"))
        report.lines = tuple(claims.split("\n"))
        return report
    return judge(calculation, [_claim(calculation, key, figure) for key, figure in claims.items()])


def _claim(calculation: Any, key: Any, figure: Any) -> Any:
    """Return the claim that an entry of the caller's dict makes."""
    from microgradnet.errors import ArgumentError, type_of
    from microgradnet.graph import depends_on
    from microgradnet.value import Value as Node
    from microgradnet.verification.figure import Figure
    from microgradnet.verification.language import Derivative, Name, Quantity
    from microgradnet.verification.report import Claim

    printed = figure if isinstance(figure, Figure) else Figure.parse(figure)
    if isinstance(key, str):
        return Claim(calculation.read(key), printed)
    if not isinstance(key, Node):
        given = f"{key!r} of type {type_of(key)}"
        raise ArgumentError("a claim is about a node or a quantity", given, "Use a Value or a string as the key.")
    if not depends_on(calculation.loss, key):
        named = f"a Value labelled {key.label!r}" if key.label else f"a Value of {key.data:g} without a label"
        advice = "Use a Value that the loss was computed from; numbers given to a network become Values of their own."
        raise ArgumentError("a claim is about a node below the loss", named, advice)
    name = calculation.name_of(key)
    atom = Name(name) if key is calculation.loss else Derivative(calculation.loss_name, name)
    return Claim(Quantity.of(atom), printed)


def register_magic(shell: Any) -> None:
    """Register ``%%verify E`` with IPython: the lines of the cell are judged against the node, marks in the margin.

    Behind the node may stand the options of :func:`verify`, as in ``%%verify E eta=0.5``. ``%load_ext microgradnet``
    calls this; where IPython runs, ``import microgradnet`` does.
    """

    def judge_cell(line: str, cell: str) -> Any:
        from microgradnet.errors import ArgumentError

        if not line.strip():
            raise ArgumentError("%%verify needs the node that is differentiated", "nothing", "Write %%verify E.")
        options = re.sub(r"\s+(?=\w+\s*=)", ", ", line.strip())
        known = {"_verify": verify, "_lines": cell}
        call = re.sub(r"^([^,]+)", r"_verify(\1, _lines", options) + ")"
        return eval(call, shell.user_ns, known)  # what the user types in the user's own notebook

    shell.register_magic_function(judge_cell, magic_kind="cell", magic_name="verify")


_PARTS = {"Figure": "figure", "Verdict": "report", "Report": "report", "Finding": "report", "Worksheet": "worksheet"}


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_PARTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
