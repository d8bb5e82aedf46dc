"""Draws the pictures of the page on style: `python docs/style_pictures.py PAINTINGS VGG MODEL`.

PAINTINGS is a folder of vangogh_starry_night.jpg (Vincent van Gogh, 1889), the_scream.jpg (Edvard Munch, 1893) and
wave.jpg (Katsushika Hokusai, about 1831), which are in the public domain; VGG a file of VGG-19's weights as Caffe had
them; MODEL a model file that has learned Starry Night. The photographs come with scikit-image: the astronaut by NASA,
in the public domain, Chelsea by Stefan van der Walt and coffee by Rachel Michetti, both CC0.
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
from striate.tasks import STYLE_PRESETS, Painter
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


def page(path: Path, rows: Sequence[Sequence[tuple[str, Pixels]]], quality: int = 82) -> None:
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
    canvas.save(path, quality=quality, optimize=True)
    print(path, path.stat().st_size // 1000, "kB")


def made(content: Pixels, styles: Pixels | list[Pixels], **options: object) -> Pixels:
    """The last picture of a transfer."""
    *_, last = striate.stylize(content, styles, **{"size": SIDE, "steps": STEPS, **options})  # type: ignore[arg-type]
    return last.image


def photograph(name: str) -> Pixels:
    """One that comes with scikit-image."""
    return read_image(Path(skimage.__file__).parent / f"data/{name}.png")


def gallery(paintings: dict[str, Pixels], networks: dict[str, dict[str, object]]) -> None:
    """Two photographs in all the styles, by all networks."""
    rows = []
    for name in ("chelsea", "coffee"):
        content = photograph(name)
        first = [(name.title(), shrunk(content, SIDE))]
        for network, how in networks.items():
            pictures = [(f"{by}, {network}", made(content, style, **how)) for by, style in paintings.items()]
            rows.append([*first, *pictures])
            first = [("", np.full((1, SIDE, 3), 255, np.uint8))]
    page(IMAGES / "style-gallery.jpg", rows, quality=75)


def fast(model: Path) -> None:
    """Photographs at one pass each."""
    painter = Painter.open(model)
    photos = {name: photograph(name) for name in ("astronaut", "chelsea", "coffee")}
    page(IMAGES / "style-fast.jpg", [[(name.title(), painter(photo, size=SIDE)) for name, photo in photos.items()]])


def networks_compared(photo: Pixels, night: Pixels, caffe: dict[str, object]) -> None:
    """One photograph in one style."""
    row = [
        ("the content", shrunk(photo, SIDE)),
        ("the style: van Gogh, 1889", shrunk(night, SIDE)),
        ("EfficientNet-Lite0", made(photo, night)),
        ("VGG-19", made(photo, night, **caffe)),
    ]
    page(IMAGES / "style-night.jpg", [row])


def options_compared(photo: Pixels, night: Pixels, scream: Pixels, wave: Pixels, caffe: dict[str, object]) -> None:
    """What options do, and other paintings."""
    options = [
        ("--strength 0.2", made(photo, night, strength=0.2)),
        ("--strength 5", made(photo, night, strength=5.0)),
        ("--keep-colour", made(photo, night, keep_colour=True)),
        ("--start noise", made(photo, night, start="noise", steps=200)),
    ]
    paintings = [
        ("Munch, The Scream, 1893", made(photo, scream)),
        ("Hokusai, The Great Wave, about 1831", made(photo, wave)),
        ("both", made(photo, [scream, wave])),
        ("The Scream, VGG-19", made(photo, scream, **caffe)),
    ]
    page(IMAGES / "style-options.jpg", [options, paintings], quality=58)


def depths(photo: Pixels, night: Pixels) -> None:
    """What each layer contributes."""
    content, style = [], []
    for i, layer in enumerate(DEPTHS):
        alone = replace(LITE, content=layer)
        content.append((f"content of {layer[7:]}", made(photo, night, model=alone, strength=0.0, **SMALL)))
        some = replace(LITE, style=dict.fromkeys(("input", *DEPTHS[: i + 1]), 1.0), content_weight=0.0)
        style.append((f"style up to {layer[7:]}", made(photo, night, model=some, **SMALL)))
    page(IMAGES / "style-depths.jpg", [content, style])


def main(paintings: Path, vgg: Path, model: Path) -> None:
    """Draw all of them."""
    prepare_process()
    photo = photograph("astronaut")
    night, scream, wave = (read_image(paintings / f"{n}.jpg") for n in ("vangogh_starry_night", "the_scream", "wave"))
    caffe: dict[str, object] = {"model": "vgg19_caffe", "weights": vgg}
    fast(model)
    networks_compared(photo, night, caffe)
    gallery({"van Gogh": night, "Munch": scream, "Hokusai": wave}, {"EfficientNet-Lite0": {}, "VGG-19": caffe})
    options_compared(photo, night, scream, wave, caffe)
    depths(photo, night)


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:4]))
