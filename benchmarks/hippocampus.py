"""Front or back of the hippocampus: 16 mm cubes of magnetic resonance images, told apart without their outline.

Data: hippocampus.zip under the folder that STRIATE_DATA names: 120 images of about 35 x 51 x 35 voxels of 1 mm (of
the Medical Segmentation Decathlon, Antonelli et al., 2022, arXiv:2106.05735), whose labels say which voxels belong to
the front (1) and to the back (2). Of each image and label eight voxels are drawn whose cube lies inside of the image;
the 16 x 16 x 16 values around each are written as NIfTI with their spacing. 24 images, by the seed, are the test part,
and what is held back are whole images, too: no subject is in two parts.

Four trainings, by `striate train` with nothing chosen:

1. as they are: the values of the scanner;
2. voxels shuffled: those of each cube in a random order of its own. What is left is the histogram, and it tells a good
   deal: more fluid, or more white matter;
3. equalised: each cube has the same 4,096 values (those of a normal distribution) by the rank of its own;
4. equalised and shuffled: nothing is left, and the network must be at chance.

Last the test cubes are cut again at 0.8 mm, 20 x 20 x 20 samples of the same places by scipy's cubic splines: the first
model must refuse them as they are, and give the same answers with resampling.

Intervals are the bootstrap's over subjects, 95 %: cubes of one head are no independent trials.

Run: python benchmarks/hippocampus.py [--seed 0] [--epochs N] [--out FOLDER]
"""

import argparse
import csv
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import torch
from recordings import train_and_test
from scipy import ndimage, stats

import striate
from striate.errors import StriateError
from striate.metrics.interval import bootstrap_interval

SIDE, CUBES, TESTED = 16, 8, 24  # samples a side, cubes of each image and label, images of the test part
FINER = 0.8  # mm
LABELS = {1: "front", 2: "back"}
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Cube:
    """A place in an image, which half of the hippocampus it is in, and in which part."""

    subject: str
    label: str
    centre: np.ndarray
    part: str

    def values(self, image: np.ndarray, spacing: float = 1.0) -> np.ndarray:
        """SIDE mm a side around the centre."""
        corner = self.centre - SIDE // 2
        if spacing == 1:
            return image[tuple(slice(start, start + SIDE) for start in corner)]
        samples = round(SIDE / spacing)
        along = [start + (np.arange(samples) + 0.5) * spacing - 0.5 for start in corner]
        return ndimage.map_coordinates(image, np.meshgrid(*along, indexing="ij"), order=3, mode="nearest")


