"""The learning rate as a function of the step, with no state that a resume could lose."""

import math
from collections.abc import Callable

from striate.training.recipe import Recipe, ScheduleName

# From the share of the steps done, in [0, 1), to the share of the learning rate that is left.
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "step": lambda done: 1.0 if done < 1 / 2 else 0.1 if done < 3 / 4 else 0.01,
    "constant": lambda done: 1.0,
}


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step: a straight rise during the warm-up, then the recipe's schedule.

    Loshchilov and Hutter, SGDR, 2016, arXiv:1608.03983 (cosine, without restarts); He et al., 2015,
    arXiv:1512.03385, section 4.2 (step); Goyal et al., 2017, arXiv:1706.02677 (warm-up).

    Args:
        step: counted from 0 over the whole training.
        steps_per_epoch: at least 1.

    Example:
        >>> recipe = Recipe(epochs=4, lr=1.0, warmup_epochs=1)
        >>> [round(learning_rate(recipe, step, 2), 2) for step in range(8)]
        [0.5, 1.0, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07]
    """
    warmup, total = recipe.warmup_epochs * steps_per_epoch, recipe.epochs * steps_per_epoch
    if step < warmup:
        return recipe.lr * min(1.0, (step + 1) / warmup)
    # Cosine starts where the warm-up ends; the step schedule counts whole epochs, as in its paper.
    start = warmup if recipe.schedule == "cosine" else 0
    return recipe.lr * SCHEDULES[recipe.schedule]((step - start) / (total - start))
