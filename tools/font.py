"""Cut the font that pictures in pixels are set in down to the letters that pictures need.

    python tools/font.py /usr/share/fonts/truetype/dejavu

Reads DejaVuSans.ttf and DejaVuSans-Bold.ttf from the folder (https://dejavu-fonts.github.io, version 2.37) and writes
``microgradnet/drawing/fonts``. Needs fonttools, which matplotlib brings.
"""

import sys
from pathlib import Path

from fontTools import subset

from microgradnet.drawing.export import FONT_FOLDER, FONT_LETTERS

NAMES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def main() -> None:
    options = subset.Options(hinting=False, layout_features=["kern", "mark", "mkmk", "ccmp"], name_IDs=["*"])
    letters = [letter for first, last in FONT_LETTERS for letter in range(ord(first), ord(last) + 1)]
    for name in NAMES:
        font = subset.load_font(str(Path(sys.argv[1]) / name), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=letters)
        cutter.subset(font)
        font["head"].modified = font["head"].created  # the same bytes every time
        font.recalcTimestamp = False
        subset.save_font(font, str(FONT_FOLDER / name), options)
        print(FONT_FOLDER / name, (FONT_FOLDER / name).stat().st_size)


if __name__ == "__main__":
    main()
