"""Draws the pictures of the page on detection: `python docs/detection_pictures.py [BCCD]`, BCCD being that data set.

The photographs come with scikit-image: coffee by Rachel Michetti, CC0, and Greek coins from Pompeii of the Brooklyn
Museum, no known copyright restrictions. BCCD's boxes are Shenggan's, MIT licence.
"""

import io
import sys
from pathlib import Path

import cv2
import numpy as np
import skimage
import torch
from PIL import Image

from striate.data import read_image
from striate.draw import suppression_picture, target_volume_png
from striate.ops import nms
from striate.results import Detections
from striate.tasks import choose_anchors

IMAGES = Path(__file__).parent / "images"
PHOTOS = Path(skimage.__file__).parent / "data"
LABELS = ("cup", "saucer", "spoon")
COFFEE_XYXY = [[176, 18, 402, 300], [80, 52, 479, 386], [325, 65, 426, 326]]
ANCHORS_WH = [[150, 280], [400, 330]]


def save(picture: Image.Image, name: str, colours: int = 128) -> None:
    """Fewer colours make a smaller file."""
    picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(name, picture.size, f"{(IMAGES / name).stat().st_size:,} bytes")


def target_volume() -> None:
    """Three objects in one cell of 3x3, of which two anchors can hold two."""
    coffee = read_image(PHOTOS / "coffee.png")
    page = target_volume_png(coffee, COFFEE_XYXY, (0, 1, 2), LABELS, grid_hw=(3, 3), anchors_wh=ANCHORS_WH)
    picture = Image.open(io.BytesIO(page))
    smaller = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.LANCZOS)
    save(smaller, "target-volume.png")


def suppression() -> None:
    """Everything that looks like a bright disc, and what non-max suppression leaves of it."""
    coins = cv2.resize(
        read_image(PHOTOS / "coins.png", channels=1), None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC
    )
    found = find_discs(coins, diameters=range(45, 99, 6), least=0.75)
    kept = nms(torch.tensor(found.xyxy), torch.tensor(found.confidence), 0.3).numpy()
    print(f"{len(found)} candidates, {len(kept)} kept")
    save(Image.fromarray(suppression_picture(coins, found, kept)), "suppression.png", 64)


def find_discs(grey: np.ndarray, diameters: range, least: float) -> Detections:
    """Windows, 5 pixels apart, that correlate with a bright disc of one of these diameters on dark ground."""
    smooth, margin, boxes, scores = cv2.GaussianBlur(grey, (0, 0), 3).astype(np.float32), 6, [], []
    for diameter in diameters:
        y, x = np.mgrid[: diameter + 2 * margin, : diameter + 2 * margin] - (diameter - 1) / 2 - margin
        disc = (np.hypot(x, y) < diameter / 2).astype(np.float32)
        likeness = cv2.matchTemplate(smooth, disc, cv2.TM_CCOEFF_NORMED)[::5, ::5]
        top, left = np.nonzero(likeness > least)
        corner = 5 * np.stack([left, top], axis=1) + margin
        boxes.append(np.hstack([corner, corner + diameter]))
        scores.append(likeness[top, left])
    confidence = np.concatenate(scores).clip(0, 1)
    return Detections(np.concatenate(boxes), confidence, np.zeros(len(confidence), int), ("coin",) * len(confidence))


def anchors(bccd: str) -> None:
    choose_anchors(bccd, 5, out=IMAGES / "anchors.png")
    picture = Image.open(IMAGES / "anchors.png")
    save(
        picture.resize((picture.width * 5 // 8, picture.height * 5 // 8), Image.Resampling.LANCZOS), "anchors.png", 256
    )


if __name__ == "__main__":
    target_volume()
    suppression()
    if sys.argv[1:]:
        anchors(sys.argv[1])
