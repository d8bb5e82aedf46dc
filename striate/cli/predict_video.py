"""`striate predict` on a video or before a camera."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from striate.cli.output import note

if TYPE_CHECKING:
    from striate.tasks import MarksFinder


def find_video(paths: Sequence[str], camera: int | None, *, seconds: float | None, skip_bad: bool) -> Path | int | None:
    """The camera, or the one path if it is a video's; None if images were named.

    Raises:
        typer.BadParameter: a camera and paths, or a video among several paths; seconds of images, or bad images of a
            video.
    """
    video = _camera_or_video(paths, camera)
    if video is None and seconds is not None:
        raise typer.BadParameter("goes with a video or --camera", param_hint="--seconds")
    if video is not None and skip_bad:
        raise typer.BadParameter("goes with images", param_hint="--skip-bad")
    return video


def _camera_or_video(paths: Sequence[str], camera: int | None) -> Path | int | None:
    from striate.data import VIDEO_SUFFIXES

    if camera is not None:
        if paths:
            raise typer.BadParameter("a camera and paths can't be looked at together", param_hint="--camera")
        return camera
    videos = [path for path in paths if Path(path).suffix.lower() in VIDEO_SUFFIXES]
    if videos and len(paths) > 1:
        raise typer.BadParameter(f"one video at a time, and no images beside it: {videos[0]}", param_hint="PATH...")
    return Path(videos[0]) if videos else None


def predict_video(
    predictor: "MarksFinder[Any, Any]",
    source: Path | int,
    *,
    out: Path | None,
    seconds: float | None,
    tile: tuple[int, int] | None,
    as_json: bool,
) -> None:
    """Look at every frame, write the video with what was found, and say how fast it went.

    Args:
        predictor: what looks at the frames.
        source: a video file, or a camera's number.
        out: the video to write, or None.
        seconds: stop after so many of the video.
        tile: side and overlap of tiles, or None.
        as_json: a JSON document a line for each frame, as it comes.
    """
    from striate.cli.progress import Bar
    from striate.tasks import annotate_video

    frames, fps = 0, 0.0
    with Bar("frames") as bar:
        looked = annotate_video(predictor.on_frames(tile), source, out, seconds=seconds, draw=predictor.task.draw)
        try:
            for frame in looked:
                frames, fps = frame.number + 1, frame.fps
                bar.advance_to(frames, None, f"{fps:.1f} frames a second")
                if as_json:
                    sys.stdout.write(json.dumps(frame.to_dict()) + "\n")
                    sys.stdout.flush()
        except KeyboardInterrupt:
            bar.say("stopped; what was done is kept")
        finally:
            looked.close()
    note(f"{frames} frames, {fps:.1f} a second{f'; written: {out}' if out else ''}")
