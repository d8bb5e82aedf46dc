"""How long a step of training takes in fp32 and in bf16, on a CPU, and what `striate.layers.DepthwiseConv2d` gains.

A step is the forward pass, the loss's and the backward pass of one batch, without the optimiser's update. Each network
is timed in three ways: in fp32; in bf16 with `nn.Conv2d` throughout; and in bf16 as striate builds it, where depthwise
convolutions that stride or are wider than 3 keep fp32. The ways take turns in one process; the fastest of the rounds
counts. With one thread, the default, time is the processor's, which other work on the machine changes little.

Says nothing on a processor without instructions for bf16, where fp32 is what a training chooses.

Run: python benchmarks/half_precision.py [--rounds 5] [--threads 1]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from striate.cli.process import prepare_process
from striate.layers import DepthwiseConv2d
from striate.models import create_model
from striate.training import Precision, autocast

CPUINFO = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""


class Case(NamedTuple):
    """A network, a batch for it, and a number to lower."""

    name: str
    network: nn.Module
    images: Tensor
    loss: Callable[[object], Tensor]


def cases() -> Iterator[Case]:
    """What striate trains by default: a classifier, a detector, landmarks; and a network without such filters."""
    mean = Tensor.mean
    yield Case(
        "EfficientNet-Lite0, classes, 16 of 224x224",
        create_model("efficientnet_lite0", num_classes=10),
        torch.randn(16, 3, 224, 224),
        mean,
    )
    yield Case(
        "EfficientNet-Lite0, boxes, 8 of 384x512",
        create_model("efficientnet_lite0", num_classes=3, head="pyramid"),
        torch.randn(8, 3, 384, 512),
        lambda answers: answers.boxes.mean() + answers.logits.mean(),
    )
    yield Case(
        "EfficientNet-Lite0, points, 64 of 128x128",
        create_model("efficientnet_lite0", num_classes=5, head="landmarks", size_hw=[128, 128]),
        torch.randn(64, 3, 128, 128),
        mean,
    )
    yield Case(
        "ResNet-18, classes, 16 of 224x224",
        create_model("resnet18", num_classes=10),
        torch.randn(16, 3, 224, 224),
        mean,
    )


def seconds_of_step(case: Case, precision: Precision) -> float:
    """Of one forward and backward pass."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    with autocast("cpu", precision):
        answers = case.network(case.images)
    case.loss(answers).backward()
    return clock() - start


@contextmanager
def plain_convolutions(network: nn.Module) -> Iterator[None]:
    """Depthwise convolutions as torch computes them."""
    layers = [layer for layer in network.modules() if isinstance(layer, DepthwiseConv2d)]
    for layer in layers:
        layer.__class__ = nn.Conv2d
    yield
    for layer in layers:
        layer.__class__ = DepthwiseConv2d


def main() -> None:
    """A row for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if "bf16" not in CPUINFO:
        raise SystemExit("this processor has no instructions for bf16")
    prepare_process()
    torch.set_num_threads(arguments.threads)
    print("| a step of | fp32, s | bf16, nn.Conv2d | bf16 | fp32 / bf16 |\n|---|---:|---:|---:|---:|")
    for case in cases():
        case = case._replace(images=case.images.contiguous(memory_format=torch.channels_last))
        case.network.train().to(memory_format=torch.channels_last)
        rounds = []
        for _ in range(arguments.rounds):
            exact = seconds_of_step(case, "fp32")
            with plain_convolutions(case.network):
                plain = seconds_of_step(case, "bf16")
            rounds.append((exact, plain, seconds_of_step(case, "bf16")))
        exact, plain, ours = map(min, zip(*rounds[1:], strict=True))  # the first one warms up
        print(f"| {case.name} | {exact:.3f} | {plain:.3f} | {ours:.3f} | {exact / ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()
