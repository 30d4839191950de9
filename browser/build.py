"""Builds what runs in a browser from static files: the page checker, and the lessons in JupyterLite.

Run it from the root of the repository:

    python browser/build.py checker [FOLDER]     and then: python -m http.server -d FOLDER
    python browser/build.py lessons [FOLDER]

Pyodide comes from npm, and the wheels from the index that pip asks. Both are kept in build/browser, so that a second
build needs no network. Any static host serves the folder; nothing that is typed into its page leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "browser"
KEPT = ROOT / "build" / "browser"
PYODIDE = "314.0.7"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")
PAGE = ("index.html", "checker.css", "checker.js", "worker.js", "judging.py")
# The page does without NumPy, which no registry has for Pyodide, and without the bar of a training run.
LEFT_OUT = frozenset({"numpy", "rich"})


def pyodide() -> Path:
    """Return the folder of Pyodide's core, from npm."""
    folder = KEPT / "node_modules" / "pyodide"
    found = json.loads((folder / "package.json").read_text()) if (folder / "package.json").exists() else {}
    if found.get("version") != PYODIDE:
        KEPT.mkdir(parents=True, exist_ok=True)
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(KEPT), f"pyodide@{PYODIDE}")
    return folder


def own_wheel(folder: Path) -> Path:
    """Build this package's wheel without the extension into a folder; return its path."""
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # modules that are gone would be packed from there
    options = ["--quiet", "--no-deps", "--wheel-dir", str(folder)]
    if all(_is_installed(name) for name in ("setuptools", "Cython")):
        options.append("--no-build-isolation")
    _run(sys.executable, "-m", "pip", "wheel", *options, str(ROOT), MICROGRADNET_PURE="1")
    return next(folder.glob("microgradnet-*-py3-none-any.whl"))


def other_wheels(wheel: Path, core: Path) -> list[Path]:
    """Return the wheels that ours needs under Pyodide; those that are not kept yet are downloaded."""
    folder = KEPT / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(_requirements(wheel))
    names = [name.replace("-", "_") for name, _ in wanted]
    if any(not list(folder.glob(f"{name}-*.whl")) for name in names):
        info = json.loads((core / "pyodide-lock.json").read_text())["info"]
        python = ".".join(info["python"].split(".")[:2])
        platforms = [f"pyemscripten_{info['abi_version']}_wasm32", "any"]
        tags = [f"--platform={platform}" for platform in platforms]
        tags += [
            f"--abi=cp{python.replace('.', '')}",
            "--abi=none",
            f"--python-version={python}",
            "--implementation=cp",
        ]
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder), *tags]
        _run(sys.executable, "-m", "pip", "download", *options, *(requirement for _, requirement in wanted))
    return [max(folder.glob(f"{name}-*.whl")) for name in names]


def _requirements(wheel: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each requirement that holds under Pyodide and that the page uses."""
    from packaging.requirements import Requirement

    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    for text in metadata.get_all("Requires-Dist", []):
        requirement = Requirement(text)
        marker = requirement.marker
        if requirement.name in LEFT_OUT or (
            marker and not marker.evaluate({"sys_platform": "emscripten", "extra": ""})
        ):
            continue
        yield requirement.name, f"{requirement.name}{requirement.specifier}"


def build_checker(out: Path) -> None:
    """Write the folder of the page checker."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "pyodide").mkdir(parents=True)
    (out / "wheels").mkdir()
    core = pyodide()
    for name in CORE:
        shutil.copy(core / name, out / "pyodide")
    ours = own_wheel(out / "wheels")
    for wheel in other_wheels(ours, core):
        shutil.copy(wheel, out / "wheels")
    names = sorted(path.name for path in (out / "wheels").iterdir())
    (out / "wheels.json").write_text(json.dumps(names), encoding="utf-8")
    for name in PAGE:
        shutil.copy(HERE / name, out)


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _run(*command: str, **environment: str) -> None:
    if shutil.which(command[0]) is None:
        sys.exit(f"This needs the program {command[0]}, which is not on the PATH.")
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment)


BUILDERS = {"checker": build_checker}


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(description="Build what runs in a browser, as a folder of static files.")
    parser.add_argument("what", choices=BUILDERS)
    parser.add_argument("folder", nargs="?", type=Path, help="build/browser/WHAT where not given")
    chosen = parser.parse_args()
    out = chosen.folder or KEPT / chosen.what
    BUILDERS[chosen.what](out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {size / 1e6:.1f} MB. Serve it: python -m http.server -d {out}")


if __name__ == "__main__":
    main()
