"""How long a head trains on a frozen network: on features that are kept, against images in every epoch.

What is timed: `striate.train` from planning to the written report, 20 epochs of EfficientNet-Lite0 (its published
weights, all stages frozen, fp32, batches of 64, 224 pixels), in a process that is prepared as `striate train` prepares
its own; every fifth image is held back and measured after each epoch. The images are the training part of hymenoptera,
under the folder that STRIATE_DATA names, where that is set; otherwise 240 JPEGs of 375x500 random pixels, made smooth.
Imports are left out: a run of one epoch of another network goes before. Three ways, in turn, in each of the rounds:

- images: `views=0`: decoded, distorted and computed by the whole network in every epoch;
- features, nothing kept yet: `views=1`: computed once, in evaluation's view, then read; the cache is empty before;
- features, kept: the same once more, by another training.

With distorted views, the default of four, the second way takes about four times as long to compute them. Both ways end
with the whole network answering to the held-back images, and a report.

Time is the clock's, with as many threads as asked for; ratios are of the medians over the rounds. Nothing else should
run meanwhile.

Run: python benchmarks/feature_cache.py [--epochs 20] [--rounds 3] [--threads 2]
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import striate
from striate.cli.process import prepare_process

NETWORK = "efficientnet_lite0"


def make_photos(folder: Path) -> Path:
    """Two classes of 120 smooth pictures, told apart by their colour."""
    import cv2
    import numpy as np

    from striate.data import write_image

    rng = np.random.default_rng(0)
    for channel, label in enumerate(("a", "b")):
        (folder / label).mkdir(parents=True)
        for i in range(120):
            pixels = cv2.resize(rng.integers(0, 200, (47, 63, 3), dtype=np.uint8), (500, 375))
            pixels[..., channel] += 50
            write_image(folder / label / f"{i}.jpg", pixels)
    return folder


def seconds(data: Path, out: Path, **options: object) -> float:
    """Of a whole training."""
    start = time.perf_counter()
    for _ in striate.train(data, out=out, batch_size=64, precision="fp32", **options):
        pass
    return time.perf_counter() - start


def measure(data: Path, epochs: int, folder: Path) -> dict[str, float]:
    """The seconds of each way, once."""
    os.environ["STRIATE_CACHE"] = str(folder / "cache")
    options = {"model": NETWORK, "weights": NETWORK, "freeze": "all", "epochs": epochs}
    return {
        "images": seconds(data, folder / "images", **options, views=0),
        "features, nothing kept yet": seconds(data, folder / "first", **options, views=1),
        "features, kept": seconds(data, folder / "again", **options, views=1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    prepare_process()  # before torch comes in
    import torch

    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("STRIATE_DATA")
        data = Path(given, "hymenoptera-train.zip") if given else make_photos(Path(folder, "photos"))
        seconds(data, Path(folder, "before"), model="resnet18", weights="none", epochs=1, size=32)
        rounds = [measure(data, options.epochs, Path(folder, str(number))) for number in range(options.rounds)]
    medians = {way: statistics.median(r[way] for r in rounds) for way in rounds[0]}
    print(f"{options.epochs} epochs, {options.threads} threads, medians of {options.rounds} rounds")
    for way, median in medians.items():
        print(f"{way:28} {median:7.1f} s   {medians['images'] / median:5.1f} times as fast")


if __name__ == "__main__":
    main()
