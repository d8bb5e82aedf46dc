"""Class folders, in one level or under train/ val/ test/: from names alone, so that folders and zips read alike."""

from pathlib import PurePosixPath

from striate.data.header import IMAGE_SUFFIXES
from striate.data.records import PartName
from striate.data.stores import FileStore, Listing
from striate.data.table import PART_NAMES, Row, Table, class_name
from striate.errors import DataError, Problem


def read_class_folders(store: FileStore) -> Table:
    """Rows of `class/…/image`, or of `part/class/…/image` where the top folders are named for parts.

    A folder named `train`, `val` (`valid`, `validation`) or `test` is a part if no image lies directly in
    it, so that `bus/ car/ train/` are three classes. Files that are no images are left alone.

    Raises:
        DataError: no images at all, or a class folder without any.
    """
    listing = store.listing()
    images = [f for f in listing.files if is_image(f)]
    if not images:
        raise DataError("no images here: expected folders named for their classes, with images in them")
    parts = _part_folders(listing, images)
    problems = list(listing.problems)
    rows: list[Row] = []
    for path in images:
        top, *inner = path.split("/")
        part = parts.get(top)
        folders = inner if parts else [top, *inner]
        if parts and part is None:
            problems.append(Problem(path, f"lies outside {', '.join(f'{p}/' for p in parts)}"))
        elif len(folders) < 2:
            problems.append(Problem(path, "lies in no class folder"))
        else:
            rows.append(Row(part, path, (class_name(folders[0]),)))
    if not rows:
        raise DataError("the images lie in no class folders: expected CLASS/IMAGE, or a CSV with path,label", problems)
    _refuse_empty_classes(listing, parts, images)
    return Table("class folders", store, tuple(rows), problems=tuple(problems))


def is_image(path: str) -> bool:
    """Whether a file's suffix is an image's.

    Example:
        >>> is_image("a/CAT.JPEG"), is_image("README.txt")
        (True, False)
    """
    return PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES


def top_folder(listing: Listing) -> str:
    """The single folder that wraps everything, as in most zips; empty if there is none.

    A folder that is itself a part or a class wraps nothing.
    """
    tops = {f.split("/")[0] for f in listing.folders}
    files = [f for f in listing.files if "/" not in f and (is_image(f) or f.endswith(".csv"))]
    if len(tops) != 1 or files:
        return ""
    top = tops.pop()
    is_part = top.casefold() in PART_NAMES
    is_class = not any(f.startswith(f"{top}/") for f in listing.folders) and not any(
        f.startswith(f"{top}/") and f.endswith(".csv") for f in listing.files
    )
    return "" if is_part or is_class else top


def _part_folders(listing: Listing, images: list[str]) -> dict[str, PartName]:
    """Top folders that are parts: by name, with class folders and no images of their own."""
    direct = {f.split("/")[0] for f in images if f.count("/") == 1}
    with_classes = {f.split("/")[0] for f in listing.folders if f.count("/") == 1}
    found: dict[str, PartName] = {}
    for top in sorted(with_classes - direct):
        part = PART_NAMES.get(top.casefold())
        if part in found.values():
            raise DataError(
                f"two folders for the part {part}: {', '.join([k for k in found if found[k] == part])}, {top}"
            )
        if part is not None:
            found[top] = part
    return found


def _refuse_empty_classes(listing: Listing, parts: dict[str, PartName], images: list[str]) -> None:
    """A class folder without images is a mistake worth stopping for."""
    depth = 2 if parts else 1
    filled = {"/".join(f.split("/")[:depth]) for f in images}
    folders = {f for f in listing.folders if f.count("/") == depth - 1}
    if parts:
        folders = {f for f in folders if f.split("/")[0] in parts}
    empty = sorted(folders - filled)
    if empty:
        raise DataError("a class needs images", [Problem(f, "no images in this class folder") for f in empty])
