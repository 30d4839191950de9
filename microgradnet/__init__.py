"""microgradnet: scalar autodiff that a class can see through. The public names, and nothing else.

The engine is imported at once; the rooms built on it are imported when they are first used, so that ``import
microgradnet`` stays light. Every operation of the table is a function here: ``mg.exp``, ``mg.relu``, ... Type checkers
read ``__init__.pyi`` beside this file, which ``tools/stubs.py`` writes.

``from microgradnet import *`` leaves out the names that Python has already, ``abs``, ``round`` and ``compile``; write
``mg.abs``. (Earlier versions of NumPy did the same.)
"""

from __future__ import annotations

import builtins
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import microgradnet.mode as _mode  # first, as it chooses the engine that is imported
from microgradnet.compositions import dot as dot
from microgradnet.compositions import log_softmax as log_softmax
from microgradnet.compositions import logsumexp as logsumexp
from microgradnet.compositions import mean as mean
from microgradnet.compositions import norm as norm
from microgradnet.compositions import softmax as softmax
from microgradnet.compositions import total as total
from microgradnet.compositions import variance as variance
from microgradnet.graph import recompute as recompute
from microgradnet.graph import scope as scope
from microgradnet.operation import TABLE as _TABLE
from microgradnet.operation import define as define
from microgradnet.operation import reserve as _reserve
from microgradnet.operation import undefine as undefine
from microgradnet.ops import clip as clip
from microgradnet.ops import where as where
from microgradnet.value import Value as Value

__version__ = "0.1.0"
compiled = _mode.compiled  # whether the engine runs compiled, or as plain Python

# Where each name that is imported on first use lives: a module, or a module and a name in it.
_LAZY = {
    "gradients": "calculus:gradients",
    "grad": "calculus:grad",
    "value_and_grad": "calculus:value_and_grad",
    "derivative": "calculus:derivative",
    "jacobian": "calculus:jacobian",
    "hessian": "calculus:hessian",
    "hvp": "calculus:hvp",
    "jvp": "calculus:jvp",
    "check_gradients": "calculus:check_gradients",
    "check_graph": "calculus:check_graph",
    "detect_anomaly": "calculus:detect_anomaly",
    "why_topological": "calculus:why_topological",
    "Module": "nn.base:Module",
    "Neuron": "nn.layers:Neuron",
    "Layer": "nn.layers:Layer",
    "MLP": "nn.layers:MLP",
    "losses": "nn.losses",
    "optim": "nn.optim",
    "schedules": "nn.schedules",
    "fit": "nn.training:fit",
    "History": "nn.training:History",
    "datasets": "datasets",
    "compile": "compiler:compile",
    "derive": "derivation:derive",
    "verify": "verification:verify",
    "check": "verification.check:check",
    "verify_against": "bridges:verify_against",
    "grade": "verification.grading:grade",
    "exercise": "verification.exercises:exercise",
    "Worksheet": "verification.worksheet:Worksheet",
    "draw": "drawing:draw",
    "draw_network": "drawing.network:draw_network",
    "step_through": "drawing.pages:step_through",
    "explore": "drawing.pages:explore",
    "plots": "plots",
    "errors": "errors",
}

_EAGER = (
    "Value", "clip", "define", "dot", "log_softmax", "logsumexp", "mean", "norm", "recompute", "scope", "softmax",
    "total", "undefine", "variance", "where",
)  # fmt: skip
_reserve([*_EAGER, *_LAZY, *(room.name for room in iter_modules(__path__))])  # a user's operation can't take these
__all__ = sorted({*_EAGER, *_LAZY, *_TABLE} - {*dir(builtins)})
globals().update({name: op for name, op in _TABLE.items() if name not in _EAGER})


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, _, attribute = _LAZY[name].partition(":")
        found = import_module(f"microgradnet.{module}")
        globals()[name] = found = getattr(found, attribute) if attribute else found  # the next time it is found at once
        return found
    if name in _TABLE:
        return _TABLE[name]
    raise AttributeError(f"module 'microgradnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_EAGER, *_LAZY, *_TABLE, "__version__", "compiled"})  # an operation that a user adds is here too


def load_ipython_extension(shell: Any) -> None:
    """Register the cell magic ``%%verify E`` with IPython; ``%load_ext microgradnet`` calls this."""
    from microgradnet.verification import register_magic

    register_magic(shell)


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    load_ipython_extension(_shell)
