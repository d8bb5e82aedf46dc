"""Find boxes or points in image files, and draw them."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from striate.data import Pixels, read_image, write_image
from striate.errors import Problem
from striate.tasks.classifier import OnBad, readings
from striate.tasks.images import answer_images
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.picture_files import drawing_files


class FoundIn(NamedTuple):
    """A file and what was found in it."""

    path: str
    found: Any


def find_in_files(
    predictor: MarksFinder[Any, Any],
    paths: Iterable[str | Path],
    *,
    tile: tuple[int, int] | None = None,
    skip_bad: bool = False,
) -> tuple[list[FoundIn], list[Problem]]:
    """What is on the images of files, folders and shell patterns.

    Args:
        predictor: what looks at them.
        paths: see `striate.tasks.images.find_images`.
        tile: side and overlap of tiles, see `MarksFinder.tiled`; None looks at each image whole.
        skip_bad: go on without files that can't be read.

    Returns:
        what was found, in order, and the files that were skipped.

    Raises:
        DataError: a path does not exist; or files can't be read, all of them listed.
    """

    def answer(files: Sequence[Path], on_bad: OnBad) -> Iterable[Any]:
        if tile is None:
            return predictor.stream(files, on_bad=on_bad)
        images = readings(files, partial(read_image, channels=predictor.preset.channels), _same, on_bad)
        return (predictor.tiled(image, *tile) for image in images)

    found, problems = answer_images(paths, answer, skip_bad=skip_bad)
    return [FoundIn(*row) for row in found], problems


def _same(pixels: Pixels) -> Pixels:
    return pixels


def draw_found(predictor: MarksFinder[Any, Any], answers: Sequence[FoundIn], out: str | Path) -> Path:
    """Write each image with what was found drawn on it.

    Args:
        predictor: what looked.
        answers: what it found.
        out: of one image a picture, by its suffix; else a folder, which is made. Its files are PNGs named as the
            images, with a number where two have one name.

    Returns:
        out.

    Raises:
        ArgumentError: a picture for several images.
        OutputError: the folder can't be made, a file can't be written, or an image would be drawn over.
    """
    for picture, (path, found) in zip(drawing_files([path for path, _ in answers], out), answers, strict=True):
        write_image(picture, predictor.task.draw(read_image(path), found))
    return Path(out)
