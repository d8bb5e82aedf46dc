"""A network of images, to be looked into."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data import Loader, Part, Pixels, crop_inputs, decode_at_least_hw, preset_distortion, read_image
from striate.draw import IMAGE_VIEW, InputView
from striate.errors import ShapeError
from striate.preset import Preset
from striate.tasks.classifier import Image
from striate.tasks.every_image import every_image
from striate.tasks.subject import AnyPart, Subject


class ImageSubject(Subject[Preset, Pixels]):
    """A network of images with its preset: see `Subject`."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(C, H, W)"""
        return (self.preset.channels, *self.preset.size_hw)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of its classes, or none."""
        return self.preset.labels

    @property
    def noun(self) -> str:
        """What it looks at."""
        return "image"

    @property
    def view(self) -> InputView:
        """How its input is drawn."""
        return IMAGE_VIEW

    def read(self, source: Image) -> Pixels:
        """The pixels of an image file, or those that are given.

        Raises:
            ImageError: the file can't be read.
            ShapeError: the array is not an image of the preset's channels.
        """
        channels = self.preset.channels
        if isinstance(source, str | Path):
            return read_image(source, channels=channels, at_least_hw=decode_at_least_hw(self.preset))
        if source.dtype != "uint8" or source.ndim != 3 or source.shape[2] != channels or 0 in source.shape:
            raise ShapeError.of("image", f"uint8 (H, W, {channels})", f"{source.dtype} {source.shape}")
        return source

    def input(self, given: Pixels) -> Tensor:
        """(H, W, C) -> (1, C, H', W')"""
        return torch.from_numpy(crop_inputs(given, self.preset)).to(self.device)

    def seen(self, given: Pixels) -> Pixels:
        """What the network sees of an image (H, W, C), as pixels: uint8 of the preset's size."""
        shown = preset_distortion(self.preset, (given.shape[0], given.shape[1])).image(given)
        return np.rint(shown).astype(np.uint8)

    def levels(self, x: Tensor) -> Pixels:
        """The image (H, W, C) that a normalised input (C, H, W) stands for, clipped to what pixels can be."""
        mean, std = (np.array(v)[:, None, None] for v in (self.preset.mean, self.preset.std))
        image = x.detach().cpu().double().numpy() * std + mean
        pixels: Pixels = np.rint(np.clip(image, 0, 255)).astype(np.uint8).transpose(1, 2, 0)
        return pixels

    def every(self, data: str | Path, *, skip_bad: bool = False) -> AnyPart:
        """All the images of some data."""
        return every_image(data, skip_bad=skip_bad)

    def load(self, part: AnyPart, index: int) -> Pixels:
        """One of them, in the preset's channels."""
        assert isinstance(part, Part)
        return part.load(index, self.preset.channels, decode_at_least_hw(self.preset))

    def batches(self, part: AnyPart, size: int) -> Iterator[Tensor]:
        """(N, C, H, W) each."""
        assert isinstance(part, Part)
        return (batch.images for batch in Loader(part, self.preset, batch_size=size).epoch(0))
