"""Data to train on: real and small, made by a formula, or read from files. ``mg.datasets.digits()``."""

from microgradnet.datasets.catalogue import digits, iris, load, moons, spirals, xor
from microgradnet.datasets.dataset import Dataset
from microgradnet.datasets.mnist import mnist, read_idx
from microgradnet.datasets.table import read_csv

__all__ = ["Dataset", "digits", "iris", "load", "mnist", "moons", "read_csv", "read_idx", "spirals", "xor"]


def __dir__() -> list[str]:
    return sorted(__all__)
