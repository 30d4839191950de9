"""Data to train on: real and small, made by a formula, or read from files. ``mg.datasets.digits()``.

Where to read what, in this order:

- ``dataset``: what every function here returns, with ``split`` and ``one_hot``;
- ``shipped``: the data that come with the package, in the folder ``data`` with their licences;
- ``generated``: points in the plane, made by a formula and a seed;
- ``idx``, ``mnist``, ``table``: readers for files.
"""

from microgradnet.datasets.dataset import Dataset as Dataset
from microgradnet.datasets.generated import moons as moons
from microgradnet.datasets.generated import spirals as spirals
from microgradnet.datasets.generated import xor as xor
from microgradnet.datasets.idx import read_idx as read_idx
from microgradnet.datasets.mnist import mnist as mnist
from microgradnet.datasets.shipped import digits as digits
from microgradnet.datasets.shipped import iris as iris
from microgradnet.datasets.table import read_csv as read_csv
