"""How fast photographs become training inputs, and how much of them is left.

Speed: striate against albumentations, in one run, on one thread each.

What is timed, for each image: decode a JPEG of about 500x375 pixels from memory, crop to 224x224, mirror, rotate,
shear, change brightness, contrast and saturation, normalise, and lay out as float32 (3, 224, 224). Time is the
processor's, all threads of this process together, so that other work on the machine counts little.

Both decode with OpenCV. The geometry is the same: a part of 60 to 100 % of the area with sides of 3:4 to 4:3, mirrored
half of the time, turned by up to 15 degrees and slanted by up to 10, bilinear, the outside filled with a constant. Both
are antialiased where the crop shrinks (albumentations by averaging areas, striate by its blur before the warp).
albumentations is written as its documentation advises: one Affine for rotation and shear, the crop's own resize.

Images: the training part of hymenoptera, under the folder that STRIATE_DATA names, where that is set; otherwise
scikit-image's photographs, made 500 pixels wide. The two take turns, round by round; medians of their rates are
printed, and the median of the ratios.

Detail: each photograph is enlarged by a fifth, turned, slanted, moved, cropped and resized: once by one warp of the
product of the five matrices, and once by five warps in sequence, which round to bytes in between as separate steps do.
One cubic warp by the inverse brings either back, and both are compared to the photograph (peak signal-to-noise ratio in
decibels) where it was seen all the way, 8 pixels from the edge of that. The five matrices are those that
striate's pipeline draws: turns of up to 15 degrees, slants of up to 10, moves of up to a tenth, parts of 60 to 100 %.

Run: python benchmarks/distort.py [--rounds 7] [--images 100]
"""

import argparse
import os
import statistics
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.distortions import Brightness, Contrast, Crop, Mirror, Rotate, Saturation, Shear, Translate, View
from striate.data.image import read_image
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.records import Pixels
from striate.data.resample import warp
from striate.data.sampler import sample_rng
from striate.ops import geometry
from striate.preset import Filter, Preset

Prepare = Callable[[bytes, int], NDArray[np.float32]]
SIZE = 224


def striate_way() -> Prepare:
    preset = Preset(size_hw=(SIZE, SIZE))
    pipeline = Pipeline(
        (Mirror(), Crop((0.6, 1.0)), Rotate(15), Shear(10), Brightness(0.2), Contrast(0.2), Saturation(0.2))
    )
    at_least_hw = decode_at_least_hw(preset, pipeline)

    def prepare(jpeg: bytes, index: int) -> NDArray[np.float32]:
        image = read_image(jpeg, at_least_hw=at_least_hw)
        distortion = pipeline.sample(sample_rng(0, 0, index), image.shape[:2], preset)
        return distortion.network_input(image, preset)

    return prepare


def albumentations_way() -> Prepare:
    import albumentations as A

    steps = A.Compose(
        [
            A.RandomResizedCrop((SIZE, SIZE), scale=(0.6, 1.0), ratio=(3 / 4, 4 / 3), interpolation=cv2.INTER_AREA),
            A.HorizontalFlip(p=0.5),
            A.Affine(rotate=(-15, 15), shear=(-10, 10), fill=(124, 116, 104), p=1.0),
            A.ColorJitter(brightness=(0.8, 1.2), contrast=(0.8, 1.2), saturation=(0.8, 1.2), hue=0, p=1.0),
            A.Normalize(),
        ]
    )

    def prepare(jpeg: bytes, index: int) -> NDArray[np.float32]:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        return np.ascontiguousarray(steps(image=image)["image"].transpose(2, 0, 1))

    return prepare


