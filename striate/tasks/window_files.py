"""Find objects on image files by sliding windows, and draw them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from striate.data import write_image
from striate.draw import draw_detections
from striate.results import Detections
from striate.tasks.picture_files import drawing_files
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
        out: where to draw what was found, see `drawing_files`; None draws nothing.

    Raises:
        ImageError: a file can't be read.
        ArgumentError: a picture for several images.
        OutputError: a picture can't be written, or an image would be drawn over.
    """
    pictures = drawing_files(files, out) if out else []
    for i, path in enumerate(files):
        image = windows.read(path)
        (found,) = windows([image])
        if pictures:
            write_image(pictures[i], draw_detections(image, found))
        yield Searched(path, found, windows.count(image.shape[:2]))
