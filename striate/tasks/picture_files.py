"""Where drawn images are written: never over the images themselves."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from striate.data.image import WRITE_SUFFIXES
from striate.errors import ArgumentError, OutputError


def picture_files(images: Sequence[str | Path], folder: str | Path) -> list[Path]:
    """A PNG in a folder for each image; the folder is made.

    Files are named as the images, with a number where two have one name.

    Raises:
        OutputError: the folder can't be made, or an image would be drawn over.

    Example:
        >>> [path.name for path in picture_files(["a/1.jpg", "b/1.jpg", "b/2.jpg"], "drawn")]
        ['1.png', '1-2.png', '2.png']
    """
    folder, taken = Path(folder), set[str]()
    pictures = [folder / f"{_free(Path(image).stem, taken)}.png" for image in images]
    refuse_drawing_over(pictures, images)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise OutputError(f"can't make the folder {folder}: {e.strerror}") from e
    return pictures


def drawing_files(images: Sequence[str | Path], out: str | Path) -> list[Path]:
    """Where each image is drawn: one image as a picture, if `out` is named as one; else a PNG for each in a folder.

    Raises:
        ArgumentError: a picture for several images.
        OutputError: the folder can't be made, or an image would be drawn over.

    Example:
        >>> [path.as_posix() for path in drawing_files(["a/1.jpg"], "answer.png")]
        ['answer.png']
    """
    check_drawing(images, out)
    return [Path(out)] if _is_picture(out) else picture_files(images, out)


def check_drawing(images: Sequence[str | Path], out: str | Path) -> None:
    """Whether images can be drawn there, before anything is computed for it.

    Args:
        images: the files.
        out: of one image a picture, by its suffix; else a folder, which is made, for a PNG of each.

    Raises:
        ArgumentError: a picture for several images.
        OutputError: it would be drawn over the image.

    Example:
        >>> check_drawing(["a.jpg", "b.jpg"], "answer.png")
        Traceback (most recent call last):
        striate.errors.ArgumentError: out must be a folder, as there are 2 images, got 'answer.png'
    """
    if not _is_picture(out):
        return
    if len(images) > 1:
        raise ArgumentError.of("out", f"a folder, as there are {len(images)} images", str(out))
    refuse_drawing_over([Path(out)], images)


def _is_picture(out: str | Path) -> bool:
    return Path(out).suffix.lower() in WRITE_SUFFIXES and not Path(out).is_dir()


def check_page(out: str | Path, over: str | Path = "") -> None:
    """Whether a page can be written, before anything is computed for it.

    Args:
        out: the page.
        over: an image, or a folder of images, that it must not take the place of.

    Raises:
        ArgumentError: not a .png.
        OutputError: it would be drawn over an image, or its folder is not there.

    Example:
        >>> check_page("page.jpg")
        Traceback (most recent call last):
        striate.errors.ArgumentError: out must be a file ending in .png, got 'page.jpg'
    """
    page, image = Path(out).resolve(), Path(over).resolve()
    if page.suffix.lower() != ".png":
        raise ArgumentError.of("out", "a file ending in .png", str(out))
    if not page.parent.is_dir():
        raise OutputError(f"can't write {out}: no folder {page.parent}")
    if over and page.exists() and (page == image or image in page.parents):
        raise OutputError(f"{out} would be drawn over: give a place beside the images themselves")


def refuse_drawing_over(pictures: Iterable[Path], images: Iterable[str | Path]) -> None:
    """Keep the images that are looked at.

    Raises:
        OutputError: a picture would take the place of one.
    """
    if over := {picture.resolve() for picture in pictures} & {Path(image).resolve() for image in images}:
        raise OutputError(f"{min(over)} would be drawn over: give a place beside the images themselves")


def _free(stem: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name
