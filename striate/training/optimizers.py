"""The optimizer of a recipe, over the parameters that train.

torch.optim does the work; these are the course's formulas, g the gradient and α the learning rate:

    sgd       w -= α g                                        (plain gradient descent)
    momentum  v = β v + g;  w -= α v                          (the course's v = β v + (1-β) g is the same
                                                               walk with its α (1-β) times ours)
    rmsprop   s = .9 s + .1 g²;  w -= α g / (√s + ε)
    adam      v = β v + (1-β) g;  s = .999 s + .001 g²;  w -= α v/(1-βᵗ) / (√(s/(1-.999ᵗ)) + ε)
    adamw     the same, and w -= α λ w, which the others add to g as λ w

Kingma and Ba, Adam, 2014, arXiv:1412.6980; Loshchilov and Hutter, Decoupled Weight Decay
Regularization, 2017, arXiv:1711.05101.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from striate.errors import ArgumentError
from striate.models.network import Network
from striate.training.recipe import OptimizerName, Recipe
from striate.training.siamese import Siamese

Groups = list[dict[str, Any]]

OPTIMIZERS: dict[OptimizerName, Callable[[Groups, Recipe], Optimizer]] = {
    "sgd": lambda groups, recipe: torch.optim.SGD(groups, recipe.lr),
    "momentum": lambda groups, recipe: torch.optim.SGD(groups, recipe.lr, momentum=recipe.momentum),
    "rmsprop": lambda groups, recipe: torch.optim.RMSprop(groups, recipe.lr, alpha=0.9),
    "adam": lambda groups, recipe: torch.optim.Adam(groups, recipe.lr, betas=(recipe.momentum, 0.999)),
    "adamw": lambda groups, recipe: torch.optim.AdamW(groups, recipe.lr, betas=(recipe.momentum, 0.999)),
}


def parameter_groups(network: nn.Module, weight_decay: float, stage_decay: float = 1.0) -> Groups:
    """The parameters that train: filters and matrices decay; biases and norms (1-D) don't.

    Each group has its "share" of the learning rate: 1 for the head, `stage_decay` for the last stage, its square for
    the one before, and so on.
    """
    groups = [
        {"params": [p for p in parameters if (p.ndim > 1) == decays], "weight_decay": decay, "share": share}
        for share, parameters in _by_share(network, stage_decay).items()
        for decays, decay in ((True, weight_decay), (False, 0.0))
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise ArgumentError("network must have a parameter that trains, but all are frozen")
    return groups


def _by_share(network: nn.Module, stage_decay: float) -> dict[float, list[nn.Parameter]]:
    """The parameters that train, by their share of the learning rate."""
    stages = list(network.stages.values())[::-1] if isinstance(network, Network | Siamese) else []
    depth = {p: i for i, stage in enumerate(stages, start=1) for p in stage.parameters()}
    found: dict[float, list[nn.Parameter]] = {}
    for p in network.parameters():
        if p.requires_grad:
            found.setdefault(stage_decay ** depth.get(p, 0), []).append(p)
    return found


def make_optimizer(network: nn.Module, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer over the network's parameters that train.

    Raises:
        ArgumentError: every parameter is frozen.

    Example:
        >>> optimizer = make_optimizer(nn.Linear(3, 2), Recipe(weight_decay=0.1))
        >>> [(group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
        [(0.1, 1), (0.0, 1)]
    """
    groups = parameter_groups(network, recipe.weight_decay, recipe.stage_decay)
    return OPTIMIZERS[recipe.optimizer](groups, recipe)
