"""Find the images that a user names: files, folders and globs."""

import glob
from collections.abc import Iterable
from pathlib import Path

from striate.data import IMAGE_SUFFIXES
from striate.errors import DataError, Problem


def find_images(paths: Iterable[str | Path]) -> list[Path]:
    """The image files of files, folders (with all that is below) and shell patterns, each once, in order.

    A file that is named is taken whatever its suffix; of a folder or pattern those whose suffix is an image's.

    Raises:
        DataError: a path does not exist, or a folder or pattern holds no image; all are listed.

    Example:
        >>> find_images(["no such.jpg"])
        Traceback (most recent call last):
        striate.errors.DataError: no images to look at
          no such.jpg: no such file, folder or pattern
    """
    found: dict[Path, None] = {}
    problems = []
    for name in map(str, paths):
        files, problem = _expand(name)
        found |= dict.fromkeys(files)
        if problem:
            problems.append(Problem(name, problem))
    if problems or not found:
        raise DataError("no images to look at", problems)
    return list(found)


def _expand(name: str) -> tuple[list[Path], str]:
    """What a name stands for, and what is wrong with it."""
    path = Path(name)
    if path.is_file():
        return [path], ""
    if path.is_dir():
        images = _images_of(path.rglob("*"))
        return images, "" if images else "a folder without images"
    if glob.has_magic(name):
        images = _images_of(map(Path, glob.glob(name, recursive=True)))  # noqa: PTH207 - absolute patterns too
        return images, "" if images else "no image matches"
    return [], "no such file, folder or pattern"


def _images_of(paths: Iterable[Path]) -> list[Path]:
    return sorted(p for p in paths if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".") and p.is_file())
