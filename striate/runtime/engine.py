"""A network and its preset as one callable: images in, logits out."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data.crops import ONE_CROP, Crops, crop_inputs
from striate.data.records import Pixels
from striate.errors import ShapeError
from striate.preset import Preset
from striate.runtime.runner import Logits, Runner
from striate.training.device import Device
from striate.training.precision import Precision


class Engine(Runner):
    """Runs a network of images: each is prepared as the preset says, by the code that prepares them for training.

    The network is taken over: moved to the device, laid out channels_last, and put in eval mode, once.

    Args:
        network: (N, C, H, W) -> logits (N, K).
        preset: what it expects of its input.
        device: where it computes.
        precision: "bf16" computes convolutions and dense layers in bfloat16; use it where it was seen to agree.
        batch_size: the most images that are computed at once, at least 1.

    Raises:
        ArgumentError: a device that is not here, an unknown precision, or a batch size under 1.

    Example:
        >>> from striate.models import create_model
        >>> preset = Preset(size_hw=(32, 32), channels=1, mean=(33.3,), std=(78.6,))
        >>> engine = Engine(create_model("lenet5", num_classes=10, in_channels=1), preset)
        >>> engine(np.zeros((28, 28, 1), np.uint8) for _ in range(3)).shape
        (3, 10)
    """

    def __init__(
        self,
        network: nn.Module,
        preset: Preset,
        *,
        device: Device | torch.device = "cpu",
        precision: Precision = "fp32",
        batch_size: int = 16,
    ):
        shape = (preset.channels, *preset.size_hw)
        super().__init__(network, shape, device=device, precision=precision, batch_size=batch_size)
        self.preset = preset

    def __call__(self, images: Iterable[Pixels], *, crops: Crops = ONE_CROP) -> Logits:
        """Images -> logits; they are taken from the iterable as they are needed.

        Args:
            images: uint8 (H, W, C) of any size, C as in the preset.
            crops: which crops of each image the network answers; by default what the preset says, once.

        Returns:
            float32 (N, K), in the order of the images; N may be 0. With V crops (N·V, K), those of an image together.

        Raises:
            ShapeError: an image of another type or shape.
        """
        return self.run(self._batches(images, crops))

    def images_at_once(self, crops: Crops) -> int:
        """How many images make a batch: with several crops fewer, but at least one."""
        return max(1, self.batch_size // len(crops))

    def _batches(self, images: Iterable[Pixels], crops: Crops) -> Iterator[Tensor]:
        """(H, W, C) each -> (N·V, C, H', W'), no more in memory than one batch."""
        rest = iter(images)
        while planes := [self._prepare(image, crops) for image in islice(rest, self.images_at_once(crops))]:
            yield torch.from_numpy(np.concatenate(planes))

    def _prepare(self, image: Pixels, crops: Crops) -> NDArray[np.float32]:
        """uint8 (H, W, C) -> float32 (V, C, H', W'), normalised."""
        self.check(image)
        return crop_inputs(image, self.preset, crops)

    def check(self, image: Pixels) -> None:
        """Refuse what is no image of the preset's channels.

        Raises:
            ShapeError: another type or shape than uint8 (H, W, C).
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != self.preset.channels or 0 in image.shape:
            raise ShapeError.of("image", f"uint8 (H, W, {self.preset.channels})", f"{image.dtype} {image.shape}")
