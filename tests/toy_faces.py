"""Faces for tests: squares of one colour, told apart by it; no network is needed to find or encode them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from striate.data import write_image
from striate.faces import DLIB_CHIP, EncoderPreset, Threshold
from striate.preset import Preset
from striate.results import Face, Liveness
from striate.tasks import Recogniser

SIDE = 60
ADA, BOB, EVE = (250, 20, 20), (20, 250, 20), (20, 20, 250)
TAU = Threshold(0.5, 0.01, (0.4, 0.6), 490, 500, 5, 500, "toys", "2026-01-31")
POINTS = [(x * SIDE / 150, y * SIDE / 150) for x, y in DLIB_CHIP.xy]


def picture(*colours, noise=0):
    """(60, 60 · n, 3) with a face of each colour; grey without one."""
    rng = np.random.default_rng(noise)
    pixels = np.full((SIDE, SIDE * max(1, len(colours)), 3), 127, np.int64)
    for i, colour in enumerate(colours):
        pixels[:, i * SIDE : (i + 1) * SIDE] = colour
    if noise:
        pixels += rng.integers(-15, 16, pixels.shape)
    pixels[0, 0] = len(colours)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def write_people(root, **colours):
    """`root/NAME/0.png` and `1.png` for each person."""
    for seed, (name, colour) in enumerate(colours.items()):
        Path(root, name).mkdir(parents=True)
        for i in range(2):
            write_image(Path(root, name, f"{i}.png"), picture(colour, noise=1 + 2 * seed + i))
    return Path(root)


class ToyFinder:
    """Finds as many faces as the first pixel says, the first one largest."""

    notice = "toys are free"

    def find(self, images):
        return [tuple(self._face(i) for i in range(image[0, 0, 0])) for image in images]

    def _face(self, i):
        left = i * SIDE
        return Face((left + i, 0, left + SIDE, SIDE), 0.9, tuple((left + x, y) for x, y in POINTS))


class ToyEncoder:
    """The mean colour of a chip, less grey, at unit length."""

    name, notice, dim, identity = "toy", "", 3, "toys of unit length"
    preset = Preset(size_hw=(150, 150))

    def __init__(self, calibration=TAU, canonical=DLIB_CHIP):
        self.calibration, self.canonical, self.batches = calibration, canonical, []

    @property
    def threshold(self):
        return self.calibration and self.calibration.distance

    def encode(self, images):
        images = list(images)
        self.batches.append(len(images))
        vectors = np.array([image.reshape(-1, 3).mean(axis=0) for image in images]).reshape(-1, 3) - 127.5
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def calibrated(self, threshold):
        return replace(EncoderPreset("dlib_face", "ab" * 32, DLIB_CHIP, mirrored=True), threshold=threshold)


class ToyChecker:
    """Takes faces that are mostly green for pictures of pictures."""

    notice = ""

    def check(self, images, faces):
        seen = [
            image[10:-10, round(face.xyxy[0]) + 10 : round(face.xyxy[2]) - 10].mean(axis=(0, 1))
            for image, face in zip(images, faces, strict=True)
        ]
        return [Liveness(*((False, 0.1) if colour.argmax() == 1 else (True, 0.9))) for colour in seen]


def toy_recogniser(encoder=None, **options):
    return Recogniser(encoder or ToyEncoder(), finder=ToyFinder(), **options)