def draw_cubes(images: Path, seed: int) -> Iterator[tuple[np.ndarray, list[Cube]]]:
    """Each image and its cubes."""
    rng = np.random.default_rng(seed)
    files = sorted(images.glob("*.nii.gz"))
    tested = set(rng.permutation(len(files))[:TESTED].tolist())
    for number, file in enumerate(files):
        image = np.asarray(nibabel.load(file).dataobj, np.float32)
        outline = np.asarray(nibabel.load(images.parent / "labels" / file.name).dataobj)
        cubes = []
        for value, label in LABELS.items():
            voxels = np.argwhere(outline == value)
            inside = voxels[((voxels >= SIDE // 2) & (voxels <= np.array(image.shape) - SIDE // 2)).all(axis=1)]
            part = "test" if number in tested else "train"
            cubes += [Cube(file.name[:-7], label, centre, part) for centre in rng.permutation(inside)[:CUBES]]
        yield image, cubes


def as_they_are(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The scanner's values."""
    return values


def shuffled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same values in another order."""
    return rng.permutation(values.ravel()).reshape(values.shape)


def equalised(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A normal distribution's quantiles in the order of the values; equal ones in a random order."""
    ranks = np.empty(values.size)
    ranks[np.lexsort((rng.random(values.size), values.ravel()))] = np.arange(values.size)
    return stats.norm.ppf((ranks + 0.5) / values.size).reshape(values.shape)


def write_cubes(
    folder: Path, images: Path, seed: int, changes: Sequence[Change], *, spacing: float = 1.0, part: str = ""
) -> Path:
    """NIfTI files and a CSV of them: path, label, part and subject."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    with (folder / "cubes.csv").open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["path", "label", "part", "group"])
        for image, cubes in draw_cubes(images, seed):
            for number, cube in enumerate(c for c in cubes if part in ("", c.part)):
                values = cube.values(image, spacing)
                for change in changes:
                    values = change(values, rng)
                path = f"{cube.subject}-{number}.nii"
                nibabel.save(
                    nibabel.Nifti1Image(values.astype(np.float32), np.diag([spacing] * 3 + [1])), folder / path
                )
                table.writerow([path, cube.label, cube.part, cube.subject])
    return folder


def test_rows(folder: Path) -> list[dict[str, str]]:
    """The table's rows of the test part."""
    with (folder / "cubes.csv").open(newline="") as f:
        return [row for row in csv.DictReader(f) if row["part"] == "test"]


def by_subject(right: np.ndarray, subjects: np.ndarray) -> str:
    """Accuracy with its interval."""
    shares = np.array([right[subjects == subject].mean() for subject in np.unique(subjects)])  # as many cubes each
    low, high = bootstrap_interval(lambda drawn: shares[drawn].mean(), len(shares), draws=2000)
    return f"{right.mean():.1%} ({low:.1%} to {high:.1%}) of {len(right)} cubes of {len(shares)} subjects"


def compare_finer(model: Path, folder: Path, finer: Path) -> None:
    """The same places at another spacing: refused, and then resampled."""
    classifier = striate.load(model)
    paths, finer_paths = ([place / row["path"] for row in test_rows(folder)] for place in (folder, finer))
    try:
        classifier.predict(finer_paths[:1])
        raise SystemExit("cubes of another spacing were taken as they are")
    except StriateError as e:
        print(f"refused: {e}")
    before, after = classifier.probabilities(paths), classifier.probabilities(finer_paths, resample=True)  # (N, 2)
    same = (before.argmax(axis=1) == after.argmax(axis=1)).mean()
    change = np.abs(before - after).max(axis=1)
    print(
        f"at {FINER} mm: {same:.1%} of {len(paths)} answers are the same; probabilities differ by {change.mean():.3f}"
    )


def main() -> None:
    """Four trainings and the finer copy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--out", type=Path, default=Path("hippocampus-run"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of hippocampus.zip")
    torch.set_num_threads(1)
    out, seed = arguments.out, arguments.seed
    with zipfile.ZipFile(Path(os.environ["STRIATE_DATA"], "hippocampus.zip")) as z:
        z.extractall(out)
    images = out / "hippocampus" / "images"
    trainings: dict[str, Sequence[Change]] = {
        "as they are": (as_they_are,),
        "voxels shuffled": (shuffled,),
        "equalised": (equalised,),
        "equalised and shuffled": (shuffled, equalised),
    }
    rows = []
    for name, changes in trainings.items():
        folder = out / name.replace(" ", "-")
        write_cubes(folder, images, seed, changes)
        model = out / f"run-{folder.name}"
        train_and_test(folder, model, seed, epochs=arguments.epochs)
        found = striate.load(model).predict([folder / row["path"] for row in test_rows(folder)])
        right = np.array([c.label == row["label"] for c, row in zip(found, test_rows(folder), strict=True)])
        rows.append((name, by_subject(right, np.array([row["group"] for row in test_rows(folder)]))))
    finer = write_cubes(out / "finer", images, seed, (as_they_are,), spacing=FINER, part="test")
    compare_finer(out / "run-as-they-are", out / "as-they-are", finer)
    print("\n| cubes | test accuracy |\n|---|---|")
    for name, accuracy in rows:
        print(f"| {name} | {accuracy} |")


if __name__ == "__main__":
    main()
