"""Writing a picture, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from microgradnet import text
from microgradnet.errors import DrawingError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, see :func:`microgradnet.text.write_whole`.

    Raises:
        DrawingError: the folder does not exist, or can't be written to. An existing file is unchanged then.
    """
    try:
        text.write_whole(path, content)
    except OSError as error:
        advice = "Check that the folder exists and may be written to."
        raise DrawingError(f"a picture should be written to {path}", error.strerror or str(error), advice) from error
