"""How good a classifier of CIFAR-10 `striate train` makes of kept features, in what time, and what ten crops gain.

The images are cifar10-train.zip under the folder that STRIATE_DATA names: the 50,000 training images in class folders.
By a seed 500 of each class are put aside as the test part, on which nothing is chosen. Then one command trains (it is
printed, and is the one of docs/train.md), and its model is measured on the 5,000, with one crop and with ten. Timed is
`striate train` as a process: imports, features, training, report.

Run: python benchmarks/cifar10.py [--out FOLDER] [--seed 0]
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np

TESTED = 500  # of each class
OPTIONS = """--model efficientnet_lite0 --size 160 --freeze stage3 --views 3 --epochs 6 --lr 0.001 --batch-size 128
    --val-share 0.05 --precision fp32 --distort "mirror, translate 0.0625" --recipe label_smoothing=0.1"""


def lay_out(archive: Path, seed: int, folder: Path) -> None:
    """Class folders under train/ and test/."""
    rng = np.random.default_rng(seed)
    with zipfile.ZipFile(archive) as z:
        names = sorted(name for name in z.namelist() if name.endswith(".jpg"))
        for label in sorted({name.rpartition("/")[0] for name in names}):
            own = [name for name in names if name.startswith(f"{label}/")]
            for place, number in enumerate(rng.permutation(len(own)).tolist()):
                target = folder / ("test" if place < TESTED else "train") / own[number]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(z.read(own[number]))


def main() -> None:
    """Train and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("cifar10-run"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of cifar10-train.zip")
    data, run = arguments.out / "data", arguments.out / "run"
    if not data.exists():
        lay_out(Path(os.environ["STRIATE_DATA"], "cifar10-train.zip"), arguments.seed, data)
    striate = str(Path(sys.executable).with_name("striate"))
    command = [striate, "train", str(data), "--out", str(run), "--seed", str(arguments.seed), *shlex.split(OPTIONS)]
    print(shlex.join(["striate", *command[1:]]), flush=True)
    start = time.perf_counter()
    subprocess.run(command, check=True)
    print(f"trained in {(time.perf_counter() - start) / 60:.1f} minutes", flush=True)
    subprocess.run([striate, "evaluate", str(run / "model.safetensors"), str(data), "--crops", "10"], check=True)


if __name__ == "__main__":
    main()
