"""How well `striate train` learns to place one object, and the points of a face, on two cores.

Cells: from BCCD's photographs of blood (bccd-trainval.zip, 640x480) squares of 320 pixels are cut: one that holds the
white cell, where there is just one, at a place of its own by a seed, and one without any part of a white cell, where
the photograph has room for it. The 205 training photographs make train and val, the 87 validation photographs the test
part, on which nothing is chosen. Faces: mtfl-train.zip, 4,000 faces of 80x80 pixels with five points; 400 by a seed are
the test part, and a tenth of the others is held back. They are measured in two looks, too, mirrored as well; and again
1.6 times larger in the frame and mirrored: cut and mirrored pixels, the points moved along by hand.

Both under the folder that STRIATE_DATA names. Timed is `striate.train` from opening the data to the written report.

Run: python benchmarks/places.py [--what cells faces] [--seed 0] [--threads 2] [--out FOLDER]
"""

import argparse
import csv
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import striate
from striate.cli.process import prepare_process
from striate.data import BoxItem, open_boxes, open_points, read_image, write_image
from striate.tasks import evaluate_marks
from striate.tasks.marks_predictor import MarksPredictor

SIDE = 320  # of a square with or without a cell
TESTED_FACES = 400
LARGER = 1.6


def cells(archive: Path, seed: int, folder: Path) -> Path:
    """Squares with one white cell and without, as a CSV of boxes."""
    dataset, rng = open_boxes(archive), np.random.default_rng(seed)
    folder.mkdir(parents=True)
    with (folder / "boxes.csv").open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["path", "label", "x0", "y0", "x1", "y1", "part"])
        for name, part in dataset.parts.items():
            for index, item in enumerate(part.items):
                white = item.xyxy[item.labels == dataset.classes.index("WBC")]
                if len(white) != 1:
                    continue
                pixels = part.load(index)
                for kind, corner in squares(item, white[0], rng):
                    path = f"{Path(item.path).stem}-{kind}.png"
                    write_image(folder / path, pixels[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE])
                    box = np.clip(white[0] - np.tile(corner, 2), 0, SIDE).round(2).tolist()
                    row = ["WBC", *box] if kind == "with" else [""] * 5
                    table.writerow([path, *row, "test" if name == "val" else "train"])
    return folder


def squares(item: BoxItem, box: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Upper left corners of a square that holds the box and of one that does not touch it, each at random."""
    height, width = item.size_hw
    corners = np.stack(np.meshgrid(np.arange(width - SIDE + 1), np.arange(height - SIDE + 1)), -1).reshape(-1, 2)
    holds = ((corners <= box[:2]) & (corners + SIDE >= box[2:])).all(axis=1)
    apart = ((corners >= box[2:]) | (corners + SIDE <= box[:2])).any(axis=1)
    for kind, fits in (("with", holds), ("without", apart)):
        if fits.any():
            yield kind, rng.choice(corners[fits])


def faces(archive: Path, seed: int, folder: Path) -> Path:
    """The faces with a test part."""
    with zipfile.ZipFile(archive) as z:
        z.extractall(folder)
    table = folder / "points.csv"
    header, *rows = list(csv.reader(table.read_text().splitlines()))
    tested = set(np.random.default_rng(seed).permutation(len(rows))[:TESTED_FACES].tolist())
    lines = [[*row, "test" if i in tested else "train"] for i, row in enumerate(rows)]
    with table.open("w", newline="") as f:
        csv.writer(f).writerows([[*header, "part"], *lines])
    return folder


def train(data: Path, out: Path, task: str, seed: int, **options: float) -> MarksPredictor:
    """Train with nothing given but the task and these options, tell how long it took, and load the model."""
    start = time.perf_counter()
    run = striate.train(data, task=task, out=out, seed=seed, workers=1, **options)
    for epoch in run:
        print(f"  {epoch.epoch} loss {epoch.loss:.4f} {epoch.figures} {epoch.seconds:.1f} s", flush=True)
    print(f"{task}: {(time.perf_counter() - start) / 60:.1f} minutes")
    return striate.load(out)


def tell(name: str, evaluation) -> None:
    """The figures of a test part."""
    shares = ", ".join(f"{key} {value:.2%}" for key, value in evaluation.score.shares.items())
    print(f"{name}: {evaluation.score}; {shares}", flush=True)


def faces_changed(predictor: MarksPredictor, data: Path) -> None:
    """The test faces, larger in the frame, and mirrored."""
    dataset = open_points(data)
    part = dataset.parts["test"]
    for name in ("1.6 times larger", "mirrored"):
        pixels, items = [], []
        for item in part.items:
            image, xy = read_image(data / item.path, channels=3), item.xy
            side = image.shape[0]
            if name == "mirrored":
                order = np.arange(len(xy))
                for left, right in dataset.pairs:
                    order[[left, right]] = right, left
                image, xy = image[:, ::-1].copy(), (np.array([side, 0]) + xy * [-1, 1])[order]
            else:
                cut = round(side / LARGER)
                corner = np.clip((xy.mean(axis=0) - cut / 2).round(), 0, side - cut).astype(int)
                image = image[corner[1] : corner[1] + cut, corner[0] : corner[0] + cut].copy()
                xy = xy - corner
            pixels.append(image)
            items.append(replace(item, xy=xy, size_hw=image.shape[:2]))
        figures = predictor.task.measure(predictor.predict(pixels), items, predictor.labels)
        print(f"faces, {name}: mean error {figures.mean_error:.2%}, median {figures.median_error:.2%}", flush=True)


def main() -> None:
    """Train and measure both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=["cells", "faces"], default=["cells", "faces"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("places"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of the archives")
    prepare_process()
    torch.set_num_threads(arguments.threads)
    source, out, seed = Path(os.environ["STRIATE_DATA"]), arguments.out, arguments.seed
    if "cells" in arguments.what:
        data = cells(source / "bccd-trainval.zip", seed, out / "cells")
        tell("cells, test", evaluate_marks(train(data, out / "cells-run", "localize", seed), data))
    if "faces" in arguments.what:
        data = faces(source / "mtfl-train.zip", seed, out / "faces")
        predictor = train(data, out / "faces-run", "landmarks", seed, val_share=0.1)
        tell("faces, test", evaluate_marks(predictor, data))
        tell("faces, test, two looks", evaluate_marks(predictor.mirrored(), data))
        faces_changed(predictor, data)


if __name__ == "__main__":
    main()
