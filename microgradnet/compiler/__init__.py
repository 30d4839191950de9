"""From a recorded graph to a program that computes it again, without the graph: ``mg.compile``.

Where to read what, in this order:

- the graph as numbers: ``recording``; chains of additions, flat: ``sums``; like with like: ``grouping``;
- where everything stands: ``arrays`` (what the groups become), ``layout``, ``summing`` with ``products`` (dot products
  over all pairs of rows) and ``turning``, ``views`` (how operands are read);
- the program: ``bodies`` and ``expressions`` (the table's rules as NumPy), ``reading``, ``scope`` (names), ``forward``,
  ``adjoint``, ``gradient``, ``listing``, ``script``, ``source``, and ``explaining``;
- graphs too narrow for that: ``levels`` and ``buffer``, ``tape``; ``planning`` chooses, and keeps plans by structure;
- running it: ``samples``, ``running`` with its judge ``sweeping``, ``watching`` (comparisons), ``program``; and
  ``compiling``, which is what the user calls.

``straight_line`` and ``writing`` are another program: one small graph as one Python function of floats.
"""

from microgradnet.compiler.straight_line import StraightLine as StraightLine
from microgradnet.compiler.straight_line import straight_line as straight_line
