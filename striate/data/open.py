"""Open a data set: find out what it is, look at every image once, name the classes, cut a val part."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data.archive import ZipStore
from striate.data.csv_table import is_label_table, read_csv
from striate.data.fingerprint import find_twins, fingerprint
from striate.data.folder import read_class_folders, top_folder
from striate.data.idx import find_idx, read_idx_folder
from striate.data.records import Checked, Dataset, Item, Part, PartName, Sizes, Store
from striate.data.shards import LIST_NAME, listed_shards, read_shard_list, read_shards
from striate.data.split import VAL_SHARE, cut_val
from striate.data.stores import FileStore, FolderStore, Listing
from striate.data.table import Row, Table, class_names
from striate.data.threads import in_threads
from striate.errors import ArgumentError, DataError, ImageError, Problem

PART_ORDER: tuple[PartName, ...] = ("train", "val", "test")


def open_data(
    path: str | Path,
    *,
    seed: int = 0,
    val_share: float = VAL_SHARE,
    skip_bad: bool = False,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """Open a folder, a zip, a CSV, shards or MNIST's idx files, and look at every image.

    What `path` may be: a folder of class folders, in one level or under `train/ val/ test/`; a CSV with the
    columns `path,label` and perhaps `part`, or a folder with one; a zip of either; a folder of idx files; a tar of
    WebDataset's, a folder of them, or a text file that lists them.
    Every image is read once, for its digest and header; damage that only decoding shows turns up later. In shards that
    striate wrote both are written down, and compared when an image is read.

    Args:
        path: the data.
        seed: of the cut of a val part.
        val_share: of the training images, in [0, 1), where the data has no val part; 0 cuts nothing.
        skip_bad: leave bad files out and list them in `skipped` instead of raising.
        classes: a model's labels, in their order; the data may then lack some, but not have others.

    Raises:
        DataError: no such data, bad files (all are listed), a class without images, one class only.
        ArgumentError: `val_share` is out of range.

    Example:
        >>> from striate.data import write_image
        >>> for i, name in enumerate(("ants/1", "ants/2", "bees/1", "bees/2")):
        ...     Path("insects", name).parent.mkdir(parents=True, exist_ok=True)
        ...     write_image(f"insects/{name}.png", np.full((2, 3), i, np.uint8))
        >>> dataset = open_data("insects")
        >>> dataset.kind, dataset.classes, {name: len(part) for name, part in dataset.parts.items()}
        ('class folders', ('ants', 'bees'), {'train': 2, 'val': 2})
    """
    if not 0 <= val_share < 1:
        raise ArgumentError.of("val_share", "in [0, 1)", val_share)
    table, names, rows, checked, problems = gathered = gather(path, skip_bad=skip_bad, classes=classes)
    digests = gathered.digests
    items = items_of(rows, names)
    must_cut = "train" in items and "val" not in items and val_share > 0
    if must_cut:
        train = items["train"]
        items["train"], items["val"] = cut_val(
            train, [digests[i.path] for i in train], names, share=val_share, seed=seed
        )
    parts = {name: Part(items[name], table.store) for name in PART_ORDER if name in items}
    return Dataset(
        root=str(path),
        kind=table.kind,
        classes=names,
        parts=parts,
        multilabel=table.multilabel,
        cut_seed=seed if must_cut else None,
        skipped=problems,
        twins=find_twins(parts, digests),
        fingerprint=fingerprint(rows, digests),
        sizes=sizes_of(checked.values()),
        modes=modes_of(checked.values()),
    )


class Gathered(NamedTuple):
    """A data set that was found and checked, as it is divided by itself.

    Attributes:
        table: what was found.
        names: of the classes.
        rows: the good ones.
        checked: what a reading of each image told, by path.
        problems: what had to be left out.
    """

    table: Table
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    checked: dict[str, Checked]
    problems: tuple[Problem, ...]

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each image, by path."""
        return {path: checked.digest for path, checked in self.checked.items()}


def gather(
    path: str | Path, *, skip_bad: bool = False, classes: Sequence[str] | None = None, untrained: bool = False
) -> Gathered:
    """Find out what lies at `path`, look at every image and name the classes; arguments and errors: `open_data`'s.

    With `untrained` a class may lack images to train on, as an identity does that is held back.
    """
    table = _find(Path(path))
    names = class_names((name for row in table.rows for name in row.labels), classes, table.source)
    rows, checked, broken = check_all(table.store, table.rows)
    problems = (*table.problems, *broken)
    if problems and not skip_bad:
        raise DataError(f"{len(problems)} of the images in {path} can't be used (--skip-bad leaves them out)", problems)
    _refuse_bare_classes(path, names, rows, given=untrained or classes is not None)
    return Gathered(table, names, rows, checked, problems)


