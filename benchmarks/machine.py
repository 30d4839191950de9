"""The machine that a run was made on, and the versions of what ran."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from benchmarks.engines import Engine


def processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def system() -> str:
    """Return the operating system's name and version."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def load() -> str:
    """Return how many processes wanted the processor over the last minute; "" where the system doesn't tell."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


def described(load_before: str) -> list[str]:
    """Return sentences on the machine."""
    busy = f" {load_before} processes wanted a core in the minute before the run." if load_before else ""
    return [
        f"{processor()}, {os.cpu_count()} cores, {platform.machine()}; {system()}.{busy}",
        f"{platform.python_implementation()} {platform.python_version()}, built with {platform.python_compiler()}.",
    ]


def versions(engines: Iterable[Engine]) -> list[str]:
    """Return name and version of each library among the engines, once."""
    found = {engine.distribution: engine.version for engine in engines if engine.version}
    return [f"{name} {version}" for name, version in sorted(found.items())]
