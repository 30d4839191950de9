"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from microgradnet.errors import DrawingError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises:
        DrawingError: the folder does not exist, or can't be written to. An existing file is unchanged then.
    """
    beside = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        advice = "Check that the folder exists and may be written to."
        raise DrawingError(f"a picture should be written to {path}", error.strerror or str(error), advice) from error
