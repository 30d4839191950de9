"""From a recorded graph to its picture as data. The graph is read, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from microgradnet.drawing.boxes import make_boxes
from microgradnet.drawing.edges import make_edges
from microgradnet.drawing.flow import flow_notes
from microgradnet.drawing.fold import REPEATS, Fold, fold_choices, read_fold
from microgradnet.drawing.gradients import gradient_note
from microgradnet.drawing.highlight import find_highlight, highlight_notes
from microgradnet.drawing.options import LIMIT, PARTS
from microgradnet.drawing.picture import Edge, Picture
from microgradnet.drawing.repeats import USUAL
from microgradnet.drawing.source import Source
from microgradnet.errors import DrawingError
from microgradnet.graph import adjoints
from microgradnet.value import Value


def build_picture(
    loss: Value,
    *,
    show: Iterable[str] = PARTS,
    digits: int = 4,
    direction: str = "LR",
    fold: Fold = None,
    repeats: int = USUAL,
    limit: int = LIMIT,
    flow: bool = False,
    highlight: Any = None,
    known: Mapping[int, str] | None = None,
) -> Picture:
    """Return the picture of the graph below ``loss``, with the numbers as they are now.

    The arguments are those of :func:`microgradnet.drawing.draw`; ``known`` are the names of nodes without a label, by
    their ``id``.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph, or ``highlight`` no node.
        DrawingError: there are more boxes than ``limit``.
    """
    source = Source(loss, frozenset(show), digits, fold, repeats=repeats, flow=flow, known=known)
    if source.count() > limit:
        raise _too_large(source, limit, fold)
    source.highlight = find_highlight(source.order, highlight, source.names)
    name = source.name(loss)
    edges = make_edges(source)
    return Picture(
        title=f"{'Gradient flow' if flow else 'Computation graph'} of {name}",
        boxes=tuple(make_boxes(source)),
        edges=tuple(edges),
        notes=tuple(_notes(source, name, edges)),
        direction=direction,
    )


def _too_large(source: Source, limit: int, fold: Fold) -> DrawingError:
    folds = [f'fold="{kind}"' for kind in (*fold_choices(source.order), REPEATS) if kind not in read_fold(fold)]
    choices = ", ".join(["Draw a part of it (any node inside)", *folds])
    wanted = f"a picture that can still be read has at most {limit} boxes"
    return DrawingError(wanted, f"{source.count()}", f"{choices}, or insist with limit={source.count()}.")


def _notes(source: Source, name: str, edges: Sequence[Edge]) -> list[str]:
    notes: list[str] = []
    if "note" not in source.show:
        return notes
    if source.adjoints is not None:
        notes += flow_notes(name, edges)
    else:
        notes += [gradient_note(source.order, name)] if "grad" in source.show else []
        if "local" in source.show and len(source.order) > 1:
            notes.append("on an edge: ∂result/∂operand")
    if source.highlight.nodes:

        def given(node: Value) -> str:
            asked = any(node is each for each in source.highlight.nodes)
            return source.name(node) if asked else source.names.given(node)

        flowing = source.adjoints or adjoints(source.order[-1])
        notes += highlight_notes(source.highlight, source.order[-1], flowing, given, source.digits)
    return notes
