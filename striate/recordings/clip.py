"""Clips: a video, or the frames in a folder, as (channels, time, height, width)."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from striate.data.folder import is_image
from striate.data.header import read_header
from striate.data.image import read_file, read_image
from striate.data.records import Pixels
from striate.data.table import natural_key
from striate.data.video import read_video
from striate.errors import DataError, ImageError
from striate.recordings.limits import MAX_VALUES
from striate.recordings.records import Recording

COLOURS = ("red", "green", "blue")


def read_clip(path: Path) -> Recording:
    """A video as a clip of three channels, values 0 to 255; its spacing is of the average frame rate.

    Raises:
        DataError: not a video, broken, or too long.
    """
    with read_video(path) as video:
        values = _stack(path, (frame.pixels for frame in video))
        return Recording("clip", values, (1 / video.fps, 1.0, 1.0), COLOURS)


def read_frames(folder: Path) -> Recording:
    """The images in a folder, in the order of their numbers, as a clip of one channel if all are grey, else of three.

    How fast they follow each other is not known: the spacing along time is 0.

    Raises:
        DataError: no images, broken ones, of different sizes, or too many.
    """
    paths = sorted((p for p in folder.iterdir() if is_image(p.name)), key=lambda p: natural_key(p.name))
    if not paths:
        raise DataError(f"{folder}: no frames in it: images, or DICOM slices")
    grey = all(_is_grey(path) for path in paths)
    values = _stack(folder, (read_image(path, channels=1 if grey else 3) for path in paths))
    return Recording("clip", values, (0.0, 1.0, 1.0), () if grey else COLOURS)


def _is_grey(path: Path) -> bool:
    try:
        return read_header(read_file(path)).mode == "grey"
    except ImageError as e:
        raise ImageError(f"{path}: {e}") from e


def _stack(path: Path, frames: Iterable[Pixels]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(C, T, H, W); their number is bounded while they come."""
    kept = list[Pixels]()
    for frame in frames:
        if kept and frame.shape != kept[0].shape:
            raise DataError(f"{path}: frame {len(kept)} is {frame.shape}, the first {kept[0].shape}")
        if (len(kept) + 1) * frame.size > MAX_VALUES:
            raise DataError(f"{path}: more than the {MAX_VALUES:,} values that are allowed, after {len(kept)} frames")
        kept.append(frame)
    return np.ascontiguousarray(np.stack(kept).transpose(3, 0, 1, 2), np.float32)
