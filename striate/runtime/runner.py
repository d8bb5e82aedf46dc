"""A network on its device: batches that are prepared in, logits out."""

from collections.abc import Callable, Iterable
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.training.device import Device, pick_device
from striate.training.fit import CHANNELS_LAST
from striate.training.precision import Precision

Logits = NDArray[np.float32]  # (N, K)


class Runner:
    """What all engines have: it takes a network over, which is moved to the device and put in eval mode, once.

    Args:
        network: (N, C, *S) -> logits (N, K).
        shape: (C, *S).
        device: where it computes.
        precision: "bf16" computes convolutions and dense layers in bfloat16; use it where it was seen to agree.
        batch_size: the most inputs that are computed at once, at least 1.

    Raises:
        ArgumentError: a device that is not here, an unknown precision, or a batch size under 1.

    Example:
        >>> runner = Runner(nn.Flatten(), (1, 2))
        >>> runner.run([torch.zeros(3, 1, 2), torch.zeros(1, 1, 2)]).shape
        (4, 2)
    """

    def __init__(
        self,
        network: nn.Module,
        shape: tuple[int, ...],
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
        self.precision, self.batch_size, self._shape = precision, batch_size, shape
        self._order = CHANNELS_LAST.get(1 + len(shape), torch.contiguous_format)
        self.network = _placed(network, self.device, self._order).eval()

    def run(self, batches: Iterable[Tensor], *, on_images: Callable[[int], None] | None = None) -> Logits:
        """Batches that are prepared already, as a loader makes them -> logits.

        Args:
            batches: float32 (N, C, *S), normalised.
            on_images: called after each batch with the number of inputs so far.

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
            parts.append(self._logits(torch.empty(0, *self._shape)))
        return np.concatenate(parts)

    def answer(self, batch: Tensor) -> Any:
        """What the network answers to a batch (N, C, *S), normalised: tensors on its device, as it gives them."""
        batch = batch.to(self.device, memory_format=self._order)
        halved = torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with torch.inference_mode(), halved:
            return self.network(batch)

    def _logits(self, batch: Tensor) -> Logits:
        """(N, C, *S) -> (N, K)"""
        logits: Logits = self.answer(batch).float().cpu().numpy()
        return logits


def _placed(network: nn.Module, device: torch.device, order: torch.memory_format) -> nn.Module:
    if order == torch.contiguous_format:
        return network.to(device)
    return network.to(device, memory_format=order)  # type: ignore[call-overload, no-any-return]  # not in torch's stubs
