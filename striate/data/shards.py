"""Images in shards: tars of samples, as WebDataset reads and writes them, with random access to every image.

Files that lie next to each other under one name up to the first dot are a sample: `dog/1.jpg` and `dog/1.cls`. Beside
its image it has a `.cls` or a `.json`. In striate's own shards (`striate data shard`) the JSON also holds where the
image came from, its part, and what a reading of it told: they open without a look at any image, as the data that they
were made of.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.folder import is_image
from striate.data.image import named, read_file
from striate.data.records import Checked, PartName
from striate.data.samples import MODES, read_samples
from striate.data.stores import ByteStore, Listing
from striate.data.table import PART_NAMES, Row, Table
from striate.data.tar_index import OpenTar
from striate.errors import DataError, ImageError, Problem

LIST_NAME = "shards.txt"
MOST_OPEN = 128  # shards at once; a process may have some 1,000 files
PLACE = np.dtype(
    [("shard", "i4"), ("offset", "i8"), ("size", "i8"), ("sha256", "V32"), ("hw", "i4", 2), ("mode", "i1")]
)
UNKNOWN = -1  # the mode of an image of which nothing was written down


class ShardStore(ByteStore):
    """Images in shards; each process opens a shard on first use.

    What was written down of an image when its shard was made is believed, and compared whenever the image is read.

    Args:
        shards: the tars.
        rows: an image's path to its row in `places`.
        places: (N,) of PLACE: the shard and where in it, and what the image was: its mode is an index into MODES.
    """

    def __init__(self, shards: Sequence[Path], rows: Mapping[str, int], places: NDArray[np.void]):
        self.shards, self.rows, self.places = tuple(shards), rows, places
        self._opened: OrderedDict[int, OpenTar] = OrderedDict()
        self._lock = Lock()

    def read(self, path: str) -> bytes:
        """The bytes of an image."""
        place = self._place(path)
        shard, offset, size = (int(place[name]) for name in ("shard", "offset", "size"))
        try:
            data = self._open(shard).read(offset, size)
        except (DataError, OSError) as e:
            raise ImageError(f"can't be read from its shard: {e}") from e
        if len(data) < size or (
            place["mode"] != UNKNOWN and hashlib.sha256(data).digest() != place["sha256"].tobytes()
        ):
            raise ImageError(f"{self.shards[shard]} was damaged or changed at byte {offset:,}, where the image begins")
        return data

    def check(self, path: str) -> Checked:
        """Digest, size and mode: what was written down, or from one reading."""
        place = self._place(path)
        if place["mode"] == UNKNOWN:
            return super().check(path)
        height, width = place["hw"].tolist()
        return Checked(place["sha256"].tobytes().hex(), (height, width), MODES[place["mode"]])

    def digest(self, path: str) -> str:
        """SHA-256 of the image's bytes: what was written down, or from one reading."""
        with named(path):
            place = self._place(path)
            return super().digest(path) if place["mode"] == UNKNOWN else place["sha256"].tobytes().hex()

    def _place(self, path: str) -> Any:
        if path not in self.rows:
            raise ImageError("no such image in the shards")
        return self.places[self.rows[path]]

    def _open(self, shard: int) -> OpenTar:
        """A tar that is open; those used longest ago are let go of."""
        with self._lock:
            if shard not in self._opened:
                self._opened[shard] = OpenTar(self.shards[shard])
            self._opened.move_to_end(shard)
            if len(self._opened) > MOST_OPEN:
                self._opened.popitem(last=False)  # closed once no thread reads from it
            return self._opened[shard]

    def __getstate__(self) -> tuple[Any, ...]:
        return self.shards, self.rows, self.places

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__(*state)  # type: ignore[misc]


def listed_shards(listing: Listing) -> tuple[str, ...]:
    """The tars in a folder, in its own folders too, if it has no images outside of them."""
    shards = tuple(f for f in listing.files if f.lower().endswith(".tar"))
    return shards if shards and not any(map(is_image, listing.files)) else ()


