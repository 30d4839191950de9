"""The command ``microgradnet``: verify worked examples and worksheets, draw, derive, train.

``worksheets`` has the commands about worksheets, ``train`` the one that trains; ``application`` is what they register
with.

Exit status: 0 where every verdict is the expected one, 1 where one is not, 2 where the command can't do what was asked.
"""

from __future__ import annotations

import sys

from microgradnet.cli import worksheets as worksheets  # isort: skip  (the commands are listed in the order of these lines)
from microgradnet.cli import train as train  # isort: skip
from microgradnet.cli.application import app as app
from microgradnet.errors import MicrogradnetError


def main() -> None:
    """Run the command; an error of the package is one line on standard error and exit status 2."""
    try:
        app()
    except MicrogradnetError as error:
        print(f"microgradnet: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"microgradnet: {error}. Check the path and its permissions.", file=sys.stderr)
        sys.exit(2)
