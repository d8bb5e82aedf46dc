"""fp32 or bf16: decided once, by measuring; weights and their updates are fp32 in either.

bf16 keeps the range of a float and 8 bits of its mantissa. Where the processor multiplies it natively
training gains up to twofold; where it doesn't, bf16 is slower than fp32, so nobody should guess.
"""

import copy
import math
import time
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError

Precision = Literal["fp32", "bf16"]
WORTH_IT = 1.15  # bf16 must be this much faster to be chosen


def autocast(device_type: str, precision: Precision) -> torch.autocast:
    """The block in which convolutions and matrix products run in the precision; in fp32 it does nothing."""
    return torch.autocast(device_type, dtype=torch.bfloat16, enabled=precision == "bf16")


def choose_precision(
    network: nn.Module, images: Tensor, targets: Tensor, loss: Callable[[Tensor, Tensor], Tensor], *, trials: int = 3
) -> Precision:
    """The precision that trains this network faster on this machine: "bf16" if it gains 15 percent or more.

    Measured by the fastest of some forward and backward passes on a copy, so that neither the weights nor the
    batch-norm statistics nor the random state move. On a GPU it is bf16 where the GPU has it.

    Args:
        images: (N, C, *S) a batch like those of the training, on the network's device.
        targets: what `loss` compares the logits with.
        loss: of (logits, targets), a scalar.
        trials: of each precision, after one that doesn't count.

    Example:
        >>> choose_precision(nn.Linear(2, 2), torch.zeros(1, 2), torch.tensor([0]), nn.functional.cross_entropy)
        '...'
    """
    if images.device.type != "cpu":
        return "bf16" if images.device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    fastest: dict[Precision, float] = {"fp32": math.inf, "bf16": math.inf}
    with torch.random.fork_rng(devices=[]):
        trial = copy.deepcopy(network).train()
        for number in range(trials + 1):
            for precision in fastest:  # in turn, so that a busy moment hits both
                seconds = _seconds_of_pass(trial, images, targets, loss, precision)
                fastest[precision] = min(fastest[precision], seconds if number else math.inf)
    return "bf16" if fastest["fp32"] >= WORTH_IT * fastest["bf16"] else "fp32"


def _seconds_of_pass(
    network: nn.Module,
    images: Tensor,
    targets: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    precision: Precision,
) -> float:
    start = time.perf_counter()
    with autocast("cpu", precision):
        logits = network(images)
    torch.autograd.backward(loss(logits, targets))
    return time.perf_counter() - start


@torch.no_grad()
def bf16_agrees(network: nn.Module, images: Tensor, *, tolerance: float = 0.02, multilabel: bool = False) -> bool:
    """Whether the network answers in bf16 as it does in fp32: the same classes, nearly the same probabilities.

    Args:
        network: its training mode is kept.
        images: (N, C, *S) held back from training, on the network's device.
        tolerance: largest difference of any probability.
        multilabel: an image may show several classes: logistic probabilities, cut at 1/2, instead of softmax.

    Raises:
        ArgumentError: no images to tell it by.

    Example:
        >>> bf16_agrees(nn.Identity(), torch.eye(3))
        True
    """
    if not len(images):
        raise ArgumentError("images must be at least 1 to compare precisions by, got none")
    training = network.training
    network.eval()
    exact = network(images).float()  # (N, K)
    with autocast(images.device.type, "bf16"):
        rough = network(images).float()
    network.train(training)
    p, q = (logits.sigmoid() if multilabel else logits.softmax(-1) for logits in (exact, rough))
    same = (p >= 0.5) == (q >= 0.5) if multilabel else p.argmax(-1) == q.argmax(-1)
    return bool(same.all()) and bool(((p - q).abs() <= tolerance).all())
