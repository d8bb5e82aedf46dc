"""How good a detector of blood cells `striate train` makes from 205 photographs, in what time, and how fast it answers.

The images are bccd-trainval.zip under the folder that STRIATE_DATA names: 205 photographs of 640x480 pixels to learn
from (a tenth of which is held back, to choose the epoch and the confidence threshold) and 87, its validation part, as
the test part; average precision knows no threshold. Two detectors are trained, with seeds 2S and 2S + 1, and look at
each test image together, mirrored and upside down too (as `striate evaluate RUN DATA --with RUN --mirrored`); what the
first one sees in a single look is told beside it. With `--fold F` the 87 are left alone, and a fifth of the 205 is the
test part: this is how the recipe was chosen. Other recipes had been measured on the 87 before this one, see
docs/detect.md. Timed is `striate.train` from opening the data to the written report, of both, and then how many images
a second are answered, from pixels to boxes.

Run: python benchmarks/cells.py [--seeds 0 1 2] [--fold F] [--threads 2] [--out FOLDER]
"""

import argparse
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import torch

import striate
from striate.cli.process import prepare_process
from striate.data import read_image
from striate.tasks import MarksFinder, evaluate_marks

FOLDS = 5
OPTIONS = {
    "val_share": 0.1,
    "freeze": "stage1",
    "distort": "mirror, flip, brightness 0.2, contrast 0.2, saturation 0.2, colour 0.04",
    "epochs": 22,
}
MEMBERS = 2


def lay_out(archive: Path, fold: int | None, folder: Path) -> Path:
    """The photographs with parts of ours: train, and the validation part or a fold of train as test."""
    with zipfile.ZipFile(archive) as z:
        z.extractall(folder)
    (sets,) = folder.rglob("ImageSets/Main")
    train, test = ((sets / f"{part}.txt").read_text().split() for part in ("train", "val"))
    if fold is not None:
        order = np.random.default_rng(0).permutation(len(train))
        test = [train[i] for i in order[fold::FOLDS]]
        train = [name for name in train if name not in test]
    for file in sets.glob("*.txt"):
        file.unlink()
    for part, names in (("train", train), ("test", test)):
        (sets / f"{part}.txt").write_text("\n".join(names) + "\n")
    return folder


def train(data: Path, seed: int, out: Path) -> None:
    """One detector; a finished one is taken as it is."""
    if (out / "model.safetensors").exists():
        return
    for epoch in striate.train(data, task="detect", out=out, seed=seed, workers=1, resume=out.exists(), **OPTIONS):
        print(f"  {epoch.epoch} loss {epoch.loss:.3f} {epoch.figures} {epoch.seconds:.0f} s", flush=True)


def tell(name: str, finder: MarksFinder, data: Path, worst: Path | None = None) -> float:
    """Measure, print, and draw the worst mistakes; mAP@.5."""
    measured = evaluate_marks(finder, data, out=worst)
    classes = ", ".join(f"{c.label} {c.ap50:.3f}" for c in measured.figures.per_class)
    print(f"{name}: {measured.score}, @[.5:.95] {measured.figures.map:.3f}; {classes}", flush=True)
    return measured.score.value


def images_a_second(finder: MarksFinder, images: list[Path]) -> float:
    """From decoded pixels to boxes; the first batch is not counted."""
    pixels = [read_image(path) for path in images]
    finder.predict(pixels[:16])
    start = time.perf_counter()
    finder.predict(pixels)
    return len(pixels) / (time.perf_counter() - start)


def main() -> None:
    """Train and measure, a seed after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--fold", type=int, choices=range(FOLDS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("cells"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of bccd-trainval.zip")
    prepare_process()
    torch.set_num_threads(arguments.threads)
    out, scores = arguments.out, []
    data = lay_out(Path(os.environ["STRIATE_DATA"], "bccd-trainval.zip"), arguments.fold, out / "data")
    images = sorted(data.rglob("*.jpg"))[:64]
    for seed in arguments.seeds:
        runs = [out / f"run-{MEMBERS * seed + member}" for member in range(MEMBERS)]
        start = time.perf_counter()
        for member, run in enumerate(runs):
            train(data, MEMBERS * seed + member, run)
        print(f"seed {seed}: {(time.perf_counter() - start) / 60:.1f} minutes")
        one, both = striate.load(runs[0]), striate.load(runs).mirrored()
        tell("  one detector, one look", one, data)
        scores.append(tell(f"  {MEMBERS} detectors, mirrored", both, data, out / f"worst-{seed}.png"))
        print(
            f"  {images_a_second(one, images):.1f} and {images_a_second(both, images):.1f} images a second", flush=True
        )
    print(f"mean of {len(scores)} seeds: mAP@.5 {np.mean(scores):.4f}")


if __name__ == "__main__":
    main()
