"""Make the README's pictures anew: run its Python blocks in an empty folder and keep what they draw.

    python tools/pictures.py

``tests/test_readme.py`` fails while a picture is not what the README's code draws.
"""

import contextlib
import io
import re
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ("graph.svg", "flow.svg", "network.svg")


def main() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for code in re.findall(r"^```python\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, "README.md", "exec"), names)
        for picture in PICTURES:
            shutil.copy(Path(folder) / picture, ROOT / "docs" / picture)


if __name__ == "__main__":
    main()
