"""IDX files and MNIST's folder: what the test writes is read back; what is cut off, foreign or mixed up is refused."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.errors import ArgumentError, DataFileError

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08"


def idx(array: np.ndarray) -> bytes:
    """Write the format from its description, independently of the reader."""
    kind = array.dtype.str[1:]
    header = struct.pack(">HBB", 0, CODES[kind], array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + b"".join(struct.pack(f">{_LETTERS[kind]}", entry) for entry in array.ravel().tolist())


_LETTERS = {"u1": "B", "i1": "b", "i2": "h", "i4": "i", "f4": "f", "f8": "d"}


def write(path: Path, contents: bytes, *, compressed: bool = False) -> Path:
    path.write_bytes(gzip.compress(contents) if compressed else contents)
    return path


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("shape", [(5,), (1,), (0,), (2, 3), (3, 2, 2), (2, 1, 2, 3)])
def test_an_array_is_read_back(tmp_path: Path, kind: str, shape: tuple[int, ...], compressed: bool) -> None:
    entries = np.random.default_rng(0).normal(0.0, 40.0, shape)
    array = (np.abs(entries) if kind == "u1" else entries).astype(kind)
    read = mg.datasets.read_idx(write(tmp_path / "array", idx(array), compressed=compressed))
    assert (read.dtype, read.shape) == (np.dtype(kind), shape)
    assert read.dtype.isnative
    assert (read == array).all()


IMAGES = idx(np.arange(24, dtype="u1").reshape(2, 3, 4))


@pytest.mark.parametrize("length", range(len(IMAGES)))
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "cut", IMAGES[:length])
    with pytest.raises(DataFileError, match="cut: "):
        mg.datasets.read_idx(path)


def test_a_compressed_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(IMAGES)
    for length in range(len(whole)):
        with pytest.raises(DataFileError, match=r"cut\.gz: "):
            mg.datasets.read_idx(write(tmp_path / "cut.gz", whole[:length]))


def test_a_compressed_file_with_a_damaged_byte_is_refused(tmp_path: Path) -> None:
    """Ten bytes of notes stand before the contents; one of the bits that fill up the last byte tells nothing."""
    whole = gzip.compress(IMAGES)
    harmless = []
    for place in range(10, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        try:
            array = mg.datasets.read_idx(write(tmp_path / "damaged.gz", damaged))
        except DataFileError:
            continue
        harmless.append(place)
        assert idx(array) == IMAGES
    assert harmless in ([], [len(whole) - 9])


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "got an empty file"),
        (PNG, "got 89 50 4e 47"),
        (b"\0\1" + IMAGES[2:], "begins 00 00"),
        (b"\0\0\x0a\x03" + IMAGES[4:], "got 00 00 0a 03"),  # 0a is no type
        (b"\0\0\x08\x00" + IMAGES[4:], "1 to 8 dimensions"),
        (b"\0\0\x08\x09" + IMAGES[4:], "1 to 8 dimensions"),
        (IMAGES + b"\0", "more bytes after them"),
        (IMAGES[:-1], "2 x 3 x 4 entries of 1 byte, 24 bytes; got 23 bytes"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "at most 2,147,483,648 bytes"),
        (b"\0\0\x0e\x01" + struct.pack(">I", 1 << 30), "entries of 8 bytes, 8,589,934,592 bytes"),
        (b"\0\0\x08\x04" + b"\0" * 4 + b"\xff" * 12, "at most 2,147,483,648 bytes"),  # 0 entries, of an absurd shape
    ],
    ids=[
        "empty",
        "png",
        "magic",
        "type",
        "no-dimension",
        "nine",
        "longer",
        "shorter",
        "absurd",
        "absurd-1",
        "absurd-0",
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_what_is_no_idx_file_is_refused(tmp_path: Path, contents: bytes, message: str, compressed: bool) -> None:
    path = write(tmp_path / "t10k-images-idx3-ubyte", contents, compressed=compressed)
    with pytest.raises(DataFileError, match=message) as raised:
        mg.datasets.read_idx(path)
    assert str(path) in str(raised.value)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, contents: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any", contents)
    try:
        array = mg.datasets.read_idx(path)
    except DataFileError:
        return
    assert idx(array) == contents


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mg.datasets.read_idx(tmp_path / "nowhere")


RANDOM = np.random.default_rng(1)
PICTURES, LABELS = RANDOM.integers(0, 256, (30, 4, 5)).astype("u1"), np.arange(30).astype("u1") % 10


def write_mnist(folder: Path, part: str = "t10k", mark: str = "-", *, compressed: bool = True) -> Path:
    suffix = ".gz" if compressed else ""
    write(folder / f"{part}-images{mark}idx3-ubyte{suffix}", idx(PICTURES), compressed=compressed)
    write(folder / f"{part}-labels{mark}idx1-ubyte{suffix}", idx(LABELS), compressed=compressed)
    return folder


@pytest.mark.parametrize("mark", "-.")
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("part", "name"), [("train", "train"), ("test", "t10k")])
def test_mnist_is_read(tmp_path: Path, part: str, name: str, mark: str, compressed: bool) -> None:
    folder = write_mnist(tmp_path, name, mark, compressed=compressed)
    for data in (mg.datasets.mnist(folder, part), mg.datasets.mnist(str(folder))):
        assert (PICTURES.reshape(30, 20) == data.X).all()
        assert (data.y == LABELS).all()
        assert data.X.dtype == np.float64
        assert data.feature_names[7] == "pixel[2,3]"
        assert data.name == f"mnist {part}"


def test_the_training_part_comes_first(tmp_path: Path) -> None:
    write_mnist(write_mnist(tmp_path), "train")
    assert mg.datasets.mnist(tmp_path).name == "mnist train"


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"the file train-images-idx3-ubyte, or train-images-idx3-ubyte\.gz"):
        mg.datasets.mnist(tmp_path)
    write_mnist(tmp_path)
    with pytest.raises(DataFileError, match="train-images-idx3-ubyte"):
        mg.datasets.mnist(tmp_path, "train")
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataFileError, match="t10k-labels-idx1-ubyte"):
        mg.datasets.mnist(tmp_path)
    with pytest.raises(ArgumentError, match="'train', 'test' or None; got 't10k'"):
        mg.datasets.mnist(tmp_path, "t10k")


@pytest.mark.parametrize(
    ("images", "labels", "at_fault", "message"),
    [
        (PICTURES, LABELS[:29], "labels", "30 labels, one for each image of t10k-images-idx3-ubyte; got 29"),
        (PICTURES[:29], LABELS, "labels", "29 labels"),
        (LABELS, LABELS, "images", r"3 dimensions, not empty; got uint8 of shape \(30,\)"),
        (PICTURES, PICTURES, "labels", r"1 dimension, not empty; got uint8 of shape \(30, 4, 5\)"),
        (PICTURES.astype("i4"), LABELS, "images", "got int32"),
        (PICTURES[:0], LABELS[:0], "images", r"not empty; got uint8 of shape \(0, 4, 5\)"),
        (PICTURES[:, :0], LABELS, "images", "not empty"),
        (PICTURES, LABELS + np.uint8(1), "labels", "labels from 0 to 9; got 10 as label 10"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, at_fault: str, message: str
) -> None:
    write(tmp_path / "t10k-images-idx3-ubyte", idx(images))
    write(tmp_path / "t10k-labels-idx1-ubyte", idx(labels))
    with pytest.raises(DataFileError, match=message) as raised:
        mg.datasets.mnist(tmp_path)
    assert f"t10k-{at_fault}" in str(raised.value).split(":")[0]


@pytest.mark.skipif("MICROGRADNET_MNIST" not in os.environ, reason="MICROGRADNET_MNIST names no folder with MNIST")
def test_the_real_mnist() -> None:
    """The published numbers of the test part: 10,000 images, and how many there are of each digit."""
    data = mg.datasets.mnist(os.environ["MICROGRADNET_MNIST"], "test")
    assert data.X.shape == (10_000, 784)
    assert [*data.counts().values()] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert (data.X.min(), data.X.max()) == (0.0, 255.0)
