"""MNIST and the data sets that come in its form (Fashion-MNIST, KMNIST): four IDX files in a folder of the user's."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError, DataFileError, shown

if TYPE_CHECKING:
    import numpy as np

PARTS = {"train": "train", "test": "t10k"}
CLASSES = 10
_SOURCE = "{folder}; MNIST itself is by Y. LeCun, C. Cortes and C. Burges, from NIST's special databases 1 and 3"
_LICENCE = "that of the files; MNIST itself is under CC BY-SA 3.0"


def mnist(folder: str | PathLike[str], part: str | None = None) -> Dataset:
    """Read images and labels from MNIST's IDX files.

    The files are named ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``, or ``t10k-...`` for the test part,
    with or without ``.gz``; ``.idx3-ubyte`` with a dot is understood as well.

    Arguments:
        folder: where the files are.
        part: ``"train"`` or ``"test"``; None for the training part if it is there, else the test part.

    Returns:
        A data set whose features are the pixels, row by row, from 0 (paper) to 255 (ink).

    Raises:
        ArgumentError: ``part`` is neither.
        DataFileError: a file is missing, truncated, foreign, or does not belong to the other; the message names it.
        OSError: a file can't be read.
    """
    if part is not None and part not in PARTS:
        raise ArgumentError("part is 'train', 'test' or None", shown(part), "None takes what is there.")
    chosen = part or next(iter(parts_in(folder)), "train")
    images_file, labels_file = (find(folder, chosen, kind) for kind in ("images", "labels"))
    images, labels = _bytes_of(images_file, 3), _bytes_of(labels_file, 1)
    if len(images) != len(labels):
        expected = f"{labels_file}: {len(images):,} labels, one for each image of {images_file.name}"
        raise DataFileError(expected, f"{len(labels):,}", "The two files are not of the same data set.")
    if labels.size and labels.max() >= CLASSES:
        place = int((labels >= CLASSES).argmax())
        expected, given = f"{labels_file}: labels from 0 to {CLASSES - 1}", f"{labels[place]} as label {place + 1}"
        raise DataFileError(expected, given, "These are not the labels of MNIST.")
    _, rows, columns = images.shape
    pixels = tuple(f"pixel[{row},{column}]" for row in range(1, rows + 1) for column in range(1, columns + 1))
    names, source = tuple(map(str, range(CLASSES))), _SOURCE.format(folder=folder)
    flat = images.reshape(len(images), -1).astype(float)
    return Dataset(flat, labels.astype(int), names, pixels, f"mnist {chosen}", source, _LICENCE)


def parts_in(folder: str | PathLike[str]) -> list[str]:
    """Return which parts a folder has, or has a file of."""
    kinds = ("images", "labels")
    return [part for part in PARTS if any(path.exists() for kind in kinds for path in _paths(folder, part, kind))]


def find(folder: str | PathLike[str], part: str, kind: str) -> Path:
    """Return the path of the images or the labels of a part.

    Raises:
        DataFileError: there is no such file.
    """
    paths = _paths(folder, part, kind)
    for path in paths:
        if path.exists():
            return path
    advice = "Put MNIST's files there as they are distributed, plain or with .gz."
    raise DataFileError(f"{Path(folder)}: the file {paths[0].name}, or {paths[1].name}", "neither", advice)


def _paths(folder: str | PathLike[str], part: str, kind: str) -> list[Path]:
    dimensions = {"images": 3, "labels": 1}[kind]
    stems = [f"{PARTS[part]}-{kind}{mark}idx{dimensions}-ubyte" for mark in "-."]
    return [Path(folder) / f"{stem}{suffix}" for stem in stems for suffix in ("", ".gz")]


def _bytes_of(path: Path, dimensions: int) -> np.ndarray[Any, Any]:
    """Read an IDX file that has to hold bytes in so many dimensions, none of them 0."""
    array = read_idx(path)
    if array.dtype != "uint8" or array.ndim != dimensions or 0 in array.shape:
        expected = f"{path}: an array of bytes (type 08) in {dimensions} dimension{'s' * (dimensions > 1)}, not empty"
        raise DataFileError(expected, f"{array.dtype} of shape {array.shape}", "This is not the file its name says.")
    return array


TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 8  # the format allows 255; real files have one to four
MOST_BYTES = 2 << 30  # of entries: 40 times MNIST's training images
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


def read_idx(path: str | PathLike[str]) -> np.ndarray[Any, Any]:
    """Read an array from an IDX file; whether it is compressed is seen from its contents, not from its name.

    Arguments:
        path: the file.

    Returns:
        The array, of the type and shape that the file states, in the machine's byte order.

    Raises:
        DataFileError: the file is no IDX file, is truncated or damaged, or holds more or less than it states; the
            message names it. No part of an array is returned.
        OSError: the file can't be opened.
    """
    import numpy as np

    name = os.fspath(path)
    with open(path, "rb") as plain:
        is_compressed = plain.read(2) == _GZIP
        plain.seek(0)
        try:
            file = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if is_compressed else plain
            dtype, shape = _header(file, name)
            entries = _entries(file, name, shape, np.dtype(dtype).itemsize)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _error(name, "a whole gzip file", str(error), "It is cut off or damaged; fetch it again.") from error
    array = np.frombuffer(entries, dtype=dtype).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _header(file: BinaryIO, name: str) -> tuple[str, tuple[int, ...]]:
    """Read the type and the dimensions.

    Raises:
        DataFileError: they are not those of an IDX file, or describe an array that no one can mean.
    """
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= MOST_DIMENSIONS:
        types = ", ".join(f"{code:02x}" for code in TYPES)
        expected = f"an IDX file, which begins 00 00, a type ({types}), and 1 to {MOST_DIMENSIONS} dimensions"
        given = magic.hex(" ") or "an empty file"
        raise _error(name, expected, given, "This is another kind of file, or its beginning is damaged.")
    dimensions = file.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        expected = f"{magic[3]} dimensions, {4 * magic[3]} bytes"
        raise _error(name, expected, f"{len(dimensions)} bytes", "The file is cut off; fetch it again.")
    return TYPES[magic[2]], struct.unpack(f">{magic[3]}I", dimensions)


def _entries(file: BinaryIO, name: str, shape: tuple[int, ...], itemsize: int) -> bytearray:
    """Read all entries, and look that nothing follows. What is asked for grows with what comes.

    Raises:
        DataFileError: there are more or fewer than the shape says, or it says more than fits into memory.
    """
    size = math.prod(shape) * itemsize
    stated = f"{' x '.join(map(str, shape))} entries of {itemsize} byte{'s' * (itemsize > 1)}, {size:,} bytes"
    if math.prod(max(dimension, 1) for dimension in shape) * itemsize > MOST_BYTES:  # also of 0 x 4294967295 entries
        raise _error(name, f"at most {MOST_BYTES:,} bytes of entries", stated, "The dimensions are damaged, surely.")
    read = bytearray()
    while chunk := file.read(min(_CHUNK, size + 1 - len(read))):
        read += chunk
    if len(read) > size:
        raise _error(name, stated, "more bytes after them", "The dimensions and the entries are of two files.")
    if len(read) < size:
        raise _error(name, stated, f"{len(read):,} bytes", "The file is cut off; fetch it again.")
    return read


def _error(name: str, expected: str, given: str, advice: str) -> DataFileError:
    return DataFileError(f"{name}: {expected}", given, advice)
