"""Change the pixels of a picture until it costs little."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from striate.tasks.stylize_goal import Goal, Losses

Optimizer = Literal["lbfgs", "adam"]
HISTORY = 10  # pairs of steps and gradients that L-BFGS remembers
_ADAM_LR = 0.02  # of a picture in 0–1


def minimise(goal: Goal, picture: Tensor, steps: int, optimizer: Optimizer) -> Iterator[tuple[Tensor, Losses]]:
    """Change a picture until it costs little.

    Yields:
        each picture, and what it costs, before it is changed.
    """
    x = picture.detach().clone(memory_format=torch.contiguous_format).requires_grad_()
    rule: torch.optim.Optimizer
    if optimizer == "adam":
        rule = torch.optim.Adam([x], lr=_ADAM_LR)
    else:
        rule = torch.optim.LBFGS([x], max_iter=1, history_size=HISTORY, tolerance_grad=0, tolerance_change=0)
    found: list[Losses] = []

    def cost() -> float:
        found.append(goal.backward(x))
        return found[-1].total

    for _ in range(steps):
        before = x.detach().clone()
        rule.step(cost)  # type: ignore[no-untyped-call]
        yield before, found[-1]
