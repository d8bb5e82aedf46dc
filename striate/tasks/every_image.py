"""All the images of some data, whatever they show."""

from pathlib import Path

from striate.data import Item, Part, open_data, open_photos
from striate.data.folder import is_image
from striate.data.stores import FolderStore


def every_image(path: str | Path, *, skip_bad: bool = False) -> Part:
    """The images of a folder or a zip, in folders or not, or of whatever else `open_data` opens, ordered by path.

    Args:
        path: the data.
        skip_bad: leave bad files out instead of raising.

    Returns:
        one part; the labels of its items mean nothing.

    Raises:
        DataError: no such data, bad files (all are listed), or fewer than two different images.
    """
    dataset = open_photos(path, skip_bad=skip_bad) if _is_pictures(Path(path)) else open_data(path, skip_bad=skip_bad)
    parts = list(dataset.parts.values())
    items = sorted((item for part in parts for item in part.items), key=lambda item: item.path)
    return Part([Item(item.path, (0,)) for item in items], parts[0].store)


def _is_pictures(path: Path) -> bool:
    """Whether there are image files; shards and MNIST's files hold theirs inside."""
    if path.is_dir():
        return any(map(is_image, FolderStore(path).listing().files))
    return path.suffix.lower() == ".zip"
