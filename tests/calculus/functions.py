"""Standard test functions of optimisation, written once for the engine (m is microgradnet) and SymPy (m is sympy).

Formulas as in M. Jamil and X.-S. Yang, *A Literature Survey of Benchmark Functions for Global Optimization Problems*,
2013, and X.-S. Yang, *Test Problems in Optimization*, 2010.
"""

from __future__ import annotations

import math
from typing import Any

FUNCTIONS: dict[str, Any] = {
    "rosenbrock": lambda m, x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "beale": lambda m, x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    "himmelblau": lambda m, x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "booth": lambda m, x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "matyas": lambda m, x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y,
    "mccormick": lambda m, x, y: m.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
    "goldstein_price": lambda m, x, y: (
        (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2))
        * (30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2))
    ),
    "six_hump_camel": lambda m, x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2,
    "three_hump_camel": lambda m, x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
    "ackley": lambda m, x, y: (
        -20 * m.exp(-0.2 * m.sqrt(0.5 * (x**2 + y**2)))
        - m.exp(0.5 * (m.cos(2 * math.pi * x) + m.cos(2 * math.pi * y)))
        + 20
        + math.e
    ),
    "styblinski_tang": lambda m, x, y: 0.5 * (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y),
    "easom": lambda m, x, y: -m.cos(x) * m.cos(y) * m.exp(-((x - math.pi) ** 2) - (y - math.pi) ** 2),
    "levi_13": lambda m, x, y: (
        m.sin(3 * math.pi * x) ** 2
        + (x - 1) ** 2 * (1 + m.sin(3 * math.pi * y) ** 2)
        + (y - 1) ** 2 * (1 + m.sin(2 * math.pi * y) ** 2)
    ),
    "rastrigin": lambda m, x, y: 20 + x**2 - 10 * m.cos(2 * math.pi * x) + y**2 - 10 * m.cos(2 * math.pi * y),
    "bohachevsky": lambda m, x, y: x**2 + 2 * y**2 - 0.3 * m.cos(3 * math.pi * x) - 0.4 * m.cos(4 * math.pi * y) + 0.7,
    "schaffer_2": lambda m, x, y: 0.5 + (m.sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2,
    "logistic_product": lambda m, x, y: m.log(1 + m.exp(x * y)) * m.tanh(x - y),
    "power_tower": lambda m, x, y: (1 + x**2) ** (y / 3) + 2 ** (x * y),
}
POINTS = [(0.3, -0.7), (1.25, 2.5), (-1.5, 0.4)]
