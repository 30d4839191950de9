"""Builds the engine, ``value.py`` with ``value.pxd``, as a C extension where that can be done; else it runs as it is.

Everything else about the package stands in ``pyproject.toml``. ``MICROGRADNET_PURE=1`` leaves the extension out, which
gives a wheel for every platform, browsers included. ``MICROGRADNET_SOURCE`` is the address of the repository: a release
sets it, so that an index shows the README's pictures and follows its links.
"""

import os
import re
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

# Results are the plain source's to the last bit, so a compiler may not fuse a product and a sum into one rounding.
EXACT = [] if sys.platform == "win32" else ["-O3", "-g0", "-ffp-contract=off"]


class OptionalBuild(build_ext):
    """Compiles, or says in one line why the plain source will run instead."""

    def run(self) -> None:
        """Build; a failure is no failure of the installation."""
        try:
            super().run()
        except Exception as error:
            self.extensions = []
            say_why_not(error)

    def build_extension(self, extension: Extension) -> None:
        """Compile, with what is wrong reaching :meth:`run`; setuptools would go on without a word."""
        extension.optional = False
        super().build_extension(extension)


class TaggedWheel(bdist_wheel):
    """Gives a wheel without the extension the tag ``py3-none-any``, also where compiling it was tried and failed."""

    def run(self) -> None:
        """Build, and look what was built."""
        self.run_command("build")
        if not self.get_finalized_command("build_ext").extensions:
            self.distribution.ext_modules = []
            self.root_is_pure = True
        super().run()


def say_why_not(error: Exception) -> None:
    """Print one line."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    print(f"microgradnet: the engine is not compiled and runs as plain Python ({reason})")


def engine() -> list[Extension]:
    """Return the extension; nothing where the plain source is asked for, or Cython is missing or fails."""
    if os.environ.get("MICROGRADNET_PURE", "0") not in ("", "0"):
        return []
    try:
        return translated()
    except Exception as error:
        say_why_not(error)
        return []


def translated() -> list[Extension]:
    """Return the extension, with its source translated to C."""
    from Cython.Build import cythonize
    from Cython.Compiler import Options

    # Nodes are outside the garbage collector. Written in the .pxd, Cython drops this without a word: it has to be the
    # default. The type's flags are tested.
    Options.get_directive_defaults().update(no_gc=True)
    source = Extension(
        "microgradnet.value",
        ["microgradnet/value.py"],
        depends=["microgradnet/value.pxd", "microgradnet/nodes.h"],
        include_dirs=["microgradnet"],
        extra_compile_args=EXACT,
        define_macros=[("CYTHON_USE_TYPE_SPECS", "1")],  # a class that operations can be given to as methods
    )
    directives = {
        "boundscheck": False,
        "cdivision": True,  # division by 0.0 is refused in the source
        "initializedcheck": False,
        "language_level": "3",
    }
    return cythonize([source], build_dir="build", compiler_directives=directives)


def readme(source: str) -> str:
    """Return the README; where the address of the sources is given, its pictures and links have whole addresses."""
    text = Path("README.md").read_text(encoding="utf-8")
    if not source:
        return text
    version = re.search(r'__version__ = "(.+?)"', Path("microgradnet/__init__.py").read_text(encoding="utf-8"))[1]

    def whole(link: re.Match[str]) -> str:
        kind = "raw" if link["picture"] else "blob"  # GitHub's words for the file itself and for its page
        return f"{link['picture']}[{link['text']}]({source}/{kind}/v{version}/{link['path']})"

    return re.sub(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?!https?:|#|mailto:)[^)\s]+)\)", whole, text)


def addresses(source: str) -> dict[str, str]:
    """Return the links that an index shows beside the README."""
    if not source:
        return {}
    return {"Source": source, "Changelog": f"{source}/blob/main/CHANGELOG.md", "Issues": f"{source}/issues"}


SOURCE = os.environ.get("MICROGRADNET_SOURCE", "").rstrip("/")
setup(
    ext_modules=engine(),
    cmdclass={"bdist_wheel": TaggedWheel, "build_ext": OptionalBuild},
    long_description=readme(SOURCE),
    long_description_content_type="text/markdown",
    project_urls=addresses(SOURCE),
)
