"""The compiled engine under the sanitizers of the C compiler: ``python -m benchmarks.sanitize``.

Builds the extension in a temporary folder with gcc's or clang's address and undefined-behaviour sanitizers, with
assertions on, and runs the tests of the engine on it: once with each node allocated by itself, as the sanitizers would
else not see a node that is used after its death, and once as it is installed. Ends with 0 where the tests pass and no
sanitizer has anything to say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ["test_compiled.py", "test_value.py", "test_protocols.py", "test_graph.py", "test_define.py", "test_rules.py"]
FLAGS = [
    "-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
    "-UNDEBUG",
]  # fmt: skip
# Memory grows under a sanitizer, which keeps what is freed for a while; and it needs a larger stack than that test has.
LEFT_OUT = "not leave_no_memory_behind and not that_is_gone_serves and not older_than_its_source"


def main() -> int:
    return check("-DMICROGRADNET_NODE_MEMORY=2") or check()


def check(*more_flags: str) -> int:
    with tempfile.TemporaryDirectory(prefix="microgradnet-sanitize.") as folder:
        work = Path(folder)
        for name in ("microgradnet", "tests", "setup.py", "pyproject.toml", "conftest.py", "README.md", "LICENSE"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, work / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
            else:
                shutil.copy(source, work / name)
        return build(work, [*FLAGS, *more_flags]) or run(work)


def build(work: Path, flags: list[str]) -> int:
    environment = {**os.environ, "CFLAGS": " ".join(flags), "LDFLAGS": "-fsanitize=address,undefined"}
    environment.pop("MICROGRADNET_PURE", None)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=work, env=environment, check=False).returncode
    if not done and not list((work / "microgradnet").glob("value" + sysconfig.get_config_var("EXT_SUFFIX"))):
        print("There is no extension to run: see above for what stopped the build.")
        return 2
    return done


def run(work: Path) -> int:
    environment = {
        **os.environ,
        "LD_PRELOAD": ":".join(map(library, ("libasan.so", "libubsan.so"))),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",  # CPython itself keeps memory to its end
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(work),
        "MICROGRADNET_CHAIN": "200000",
    }
    environment.pop("MICROGRADNET_PURE", None)
    tests = [f"tests/{name}" for name in TESTS]
    options = ["-n0", "-q", "-s", "-p", "no:cacheprovider", "-k", LEFT_OUT]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests], cwd=work, env=environment, check=False
    ).returncode


def library(name: str) -> str:
    compiler = os.environ.get("CC", "gcc")
    found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
