"""Draws the pictures of the page on style: `python docs/style_pictures.py PAINTINGS VGG`.

PAINTINGS is a folder of vangogh_starry_night.jpg (Vincent van Gogh, 1889), the_scream.jpg (Edvard Munch, 1893) and
wave.jpg (Katsushika Hokusai, about 1831), which are in the public domain; VGG a file of VGG-19's weights as Caffe had
them. The photograph is scikit-image's astronaut, by NASA, in the public domain.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import skimage
from PIL import Image, ImageDraw, ImageFont

import striate
from striate.cli.process import prepare_process
from striate.data import Pixels, read_image
from striate.tasks import STYLE_PRESETS
from striate.tasks.stylize_pictures import fitting_size

IMAGES = Path(__file__).parent / "images"
SIDE, STEPS, GAP, LINE = 256, 100, 8, 18
SMALL = {"size": 144, "start": "noise"}
LITE = STYLE_PRESETS["efficientnet_lite0"]
DEPTHS = ("stages.stage1.0", "stages.stage2.1", "stages.stage3.1", "stages.stage4.2", "stages.stage5.2")


def shrunk(image: Pixels, side: int) -> Pixels:
    """The image with a long side of `side` pixels."""
    height, width = fitting_size(image.shape[:2], side, 1)
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def page(name: str, rows: Sequence[Sequence[tuple[str, Pixels]]], quality: int = 82) -> None:
    """Write rows of captioned pictures as a JPEG."""
    side = max(max(image.shape[:2]) for row in rows for _, image in row)
    width = max(len(row) for row in rows) * (side + GAP) - GAP
    heights = [max(image.shape[0] for _, image in row) + LINE + GAP for row in rows]
    canvas = Image.new("RGB", (width, sum(heights)), "white")
    draw, font, top = ImageDraw.Draw(canvas), ImageFont.load_default(13), 0
    for row, height in zip(rows, heights, strict=True):
        for i, (caption, image) in enumerate(row):
            canvas.paste(Image.fromarray(image), (i * (side + GAP), top))
            draw.text((i * (side + GAP), top + height - LINE - GAP + 2), caption, fill="#282c34", font=font)
        top += height
    path = IMAGES / f"{name}.jpg"
    canvas.save(path, quality=quality, optimize=True)
    print(path, path.stat().st_size // 1000, "kB")


def made(content: Pixels, styles: Pixels | list[Pixels], **options: object) -> Pixels:
    """The last picture of a transfer."""
    *_, last = striate.stylize(content, styles, **{"size": SIDE, "steps": STEPS, **options})  # type: ignore[arg-type]
    return last.image


def main(paintings: Path, vgg: Path) -> None:
    """Draw all of them."""
    prepare_process()
    photo = read_image(Path(skimage.__file__).parent / "data/astronaut.png")
    night, scream, wave = (read_image(paintings / f"{n}.jpg") for n in ("vangogh_starry_night", "the_scream", "wave"))
    caffe = {"model": "vgg19_caffe", "weights": vgg}
    page(
        "style-night",
        [
            [
                ("the content", shrunk(photo, SIDE)),
                ("the style: van Gogh, 1889", shrunk(night, SIDE)),
                ("EfficientNet-Lite0", made(photo, night)),
                ("VGG-19", made(photo, night, **caffe)),
            ]
        ],
    )
    page(
        "style-options",
        quality=58,
        rows=[
            [
                ("--strength 0.2", made(photo, night, strength=0.2)),
                ("--strength 5", made(photo, night, strength=5.0)),
                ("--keep-colour", made(photo, night, keep_colour=True)),
                ("--start noise", made(photo, night, start="noise")),
            ],
            [
                ("Munch, The Scream, 1893", made(photo, scream)),
                ("Hokusai, The Great Wave, about 1831", made(photo, wave)),
                ("both", made(photo, [scream, wave])),
                ("The Scream, VGG-19", made(photo, scream, **caffe)),
            ],
        ],
    )
    content, style = [], []
    for i, layer in enumerate(DEPTHS):
        alone = replace(LITE, content=layer)
        content.append((f"content of {layer[7:]}", made(photo, night, model=alone, strength=0.0, **SMALL)))
        some = replace(LITE, style=dict.fromkeys(("input", *DEPTHS[: i + 1]), 1.0), content_weight=0.0)
        style.append((f"style up to {layer[7:]}", made(photo, night, model=some, **SMALL)))
    page("style-depths", [content, style])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
