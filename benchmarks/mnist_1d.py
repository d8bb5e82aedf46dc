"""MNIST-1D: what a convolutional and a dense network make of short signals, and of the same with shuffled positions.

Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, 2020, arXiv:2011.14439: digits as curves of 40 samples,
padded, moved, slanted, scaled and in noise. Data: the package mnist1d, its own defaults, which make 4,000 signals to
learn from and 1,000 for the test. A tenth of the 4,000 is held back to choose the epoch. Shuffled: the 40 positions of
all signals in one random order, which changes nothing for a dense network and takes away what a convolution counts on.

The convolutional network is what `striate train` takes by itself. The dense one has two hidden layers of 256 units, a
shortcut around the second, and learns in 6,000 steps of 100 at a constant rate of 0.01 by Adam; of five such recipes it
is the one that was best on the signals held back, on which its epoch is chosen, too.

Run: python benchmarks/mnist_1d.py [--seed 0] [--epochs N] [--out FOLDER]
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from mnist1d.data import get_dataset_args, make_dataset
from recordings import told, train_and_test
from torch import nn

from striate.layers import Residual
from striate.metrics import Classification, classification
from striate.recording_preset import RecordingPreset
from striate.recordings import RecordingLoader, open_recordings
from striate.training import Recipe, fit, softmax_cross_entropy

HELD_BACK, UNITS, DIGITS = 0.1, 256, tuple("0123456789")
PAPER = {"convolutional": (94, 56), "dense": (68, 68)}  # percent: positions in order, shuffled


def make_data(path: Path, order: np.ndarray) -> Path:
    """The package's signals with their positions in some order, as .npz."""
    made = make_dataset(get_dataset_args())
    arrays = {"x_train": made["x"], "y_train": made["y"], "x_test": made["x_test"], "y_test": made["y_test"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: a[:, order].astype(np.float32) if name[0] == "x" else a for name, a in arrays.items()})
    return path


def train_dense(data: Path, seed: int) -> Classification:
    """Two hidden layers, the second with a shortcut, on the same parts."""
    parts = open_recordings(data, seed=seed, val_share=HELD_BACK).parts
    preset = RecordingPreset("signal", (40,), (0.0,), 1, (0.0,), (1.0,))  # the data has mean 0 and deviation 1
    torch.manual_seed(seed)
    hidden = Residual(nn.Sequential(nn.Linear(UNITS, UNITS), nn.ReLU()), nn.Identity())
    network = nn.Sequential(nn.Flatten(), nn.Linear(40, UNITS), nn.ReLU(), hidden, nn.Linear(UNITS, 10))

    @torch.inference_mode()
    def measure(network: nn.Module, part: str = "val") -> Classification:
        batches = list(RecordingLoader(parts[part], preset, batch_size=500).epoch(0))
        logits, targets = (torch.cat(t) for t in ([network(b.images) for b in batches], [b.targets for b in batches]))
        return classification(logits.softmax(1).numpy(), targets.numpy(), DIGITS)

    train = RecordingLoader(parts["train"], preset, batch_size=100, seed=seed, shuffle=True)
    recipe = Recipe.usual("adam", epochs=6000 // len(train), lr=1e-2, schedule="constant", seed=seed)
    for _ in fit(
        network,
        train,
        lambda network: {"accuracy": measure(network).accuracy},
        loss=softmax_cross_entropy,
        recipe=recipe,
        device="cpu",
    ):
        pass
    return measure(network, "test")


def main() -> None:
    """Both networks on both orders, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="of the convolutional network")
    parser.add_argument("--out", type=Path, default=Path("mnist1d-run"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    orders = {"in order": np.arange(40), "shuffled": np.random.default_rng(arguments.seed).permutation(40)}
    measured: dict[str, list[Classification]] = {name: [] for name in PAPER}
    for name, order in orders.items():
        data = make_data(arguments.out / f"{name.replace(' ', '-')}.npz", order)
        run = arguments.out / f"run-{data.stem}"
        figures = train_and_test(data, run, arguments.seed, val_share=HELD_BACK, epochs=arguments.epochs)
        measured["convolutional"].append(figures)
        start = time.perf_counter()
        measured["dense"].append(train_dense(data, arguments.seed))
        print(f"dense, {name}: {told(measured['dense'][-1])}, {time.perf_counter() - start:.0f} s", flush=True)
    print("\n| network | in order | paper | shuffled | paper |\n|---|---:|---:|---:|---:|")
    for name, (in_order, shuffled) in measured.items():
        print(f"| {name} | {told(in_order)} | {PAPER[name][0]} % | {told(shuffled)} | {PAPER[name][1]} % |")


if __name__ == "__main__":
    main()
