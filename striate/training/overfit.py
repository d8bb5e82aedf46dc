"""Can a network learn one batch by heart? If it can't, no epoch of training is worth its time."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor, nn

from striate.models import AuxiliaryLogits
from striate.training.fit import Loss
from striate.training.optimizers import make_optimizer
from striate.training.recipe import Recipe

_FEWEST = 5  # steps, before what had no gradient is called silent: a layer that begins at zero hides those before it
ENOUGH = 0.1  # loss, in nats, at which a batch is known by heart
_DEAD, _WORSE = 0.8, 1.5  # share of the first loss above which nothing was learned, or the opposite


@dataclass(frozen=True)
class Overfit:
    """What came of it.

    Attributes:
        lr: the learning rate.
        losses: before each step, and after the last one.
        accuracy: share of the images that were told right at the end, by all of their tags where there are several.
        late: there was no time for more steps.
        silent: names of the parameters that train and that no step, of five or more, gave a gradient other than zero.
        broken: names of those whose gradient was not finite.
    """

    lr: float
    losses: tuple[float, ...]
    accuracy: float
    late: bool
    silent: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many were made."""
        return len(self.losses) - 1

    @property
    def done(self) -> bool:
        """Whether the batch is known by heart."""
        return self.accuracy == 1 and self.losses[-1] <= ENOUGH

    @property
    def exploded(self) -> bool:
        """Whether the loss rose, or is no number."""
        return not math.isfinite(self.losses[-1]) or self.losses[-1] > _WORSE * self.losses[0]

    @property
    def outcome(self) -> str:
        """In words."""
        first, last = self.losses[0], self.losses[-1]
        if self.done:
            return f"learns the batch by heart in {self.steps} steps"
        if self.exploded:
            return f"explodes: the loss went from {first:.3g} to {last:.3g} in {self.steps} steps"
        if last > _DEAD * first and not self.late:
            return f"is dead: the loss went from {first:.3g} to {last:.3g} in {self.steps} steps"
        in_time = ", all there was time for" if self.late else ""
        return f"tells {self.accuracy:.0%} of the batch right after {self.steps} steps{in_time}, loss {last:.3g}"


def overfit(
    network: nn.Module,
    images: Tensor,
    targets: Tensor,
    loss: Loss,
    recipe: Recipe,
    *,
    most_steps: int = 100,
    most_seconds: float = 20.0,
    on_step: Callable[[int, float], None] | None = None,
) -> Overfit:
    """Train a copy of a network on one batch again and again, at the recipe's learning rate and with its optimizer.

    Whatever hinders learning by heart is left out: warm-up and decay of the rate, weight decay, smoothing, mixing,
    moving averages and dropout.

    Args:
        network: of Karpathy's advice, "overfit one batch"; it stays as it is.
        images: (N, C, *S), or what is frozen made of them.
        targets: (N,) class numbers, or (N, K) of 0 and 1.
        loss: the cost of (what the network answers, targets).
        recipe: gives optimizer, learning rates, momentum and the longest gradient.
        most_steps: after which it is given up.
        most_seconds: the same, on a slow machine.
        on_step: called after each with the number of steps and the loss.

    Example:
        >>> import torch
        >>> images, targets = torch.eye(4), torch.arange(4)
        >>> overfit(nn.Linear(4, 4), images, targets, nn.functional.cross_entropy, Recipe(lr=0.1)).done
        True
    """
    learner = copy.deepcopy(network).train()
    for module in learner.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.eval()
    optimizer = make_optimizer(learner, replace(recipe, weight_decay=0.0))
    for group in optimizer.param_groups:
        group["lr"] = recipe.lr * group["share"]
    trained = {name: p for name, p in learner.named_parameters() if p.requires_grad}
    losses, silent, broken = list[float](), set(trained), set[str]()
    end = time.perf_counter() + most_seconds
    while True:
        answers = learner(images)
        logits = answers.logits if isinstance(answers, AuxiliaryLogits) else answers
        losses.append(loss(logits, targets).item())
        late = time.perf_counter() > end
        unreached = silent if len(losses) > _FEWEST else set()
        found = Overfit(recipe.lr, tuple(losses), _accuracy(logits, targets), late, _sorted(unreached), _sorted(broken))
        known = found.done and (not silent or found.steps >= _FEWEST)
        if known or late or found.steps >= most_steps or not math.isfinite(losses[-1]):
            return found
        optimizer.zero_grad()
        loss(answers, targets).backward()  # type: ignore[no-untyped-call]
        slopes = {name: p.grad for name, p in trained.items() if p.grad is not None}
        silent -= {name for name, slope in slopes.items() if slope.any()}
        broken |= {name for name, slope in slopes.items() if not slope.isfinite().all()}
        if recipe.clip_norm:
            nn.utils.clip_grad_norm_(learner.parameters(), recipe.clip_norm)
        optimizer.step()
        if on_step:
            on_step(len(losses), losses[-1])


def _sorted(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _accuracy(logits: Tensor, targets: Tensor) -> float:
    right = logits.argmax(1) == targets if targets.ndim == 1 else ((logits > 0) == (targets > 0.5)).all(1)
    return float(right.double().mean())
