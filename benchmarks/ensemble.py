"""How long the members of an ensemble train side by side, with one thread each, against one after the other, with all.

What is timed: two members from the start of the first process to the end of the last one (with the imports of each,
the measuring of its best epoch, its model file and its report), as `striate train --ensemble 2` trains them: LeNet-5 on
6,000 grey pictures of 28 pixels for 5 epochs, and ResNet-20 on 2,000 coloured ones of 32 pixels for 2 epochs, of random
pixels, made smooth, in PNG files; batches of 64, fp32, one worker each.

- in turn: one process at a time, with as many threads as asked for;
- side by side: two processes, each with half of them.

Time is the clock's; ratios are of the medians over the rounds. Nothing else should run meanwhile.

Run: python benchmarks/ensemble.py [--rounds 3] [--threads 2]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from striate.cli.process import prepare_process
from striate.tasks.member_process import Member, train_members

NETWORKS = {"lenet5": (6000, 28, 1, 5), "resnet20": (2000, 32, 3, 2)}  # images, side, channels, epochs


def make_pictures(folder: Path, images: int, side: int, channels: int) -> Path:
    """Ten classes, told apart by their brightness."""
    import cv2
    import numpy as np

    from striate.data import write_image

    rng = np.random.default_rng(0)
    for i in range(images):
        small = rng.integers(0, 150, (side // 4, side // 4, channels), dtype=np.uint8)
        pixels = cv2.resize(small, (side, side)).reshape(side, side, channels)
        path = folder / str(i % 10) / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, pixels + np.uint8(10 * (i % 10)))
    return folder


def seconds(data: Path, network: str, epochs: int, at_once: int, threads: int) -> float:
    """Of training two members."""
    with tempfile.TemporaryDirectory() as folder:
        common = {"data": str(data), "model": network, "epochs": epochs, "batch_size": 64, "precision": "fp32"}
        common |= {"workers": 1, "cut_seed": 0}
        members = [Member(i, {**common, "out": f"{folder}/{i}", "seed": i}, threads) for i in (1, 2)]
        start = time.perf_counter()
        for _ in train_members(members, at_once, prepare_process):
            pass
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    for network, (images, side, channels, epochs) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            data = make_pictures(Path(folder, "data"), images, side, channels)
            turns, beside = [], []
            for _ in range(arguments.rounds):
                turns.append(seconds(data, network, epochs, 1, arguments.threads))
                beside.append(seconds(data, network, epochs, 2, max(1, arguments.threads // 2)))
        in_turn, together = statistics.median(turns), statistics.median(beside)
        faster = f"{in_turn / together:.2f} times as fast"
        print(f"{network}: in turn {in_turn:.1f} s, side by side {together:.1f} s, {faster}", flush=True)


if __name__ == "__main__":
    main()
