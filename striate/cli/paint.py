"""`striate stylize` with a model file: photographs, folders and videos at one pass each."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from striate.cli.output import note, print_json

if TYPE_CHECKING:
    from striate.data import Pixels
    from striate.training import Device


def is_model_file(model: str) -> bool:
    """Whether it names a file, or what should be one, and not a preset.

    Example:
        >>> is_model_file("run/model.safetensors"), is_model_file("vgg19")
        (True, False)
    """
    return Path(model).suffix == ".safetensors" or Path(model).is_file()


def paint(
    source: Path | int,
    out: Path,
    model: str,
    styles: Sequence[str],
    weights: Sequence[float],
    *,
    size: int | None,
    seconds: float | None,
    device: "Device",
    as_json: bool,
) -> None:
    """Paint what is named and say how fast it went.

    Args:
        source: an image, a folder of images, a video or a camera's number.
        out: what to write: a picture, a folder or a video.
        model: the model file.
        styles: names of its styles; the first one if there is none.
        weights: of each style.
        size: pixels of the long side; as the source has if left out.
        seconds: of a video or camera: stop after so many.
        device: where to compute.
        as_json: a JSON document on stdout.
    """
    from striate.cli.progress import Bar
    from striate.data import VIDEO_SUFFIXES
    from striate.tasks import Painter, paint_images, paint_video

    painter = Painter.open(model, device=device)
    painter.mixture(styles, weights)  # before anything is read

    def by_style(image: "Pixels") -> "Pixels":
        return painter(image, styles, weights, size=size)

    start = time.perf_counter()
    if isinstance(source, int) or source.suffix.lower() in VIDEO_SUFFIXES:
        noun = "frames"
        with Bar(noun) as bar:
            count = paint_video(by_style, source, out, seconds=seconds, on_frame=bar.advance_to)
    elif seconds is not None:
        raise typer.BadParameter("goes with a video or --camera", param_hint="--seconds")
    else:
        noun = "pictures"
        count = len(paint_images(by_style, [source], out))
    took = time.perf_counter() - start
    if as_json:
        print_json({"out": str(out), "painted": count, "seconds": round(took, 3)})
    note(f"{count} {noun}, {count / took:.1f} a second: {out}")
