"""Judge: how a network in training is measured, and which epoch is the best."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from striate.errors import UnknownNameError
from striate.training.records import Epoch

if TYPE_CHECKING:
    from accelerate import Accelerator


@dataclass(frozen=True)
class Judge:
    """How a network is measured, and by which figure the best epoch is chosen.

    Args:
        validate: a network in eval mode -> figures by name.
        monitor: the figure that counts; None where the last epoch is the best, whatever the figures.
        lower_is_better: of that figure.

    Example:
        >>> judge = Judge(lambda network: {"accuracy": 0.5}, "accuracy", lower_is_better=False)
        >>> judge.prefers({"accuracy": 0.6}, Epoch(1, 0.1, 0.1, {"accuracy": 0.5}, 1.0, 0.0, True))
        True
    """

    validate: Callable[[nn.Module], Mapping[str, float]]
    monitor: str | None
    lower_is_better: bool

    @torch.no_grad()
    def figures(self, network: nn.Module, accelerator: "Accelerator") -> dict[str, float]:
        """What `validate` says of the network; the mean over all processes, so that they agree when to stop.

        Raises:
            UnknownNameError: the monitored figure is not among them.
        """
        figures = {name: float(value) for name, value in self.validate(network.eval()).items()}
        if self.monitor is not None and self.monitor not in figures:
            raise UnknownNameError("figure of validate", self.monitor, figures)
        if accelerator.num_processes == 1:
            return figures
        values = torch.tensor(list(figures.values()), dtype=torch.float64, device=accelerator.device)
        return dict(zip(figures, accelerator.reduce(values, "mean").tolist(), strict=True))

    def prefers(self, figures: Mapping[str, float], best: Epoch | None) -> bool:
        """Whether the figures beat those of the best epoch so far; NaN never does.

        Of two with the same monitored figure, as small validation parts often give, the lower loss wins, if it is told.
        """
        if self.monitor is None:
            return True
        value = figures[self.monitor]
        if math.isnan(value):
            return False
        if best is None:
            return True
        if value == best.figures[self.monitor]:
            return figures.get("loss", 0.0) < best.figures.get("loss", 0.0)
        return (value < best.figures[self.monitor]) == self.lower_is_better
