"""Ema: a second network whose weights are the moving average of the first one's."""

import copy

import torch
from torch import nn

from striate.training.freeze import moving_names


class Ema:
    """The exponential moving average of a network in training; often better, always calmer.

    average = d · average + (1-d) · live, for parameters and batch-norm statistics alike. d starts low, as
    min(decay, (1 + step) / (10 + step)), so that the random start is soon forgotten. What is frozen is not touched.

    Args:
        network: the one that trains; it is copied.
        decay: d in [0, 1).

    Attributes:
        network: the average, in eval mode, a network like any other.

    Example:
        >>> live = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.zeros_(live.weight)
        >>> ema = Ema(live, decay=0.9)
        >>> _ = nn.init.ones_(live.weight)
        >>> ema.update(live, step=0)  # d is 1/10
        >>> round(ema.network.weight.item(), 6)
        0.9
    """

    def __init__(self, network: nn.Module, decay: float):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self._moving = moving_names(network)

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step, counted from 0 over the whole training."""
        decay = min(self.decay, (1 + step) / (10 + step))
        live = network.state_dict()
        for name, average in self.network.state_dict().items():
            if name in self._moving and average.is_floating_point():
                average.lerp_(live[name], 1 - decay)
            elif name in self._moving:  # counters
                average.copy_(live[name])
