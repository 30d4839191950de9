"""From a recorded graph to its picture as data. The graph is read, never changed."""

from __future__ import annotations

from collections.abc import Iterable

from microgradnet.draw.boxes import make_boxes
from microgradnet.draw.edges import make_edges
from microgradnet.draw.fold import fold_choices
from microgradnet.draw.gradients import gradient_note
from microgradnet.draw.options import LIMIT, PARTS
from microgradnet.draw.picture import Picture
from microgradnet.draw.source import Source
from microgradnet.errors import DrawingError
from microgradnet.value import Value


def build_picture(
    loss: Value,
    *,
    show: Iterable[str] = PARTS,
    digits: int = 4,
    direction: str = "LR",
    fold: str | None = None,
    limit: int = LIMIT,
) -> Picture:
    """Return the picture of the graph below ``loss``, with the numbers as they are now.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph.
        DrawingError: there are more boxes than ``limit``.
    """
    source = Source(loss, frozenset(show), digits, fold)
    if source.count() > limit:
        raise _too_large(source, limit)
    source.name_all()
    name = source.name(loss) if loss.label else "loss"
    return Picture(
        title=f"Computation graph of {name}",
        boxes=tuple(make_boxes(source)),
        edges=tuple(make_edges(source)),
        notes=_notes(source, name),
        direction=direction,
    )


def _too_large(source: Source, limit: int) -> DrawingError:
    folds = [f'fold="{kind}"' for kind in fold_choices(source.order)]
    choices = ", ".join(["Draw a part of it (any node inside)", *folds])
    wanted = f"a picture that can be read has at most {limit} boxes"
    return DrawingError(wanted, f"{source.count()}", f"{choices}, or insist with limit={source.count()}.")


def _notes(source: Source, name: str) -> tuple[str, ...]:
    if "note" not in source.show:
        return ()
    notes = [gradient_note(source.order, name)] if "grad" in source.show else []
    if "local" in source.show and len(source.order) > 1:
        notes.append("on an edge: ∂result/∂operand")
    return tuple(notes)