def _find(path: Path) -> Table:
    """The rows of whatever lies at `path`."""
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    try:
        if path.is_dir():
            return read_idx_folder(path) if find_idx(path) else _read_folder(path)
        if path.suffix.lower() == ".csv":
            return read_csv(FolderStore(path.parent), path.name)
        if path.suffix.lower() == ".zip":
            return _read_files(ZipStore.open(path), "zip of ")
        if path.suffix.lower() == ".tar":
            return read_shards(path.parent, [path.name])
        if path.suffix.lower() == ".txt":
            return read_shard_list(path)
    except OSError as e:
        raise DataError(f"{path} can't be read: {e.strerror}") from e
    raise DataError(f"{path} is neither a folder, nor a .zip, a .csv, a .tar, nor a .txt that lists tars")


def _read_folder(path: Path) -> Table:
    """Shards, or what zips hold as well."""
    if (path / LIST_NAME).is_file():
        return read_shard_list(path / LIST_NAME)
    store = FolderStore(path)
    listing = store.listing()
    shards = listed_shards(listing)
    return read_shards(path, shards) if shards else _read_files(store, "", listing)


def _read_files(store: FileStore, prefix: str, listing: Listing | None = None) -> Table:
    """A CSV at the top if its first line says path and label, else class folders."""
    listing = store.listing() if listing is None else listing
    if not listing.files:
        raise DataError("the data is empty: no files in it", listing.problems)
    if top := top_folder(listing):
        return _read_files(store.under(top), prefix)
    tables = [f for f in listing.files if "/" not in f and f.lower().endswith(".csv") and is_label_table(store, f)]
    if len(tables) > 1:
        raise DataError(f"several tables with path and label: {', '.join(tables)}; name the one to use")
    table = read_csv(store, tables[0]) if tables else read_class_folders(store)
    return Table(prefix + table.kind, table.store, table.rows, table.multilabel, table.problems, table.source)


def check_all(store: Store, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Checked], tuple[Problem, ...]]:
    """Look at every image, in threads: the rows that are good, what was seen, and what is bad."""

    def check(row: Row) -> Checked | Problem:
        try:
            return store.check(row.path)
        except ImageError as e:
            return Problem(row.path, str(e))

    seen = in_threads(check, rows)
    checked = {row.path: s for row, s in zip(rows, seen, strict=True) if isinstance(s, Checked)}
    return (
        tuple(row for row in rows if row.path in checked),
        checked,
        tuple(s for s in seen if isinstance(s, Problem)),
    )


def _refuse_bare_classes(path: str | Path, names: Sequence[str], rows: Sequence[Row], *, given: bool) -> None:
    """Every class that data brings along must be there to train on, and there must be two."""
    if not rows:
        raise DataError(f"no image in {path} can be used")
    if given:
        return
    if len(names) < 2:
        raise DataError(f"only one class in {path}: {names[0]!r}; a classifier needs at least two")
    parts = {row.part for row in rows}
    trained = {n for row in rows if row.part in (None, "train") for n in row.labels}
    missing = [n for n in names if n not in trained] if parts & {None, "train"} else []
    if missing:
        raise DataError("a class needs images to train on", [Problem(n, "no good image to train on") for n in missing])


def items_of(rows: Iterable[Row], names: Sequence[str]) -> dict[PartName, tuple[Item, ...]]:
    """Items by part; what isn't divided is train."""
    index = {name: i for i, name in enumerate(names)}
    found: dict[PartName, list[Item]] = {}
    for row in rows:
        item = Item(row.path, tuple(sorted(index[n] for n in row.labels)))
        found.setdefault(row.part or "train", []).append(item)
    return {name: tuple(items) for name, items in found.items()}


def sizes_of(checked: Iterable[Checked]) -> Sizes:
    """The smallest, median and largest height and width of images."""
    sizes = np.array([c.size_hw for c in checked])  # (N, 2)
    (h0, w0), (h, w), (h1, w1) = (f(sizes, axis=0).astype(int).tolist() for f in (np.min, np.median, np.max))
    return Sizes((h0, w0), (h, w), (h1, w1))


def modes_of(checked: Iterable[Checked]) -> dict[str, int]:
    """How many images there are of each mode."""
    names, counts = np.unique([c.mode for c in checked], return_counts=True)
    return {str(n): int(c) for n, c in zip(names, counts, strict=True)}
