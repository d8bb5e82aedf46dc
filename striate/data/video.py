"""Read and write videos frame by frame, and read cameras: uint8 RGB, upright. There is no sound.

OpenCV's own copy of ffmpeg decodes and encodes, so what can be read and written is the same wherever it is installed:
nearly everything is read; H.264 and AV1 can't be written.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import cv2
import numpy as np

from striate.atomic import atomic_path
from striate.data.image import MAX_PIXELS, why_no_file
from striate.data.records import Pixels
from striate.errors import ArgumentError, DataError, OutputError

# What each suffix holds. MPEG-4 plays in all players, but not in browsers, which want WebM: it takes ten times as long.
CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG", ".webm": "VP80"}
VIDEO_SUFFIXES = frozenset((*CODECS, ".m4v", ".mpg", ".mpeg", ".mts", ".wmv", ".flv", ".ogv"))
_MOST_FPS = 1000.0
_USUAL_FPS = 30.0  # of a camera that doesn't say


class Frame(NamedTuple):
    """One picture of a video.

    Attributes:
        pixels: uint8 (H, W, 3), RGB.
        seconds: when it is shown, from the first frame on.
    """

    pixels: Pixels
    seconds: float


class Video:
    """A video file or a camera that is open: its frames, once and in order. Use it as a context manager, or close it.

    Attributes:
        name: the file's path, or "camera 0".
        size_hw: height and width of every frame in pixels.
        fps: frames a second, on average.
        frames: how many there are, as the file says; None where it doesn't, and of a camera.
        live: whether it is a camera.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture, live: bool):
        self.name, self.live, self._capture = name, live, capture
        self._check_size()
        first = self._read()
        if first is None:
            raise DataError(f"{name}: not a single frame can be read; broken, or of an unknown codec")
        self._first: Frame | None = first
        self._count, self._start = 0, first.seconds
        self.size_hw: tuple[int, int] = first.pixels.shape[:2]
        self.fps = self._fps()
        self.frames = None if live else self._announced()

    def __iter__(self) -> Iterator[Frame]:
        """The frames that were not read yet.

        Raises:
            DataError: the file ends before it said it would, by more than one frame and a hundredth.
        """
        while frame := self._take():
            self._count += 1
            yield Frame(frame.pixels, frame.seconds - self._start)
        if self.frames and self._count < self.frames - max(1, self.frames // 100):
            raise DataError(f"{self.name}: broken or cut off after {self._count} of {self.frames} frames")

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or camera."""
        self._capture.release()

    def _take(self) -> Frame | None:
        """The first frame, which was read when the video was opened, then those after it."""
        first, self._first = self._first, None
        return first or self._read()

    def _read(self) -> Frame | None:
        """The next frame, by the file's clock or, of a camera, this machine's."""
        there, pixels = self._capture.read()
        if not there:
            return None
        seconds = time.monotonic() if self.live else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return Frame(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8), seconds)

    def _check_size(self) -> None:
        """Refuse frames that would fill the memory before one is decoded."""
        width, height = (self._capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not 1 <= width * height <= MAX_PIXELS:
            raise DataError(f"{self.name}: frames of {width:g}x{height:g}; up to {MAX_PIXELS:,} pixels are allowed")

    def _fps(self) -> float:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        if 0 < fps <= _MOST_FPS:  # and a number
            return float(fps)
        if self.live:
            return _USUAL_FPS
        raise DataError(f"{self.name}: {fps:g} frames a second; more than 0, up to {_MOST_FPS:g} are allowed")

    def _announced(self) -> int | None:
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if 1 <= count < 2**53 else None


def read_video(source: str | Path | int) -> Video:
    """Open a video file, or a camera by its number.

    Frames come upright, as a phone's note of how it was held says.

    Args:
        source: a path, or 0 for the first camera.

    Raises:
        DataError: no such file or camera, not a video, of an unknown codec, without frames, or too large.

    Example:
        >>> with write_video("grey.mp4", fps=25, size_hw=(48, 64)) as write:
        ...     for level in (0, 100, 200):
        ...         write(np.full((48, 64, 3), level, np.uint8))
        >>> with read_video("grey.mp4") as video:
        ...     video.fps, video.size_hw, video.frames
        ...     [(round(frame.seconds, 2), round(float(frame.pixels.mean()), -1)) for frame in video]
        (25.0, (48, 64), 3)
        [(0.0, 0.0), (0.04, 100.0), (0.08, 200.0)]
    """
    if isinstance(source, int):
        return _open(f"camera {source}", _camera(source), live=True)
    return _open(str(source), cv2.VideoCapture(_file_name(Path(source)), cv2.CAP_FFMPEG), live=False)


def _open(name: str, capture: cv2.VideoCapture, live: bool) -> Video:
    try:
        if not capture.isOpened():
            what = "there is none, or it is in use" if live else "not a video, broken, or of an unknown codec"
            raise DataError(f"{name}: {what}")
        return Video(name, capture, live)
    except BaseException:
        capture.release()
        raise


@contextmanager
def write_video(path: str | Path, fps: float, size_hw: tuple[int, int]) -> Iterator[Callable[[Pixels], None]]:
    """A function that writes frames; the file is whole at the end of the block, or is not there.

    Ctrl-C, and the end of a generator that is closed, finish the file with what was written so far. Any other error
    leaves what stood at `path` before.

    Args:
        path: ends in .mp4, .mov or .mkv (MPEG-4), .avi (Motion JPEG) or .webm (VP8, which browsers play).
        fps: frames a second, above 0 to 1000.
        size_hw: of every frame; odd sides become even by a row or column that is repeated, as the codecs want it.

    Yields:
        What takes a frame, uint8 (H, W, 3), RGB.

    Raises:
        ArgumentError: another suffix, rate or size.
        OutputError: the file can't be written, is not whole afterwards (the disk is full), or got no frames.
    """
    path = Path(path)
    if path.suffix.lower() not in CODECS:
        raise ArgumentError.of("path", f"a file ending in {', '.join(CODECS)}", str(path))
    if not 0 < fps <= _MOST_FPS:
        raise ArgumentError.of("fps", f"above 0, up to {_MOST_FPS:g}", fps)
    if min(size_hw) < 1 or math.prod(size_hw) > MAX_PIXELS:
        raise ArgumentError.of("size_hw", f"at least 1, up to {MAX_PIXELS:,} pixels", size_hw)
    left: BaseException | None = None
    with atomic_path(path) as temporary:
        writer = _Writer(temporary, path, fps, size_hw)
        try:
            yield writer.write
        except (KeyboardInterrupt, GeneratorExit) as e:
            left = e
        finally:
            writer.release()
        if writer.count:
            writer.check()
        else:
            temporary.unlink()
    if left:
        raise left
    if not writer.count:
        raise OutputError(f"can't write {path}: there are no frames")


class _Writer:
    """OpenCV's, which doesn't say when it can't write."""

    def __init__(self, temporary: Path, path: Path, fps: float, size_hw: tuple[int, int]):
        self._temporary, self._path, self._size_hw, self.count = temporary, path, size_hw, 0
        height, width = (side + side % 2 for side in size_hw)
        codec = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
        self._writer = cv2.VideoWriter(_utf8(temporary), cv2.CAP_FFMPEG, codec, fps, (width, height))
        if not self._writer.isOpened():
            raise OutputError(f"can't write {path}: OpenCV has no {CODECS[path.suffix.lower()]} encoder here")

    def write(self, pixels: Pixels) -> None:
        """Write a frame.

        Raises:
            ArgumentError: it is not uint8 (H, W, 3) of the video's size.
        """
        if pixels.dtype != np.uint8 or pixels.shape != (*self._size_hw, 3):
            expected = f"uint8 of shape {(*self._size_hw, 3)}"
            raise ArgumentError.of("pixels", expected, (pixels.dtype.name, pixels.shape))
        frame = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        down, right = (side % 2 for side in self._size_hw)
        if down or right:
            frame = cv2.copyMakeBorder(frame, 0, down, 0, right, cv2.BORDER_REPLICATE)
        self._writer.write(frame)
        self.count += 1

    def release(self) -> None:
        self._writer.release()

    def check(self) -> None:
        """Whether the last frame can be read from the file."""
        capture = cv2.VideoCapture(_utf8(self._temporary), cv2.CAP_FFMPEG)
        there = capture.set(cv2.CAP_PROP_POS_FRAMES, self.count - 1) and capture.read()[0]
        capture.release()
        if not there:
            raise OutputError(f"can't write {self._path}: it is not whole; is the disk full?")


def _camera(number: int) -> cv2.VideoCapture:
    if number < 0:
        raise ArgumentError.of("source", "a path, or a camera's number from 0", number)
    return cv2.VideoCapture(number)


def _file_name(path: Path) -> str:
    """Of an ordinary file, as ffmpeg takes it: no pipe, no pattern of many images, no address."""
    if not path.is_file():
        raise DataError(f"{path}: {why_no_file(path)}")
    return _utf8(path)


def _utf8(path: Path) -> str:
    """A name that OpenCV can take; others end the process."""
    name = str(path.resolve())
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DataError(f"{name!a}: the path of a video must be UTF-8") from None
    return name
