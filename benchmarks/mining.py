"""What ways of mining and which losses are worth, on digits that the encoder has never seen.

Data: MNIST's 60,000 training digits, under the folder that STRIATE_DATA names (mnist/*.gz). Encoders learn from all
digits 0 to 6, and are measured on all digits 7, 8 and 9: one image of each of the three is enrolled, all others are
named by the nearest, averaged over 100 draws of what is enrolled.

Every run makes as many steps with the same batches: 32 identities with 4 images each, the identities being those of
`striate train --turned --spliced`: 7 digits and the 42 that are made of two, in eight views each, distorted. All have
one recipe; the weights after the last step count. Images are encoded in all eight views, as such an encoder does. The
network, recipe, number of steps, distortions, views and what the losses ask for were chosen with digits of 0 to 6 held
out (`--learn 0 1 2 4 6 --unseen 3 5` and the like); but eight recipes had been measured on 7, 8 and 9 before these, so
they are not quite unseen. Intervals are Student's, over seeds, 95 %.

Run: python benchmarks/mining.py [--seeds 5] [--steps 1500] [--ways random semi-hard …] [--precision bf16] [--json FILE]
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from scipy import stats

from striate.data import (
    Batch,
    IdentityLoader,
    Loader,
    Part,
    open_identities,
    parse_distortions,
    splice_identities,
    turn_identities,
    turned_views,
)
from striate.errors import CollapseError
from striate.faces import join_views
from striate.metrics import OneShot, identify_one_shot
from striate.models import create_model
from striate.models.airbench import whiten_stem
from striate.preset import Preset
from striate.runtime import Engine
from striate.tasks.verify import make_cost, make_unit
from striate.training import MINERS, CollapseAlarm, Recipe, Siamese, SiameseLoss, fit

NETWORK, WIDTH, DIM = "airbench94", 0.25, 128
IDENTITIES, IMAGES = 32, 4
DISTORT = "translate 0.1, rotate 15, shear 15, warp 2"
PRESET = Preset((32, 32), 1, (33.3,), (78.6,), border=(0.0,))
WAYS = {name: ("triplet", name) for name in MINERS} | {
    name: (name, None) for name in ("contrastive", "pair", "chi-square")
}


@dataclass(frozen=True)
class FirstSteps:
    """The first steps of a loader's epoch, as `fit` takes them."""

    loader: IdentityLoader
    steps: int

    def __len__(self) -> int:
        return self.steps

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """Batches until there have been enough."""
        return islice(self.loader.epoch(epoch, start_step), self.steps - start_step)


def digits(part: Part, names: list[int]) -> Part:
    """The images of some digits."""
    return Part([item for item in part.items if item.labels[0] in names], part.store)


def learn(part: Part, way: str, seed: int, arguments: argparse.Namespace) -> Siamese:
    """Train an encoder for so many steps."""
    loss, mining = WAYS[way]
    torch.manual_seed(seed)
    encoder = create_model(NETWORK, num_classes=DIM, in_channels=1, width=WIDTH)
    whiten_stem(encoder, next(Loader(part, PRESET, batch_size=1000, shuffle=True, seed=seed).epoch(0)).images)
    siamese = Siamese(encoder, make_unit(loss, DIM))
    loader = IdentityLoader(
        part if arguments.plain else turn_identities(splice_identities(part, 10, seed=seed), 100),
        PRESET,
        num_identities=IDENTITIES,
        num_images=IMAGES,
        pipeline=parse_distortions(DISTORT),
        seed=seed,
    )
    epochs = fit(
        siamese,
        FirstSteps(loader, arguments.steps),
        lambda network: {"none": 0.0},
        loss=SiameseLoss(make_cost(loss, mining, siamese.unit), CollapseAlarm()),
        recipe=Recipe(epochs=1, lr=arguments.lr, seed=seed, warmup_epochs=0.1),
        monitor="none",
        device="cpu",
        precision=arguments.precision,
        channels_last=True,
    )
    print(f"  loss {next(epochs).loss:.4f}", end="")
    return siamese.eval()


def encode(siamese: Siamese, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Encodings (N, 8 D) and digits (N,)."""
    loader = Loader(turned_views(part), PRESET, batch_size=256)
    encodings = Engine(siamese, PRESET).run(batch.images for batch in loader.epoch(0))
    return join_views(encodings), np.array([item.labels[0] for item in part.items])


def measure(way: str, seed: int, part: Part, arguments: argparse.Namespace) -> OneShot | None:
    """One run; None if it collapsed."""
    start = time.perf_counter()
    try:
        siamese = learn(digits(part, arguments.learn), way, seed, arguments)
    except CollapseError as e:
        print(f"  {way}, seed {seed}: {e}", flush=True)
        return None
    found = identify_one_shot(*encode(siamese, digits(part, arguments.unseen)), draws=100)
    print(f"  {way}, seed {seed}: {found.accuracy:.2%}, {time.perf_counter() - start:.0f} s", flush=True)
    return found


def main() -> None:
    """Every way with every seed, and a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--plain", action="store_true", help="learn from the digits as they are alone")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--learn", nargs="+", type=int, default=[0, 1, 2, 3, 4, 5, 6])
    parser.add_argument("--unseen", nargs="+", type=int, default=[7, 8, 9])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of mnist")
    torch.set_num_threads(1)
    part = open_identities(Path(os.environ["STRIATE_DATA"]) / "mnist", val_share=0).parts["train"]
    runs: dict[str, list[float | None]] = {way: [] for way in arguments.ways}
    for seed in range(arguments.seeds):
        for way, accuracies in runs.items():
            found = measure(way, seed, part, arguments)
            accuracies.append(found.accuracy if found else None)
            if arguments.json:
                arguments.json.write_text(json.dumps(runs))
    print("\n| way | one-shot | lowest | collapsed |\n|---|---:|---:|---:|")
    for way, accuracies in runs.items():
        stood = [accuracy for accuracy in accuracies if accuracy is not None]
        lowest = f"{min(stood):.1%}" if stood else "none"
        print(f"| {way} | {told(stood)} | {lowest} | {len(accuracies) - len(stood)} of {len(accuracies)} |")


def told(accuracies: list[float]) -> str:
    """Their mean, and its interval where there are several."""
    if len(accuracies) < 2:
        return f"{np.mean(accuracies):.1%}" if accuracies else "none"
    reach = stats.t.ppf(0.975, len(accuracies) - 1) * stats.sem(accuracies)
    return f"{np.mean(accuracies):.1%} ± {100 * reach:.1f}"


if __name__ == "__main__":
    main()
