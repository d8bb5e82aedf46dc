"""How fast photographs become training inputs: striate against albumentations, in one run, on one thread each.

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

from striate.data.distortions import Brightness, Contrast, Crop, Mirror, Rotate, Saturation, Shear
from striate.data.image import read_image
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.sampler import sample_rng
from striate.preset import Preset

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Distortion throughput against albumentations.")
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


if __name__ == "__main__":
    main()
