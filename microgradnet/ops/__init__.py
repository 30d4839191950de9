r"""The table of elementary operations: each stands once, in the file of its family, with all there is to know.

An elementary operation has one or two operands (A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed.,
ch. 2); everything else is composed of these. Its rules are ordinary expressions over whatever operands they are given:
floats give numbers, ``Value`` nodes give a differentiable graph, NumPy arrays give batches, symbols give formulas. A
partial derivative is written from the operands **and the result**, so that of :math:`y = \tanh x` is ``1 - y*y``.
A rule that has to choose uses :func:`where`, never ``if``.

Where no source is named, the rules are those of any table of derivatives. The modules import each other in one
direction: arithmetic, functions, special, activations. Each public name in them is an operation, or a composition such
as :func:`where` that is called like one; ``from microgradnet.ops import exp`` finds it in its family.
"""

from microgradnet.operation import TABLE, reserve
from microgradnet.ops.activations import *  # noqa: F403
from microgradnet.ops.arithmetic import *  # noqa: F403
from microgradnet.ops.functions import *  # noqa: F403
from microgradnet.ops.special import *  # noqa: F403

reserve(TABLE)
