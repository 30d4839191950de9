"""From a recorded graph to a program that computes it again, without the graph."""

from microgradnet.compiler.straight_line import StraightLine as StraightLine
from microgradnet.compiler.straight_line import straight_line as straight_line
