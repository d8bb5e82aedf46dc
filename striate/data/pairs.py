"""Pairs of images, same or different: what a verification is measured and a threshold is chosen on."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.archive import ZipStore
from striate.data.csv_table import read_text
from striate.data.folder import is_image, top_folder
from striate.data.image_index import stem_of
from striate.data.pairs_lists import PairList, WrittenPair, parse_pairs
from striate.data.records import Pixels, Store
from striate.data.stores import FileStore, FolderStore, escape_reason
from striate.errors import DataError, Problem


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of images. Each image stands once in `images`, however many pairs it is in: encode it once.

    Attributes:
        kind: what they come from, in words.
        store: reads the images.
        images: their paths in the store.
        first, second: (N,) int64 indices into `images`.
        same: (N,) bool, whether both show one person or thing.
        fold: (N,) int64 number of the fold of each, or None where they are not divided.
    """

    kind: str
    store: Store = field(repr=False)
    images: tuple[str, ...] = field(repr=False)
    first: NDArray[np.int64] = field(repr=False)
    second: NDArray[np.int64] = field(repr=False)
    same: NDArray[np.bool_] = field(repr=False)
    fold: NDArray[np.int64] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.same)

    def load(self, index: int, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """The uint8 pixels (H, W, C) of the image at `index` of `images`."""
        return self.store.load(self.images[index], channels, at_least_hw)


def open_pairs(list_path: str | Path, data: str | Path | None = None) -> Pairs:
    r"""Read a list of pairs, and find its images.

    What the list may be: one of Labeled Faces in the Wild's, `NAME 1 2` for a same pair and `NAME 1 OTHER 2` for a
    different one, with or without a first line that counts folds and pairs, where image 2 of NAME is
    `NAME/NAME_0002.jpg` (or of another suffix); or a CSV with the columns `a,b,same`, and perhaps `fold`, where same is
    1 or 0. Paths are relative to the data, or to a folder that is all there is in it, and stay under it.

    Args:
        list_path: the list: a file, or the name of one in the data.
        data: folder or zip of the images; None is the list's own folder.

    Raises:
        DataError: there is no such list or data, the list is of no known layout, or there are lines that can't be used:
            images that are missing, pairs that come twice, an image with itself. All are listed.

    Example:
        >>> from striate.data import write_image
        >>> for i, name in enumerate(("ada/1", "ada/2", "bob/1")):
        ...     Path("faces", name).parent.mkdir(parents=True, exist_ok=True)
        ...     write_image(f"faces/{name}.png", np.full((2, 3), i, np.uint8))
        >>> _ = Path("faces/pairs.csv").write_text("a,b,same\nada/1.png,ada/2.png,1\nada/1.png,bob/1.png,0\n")
        >>> pairs = open_pairs("faces/pairs.csv")
        >>> pairs.images, pairs.first, pairs.second, pairs.same
        (('ada/1.png', 'ada/2.png', 'bob/1.png'), array([0, 0]), array([1, 2]), array([ True, False]))
    """
    listed = Path(list_path)
    store = open_files(listed.parent if data is None else Path(data))
    if listed.is_file() or data is None:
        written = parse_pairs(read_text(FolderStore(listed.parent), listed.name), listed.name)
    else:
        name = posixpath.normpath(str(list_path).replace("\\", "/"))
        if reason := store.refusal(name):
            raise DataError(f"{list_path} is neither a file nor one in {data}: {reason}")
        written = parse_pairs(read_text(store, name), name)
    return _gather(written, store, listed.name)


def open_files(path: Path) -> FileStore:
    """The files of a folder or a zip.

    Raises:
        DataError: it is neither.
    """
    if path.is_dir():
        return FolderStore(path)
    if path.suffix.lower() == ".zip" and path.is_file():
        return ZipStore.open(path)
    raise DataError(f"{path} is neither a folder nor a .zip" if path.exists() else f"no such file or folder: {path}")


def _gather(written: PairList, store: FileStore, name: str) -> Pairs:
    """Number the images; refuse a list with any line that can't be used."""
    index = _ImagePaths(store, written.suffixes)
    numbers: dict[str, int] = {}
    seen: dict[frozenset[str], int] = {}
    problems: list[Problem] = []
    for pair in written.pairs:
        paths = (index.find(pair.first), index.find(pair.second))
        if reason := pair.problem or _trouble(pair, paths, index, seen):
            problems.append(Problem(name, reason, pair.line))
        for path in paths:
            numbers.setdefault(path, len(numbers))
    if problems:
        raise DataError(f"{len(problems)} of {len(written.pairs)} pairs in {name} can't be used", problems)
    first, second = (
        np.array([numbers[index.find(path)] for path in side], dtype=np.int64)
        for side in ([pair.first for pair in written.pairs], [pair.second for pair in written.pairs])
    )
    folds = [pair.fold for pair in written.pairs if pair.fold is not None]
    same = np.array([pair.same for pair in written.pairs], dtype=np.bool_)
    return Pairs(written.kind, store, tuple(numbers), first, second, same, np.array(folds, np.int64) if folds else None)


def _trouble(pair: WrittenPair, paths: Sequence[str], index: "_ImagePaths", seen: dict[frozenset[str], int]) -> str:
    """What is wrong with a pair whose line is well written; empty if nothing is."""
    for path, found in zip((pair.first, pair.second), paths, strict=True):
        if reason := index.refusal(path, found):
            return f"{path[:200]!r}: {reason}"
    if paths[0] == paths[1]:
        return f"{paths[0]!r}: an image with itself"
    line = seen.setdefault(frozenset(paths), pair.line)
    return "" if line == pair.line else f"these two images stand on line {line} already"


class _ImagePaths:
    """Finds the images that a list names: at that path, or in the one folder that holds all the rest."""

    def __init__(self, store: FileStore, suffixes: bool):
        listing = store.listing()
        self._store, self._suffixes = store, suffixes
        self._folder = top_folder(listing)
        images = [path for path in listing.files if is_image(path)]
        self._paths = {path if suffixes else stem_of(path): path for path in reversed(images)}  # a .jpg before a .png

    def find(self, written: str) -> str:
        """The path in the store; empty if there is none."""
        path = posixpath.normpath(written.replace("\\", "/"))
        return self._paths.get(path) or self._paths.get(f"{self._folder}/{path}", "")

    def refusal(self, written: str, found: str) -> str:
        """Why an image can't be used; empty if it can."""
        if not written:
            return "the path is empty"
        if reason := escape_reason(written):
            return reason
        return self._store.refusal(found) if found else "no such image"
