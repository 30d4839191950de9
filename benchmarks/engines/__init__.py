"""What is measured: this package in its two modes, bare floats, a textbook class, and the peers.

Each is one :class:`Engine` here, and one adapter beside this file, which says how a competent user of that library asks
it for a value and a gradient. An engine runs in a process of its own, so that the two modes can stand side by side.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module, metadata
from typing import Any


@dataclass(frozen=True)
class Engine:
    """One column of what is compared.

    A program may bring engines of its own, beside those of the table below.

    Attributes:
        name: how programs, targets and the command refer to it.
        title: how the report calls it.
        adapter: where the class is that drives it, ``"module:name"``; "" where a program drives it by itself.
        module: what must be importable for it; "" for nothing beside Python.
        distribution: whose version the report names; "" for none.
        environment: variables of its process.
    """

    name: str
    title: str
    adapter: str = ""
    module: str = ""
    distribution: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_installed(self) -> bool:
        return not self.module or importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        return metadata.version(self.distribution) if self.distribution and self.is_installed else ""

    def start(self) -> Any:
        """Return a new adapter; called in the engine's own process."""
        module, _, name = self.adapter.partition(":")
        return getattr(import_module(f"benchmarks.engines.{module}"), name)()


_ALL = (
    Engine("compiled", "microgradnet, compiled", "values:Compiled", "microgradnet", "microgradnet"),
    Engine(
        "plain", "microgradnet, plain Python", "values:Plain", "microgradnet", "microgradnet",
        {"MICROGRADNET_PURE": "1"},
    ),
    Engine("floats", "bare Python floats", "floats:Floats"),
    Engine("textbook", "textbook Value class", "values:Textbook"),
    Engine("micrograd", "micrograd", "values:Micrograd", "micrograd", "micrograd"),
    Engine("xad", "XAD (C++ tape)", "xad_tape:XadTape", "xad", "xad"),
    Engine("torch", "torch scalars", "torch_scalars:TorchScalars", "torch", "torch"),
    Engine("autograd", "autograd", "autograd_boxes:AutogradBoxes", "autograd", "autograd"),
    Engine("casadi", "CasADi, recorded each time", "casadi_graph:CasadiEachTime", "casadi", "casadi"),
    Engine("casadi_once", "CasADi, recorded once", "casadi_graph:CasadiOnce", "casadi", "casadi"),
)  # fmt: skip
ENGINES = {engine.name: engine for engine in _ALL}
