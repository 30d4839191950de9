"""The IDX format, in which MNIST is distributed: an array of any shape, big-endian, plain or compressed with gzip.

Two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension in four bytes, then the
entries, the last index running fastest.

Source: Y. LeCun, C. Cortes and C. Burges, *The MNIST database of handwritten digits*, "The IDX file format".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from microgradnet.errors import DataFileError

if TYPE_CHECKING:
    import numpy as np

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
        wanted = f"an IDX file, which begins 00 00, a type ({types}), and 1 to {MOST_DIMENSIONS} dimensions"
        came = magic.hex(" ") or "an empty file"
        raise _error(name, wanted, came, "This is another kind of file, or its beginning is damaged.")
    dimensions = file.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        wanted = f"{magic[3]} dimensions, {4 * magic[3]} bytes"
        raise _error(name, wanted, f"{len(dimensions)} bytes", "The file is cut off; fetch it again.")
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


def _error(name: str, wanted: str, came: str, advice: str) -> DataFileError:
    return DataFileError(f"{name}: {wanted}", came, advice)
