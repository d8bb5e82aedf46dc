"""Photographs read in batches while those before are looked at."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from striate.data import Pixels, read_image
from striate.data.ahead import ahead
from striate.data.image import named, read_file
from striate.data.records import Store
from striate.errors import ImageError

_MOST = 32  # images in a batch
_MOST_PIXELS = 2**25  # in a batch of more than one image: 100 MB as RGB


class Photograph(NamedTuple):
    """An image as it was read.

    Attributes:
        path: its file, or its name in a store.
        digest: SHA-256 of the file's bytes.
        pixels: uint8 (H, W, C), upright.
    """

    path: str
    digest: str
    pixels: Pixels


Load = Callable[[str, int], Photograph]  # by its name, in so many channels; an ImageError where it can't be read
OnBad = Callable[[str, ImageError], None]


def from_disk(path: str, channels: int) -> Photograph:
    """An image file; its bytes are read once, so that the digest is that of the pixels.

    Raises:
        ImageError: it can't be read.
    """
    with named(path):
        data = read_file(Path(path))
        return Photograph(path, hashlib.sha256(data).hexdigest(), read_image(data, channels=channels))


def from_store(store: Store) -> Load:
    """The images of a data set, whose digests nobody asks for."""
    return lambda path, channels: Photograph(path, "", store.load(path, channels))


def photographs(
    paths: Iterable[str], channels: int = 3, *, load: Load = from_disk, on_bad: OnBad | None = None
) -> Iterator[list[Photograph]]:
    """Images in batches, read ahead by a thread.

    Args:
        paths: their names, as `load` knows them.
        channels: 1 (grey), 3 (RGB) or 4 (RGB and alpha).
        load: reads one.
        on_bad: told of each that can't be read, which is then left out.

    Raises:
        ImageError: one can't be read, and nobody is told.

    Example:
        >>> [len(batch) for batch in photographs([])]
        []
    """
    with closing(ahead(_batches(_load_all(paths, channels, load, on_bad)), 1)) as batches:
        yield from batches


def _load_all(paths: Iterable[str], channels: int, load: Load, on_bad: OnBad | None) -> Iterator[Photograph]:
    for path in paths:
        try:
            photograph = load(path, channels)
        except ImageError as e:
            if on_bad is None:
                raise
            on_bad(path, e)
            continue
        yield photograph


def _batches(images: Iterable[Photograph]) -> Iterator[list[Photograph]]:
    """As many together as are worth it, and no more pixels than memory should hold."""
    batch: list[Photograph] = []
    pixels = 0
    for image in images:
        size = image.pixels.shape[0] * image.pixels.shape[1]
        if batch and (len(batch) == _MOST or pixels + size > _MOST_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(image)
        pixels += size
    if batch:
        yield batch
