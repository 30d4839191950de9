"""From a recorded graph to a program that computes it again, without the graph: ``mg.compile``.

``program`` is what the user calls, and its docstring has the order of the stages.
"""

from microgradnet.compiler.program import Program as Program
from microgradnet.compiler.program import compile as compile
from microgradnet.compiler.straight_line import StraightLine as StraightLine
from microgradnet.compiler.straight_line import straight_line as straight_line
