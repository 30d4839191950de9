"""Data to train on: real and small, made by a formula, or read from files. ``mg.datasets.digits()``.

Where to read what, in this order:

- ``dataset``: what every function here returns, with ``split`` and ``one_hot``;
- ``shipped``: the data that come with the package, in the folder ``data`` with their licences;
- ``generated``: points in the plane, made by a formula and a seed;
- ``idx``, ``mnist``, ``table``: readers for files.
"""

from microgradnet.datasets.catalogue import digits as digits
from microgradnet.datasets.catalogue import iris as iris
from microgradnet.datasets.catalogue import moons as moons
from microgradnet.datasets.catalogue import spirals as spirals
from microgradnet.datasets.catalogue import xor as xor
from microgradnet.datasets.dataset import Dataset as Dataset
from microgradnet.datasets.mnist import mnist as mnist
from microgradnet.datasets.mnist import read_idx as read_idx
from microgradnet.datasets.table import read_csv as read_csv
