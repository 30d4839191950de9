"""The data that come with the package, in the folder ``data``, which also holds their licences."""

from __future__ import annotations

import gzip
from importlib import resources
from typing import TYPE_CHECKING, Any

from microgradnet.datasets.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np

CC_BY = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"


def digits() -> Dataset:
    """Return 1,797 images of handwritten digits, 8 by 8 pixels, by 13 writers.

    Each feature is a pixel, row by row: how many of the 4 by 4 dots of its block are black, from 0 to 16.

    Source: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository,
    1998, doi 10.24432/C50P49, the file ``optdigits.tes``; CC BY 4.0. No number was changed; ``data/LICENSES.md`` says
    how the file here was made.

    Example:
        >>> data = digits()
        >>> data
        <Dataset digits: 1797 samples of 64 features in 10 classes>
        >>> for row in data.X[0].reshape(8, 8):
        ...     print("".join(" .:oO@"[int(pixel) // 3] for pixel in row).rstrip())
          .Oo
          O@o@.
         .@  o:
         .O  ::
         .:  o:
         .o  O:
          O.oO
          :Oo
    """
    rows = _rows(gzip.decompress(_read("digits.csv.gz")).decode("ascii"))
    pixels = tuple(f"pixel[{row},{column}]" for row in range(1, 9) for column in range(1, 9))
    names = tuple(str(digit) for digit in range(10))
    source = "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998, doi 10.24432/C50P49"
    return Dataset(rows[:, :-1].copy(), rows[:, -1].astype(int), names, pixels, "digits", source, CC_BY)


def iris() -> Dataset:
    """Return 150 flowers of three species of iris, 50 of each: lengths and widths of sepal and petal, in centimetres.

    The numbers are Fisher's. The file of the UCI repository differs from his paper in flowers 35 and 38, counted from 1
    (the last number of the one, the second and third of the other); here they are as in the paper.

    Source: R. Fisher, *The use of multiple measurements in taxonomic problems*, Annals of Eugenics 7, 1936; *Iris*, UCI
    Machine Learning Repository, doi 10.24432/C56C76; CC BY 4.0. ``data/LICENSES.md`` says how the file here was made.

    Example:
        >>> data = iris()
        >>> data.feature_names
        ('sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)')
        >>> data.counts()
        {'setosa': 50, 'versicolor': 50, 'virginica': 50}
    """
    header, *lines = _read("iris.csv").decode("ascii").splitlines()
    species = [line.rpartition(",")[2] for line in lines]
    names = tuple(dict.fromkeys(species))
    rows = _rows("\n".join(line.rpartition(",")[0] for line in lines))
    source = "R. Fisher, The use of multiple measurements in taxonomic problems, 1936; UCI, doi 10.24432/C56C76"
    return Dataset(rows, _places(species, names), names, tuple(header.split(",")[:-1]), "iris", source, CC_BY)


def _read(name: str) -> bytes:
    return (resources.files("microgradnet.datasets") / "data" / name).read_bytes()


def _rows(text: str) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)


def _places(entries: list[str], names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.array([names.index(entry) for entry in entries])
