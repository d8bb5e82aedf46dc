"""Photographs without labels: what is learned from all of them alike."""

from pathlib import Path

from striate.data.archive import ZipStore
from striate.data.fingerprint import find_twins, fingerprint
from striate.data.folder import is_image
from striate.data.open import check_all, items_of, modes_of, sizes_of
from striate.data.records import Dataset, Part, PartName
from striate.data.split import VAL_SHARE, cut_val
from striate.data.stores import FileStore, FolderStore
from striate.data.table import Row
from striate.errors import ArgumentError, DataError

_ANY = ("photo",)  # the one class


def open_photos(path: str | Path, *, seed: int = 0, val_share: float = VAL_SHARE, skip_bad: bool = False) -> Dataset:
    """Open a folder or a zip of images, in folders or not, whose names mean nothing, and look at every image.

    Args:
        path: the data.
        seed: of the cut.
        val_share: of the images, in (0, 1), that are held back.
        skip_bad: leave bad files out and list them in `skipped` instead of raising.

    Returns:
        Parts train and val, all of one class.

    Raises:
        DataError: no such data, bad files (all are listed), or fewer than two different images.
        ArgumentError: `val_share` is out of range.

    Example:
        >>> import numpy as np
        >>> from striate.data import write_image
        >>> Path("photos").mkdir()
        >>> for i in range(5):
        ...     write_image(f"photos/{i}.png", np.full((2, 3), i, np.uint8))
        >>> {name: len(part) for name, part in open_photos("photos").parts.items()}
        {'train': 4, 'val': 1}
    """
    if not 0 < val_share < 1:
        raise ArgumentError.of("val_share", "in (0, 1)", val_share)
    kind, store = _open(Path(path))
    listing = store.listing()
    rows = [Row(None, name, _ANY) for name in listing.files if is_image(name)]
    good, checked, broken = check_all(store, rows)
    problems = (*listing.problems, *broken)
    if problems and not skip_bad:
        raise DataError(f"{len(problems)} of the images in {path} can't be used (--skip-bad leaves them out)", problems)
    if not good:
        raise DataError(f"no images in {path}", problems)
    items = items_of(good, _ANY)["train"]
    digests = {name: seen.digest for name, seen in checked.items()}
    train, val = cut_val(items, [digests[i.path] for i in items], _ANY, share=val_share, seed=seed)
    parts: dict[PartName, Part] = {"train": Part(train, store), "val": Part(val, store)}
    return Dataset(
        root=str(path),
        kind=kind,
        classes=_ANY,
        parts=parts,
        cut_seed=seed,
        skipped=problems,
        twins=find_twins(parts, digests),
        fingerprint=fingerprint(good, digests),
        sizes=sizes_of(checked.values()),
        modes=modes_of(checked.values()),
    )


def _open(path: Path) -> tuple[str, FileStore]:
    if path.is_dir():
        return "photos", FolderStore(path)
    if path.is_file() and path.suffix.lower() == ".zip":
        return "zip of photos", ZipStore.open(path)
    raise DataError(f"{path} is neither a folder nor a .zip of images" if path.exists() else f"no such folder: {path}")
