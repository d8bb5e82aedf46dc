"""How well two photographs of faces are told for one person's or two people's, and how many a second.

Labeled Faces in the Wild, development view: 1,000 pairs to choose a threshold on (pairsDevTrain.txt), 1,000 others of
other people (pairsDevTest.txt) to measure it on, once; from lfw-view1.zip under the folder that STRIATE_DATA names.
Of several faces on a photograph the most central one counts. Three thresholds are chosen on the 1,000 pairs to train:

- the most accurate one;
- one for 1 % false accepts, on the 500 different pairs;
- one for 0.1 %, on all pairs of photographs there that show different people: the embedded threshold of dlib's network.
  Its interval takes them for independent, which they are not.

Timed is the test part, wall time, some rounds of which the median counts: the whole pipeline from the bytes of JPEGs in
memory to encodings (decode, find, align, encode the face and its mirror image), and the encoder alone on chips that are
cut out already; no rounds, no times.

Run: python benchmarks/faces.py [--encoder dlib_face] [--threads 2] [--rounds 3] [--out FOLDER]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.cli.process import prepare_process
from striate.data import Pairs, open_pairs, read_image
from striate.faces import most_central
from striate.metrics import Calibration, calibrate, rates_at, verification
from striate.tasks import Recogniser, encoder_threshold, evaluate_pairs, write_evaluation
from striate.tasks.faces_photographs import from_store

Rows = NDArray[np.float32]


def encode(recogniser: Recogniser, pairs: Pairs) -> Rows:
    """(images, D), in the order of the pairs' images."""
    looked = list(recogniser.look_at(pairs.images, load=from_store(pairs.store)))
    missed = [one.path for one in looked if not one.sightings]
    print(f"{len(pairs)} pairs, {len(looked)} photographs, {len(missed)} without a face {missed}")
    assert not missed
    return np.stack([one.sightings[0].encoding for one in looked])


def distances(rows: Rows, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) of pairs of rows."""
    return np.linalg.norm(rows[first].astype(np.float64) - rows[second], axis=1)


def calibrate_on_all(rows: Rows, pairs: Pairs, far: float) -> Calibration:
    """On the list's same pairs, and all pairs of its images that show different people."""
    people = np.array([Path(path).parent.name for path in pairs.images])
    first, second = np.triu_indices(len(people), k=1)
    different = people[first] != people[second]
    d = np.concatenate(
        [
            distances(rows, pairs.first[pairs.same], pairs.second[pairs.same]),
            distances(rows, first[different], second[different]),
        ]
    )
    return calibrate(d, np.arange(len(d)) < pairs.same.sum(), far)


def a_second(run: Callable[[], object], count: int, rounds: int) -> float:
    """How many of `count` things a second; the median of the rounds, after one that is not counted."""
    run()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return count / statistics.median(seconds)


def report(name: str, threshold: float, rows: Rows, pairs: Pairs) -> None:
    """What a threshold gives on pairs."""
    rates = rates_at(distances(rows, pairs.first, pairs.second), pairs.same, threshold)
    low, high = rates.accuracy_interval
    wrong = len(pairs) - rates.right
    print(
        f"  {name}: τ {threshold:.4f}, accuracy {rates.accuracy:.2%} ({low:.2%} to {high:.2%}), {wrong} wrong; "
        f"true accepts {rates.tar:.1%}, false accepts {rates.far:.1%}"
    )


def measure_speed(recogniser: Recogniser, pairs: Pairs, rounds: int) -> None:
    """Photographs a second, and chips a second."""
    files = [pairs.store.read(path) for path in pairs.images[:512]]  # type: ignore[attr-defined]  # of a zip

    def pipeline() -> None:
        for start in range(0, len(files), 32):
            recogniser.look([read_image(data) for data in files[start : start + 32]])

    encoder, finder = recogniser.encoder, recogniser.finder
    assert finder is not None
    assert encoder.canonical is not None
    images = [read_image(data) for data in files]
    faces = [most_central(some, image.shape[:2])[0] for some, image in zip(finder.find(images), images, strict=True)]
    chips = [encoder.canonical.chip(image, face) for image, face in zip(images, faces, strict=True)]
    print(
        f"{torch.get_num_threads()} threads: {a_second(pipeline, len(files), rounds):.1f} photographs a second, "
        f"of which finding {a_second(lambda: finder.find(images), len(images), rounds):.1f}, "
        f"encoding {a_second(lambda: encoder.encode(chips), len(chips), rounds):.1f}"
    )


def main() -> None:
    """Choose thresholds, measure them, draw the curves, take the time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="dlib_face")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("faces"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of lfw-view1.zip")
    prepare_process()
    torch.set_num_threads(arguments.threads)
    archive = Path(os.environ["STRIATE_DATA"], "lfw-view1.zip")
    train, test = (open_pairs(name, archive) for name in ("pairsDevTrain.txt", "pairsDevTest.txt"))
    recogniser = Recogniser.open(arguments.encoder, choose=most_central, device="cpu")
    rows, test_rows = encode(recogniser, train), encode(recogniser, test)
    d = distances(rows, train.first, train.second)
    strict = calibrate_on_all(rows, train, 0.001)
    thresholds = {
        "most accurate": verification(d, train.same).threshold,
        "1 % false accepts": calibrate(d, train.same, 0.01).threshold,
        "0.1 % false accepts": strict.threshold,
    }
    for part, encodings, pairs in (("train", rows, train), ("test", test_rows, test)):
        print(part)
        for name, threshold in thresholds.items():
            report(name, threshold, encodings, pairs)
    figures = verification(distances(test_rows, test.first, test.second), test.same)
    print(f"test: equal error rate {figures.eer:.2%}, area under the ROC {figures.auc:.5f}")
    print(encoder_threshold(strict, "the train part"))
    print(write_evaluation(arguments.out, evaluate_pairs(recogniser, test), "LFW, pairsDevTest.txt"))
    if arguments.rounds:
        measure_speed(recogniser, test, arguments.rounds)


if __name__ == "__main__":
    main()
