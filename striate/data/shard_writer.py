"""Write a data set as shards: tars of samples that this and other programs read one after the other."""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

import numpy as np

from striate.data.fingerprint import fingerprint
from striate.data.header import read_header
from striate.data.open import Gathered, gather
from striate.data.sampler import order_rng
from striate.data.samples import Described, own_document
from striate.data.shards import LIST_NAME
from striate.data.stores import ByteStore
from striate.errors import ArgumentError, DataError, OutputError, Problem

SHARD_BYTES = 256_000_000
SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "GIF": "gif"}
UNDIVIDED = "data"  # what shards are named for where the data has no parts
Watch = Callable[[int, int], None]  # (images done, images in all)


@dataclass(frozen=True)
class Shards:
    """What was written.

    Attributes:
        folder: where.
        images: by shard, how many.
        fingerprint: of the data, which the shards share.
        skipped: bad files that were left out.
    """

    folder: Path
    images: dict[str, int]
    fingerprint: str
    skipped: tuple[Problem, ...]


def write_shards(
    data: str | Path,
    out: str | Path,
    *,
    shard_bytes: int = SHARD_BYTES,
    images: int | None = None,
    skip_bad: bool = False,
    on_images: Watch | None = None,
) -> Shards:
    """Write a data set as tars that WebDataset reads, and that `open_data` reads as the same data set.

    The images' bytes are not touched. Each lies beside a JSON that says its class, part and path. Within a part they
    are mixed, always in the same way, so that whoever reads them in sequence doesn't see one class after the other. The
    folder appears when all is written, with a list of the shards in `shards.txt`; if anything fails there is none.

    Args:
        data: what `open_data` takes, other than idx files.
        out: a folder that doesn't exist yet or is empty, outside of the data.
        shard_bytes: of a shard at most, unless a single image has more.
        images: in a shard at most.
        skip_bad: leave out files that can't be read.
        on_images: called now and then with the images that are written and those to write.

    Raises:
        ArgumentError: no room for an image in a shard.
        DataError: bad data; says which files.
        OutputError: the folder holds something, or can't be written to.

    Example:
        >>> from striate.data import open_data, write_image
        >>> for i, name in enumerate(("ants/1", "ants/2", "bees/1", "bees/2")):
        ...     Path("insects", name).parent.mkdir(parents=True, exist_ok=True)
        ...     write_image(f"insects/{name}.png", np.full((2, 3), i, np.uint8))
        >>> written = write_shards("insects", "shards", images=3)
        >>> written.images
        {'data-000000.tar': 3, 'data-000001.tar': 1}
        >>> open_data("shards").fingerprint == open_data("insects").fingerprint
        True
    """
    for name, value in (("shard_bytes", shard_bytes), ("images", images)):
        if value is not None and value < 1:
            raise ArgumentError.of(name, "at least 1", value)
    out = Path(out)
    _refuse_place(out, Path(data))
    gathered = gather(data, skip_bad=skip_bad)
    with new_folder(out) as folder:
        written = _Writer(gathered, folder, shard_bytes, images or len(gathered.rows), on_images).write()
    return Shards(out, written, fingerprint(gathered.rows, gathered.digests), gathered.problems)


def _refuse_place(out: Path, data: Path) -> None:
    if out.resolve().is_relative_to(data.resolve()):  # they would be taken for a part of it from then on
        raise ArgumentError.of("out", f"a folder outside of the data {data}", str(out))
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise OutputError(f"{out} is there already; shards go into a new folder, so that old ones don't mix with them")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place when the block ends without an error, and is gone otherwise."""
    folder = out.absolute().with_name(f".{out.name}.{os.getpid()}")
    try:
        folder.mkdir()
        yield folder
        if out.exists():
            out.rmdir()
        folder.rename(out)
    except OSError as e:
        raise OutputError(f"can't write {out}: {e.strerror or e}") from e
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Writer:
    """Writes what was gathered into a folder."""

    def __init__(self, gathered: Gathered, folder: Path, shard_bytes: int, images: int, on_images: Watch | None):
        if not isinstance(gathered.table.store, ByteStore):
            raise DataError(f"{gathered.table.kind} hold no image files; a shard is made of such files, as they are")
        self.rows, self.store, self.checked = gathered.rows, gathered.table.store, gathered.checked
        self.several = gathered.table.multilabel
        self.index = {name: i for i, name in enumerate(gathered.names)}
        self.folder, self.shard_bytes, self.images, self.on_images = folder, shard_bytes, images, on_images
        self.written: dict[str, int] = {}

    def write(self) -> dict[str, int]:
        """All shards and the list of them: how many images each has."""
        for part in dict.fromkeys(row.part for row in self.rows):
            numbers = np.array([i for i, row in enumerate(self.rows) if row.part == part])
            order_rng(0, 0).shuffle(numbers)
            waiting = deque(numbers.tolist())
            for shard in count():
                if not waiting:
                    break
                self.write_shard(f"{part or UNDIVIDED}-{shard:06}.tar", waiting)
        with (self.folder / LIST_NAME).open("wb") as f:
            f.write("".join(f"{name}\n" for name in self.written).encode())
            _to_disk(f)
        return self.written

    def write_shard(self, name: str, waiting: deque[int]) -> None:
        """As many of the waiting images as there is room for, but one at least."""
        images = 0
        with (self.folder / name).open("wb") as f:
            with tarfile.open(fileobj=f, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                while waiting and images < self.images:
                    members = self.members(waiting[0])
                    end = f.tell() + sum(_stored_bytes(data) for data in members.values()) + tarfile.RECORDSIZE
                    if images and end > self.shard_bytes:
                        break
                    for member, data in members.items():
                        tar.addfile(_info(member, data), io.BytesIO(data))
                    waiting.popleft()
                    images += 1
            _to_disk(f)
        self.written[name] = images
        if self.on_images:
            self.on_images(sum(self.written.values()), len(self.rows))

    def members(self, number: int) -> dict[str, bytes]:
        """The two files of a sample. The JSON comes first, so that it is read together with its header."""
        row = self.rows[number]
        data = self.store.read(row.path)
        checked = self.checked[row.path]
        if hashlib.sha256(data).hexdigest() != checked.digest:
            raise DataError(f"{row.path} was changed while it was read")
        described = Described(row.labels, self.several, row.part, row.path, number, checked)
        document = own_document(described, [self.index[name] for name in row.labels])
        key, suffix = f"{number:09}", SUFFIXES[read_header(data).format]
        return {f"{key}.json": json.dumps(document, ensure_ascii=False).encode(), f"{key}.{suffix}": data}


def _stored_bytes(data: bytes) -> int:
    """A header, and whole blocks."""
    return tarfile.BLOCKSIZE * (1 + -(-len(data) // tarfile.BLOCKSIZE))


def _info(name: str, data: bytes) -> tarfile.TarInfo:
    """Without a time or an owner: the same data give the same shards."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info


def _to_disk(f: BinaryIO) -> None:
    f.flush()
    os.fsync(f.fileno())
