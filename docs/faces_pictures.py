"""Draws the pictures of docs/faces.md: an astronaut verified, and found five times on one picture.

The photograph is NASA's of Eileen Collins, in the public domain, as scikit-image has it. The curves are those that
`benchmarks/faces.py` writes.

Run: python docs/faces_pictures.py
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from striate.data import Distortion, Pixels, read_image, write_image
from striate.faces import every
from striate.ops import geometry
from striate.tasks import (
    Recogniser,
    draw_identified,
    draw_verified,
    enroll_people,
    identify_people,
    images_of_people,
    open_gallery,
    verify_images,
)

IMAGES = Path(__file__).parent / "images"
PLACES = ((0, 0, 1.0, 0), (430, 20, 0.6, 15), (760, 0, 0.8, -15), (60, 480, 0.75, 10), (600, 430, 0.9, -8))
NAME = "Eileen Collins"


def turned(image: Pixels, x: float, y: float, share: float, degrees: float, size_hw: tuple[int, int]) -> Distortion:
    """The motion to a place at x, y, so large, so far turned."""
    height, width = image.shape[:2]
    turn = geometry.around(geometry.rotate(degrees), (width * share / 2, height * share / 2))
    matrix = geometry.translate(x, y) @ turn @ geometry.scale(share)
    return Distortion(matrix, (height, width), size_hw, (0, 0, 0))


def five() -> Pixels:
    """(900, 1200, 3): the astronaut five times."""
    canvas = np.full((900, 1200, 3), (90, 110, 130), np.uint8)
    for place in PLACES:
        move = turned(astronaut(), *place, size_hw=canvas.shape[:2])
        inside = move.mask(np.ones((512, 512), np.bool_))
        canvas[inside] = move.image(astronaut()).astype(np.uint8)[inside]
    return canvas


def main() -> None:
    """Write faces-verified.jpg and faces-named.jpg."""
    mirrored = astronaut()[:, ::-1]
    other = turned(mirrored, 0, 0, 1.0, 10, (512, 512)).image(mirrored).astype(np.uint8)
    pair = (astronaut(), other)
    draw_verified(IMAGES / "faces-verified.jpg", pair, verify_images(Recogniser.open(), *pair))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_image(folder / "one.png", astronaut())
        write_image(folder / "faces-named.png", five())
        recogniser = Recogniser.open(choose=every)
        with open_gallery(recogniser, folder / "gallery") as gallery:
            enroll_people(recogniser, gallery, images_of_people([folder / "one.png"], NAME))
            answers, _ = identify_people(recogniser, gallery, [folder / "faces-named.png"])
        draw_identified(answers, folder / "drawn")
        drawn = read_image(folder / "drawn" / "faces-named.png")
        write_image(IMAGES / "faces-named.jpg", cv2.resize(drawn, (800, 600), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main()
