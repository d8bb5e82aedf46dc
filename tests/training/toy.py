"""A training of a second: as a module for the tests, and as a script that they kill, resume or start twice.

python toy.py FOLDER [--kill-at STEP] [--save-seconds S] [--workers N]   images by striate's loader
python toy.py FOLDER --plain                                           no batch norm, no dropout
"""

import argparse
import os
import signal
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from striate.data.loader import Loader
from striate.data.records import Item, Part
from striate.models.network import Network
from striate.preset import Preset
from striate.training import Recipe, fit, leave, softmax_cross_entropy

N = 44
BATCH = 11  # two processes have 6 and 5 of them


def make_images():
    """(N, 8, 8, 1) noise, brighter on the left (class 0) or on the right (class 1), and the classes (N,)."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, N)
    images = rng.integers(0, 120, (N, 8, 8, 1), dtype=np.uint8)
    for image, which in zip(images, classes, strict=True):
        image[:, 4 * which : 4 * which + 4] += 60
    return images, classes


class Batch(NamedTuple):
    images: Tensor
    targets: Tensor


class Toy:
    """Batches in memory, with an order and noise of their own in every epoch; of each, every `world_size`-th image."""

    def __init__(self, batch_size=BATCH, seed=0, size=N, rank=0, world_size=1):
        images, classes = make_images()
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2)[:size] / 60.0 - 1
        self.targets = torch.from_numpy(classes)[:size]
        self.batch_size, self.seed, self.share = batch_size, seed, slice(rank, None, world_size)

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def epoch(self, epoch, start_step=0):
        order = torch.randperm(len(self.images), generator=torch.Generator().manual_seed(self.seed + 1000 * epoch))
        for step, some in enumerate(order.split(self.batch_size)):
            if step >= start_step:
                noise = torch.Generator().manual_seed(epoch * 100 + step)
                images = self.images[some] + 0.1 * torch.randn(len(some), 1, 8, 8, generator=noise)
                yield Batch(images[self.share], self.targets[some][self.share])

    def validate(self, network):
        logits = network(self.images)
        right = (logits.argmax(1) == self.targets).float().mean().item()
        return {"accuracy": right, "loss": softmax_cross_entropy(logits, self.targets).item()}


def make_network(seed=0, plain=False):
    """Two stages with batch norm and dropout (`plain`: without), and a head."""
    torch.manual_seed(seed)

    def stage(c_in, c_out):
        extra = [] if plain else [nn.BatchNorm2d(c_out), nn.Dropout(0.2)]
        return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), *extra, nn.ReLU(), nn.MaxPool2d(2))

    head = nn.Sequential(OrderedDict(flatten=nn.Flatten(), dropout=nn.Dropout(0.0 if plain else 0.3)))
    head.add_module("classifier", nn.Linear(8 * 2 * 2, 2))
    return Network({"conv1": stage(1, 4), "conv2": stage(4, 8)}, head)


RECIPE = Recipe(epochs=2, lr=0.01, label_smoothing=0.1, clip_norm=1.0, ema_decay=0.9)


class MemoryStore:
    """The images by number, in the shape in which `Loader` asks for them."""

    def load(self, path, channels=1, at_least_hw=None):
        return make_images()[0][int(path)]


def make_loader(workers):
    part = Part([Item(str(i), (int(c),)) for i, c in enumerate(make_images()[1])], MemoryStore())
    preset = Preset((8, 8), channels=1, mean=(60.0,), std=(60.0,))
    return Loader(part, preset, batch_size=BATCH, seed=0, workers=workers, shuffle=True)


def run(folder, kill_at=-1, save_seconds=0.0, workers=0, plain=False):
    """Train, or resume what is in the folder; the final weights and the losses."""
    rank, world_size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    network, toy = make_network(plain=plain), Toy(rank=rank, world_size=world_size)
    loader = toy if plain else make_loader(workers)

    def on_step(step):
        if (step.epoch - 1) * step.steps + step.step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    epochs = fit(
        network,
        loader,
        toy.validate,
        loss=softmax_cross_entropy,
        recipe=RECIPE,
        device="cpu",
        folder=folder,
        resume=True,
        save_seconds=save_seconds,
        on_step=on_step,
    )
    losses = torch.tensor([epoch.loss for epoch in epochs], dtype=torch.float64)
    return {**network.state_dict(), "losses": losses}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-at", type=int, default=-1)
    parser.add_argument("--save-seconds", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--plain", action="store_true")
    options = vars(parser.parse_args())
    torch.set_num_threads(1)
    save_file(run(**options), options["folder"] / f"final-{os.environ.get('RANK', '0')}.safetensors")
    leave()


if __name__ == "__main__":
    main()
