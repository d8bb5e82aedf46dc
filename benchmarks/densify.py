"""How much faster a dense network scores all windows of a photograph than the same network each window cut out.

The photograph is scikit-image's astronaut, 512x512. Windows are as large as the network was made for, and its own total
stride apart: 100 windows of 224 pixels for VGG-16, ResNet-18, EfficientNet-Lite0 and MobileNetV2, and 14,641 of 32
pixels, in grey, for LeNet-5. "crops" is `Engine.run` on all windows, cut out beforehand, in batches of 16 (LeNet-5:
1024, which suits it better); "dense" is `Engine.run` on `densify` of the same network and the whole photograph. Both
are folded, in the layout channels_last and in fp32, in one process with one thread, prepared as that of the command
line. They take turns; medians of the rounds are printed, and the median of the rounds' ratios. Time is the processor's.

Scores are compared window by window: the largest difference of two logits, the root mean square of all differences,
that of the logits themselves around each class's mean, and how often the likeliest class is the same. A network that
does not pad has to agree to 1e-5, which is checked. One that pads can't: a window that is cut out has zeros around it.
How far it agrees is a matter of its weights. EfficientNet-Lite0 and MobileNetV2 have published ones where their
packages are installed; other networks are fresh from seed 0, for which agreement says little.

Run: python benchmarks/densify.py [--rounds 3] [--networks vgg16 resnet18 …]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import skimage
import torch

from striate.cli.process import prepare_process
from striate.data import Distortion, read_image
from striate.models import SOURCES, Network, create_model, densify, find_entry
from striate.preset import Preset
from striate.runtime import Engine, folded

NETWORKS = ("vgg16", "resnet18", "efficientnet_lite0", "mobilenet_v2", "lenet5")
LEAST_RATIO = {"vgg16": 10, "resnet18": 10, "efficientnet_lite0": 10}
PHOTO = Path(skimage.__file__).parent / "data" / "astronaut.png"


class Result(NamedTuple):
    """Logits are (K, H', W')."""

    weights: str
    exact: bool
    crops: np.ndarray
    dense: np.ndarray
    crops_seconds: list[float]
    dense_seconds: list[float]


def network_and_preset(name: str) -> tuple[str, Network, Preset]:
    """Where its weights are from, a network, and what it expects."""
    if name in SOURCES and SOURCES[name].is_installed():
        return "published", create_model(name, weights=name), SOURCES[name].preset
    entry = find_entry(name)
    torch.manual_seed(0)
    grey = {"mean": (127.5,), "std": (127.5,)} if entry.channels == 1 else {}
    return "seed 0", create_model(name), Preset((entry.size, entry.size), entry.channels, **grey)


def photo(preset: Preset) -> torch.Tensor:
    """(1, C, 512, 512), normalised."""
    image = read_image(PHOTO, channels=preset.channels)
    untouched = Distortion(np.eye(3), image.shape[:2], image.shape[:2], preset.border)
    return torch.from_numpy(untouched.network_input(image, preset))[None]


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(name: str, rounds: int) -> Result:
    weights, network, preset = network_and_preset(name)
    network = folded(network)
    dense = densify(network, preset.size_hw)
    x, windows = photo(preset), dense.windows
    counts = windows.counts(x.shape[2:])
    boxes = windows.boxes((counts[0], counts[1])).astype(int).tolist()
    cut = torch.cat([x[..., top:bottom, left:right] for left, top, right, bottom in boxes])
    batches = cut.split(1024 if name == "lenet5" else 16)
    one_by_one, together = Engine(network, preset), Engine(dense, preset)
    crops_seconds, dense_seconds, answers = [], [], []
    together.run([x]), one_by_one.run(batches[:1])  # the first calls don't count
    for _ in range(rounds):
        dense_seconds.append(seconds(lambda: answers.append(together.run([x])[0])))
        crops_seconds.append(seconds(lambda: answers.append(one_by_one.run(batches).T.reshape(-1, *counts))))
    return Result(weights, windows.exact, answers[1], answers[0], crops_seconds, dense_seconds)


def row(name: str, result: Result) -> str:
    difference = result.crops - result.dense
    spread = result.crops - result.crops.mean(axis=(1, 2), keepdims=True)
    same = (result.crops.argmax(axis=0) == result.dense.argmax(axis=0)).mean()
    ratio = statistics.median(c / d for c, d in zip(result.crops_seconds, result.dense_seconds, strict=True))
    if result.exact:
        assert np.abs(difference).max() < 1e-5 * max(1, np.abs(result.crops).max())
    if name in LEAST_RATIO and ratio < LEAST_RATIO[name]:
        print(f"{name}: {ratio:.1f} times as fast, less than {LEAST_RATIO[name]}")
    cells = (
        name,
        result.weights,
        "no" if result.exact else "yes",
        f"{result.crops[0].size:,}",
        f"{statistics.median(result.crops_seconds):.2f}",
        f"{statistics.median(result.dense_seconds):.2f}",
        f"{ratio:.1f}",
        f"{np.abs(difference).max():.2g}",
        f"{np.sqrt(np.square(difference).mean()):.2g} of {np.sqrt(np.square(spread).mean()):.2g}",
        f"{same:.0%}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    arguments = parser.parse_args()
    prepare_process()
    torch.set_num_threads(1)
    print("| network | weights | pads | windows | crops s | dense s | ratio | largest | difference | same class |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in arguments.networks:
        print(row(name, measure(name, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
