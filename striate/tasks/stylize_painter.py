"""Paint photographs and videos by a network that was trained to, at one pass each."""

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from striate.data import Pixels, read_image, read_video, write_image, write_video
from striate.data.ahead import ahead
from striate.errors import ArgumentError, ModelFileError, UnknownNameError
from striate.models import load_model
from striate.models.transform_net import TransformNet
from striate.tasks.images import find_images
from striate.tasks.picture_files import picture_files, refuse_drawing_over
from striate.tasks.stylize_pictures import fitting_size, to_pixels, to_tensor
from striate.tasks.video import times_due
from striate.training import Device, pick_device

_MULTIPLE = 4  # of the network's strides


class Painter:
    """A network that paints, and the names of its styles: an image and a style in, an image out.

    Args:
        network: the network; it is moved to the device and put in eval mode.
        names: of its styles.
        device: where it computes.
    """

    def __init__(self, network: TransformNet, names: Sequence[str], *, device: torch.device):
        self.network = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.names, self.device = tuple(names), device

    @classmethod
    def open(cls, model: str | Path, *, device: Device = "auto") -> "Painter":
        """The painter in a model file.

        Raises:
            ModelFileError: a broken file, or one that was trained for something else.
        """
        network, header = load_model(model)
        if header.task != "stylize" or not isinstance(network, TransformNet):
            raise ModelFileError(f"{model}: trained to {header.task}, not to stylize")
        return cls(network, header.preset.labels, device=pick_device(device))

    def mixture(self, styles: Sequence[str], weights: Sequence[float] = ()) -> tuple[float, ...]:
        """How much of each style the network is to give.

        Args:
            styles: names of some of them; the first one if there is none.
            weights: of each, positive; the same if left out.

        Raises:
            UnknownNameError: no such style.
            ArgumentError: not a positive number for each style.
        """
        chosen = list(styles) or [self.names[0]]
        given = list(weights) or [1.0] * len(chosen)
        if len(given) != len(chosen) or not all(0 < w < float("inf") for w in given):
            raise ArgumentError.of("style_weights", f"a positive number for each of {len(chosen)} styles", given)
        shares = [0.0] * len(self.names)
        for name, weight in zip(chosen, given, strict=True):
            if name not in self.names:
                raise UnknownNameError("style", name, self.names)
            shares[self.names.index(name)] += weight / sum(given)
        return tuple(shares)

    @torch.inference_mode()
    def __call__(
        self, image: Pixels, styles: Sequence[str] = (), weights: Sequence[float] = (), *, size: int | None = None
    ) -> Pixels:
        """Paint an image.

        Args:
            image: uint8 (H, W, 3).
            styles, weights: see `mixture`.
            size: pixels of the long side; as large as the image if left out.

        Returns:
            uint8 (H, W, 3).
        """
        mixture = torch.tensor([self.mixture(styles, weights)], device=self.device)
        height, width = image.shape[:2] if size is None else fitting_size(image.shape[:2], size, 1)
        x = to_tensor(image, (height, width), self.device) * 2 - 1
        padding = (0, -width % _MULTIPLE, 0, -height % _MULTIPLE)
        x = F.pad(x, padding, mode="replicate").contiguous(memory_format=torch.channels_last)
        return np.ascontiguousarray(to_pixels((self.network(x, mixture) + 1) / 2)[:height, :width])


Paint = Callable[[Pixels], Pixels]


def paint_images(paint: Paint, paths: Sequence[str | Path], out: str | Path) -> dict[str, Path]:
    """Paint image files: one into a file, those of a folder or several into a folder.

    Args:
        paint: an image -> its picture.
        paths: files, folders and patterns, see `find_images`.
        out: the picture to write if one file is named, else a folder.

    Returns:
        image -> picture.

    Raises:
        DataError: nothing there, or an image that can't be read.
        OutputError: a picture can't be written, or an image would be drawn over.
    """
    files = find_images(paths)
    alone = len(paths) == 1 and Path(paths[0]).is_file()
    pictures = [Path(out)] if alone else picture_files(files, out)
    refuse_drawing_over(pictures, files)
    for file, picture in zip(files, pictures, strict=True):
        write_image(picture, paint(read_image(file)))
    return {str(file): picture for file, picture in zip(files, pictures, strict=True)}


def paint_video(
    paint: Paint,
    source: str | Path | int,
    out: str | Path,
    *,
    seconds: float | None = None,
    on_frame: Callable[[int, int | None], None] | None = None,
) -> int:
    """Paint every frame of a video, or what a camera sees; Ctrl-C finishes the video with the frames that were done.

    Of a camera only the newest frame is taken each time; what is written plays as fast as it happened.

    Args:
        paint: an image -> its picture.
        source: a video file, or a camera's number.
        out: the video to write.
        seconds: stop after so many of the video, above 0; a camera goes on until it is stopped.
        on_frame: called with the number of frames so far, and of all as the file says.

    Returns:
        how many frames were painted.

    Raises:
        ArgumentError: `seconds` is not above 0.
        DataError: the source can't be read, or is cut off.
        OutputError: the video can't be written.
    """
    if seconds is not None and not seconds > 0:
        raise ArgumentError.of("seconds", "above 0", seconds)
    refuse_drawing_over([Path(out)], [] if isinstance(source, int) else [source])
    with read_video(source) as video:
        frames = takewhile(lambda frame: seconds is None or frame.seconds < seconds, video)
        first = paint(next(frames).pixels)
        with (
            write_video(out, video.fps, first.shape[:2]) as write,
            closing(ahead(frames, 1, newest=video.live)) as rest,
        ):
            write(first)
            count = written = 1
            for frame in rest:
                picture, times = paint(frame.pixels), times_due(frame, video, written)
                for _ in range(times):
                    write(picture)
                count, written = count + 1, written + times
                if on_frame:
                    on_frame(count, video.frames)
    return count
