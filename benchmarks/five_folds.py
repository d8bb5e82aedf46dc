"""What `striate train` makes of 244 photographs with no flags at all, and how long it takes.

The images are the training part of hymenoptera (ants and bees), under the folder that STRIATE_DATA names. They are
dealt into five folds, class by class, by a seed; each fold is the test part once, and nothing is chosen on it. What is
timed is `striate.train` from opening the data to the written report, features included: the feature cache is empty
before each fold. Then a second head on the same images is timed, whose features are kept. Imports are left out; threads
as asked for.

Run: python benchmarks/five_folds.py [--seeds 1] [--threads 2]
"""

import argparse
import os
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import torch

import striate
from striate.cli.process import prepare_process
from striate.data import open_data
from striate.metrics import wilson_interval
from striate.training.head import deal

FOLDS = 5


def lay_out(source: Path, fold: int, seed: int, folder: Path) -> Path:
    """Class folders under train/ and test/."""
    whole = open_data(source, val_share=0)
    part = whole.parts["train"]
    labels = np.array([item.labels[0] for item in part.items])
    dealt = deal(labels, FOLDS, seed)
    for item, own in zip(part.items, dealt, strict=True):
        target = folder / ("test" if own == fold else "train") / whole.classes[item.labels[0]] / Path(item.path).name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source / item.path).read_bytes())
    return folder


def train(data: Path, out: Path) -> tuple[float, float, str]:
    """Accuracy on the test part, seconds, and what learned."""
    start = time.perf_counter()
    run = striate.train(data, out=out, seed=0)
    for _ in run:
        pass
    kept = [trial.name for trial in run.trials if trial.kept][-1]
    return run.outcome.figures["test"].accuracy, time.perf_counter() - start, kept


def main() -> None:
    """Print a row for each fold, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of the sets")
    prepare_process()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as temporary:
        zipfile.ZipFile(Path(os.environ["STRIATE_DATA"]) / "hymenoptera-train.zip").extractall(f"{temporary}/all")
        source = next(path.parent for path in Path(temporary, "all").rglob("ants"))
        for seed in range(arguments.seeds):
            rows = []
            for fold in range(FOLDS):
                folder = Path(temporary, f"{seed}-{fold}")
                os.environ["STRIATE_CACHE"] = str(folder / "cache")
                data = lay_out(source, fold, seed, folder / "data")
                first, second = train(data, folder / "first"), train(data, folder / "second")
                rows.append((first[0], first[1], second[1]))
                print(
                    f"seed {seed}, fold {fold}: {first[0]:.2%}, {first[1]:.1f} s; again {second[1]:.1f} s ({first[2]})"
                )
            accuracy = statistics.mean(row[0] for row in rows)
            low, high = wilson_interval(round(accuracy * 244), 244)
            print(
                f"seed {seed}: mean {accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}), "
                f"longest fold {max(row[1] for row in rows):.1f} s, second head {max(row[2] for row in rows):.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
