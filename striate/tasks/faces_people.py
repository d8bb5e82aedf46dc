"""Whose images are where: one person's, or a folder for each person."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from striate.data import IMAGE_SUFFIXES
from striate.errors import DataError, Problem
from striate.faces import person_name
from striate.tasks.images import find_images


class PersonsImage(NamedTuple):
    """An image file and whom it shows."""

    name: str
    path: Path


def images_of_people(paths: Iterable[str | Path], name: str | None = None) -> list[PersonsImage]:
    """The images of one person, or of the people whose names folders bear.

    Args:
        paths: where the images are: files, folders (with all that is below) and shell patterns; without a name folders,
            in each of which every folder is named after the person whose images it holds.
        name: of the one person that all of them show.

    Raises:
        ArgumentError: a name can't be stored.
        DataError: no images, or without a name a folder whose images are of nobody, or an image that is of two people,
            as it lies in a folder of each; all of these are listed.

    Example:
        >>> Path("people/Ada").mkdir(parents=True)
        >>> Path("people/Ada/1.jpg").touch()
        >>> [(image.name, image.path.as_posix()) for image in images_of_people(["people"])]
        [('Ada', 'people/Ada/1.jpg')]
    """
    if name is not None:
        name = person_name(name)
        return [PersonsImage(name, path) for path in find_images(paths)]
    folders, problems = [], []
    for path in map(Path, paths):
        found, problem = _folders_of_people(path)
        folders += found
        problems += [Problem(str(path), problem)] if problem else []
    if problems:
        raise DataError("whose images are these? --name NAME, or folders named after people", problems)
    images = [PersonsImage(person_name(folder.name), image) for folder in folders for image in find_images([folder])]
    _refuse_shared(images)
    return images


def _refuse_shared(images: Iterable[PersonsImage]) -> None:
    """Folders that were named may lie in each other: `people` and `people/Ada`."""
    owners: dict[Path, str] = {}
    shared = [
        Problem(str(image.path), f"is of {owner} by one folder, of {image.name} by another")
        for image in images
        if (owner := owners.setdefault(image.path.resolve(), image.name)) != image.name
    ]
    if shared:
        raise DataError("one image is of one person: name folders that don't lie in each other", shared)


def _folders_of_people(root: Path) -> tuple[list[Path], str]:
    """The folders in a folder, and what is wrong with it."""
    if not root.is_dir():
        return [], "not a folder" if root.exists() else "no such folder"
    inside = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    folders = [path for path in inside if path.is_dir()]
    if loose := [path for path in inside if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES]:
        return [], f"images that lie in no person's folder, such as {loose[0].name}"
    return folders, "" if folders else "a folder without folders"
