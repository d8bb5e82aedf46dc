"""MNIST's own format: idx files of images and labels, plain or gzipped.

LeCun, Cortes and Burges, The MNIST database of handwritten digits: a magic number (0, 0, 8 for bytes, the
number of dimensions), one 32-bit big-endian size a dimension, then the bytes.
"""

import gzip
import hashlib
import math
import re
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.data.records import Checked, PartName, Pixels
from striate.data.table import Row, Table
from striate.errors import DataError, ImageError

IDX_NAME = re.compile(r"(train|t10k|test)-images[-.]idx3-ubyte(\.gz)?")
PARTS: dict[str, PartName] = {"train": "train", "t10k": "test", "test": "test"}
MAX_BYTES = 2**31
DEFLATE_LIMIT = 1032  # no gzip unpacks to more than this times its size


class IdxStore:
    """Images in idx files, named "train/0", "train/1", …; each process reads the files on first use.

    Args:
        files: the images' file by the name before the slash.
    """

    def __init__(self, files: dict[str, Path]):
        self.files = files
        self._images: dict[str, NDArray[np.uint8]] = {}

    def images(self, name: str) -> NDArray[np.uint8]:
        """All images of one file, (N, H, W)."""
        if name not in self._images:
            self._images[name] = read_idx(self.files[name], 3)
        return self._images[name]

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """uint8 pixels (H, W, C); they are stored whole, so `at_least_hw` changes nothing."""
        grey = self._image(path)
        if channels == 1:
            return grey[..., None].copy()
        code = cv2.COLOR_GRAY2RGB if channels == 3 else cv2.COLOR_GRAY2RGBA
        return np.asarray(cv2.cvtColor(grey, code), np.uint8)

    def check(self, path: str) -> Checked:
        """Digest and size; an image of a file that could be read is whole."""
        image = self._image(path)
        return Checked(self.digest(path), (image.shape[0], image.shape[1]), "grey")

    def digest(self, path: str) -> str:
        """SHA-256 of the pixels, row by row."""
        return hashlib.sha256(self._image(path).tobytes()).hexdigest()

    def _image(self, path: str) -> NDArray[np.uint8]:
        name, _, index = path.partition("/")
        if name not in self.files or not index.isdecimal() or int(index) >= len(self.images(name)):
            raise ImageError(f"{path}: no such image in the idx files")
        image: NDArray[np.uint8] = self.images(name)[int(index)]
        return image

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_images": {}}


def find_idx(folder: Path) -> dict[str, Path]:
    """The files of images that lie in a folder, by the word they begin with: train, t10k, test."""
    matches = ((IDX_NAME.fullmatch(p.name), p) for p in sorted(folder.iterdir()))
    return {match[1]: path for match, path in matches if match}


def read_idx_folder(folder: Path) -> Table:
    """Rows of MNIST's idx files: train, t10k (the test part) or both. The classes are the numbers in the labels.

    Raises:
        DataError: labels that are missing or of another number, or a broken file.
    """
    files = find_idx(folder)
    store = IdxStore(files)
    rows: list[Row] = []
    for name, path in files.items():
        labels = read_idx(_labels_beside(path), 1)
        if len(labels) != len(store.images(name)):
            raise DataError(f"{path} has {len(store.images(name)):,} images and {len(labels):,} labels")
        rows.extend(Row(PARTS[name], f"{name}/{i}", (str(label),)) for i, label in enumerate(labels))
    return Table("idx files", store, tuple(rows))


def read_idx(path: Path, ndim: int) -> NDArray[np.uint8]:
    """An idx file of bytes as a uint8 array of `ndim` dimensions.

    Raises:
        DataError: another kind of file, or not as long as its header says; its memory is never
            allocated on the header's word.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as f:
            return _read_array(f, path, ndim)
    except (OSError, EOFError, zlib.error) as e:
        raise DataError(f"{path} can't be read: {e}") from e


def _read_array(f: "BinaryIO | gzip.GzipFile", path: Path, ndim: int) -> NDArray[np.uint8]:
    head = f.read(4 + 4 * ndim)
    if len(head) < 4 + 4 * ndim or head[:4] != bytes((0, 0, 8, ndim)):
        raise DataError(f"{path} is not an idx file of bytes in {ndim} dimensions; it begins with {head[:4]!r}")
    shape = struct.unpack(f">{ndim}I", head[4:])
    size = math.prod(shape)
    at_most = path.stat().st_size * (DEFLATE_LIMIT if path.suffix == ".gz" else 1)
    if not 0 < size <= min(at_most, MAX_BYTES):
        raise DataError(f"{path} says it holds {'x'.join(map(str, shape))} bytes, which it can't")
    data = f.read(size + 1)
    if len(data) != size:
        came = "more" if len(data) > size else f"{len(data):,}"
        raise DataError(f"{path} says it holds {'x'.join(map(str, shape))} = {size:,} bytes, but has {came}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _labels_beside(images: Path) -> Path:
    """The labels' file, gzipped or not, beside the images'."""
    plain = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for candidate in (images.with_name(plain), images.with_name(f"{plain}.gz")):
        if candidate.is_file():
            return candidate
    raise DataError(f"{images} has no labels: expected {plain} or {plain}.gz beside it")
