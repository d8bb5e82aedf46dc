"""Find out in which format a folder, a zip or a file holds boxes or points, and read it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from striate.data.archive import ZipStore
from striate.data.box_csv import is_box_csv, is_point_csv, read_box_csv, read_point_csv
from striate.data.coco import is_coco, read_coco
from striate.data.marks import MarkedTable
from striate.data.stores import FileStore, FolderStore, Listing
from striate.data.table import PART_NAMES
from striate.data.voc import read_voc
from striate.data.yolo import NAME_LISTS, has_labels, is_yolo_yaml, read_yolo
from striate.errors import DataError, ImageError

LAYOUT_FOLDERS = {"annotations", "images", "jpegimages", "imagesets", "labels", *PART_NAMES}
EXPECTED = {
    False: "COCO's JSON, Pascal VOC's XML, YOLO's data.yaml, or a CSV with path,label,x0,y0,x1,y1",
    True: "COCO's JSON with keypoints, or a CSV with path,nose_x,nose_y,…",
}
Reader = Callable[[], MarkedTable]


def find_marks(path: Path, *, points: bool | None) -> MarkedTable:
    """The marks of whatever lies at `path`.

    Args:
        path: a folder or a zip, or the JSON, YAML or CSV itself.
        points: look for points; else for boxes; None looks for boxes, then for points.

    Raises:
        DataError: no such path, no labels there, or labels in several formats.
    """
    found, points = _find(path, points)
    if not found:
        raise DataError(f"no {'points' if points else 'boxes'} in {path}: expected {EXPECTED[points]}")
    if len(found) > 1:
        raise DataError(f"{path} holds labels in several formats; name the one to use: {', '.join(found)}")
    try:
        return next(iter(found.values()))()
    except OSError as e:
        raise DataError(f"{path} can't be read: {e.strerror}") from e


def what_is_marked(path: str | Path) -> str:
    """Which labels there are: "boxes" (perhaps with points), "points", or "" where there are neither.

    Raises:
        DataError: no such path, or a hostile zip.
    """
    found, points = _find(Path(path), None)
    return ("points" if points else "boxes") if found else ""


def _find(path: Path, points: bool | None) -> tuple[dict[str, Reader], bool]:
    """How to read what is there, by the name of the file that says most; and whether that is points."""
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    try:
        store, listing, named = _open(path)
        found = {} if points else _box_readers(store, listing, named)
        if found or points is False:
            return found, False
        found = _point_readers(store, listing, named)
        return found, bool(found or points)
    except OSError as e:
        raise DataError(f"{path} can't be read: {e.strerror}") from e
    except ImageError as e:
        raise DataError(f"{path}: {e}") from e


def _open(path: Path) -> tuple[FileStore, Listing, str]:
    """The store around a path, what it holds, and the one file of it that was named."""
    if path.is_dir() or path.suffix.lower() == ".zip":
        return *_unwrapped(FolderStore(path) if path.is_dir() else ZipStore.open(path)), ""
    if path.suffix.lower() not in (".json", ".yaml", ".yml", ".csv"):
        return FolderStore(path.parent), Listing((), ()), ""
    root = path.absolute().parent
    root = root.parent if root.name.casefold() == "annotations" else root
    return FolderStore(root), FolderStore(root).listing(), path.absolute().relative_to(root).as_posix()


def _unwrapped(store: FileStore) -> tuple[FileStore, Listing]:
    """Without the single folder that wraps everything in most zips."""
    listing = store.listing()
    tops = {folder.split("/")[0] for folder in listing.folders}
    if len(tops) != 1 or any("/" not in f for f in listing.files) or {t.casefold() for t in tops} & LAYOUT_FOLDERS:
        return store, listing
    return _unwrapped(store.under(tops.pop()))


def _box_readers(store: FileStore, listing: Listing, named: str) -> dict[str, Reader]:
    files = (named,) if named else listing.files
    found: dict[str, Reader] = {}
    if jsons := [f for f in files if is_coco(store, f, points=False)]:
        found[jsons[0]] = partial(read_coco, store, listing, jsons, points=False)
    if tables := [f for f in files if is_box_csv(store, f)]:
        found[tables[0]] = partial(read_box_csv, store, listing, tables)
    xmls = [f for f in files if f.lower().endswith(".xml")]
    if xmls and b"<annotation" in store.read(xmls[0]):
        found[xmls[0]] = partial(read_voc, store, listing)
    yamls = [f for f in files if is_yolo_yaml(store, f)]
    if not yamls and has_labels(listing):  # a list of classes may lie beside class folders too
        yamls = _name_lists(store, files)
    return found | {f: partial(read_yolo, store, listing, f) for f in yamls}


def _point_readers(store: FileStore, listing: Listing, named: str) -> dict[str, Reader]:
    files = (named,) if named else listing.files
    found: dict[str, Reader] = {}
    if jsons := [f for f in files if is_coco(store, f, points=True)]:
        found[jsons[0]] = partial(read_coco, store, listing, jsons, points=True)
    return found | {f: partial(read_point_csv, store, listing, f) for f in files if is_point_csv(store, f)}


def _name_lists(store: FileStore, files: tuple[str, ...]) -> list[str]:
    """Files with a class on each line; labelImg writes the same one into every folder."""
    lists = [f for f in files if f.rpartition("/")[2].casefold() in NAME_LISTS]
    return [f for f in lists if f == lists[0] or store.read(f) != store.read(lists[0])]
