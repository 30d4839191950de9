"""Compiles the catalogues of messages, ``microgradnet/locale/*/LC_MESSAGES/microgradnet.po``, by Babel.

Run it from the root of the repository after a change of a catalogue:  python tools/messages.py
"""

from __future__ import annotations

import io
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[1] / "microgradnet" / "locale"


def compiled(source: Path) -> bytes:
    """Return the compiled form of a catalogue."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    written = io.BytesIO()
    with source.open("rb") as file:
        write_mo(written, read_po(file))
    return written.getvalue()


def main() -> None:
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        source.with_suffix(".mo").write_bytes(compiled(source))
        print(source.with_suffix(".mo"))


if __name__ == "__main__":
    main()
