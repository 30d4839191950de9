"""Plots: ``tangent``, ``loss_surface``, ``decision_boundary``, ``gradient_sizes``, ``compare``; and ``Film``.

Each but ``Film`` draws with matplotlib into the Axes that it is given, or into those of a new figure of pyplot's, which
a notebook or ``plt.show()`` shows, and returns the Axes; ``axes.figure.savefig`` saves it. No model, graph or setting
of matplotlib is changed. A ``Film`` is a page that plays how a model learns.
"""

from microgradnet.plots.boundary import decision_boundary as decision_boundary
from microgradnet.plots.curves import compare as compare
from microgradnet.plots.curves import gradient_sizes as gradient_sizes
from microgradnet.plots.curves import tangent as tangent
from microgradnet.plots.film import Film as Film
from microgradnet.plots.surface import loss_surface as loss_surface

__all__ = ["Film", "compare", "decision_boundary", "gradient_sizes", "loss_surface", "tangent"]


def __dir__() -> list[str]:
    return __all__
