"""Find objects on image files by sliding windows, and draw them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from striate.data import write_image
from striate.data.image import WRITE_SUFFIXES
from striate.draw import draw_detections
from striate.errors import ArgumentError
from striate.results import Detections
from striate.tasks.picture_files import picture_files, refuse_drawing_over
from striate.tasks.windows import SlidingWindows


class Searched(NamedTuple):
    """An image file, what was found on it, and in how many windows."""

    path: Path
    found: Detections
    windows: int


def search_files(windows: SlidingWindows, files: Sequence[Path], out: Path | None = None) -> Iterator[Searched]:
    """Look at image files one after the other.

    Args:
        windows: what looks at them.
        files: image files.
        out: the picture to draw of a single file; of several the folder for them, see `picture_files`.

    Raises:
        ImageError: a file can't be read.
        ArgumentError: the picture's name has no image's suffix.
        OutputError: a picture can't be written, or an image would be drawn over.
    """
    pictures = _pictures(files, out)
    for i, path in enumerate(files):
        image = windows.read(path)
        (found,) = windows([image])
        if pictures:
            write_image(pictures[i], draw_detections(image, found))
        yield Searched(path, found, windows.count(image.shape[:2]))


def _pictures(files: Sequence[Path], out: Path | None) -> list[Path]:
    """Where each file is drawn; none where nothing is."""
    if out is None:
        return []
    if len(files) == 1:
        if out.suffix.lower() not in WRITE_SUFFIXES:
            raise ArgumentError.of("out", f"a file ending in {', '.join(WRITE_SUFFIXES)}", str(out))
        refuse_drawing_over([out], files)
        return [out]
    return picture_files(files, out)
