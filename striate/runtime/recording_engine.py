"""A network of recordings and its preset as one callable: signals, volumes or clips in, logits out."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from striate.recording_preset import RecordingPreset
from striate.recordings import Recording, Values, prepared
from striate.runtime.runner import Logits, Runner
from striate.training.device import Device
from striate.training.precision import Precision


class RecordingEngine(Runner):
    """Runs a network of recordings: each is prepared as the preset says, by the code that prepares them for training.

    Args:
        network: (N, C, *S) -> logits (N, K); it is taken over, as by `striate.runtime.Engine`.
        preset: what it expects of its input.
        device, precision, batch_size: see `striate.runtime.runner.Runner`.

    Raises:
        ArgumentError: a device that is not here, an unknown precision, or a batch size under 1.

    Example:
        >>> from striate.models import create_model
        >>> preset = RecordingPreset("signal", (96,), (0.01,), 1, (0.0,), (1.0,))
        >>> engine = RecordingEngine(create_model("time_series_resnet", dims=1), preset)
        >>> second = Recording("signal", np.zeros((1, 100), np.float32), (0.01,))
        >>> engine([second, second]).shape
        (2, 2)
    """

    def __init__(
        self,
        network: nn.Module,
        preset: RecordingPreset,
        *,
        device: Device | torch.device = "cpu",
        precision: Precision = "fp32",
        batch_size: int = 16,
    ):
        shape = (preset.channels, *preset.size)
        super().__init__(network, shape, device=device, precision=precision, batch_size=batch_size)
        self.preset = preset

    def __call__(self, recordings: Iterable[Recording], *, resample: bool = False) -> Logits:
        """Recordings -> logits; they are taken from the iterable as they are needed.

        Args:
            recordings: of the preset's kind and channels.
            resample: those of another spacing are brought to the preset's.

        Returns:
            float32 (N, K), in the order of the recordings; N may be 0.

        Raises:
            StriateError: what `striate.recordings.prepared` refuses.
        """
        return self.run_prepared(self.prepare(one, resample=resample) for one in recordings)

    def prepare(self, recording: Recording, *, resample: bool = False) -> Values:
        """(C, *S) as the network is given it; see `striate.recordings.prepared`."""
        return prepared(recording, self.preset, resample)

    def run_prepared(self, values: Iterable[Values]) -> Logits:
        """What `prepare` gave, one after the other -> logits; no more of it is in memory than one batch."""
        return self.run(self._batches(values))

    def _batches(self, values: Iterable[Values]) -> Iterator[Tensor]:
        """(C, *S) each -> (N, C, *S)"""
        rest = iter(values)
        while some := list(islice(rest, self.batch_size)):
            yield torch.from_numpy(np.stack(some))
