"""Find objects in a video or before a camera, and draw them."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from striate.data import Frame, Pixels, Video, read_video, write_video
from striate.data.ahead import ahead
from striate.draw import draw_detections
from striate.errors import ArgumentError, DataError, ShapeError
from striate.results import Detections
from striate.runtime import Predict

_PER_BATCH = 4


@dataclass(frozen=True)
class FrameDetections:
    """A frame, and what was found in it.

    Attributes:
        number: of the frames that were looked at, from 0.
        seconds: when the frame is shown, or was taken, from the first one on.
        detections: in pixels of the frame.
        fps: how many frames a second were looked at so far, with reading, drawing and writing.
    """

    number: int
    seconds: float
    detections: Detections
    fps: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; without `fps`, which is another each time."""
        return {"frame": self.number, "seconds": round(self.seconds, 6), **self.detections.to_dict()}


def annotate_video(
    predict: Predict,
    source: str | Path | int,
    out: str | Path | None = None,
    *,
    seconds: float | None = None,
    draw: Callable[[Pixels, Detections], Pixels] = draw_detections,
) -> Generator[FrameDetections, None, None]:
    """Find objects in every frame of a video and write it with boxes on it.

    Frames are read by a thread while others are looked at. Of a camera only the newest is taken each time; what is
    written plays as fast as it happened, pictures being repeated where the network is slower than the camera.

    Ctrl-C, or closing the generator, finishes `out` with the frames that were done; so does a file that turns out to be
    cut off, before it is said. After any other error `out` is what it was.

    Args:
        predict: finds objects in some frames, in pixels of each.
        source: a video file, or a camera's number.
        out: the video to write, see `write_video`; None writes nothing.
        seconds: stop after so many of the video, above 0; a camera goes on until it is stopped.
        draw: puts detections on a frame.

    Yields:
        What was found, frame by frame, as soon as it is written.

    Raises:
        ArgumentError: `seconds` is not above 0, or `out` is the source.
        DataError: the source can't be read, or is cut off.
        OutputError: `out` can't be written.
        ShapeError: not one answer for each frame.

    Example:
        >>> import numpy as np
        >>> with write_video("dark.mp4", fps=10, size_hw=(48, 64)) as write:
        ...     for _ in range(3):
        ...         write(np.zeros((48, 64, 3), np.uint8))
        >>> nothing = lambda frames: [Detections.empty() for _ in frames]
        >>> [frame.to_dict() for frame in annotate_video(nothing, "dark.mp4", "seen.mp4")][1]
        {'frame': 1, 'seconds': 0.1, 'detections': []}
    """
    if seconds is not None and not seconds > 0:
        raise ArgumentError.of("seconds", "above 0", seconds)
    _check_not_source(out, source)
    cut_off: DataError | None = None
    with read_video(source) as video, _output(out, video) as write, closing(_look(predict, video, seconds)) as looked:
        start, written = time.perf_counter(), 0
        try:
            for number, (frame, found) in enumerate(looked):
                picture = draw(frame.pixels, found) if out else frame.pixels
                for _ in range(times_due(frame, video, written)):
                    write(picture)
                    written += 1
                yield FrameDetections(number, frame.seconds, found, (number + 1) / (time.perf_counter() - start))
        except DataError as e:
            cut_off = e
    if cut_off:
        raise cut_off


def _look(predict: Predict, video: Video, seconds: float | None) -> Generator[tuple[Frame, Detections], None, None]:
    """Frames up to this time, a few at once, and what is found in them; of a camera one by one."""
    wanted = takewhile(lambda frame: seconds is None or frame.seconds < seconds, video)
    batches = _batches(wanted, 1 if video.live else _PER_BATCH)
    with closing(ahead(batches, 1, newest=video.live)) as some_frames:
        for frames in some_frames:
            found = predict([frame.pixels for frame in frames])
            if len(found) != len(frames):
                raise ShapeError.of(
                    "predict", f"a function with an answer for each of {len(frames)} images", len(found)
                )
            yield from zip(frames, found, strict=True)


def _batches(frames: Iterable[Frame], most: int) -> Iterator[list[Frame]]:
    """So many at a time; those before an error come, too."""
    some: list[Frame] = []
    cut_off: DataError | None = None
    try:
        for frame in frames:
            some.append(frame)
            if len(some) == most:
                yield some
                some = []
    except DataError as e:
        cut_off = e
    if some:
        yield some
    if cut_off:
        raise cut_off


def times_due(frame: Frame, video: Video, written: int) -> int:
    """How often to write a frame: once; one of a camera until it is as late in what is written as it was taken.

    Args:
        frame: what is written next.
        video: what it was read from.
        written: frames so far.
    """
    return max(1, round(frame.seconds * video.fps) + 1 - written) if video.live else 1


def _output(out: str | Path | None, video: Video) -> AbstractContextManager[Callable[[Pixels], None]]:
    return write_video(out, video.fps, video.size_hw) if out else nullcontext(lambda pixels: None)


def _check_not_source(out: str | Path | None, source: str | Path | int) -> None:
    if out and not isinstance(source, int) and Path(out).resolve() == Path(source).resolve():
        raise ArgumentError.of("out", "another file than the source", str(out))
