"""From a recorded graph to a program that computes it again, without the graph: ``mg.compile``.

``program`` is what the user calls, and its docstring has the order of the stages.
"""

from microgradnet.compiler.program import Program as Program
from microgradnet.compiler.program import compile as compile
