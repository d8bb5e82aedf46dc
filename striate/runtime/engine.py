"""A network and its preset as one callable: images in, logits out."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data.crops import ONE_CROP, Crops, crop_inputs
from striate.data.records import Pixels
from striate.errors import ArgumentError, ShapeError
from striate.preset import Preset
from striate.training.device import Device, pick_device
from striate.training.precision import Precision

Logits = NDArray[np.float32]  # (N, K)


class Engine:
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
        if precision not in get_args(Precision):
            raise ArgumentError.of("precision", f"one of {', '.join(get_args(Precision))}", precision)
        if batch_size < 1:
            raise ArgumentError.of("batch_size", "at least 1", batch_size)
        self.device = device if isinstance(device, torch.device) else pick_device(device)
        self.preset, self.precision, self.batch_size = preset, precision, batch_size
        network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs
        self.network = network.eval()

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

    def run(self, batches: Iterable[Tensor], *, on_images: Callable[[int], None] | None = None) -> Logits:
        """Batches that are prepared already, as a `Loader` makes them -> logits.

        Args:
            batches: float32 (N, C, H, W), normalised.
            on_images: called after each batch with the number of images so far.

        Returns:
            float32 (N, K) of all batches.
        """
        parts: list[Logits] = []
        done = 0
        for batch in batches:
            parts.append(self._logits(batch))
            done += len(batch)
            if on_images:
                on_images(done)
        if not parts:  # a batch of none tells K
            parts.append(self._logits(torch.empty(0, self.preset.channels, *self.preset.size_hw)))
        return np.concatenate(parts)

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

    def answer(self, batch: Tensor) -> Any:
        """What the network answers to a batch (N, C, H, W), normalised: tensors on its device, as it gives them."""
        batch = batch.to(self.device, memory_format=torch.channels_last)
        halved = torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with torch.inference_mode(), halved:
            return self.network(batch)

    def _logits(self, batch: Tensor) -> Logits:
        """(N, C, H, W) -> (N, K)"""
        logits: Logits = self.answer(batch).float().cpu().numpy()
        return logits
