"""What share of an epoch a trainer waits for images, with workers that decode and distort them beside it.

Two trainings by `striate.train`, in a process that is prepared as `striate train` prepares its own:

- ResNet-20 from random weights on 4,000 JPEGs of 32x32 pixels in ten class folders: a part of CIFAR-10, under the
  folder that STRIATE_DATA names, where that is set; otherwise random pixels, made smooth. Batches of 128.
- EfficientNet-Lite0 from its published weights, all of it learning, at 224 pixels on the training part of hymenoptera
  in its zip (244 photographs, most of 375x500), or as many of random pixels. Batches of 32.

The distortions are those that striate chooses for such images. Two shares are printed for each epoch: the one that
`striate train` prints, of training and validation together the time in which a step waited for its images; and, taken
around the loaders by this script, the time in which anybody waited for images, validation too. Before the first epoch
stands how long the start of it all took, workers included, from the call to the first epoch. Nothing else should run
meanwhile, for on a busy machine everything waits.

Run: python benchmarks/waiting.py [--workers 2] [--threads 2] [--epochs 4]
"""

import argparse
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from striate.cli.process import prepare_process

CIFAR_EACH, PHOTOS_EACH = 400, 122


def make_pictures(folder: Path, classes: int, each: int, size_hw: tuple[int, int]) -> Path:
    """Class folders of smooth random JPEGs."""
    import cv2
    import numpy as np

    from striate.data import write_image

    rng = np.random.default_rng(0)
    height, width = size_hw
    for label in range(classes):
        (folder / str(label)).mkdir(parents=True)
        for i in range(each):
            pixels = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
            write_image(folder / str(label) / f"{i}.jpg", cv2.resize(pixels, (width, height)))
    return folder


def extract_cifar(archive: Path, folder: Path) -> Path:
    """The first images of each class, as the zip holds them."""
    with zipfile.ZipFile(archive) as z:
        names = sorted(n for n in z.namelist() if n.endswith(".jpg"))
        for label in sorted({n.rpartition("/")[0] for n in names}):
            z.extractall(folder, [n for n in names if n.startswith(f"{label}/")][:CIFAR_EACH])
    return folder


class Stopwatch:
    """Around every batch that a loader hands out."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, epoch: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """The same method, its waiting counted."""

        def timed(*arguments: Any) -> Iterator[Any]:
            batches = epoch(*arguments)
            while True:
                start = time.perf_counter()
                batch = next(batches, None)
                self.seconds += time.perf_counter() - start
                if batch is None:
                    return
                yield batch

        return timed


def train(data: Path, out: Path, **options: Any) -> None:
    """A training, its epochs printed as they end."""
    import striate
    from striate.data import Loader

    print(f"\n{options['model']}, {data.name}")
    watch = Stopwatch()
    unwatched, Loader.epoch = Loader.epoch, watch.around(Loader.epoch)
    asked = time.perf_counter()
    for epoch in striate.train(data, out=out, precision="fp32", **options):
        if epoch.epoch == 1:
            print(f"  {time.perf_counter() - asked - epoch.seconds:.2f} s before the first epoch")
        shares = f"waited {epoch.waited:6.2%}, with validation {watch.seconds / epoch.seconds:6.2%}"
        print(f"  epoch {epoch.epoch}: {epoch.seconds:6.2f} s, {shares}", flush=True)
        watch.seconds = 0.0
    Loader.epoch = unwatched


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0, help="of the trainer; as many as PyTorch takes if left out")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--only", choices=("small", "photos"), help="one of the two trainings")
    options = parser.parse_args()
    prepare_process()  # before torch comes in
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    print(f"{options.workers} workers, {torch.get_num_threads()} threads, {os.cpu_count()} processors")
    shared = {"workers": options.workers, "epochs": options.epochs}
    given = os.environ.get("STRIATE_DATA")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only != "photos":
            small = extract_cifar(Path(given, "cifar10-train.zip"), folder / "cifar10") if given else None
            small = small or make_pictures(folder / "small", 10, CIFAR_EACH, (32, 32))
            train(small, folder / "a", model="resnet20", size=32, batch_size=128, **shared)
        if options.only != "small":
            photos = Path(given, "hymenoptera-train.zip") if given else None
            photos = photos or make_pictures(folder / "photos", 2, PHOTOS_EACH, (375, 500))
            options_of_lite = {"model": "efficientnet_lite0", "weights": "efficientnet_lite0", "freeze": "none"}
            train(photos, folder / "b", batch_size=32, **options_of_lite, **shared)


if __name__ == "__main__":
    main()