def read_shard_list(path: Path) -> Table:
    """Rows of the shards that a text file names: one a line, relative to the file.

    Raises:
        DataError: it is no such list, or a shard is missing; whatever `read_shards` raises.
    """
    try:
        lines = read_file(path).decode("utf-8-sig").splitlines()
    except (ImageError, UnicodeDecodeError) as e:
        raise DataError(f"{path} can't be read as a list of shards: {e}") from e
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise DataError(f"{path} is empty: expected the path of a shard on each line")
    missing = [Problem(path.name, f"{name}: no such file", i) for i, name in _missing(path.parent, lines)]
    if missing:
        raise DataError(f"{len(missing)} of the shards that {path} lists are missing", missing)
    return read_shards(path.parent, names)


def _missing(folder: Path, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    for i, line in enumerate(lines, start=1):
        if line.strip() and not (folder / line.strip()).is_file():
            yield i, line.strip()


def read_shards(folder: Path, names: Sequence[str]) -> Table:
    """Rows of all samples. Headers and labels are read, images are not.

    Images of striate's own shards stand in the order, under the paths and in the parts of the data that they were made
    of. Others stand in the order of the shards, under the names in them; a shard's own name says the part.

    Args:
        folder: to which the names are relative.
        names: of the tars.

    Raises:
        DataError: a shard that is truncated, damaged or hostile, or images of one path.
    """
    parts = _parts(names)
    found: list[Row] = []
    numbers: list[int] = []  # in the data that the shards were made of
    places: list[tuple[object, ...]] = []
    problems: list[Problem] = []
    shard_of: dict[str, str] = {}
    several = False
    for shard, (name, part) in enumerate(zip(names, parts, strict=True)):
        for image, told in read_samples(OpenTar(folder / name)):
            if isinstance(told, Problem):
                problems.append(told)
                continue
            if told.path is None:
                row = Row(part, f"{name}/{image.name}", told.labels)
            else:
                row = Row(told.part, told.path, told.labels)
            if row.path in shard_of:
                both = f"stands in {shard_of[row.path]} as well"
                raise DataError(f"{folder / name} is refused", [Problem(row.path, both)])
            shard_of[row.path] = name
            found.append(row)
            numbers.append(len(numbers) if told.number is None else told.number)
            places.append((shard, image.offset, image.size, *_noted(told.checked)))
            several |= told.several
    if not found and not problems:
        raise DataError("no samples in the shards: expected an image and a .cls or .json of the same name")
    rows = {row.path: i for i, row in enumerate(found)}
    store = ShardStore([folder / name for name in names], rows, np.array(places, PLACE))
    in_order = tuple(row for _, row in sorted(zip(numbers, found, strict=True), key=lambda pair: pair[0]))
    return Table("shards", store, in_order, several, tuple(problems))


def _noted(checked: Checked | None) -> tuple[object, ...]:
    """What PLACE holds of what was written down of an image."""
    if checked is None:
        return bytes(32), (0, 0), UNKNOWN
    return bytes.fromhex(checked.digest), checked.size_hw, MODES.index(checked.mode)


def _parts(names: Sequence[str]) -> list[PartName | None]:
    """Of each shard the part in its name, as in `imagenet-train-000.tar` or `val/000.tar`.

    Raises:
        DataError: a name with several parts in it, or some with and some without.
    """
    found = [{PART_NAMES[word] for word in re.split(r"[\W\d_]+", n.casefold()) if word in PART_NAMES} for n in names]
    bad = [n for n, parts in zip(names, found, strict=True) if len(parts) != max(map(len, found), default=0)]
    bad += [n for n, parts in zip(names, found, strict=True) if len(parts) > 1]
    if bad:
        problems = [Problem(n, "names no part, or several") for n in dict.fromkeys(bad)]
        raise DataError("shards must all be named for one of train, val, test each, or none of them", problems)
    return [next(iter(parts), None) for parts in found]