def photographs(count: int) -> list[bytes]:
    folder = os.environ.get("STRIATE_DATA")
    if folder:
        with zipfile.ZipFile(Path(folder) / "hymenoptera-train.zip") as archive:
            names = sorted(n for n in archive.namelist() if n.endswith(".jpg"))
            jpegs = [archive.read(n) for n in names]
        return [j for j in jpegs if max(read_image(j).shape[:2]) <= 640][:count]
    from skimage import data

    jpegs = []
    for picture in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        height = round(picture.shape[0] * 500 / picture.shape[1])
        resized = cv2.resize(picture, (500, height), interpolation=cv2.INTER_AREA)
        jpegs.append(cv2.imencode(".jpg", resized[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return [jpegs[i % len(jpegs)] for i in range(count)]


def images_per_second(prepare: Prepare, jpegs: list[bytes]) -> float:
    started = time.process_time()
    for index, jpeg in enumerate(jpegs):
        result = prepare(jpeg, index)
        assert result.shape == (3, SIZE, SIZE)
        assert result.dtype == np.float32
    return len(jpegs) / (time.process_time() - started)


def drawn(index: int, size_hw: tuple[int, int]) -> list[geometry.Matrix]:
    """Five motions in a row: the resize to the frame, then four within it."""
    frame_hw = round(1.2 * size_hw[0]), round(1.2 * size_hw[1])
    rng, view = sample_rng(0, 0, index), View(frame_hw, (0, 0, frame_hw[1], frame_hw[0]))
    steps = (Rotate(15), Shear(10), Translate(0.1), Crop((0.6, 1.0)))
    return [geometry.resize(size_hw, frame_hw), *(step.sample(rng, view) for step in steps)]


def there_and_back(image: Pixels, ways: list[geometry.Matrix], filter: Filter) -> Pixels:
    """By the matrices one after another, and back by one cubic warp of the inverse of all."""
    size_hw, border = image.shape[:2], (0.0,) * image.shape[2]
    frame_hw, back = (round(1.2 * size_hw[0]), round(1.2 * size_hw[1])), np.eye(3)
    for way in ways:
        image = warp(image, way, frame_hw, filter=filter, border=border)
        back = back @ geometry.invert(way)
    return warp(image, back, size_hw, filter="bicubic", border=border)


def decibels(jpegs: list[bytes], filter: Filter) -> tuple[float, float]:
    """Mean peak signal-to-noise ratio of one warp and of five."""
    found: list[list[float]] = []
    for index, jpeg in enumerate(jpegs):
        image = read_image(jpeg)
        five = drawn(index, image.shape[:2])
        one = [five[4] @ five[3] @ five[2] @ five[1] @ five[0]]
        white = np.full((*image.shape[:2], 1), 255, np.uint8)
        seen = [there_and_back(white, ways, "bilinear")[..., 0] == 255 for ways in (one, five)]
        inner = cv2.erode((seen[0] & seen[1]).astype(np.uint8), np.ones((17, 17), np.uint8), borderValue=0) > 0
        errors = [there_and_back(image, ways, filter)[inner].astype(float) - image[inner] for ways in (one, five)]
        found.append([20 * np.log10(255) - 10 * np.log10(np.mean(e**2)) for e in errors])
    kept_by_one, kept_by_five = np.mean(found, axis=0).tolist()
    return kept_by_one, kept_by_five


def main() -> None:
    parser = argparse.ArgumentParser(description="Distortions: throughput against albumentations, and detail kept.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=100)
    arguments = parser.parse_args()
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or it would look for a newer version
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    jpegs = photographs(arguments.images)
    ways = {"striate": striate_way(), "albumentations": albumentations_way()}
    for prepare in ways.values():
        images_per_second(prepare, jpegs[:20])
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, prepare in ways.items():
            rates[name].append(images_per_second(prepare, jpegs))
    for name, values in rates.items():
        print(f"{name:16s}{statistics.median(values):8.0f} images/s")
    ratio = statistics.median(a / b for a, b in zip(rates["striate"], rates["albumentations"], strict=True))
    print(f"{'ratio':16s}{ratio:8.2f}")
    filters: tuple[Filter, ...] = ("bilinear", "bicubic")
    for filter in filters:
        one, five = decibels(jpegs, filter)
        print(f"{filter + ', one warp':24s}{one:6.1f} dB\n{filter + ', five warps':24s}{five:6.1f} dB")


if __name__ == "__main__":
    main()
