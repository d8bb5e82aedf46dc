"""Draws the pictures of these pages with striate itself: `python docs/pictures.py`, after `make demo`.

The photographs come with scikit-image: coffee by Rachel Michetti and Chelsea by Stefan van der Walt, both CC0, and
Eileen Collins by NASA, public domain.
The pictures of a report are screenshots of what `make demo` writes, and one-shot.png is its named.png.
"""

import runpy
import tempfile
from pathlib import Path

import numpy as np
import skimage
import torch
from PIL import Image, ImageDraw, ImageFont

import striate
from striate.data import (
    COLOUR_PHOTOS,
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Distortion,
    Erase,
    Item,
    Mirror,
    Part,
    PcaColour,
    Pipeline,
    Rotate,
    Saturation,
    Shear,
    Translate,
    Warp,
    colour_components,
    preset_distortion,
    read_image,
    write_image,
)
from striate.data.stores import FolderStore
from striate.draw import absolute_edges_picture, signed_edges_picture
from striate.draw.pixels import shrink
from striate.faces import FaceFinder, every
from striate.ops import edges, geometry
from striate.preset import Preset
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
from striate.training import cutmix, mixup

IMAGES = Path(__file__).parent / "images"
PHOTOS = Path(skimage.__file__).parent / "data"
CUP_XYXY = [[205, 18, 425, 300]]  # on coffee.png
# Left, top, share of the size and degrees of each copy of the astronaut.
FIVE = [(0, 0, 1.0, 0), (430, 20, 0.6, 15), (760, 0, 0.8, -15), (60, 480, 0.75, 10), (600, 430, 0.9, -8)]
INK, MARK = (40, 44, 52), (255, 214, 0)


def read(name: str) -> np.ndarray:
    return read_image(PHOTOS / name)


def page(tiles: list[tuple[np.ndarray, list[str]]], columns: int, gap: int = 12, line: int = 17) -> Image.Image:
    """Tiles (H, W, 3) of one size in rows, each with its lines of text below."""
    height, width = tiles[0][0].shape[:2]
    below = line * max(len(lines) for _, lines in tiles) + 8
    rows = -(-len(tiles) // columns)
    canvas = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + below + gap) + gap), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(13)
    for i, (tile, lines) in enumerate(tiles):
        left, top = gap + i % columns * (width + gap), gap + i // columns * (height + below + gap)
        canvas.paste(Image.fromarray(tile), (left, top))
        for row, text in enumerate(lines):
            draw.text((left, top + height + 3 + row * line), text, INK, font)
    return canvas


def save(canvas: Image.Image, name: str, colours: int) -> None:
    """Fewer colours make a smaller file."""
    canvas.quantize(colours, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(name, canvas.size, f"{(IMAGES / name).stat().st_size:,} bytes")


def answers() -> None:
    """Two photographs with what EfficientNet-Lite0 says they show, and the edges of one."""
    classifier = striate.load("efficientnet_lite0")
    tiles = []
    for name in ("coffee.png", "chelsea.png"):
        (classes,) = classifier.predict([PHOTOS / name])
        best = zip(classes.labels[:3], classes.probabilities[:3], strict=True)
        tiles.append((fit(read(name), 290, 192), [f"{p:.1%}  {label}" for label, p in best]))
    grey = torch.from_numpy(read_image(PHOTOS / "coffee.png", channels=1)[..., 0].astype(np.float32))
    found = absolute_edges_picture(edges(grey, "sobel").numpy())
    tiles.append((fit(as_colour(found), 290, 192), ["edges --filter sobel --absolute"]))
    save(page(tiles, 3), "answers.png", 128)


def fit(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of an image at another size."""
    channels = image.shape[2]
    preset = Preset((height, width), channels, mean=(0,) * channels, std=(1,) * channels, filter="bicubic")
    return preset_distortion(preset, image.shape[:2]).image(image).round().astype(np.uint8)


def as_colour(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=2)


def distortions() -> None:
    """The box around the cup moves by the matrix that moved the pixels."""
    coffee = read("coffee.png")
    photographs = Part([Item("coffee.png", (0,)), Item("chelsea.png", (1,))], FolderStore(PHOTOS))
    preset = Preset(size_hw=(150, 150), short_side=150, colour_pca=colour_components(photographs))
    alone = {
        "as evaluated": (),
        "Mirror(1)": (Mirror(1),),
        "Crop((0.2, 0.5))": (Crop((0.2, 0.5)),),
        "Translate(0.3)": (Translate(0.3),),
        "Rotate(45)": (Rotate(45),),
        "Shear(30)": (Shear(30),),
        "Warp(12)": (Warp(12),),
        "Brightness(0.6)": (Brightness(0.6),),
        "Contrast(0.8)": (Contrast(0.8),),
        "Saturation(1)": (Saturation(1),),
        "ColourShift(60)": (ColourShift(60),),
        "PcaColour(0.6)": (PcaColour(0.6),),
        "Erase(1)": (Erase(1),),
    }
    rng = np.random.default_rng(350)  # with which all of them show
    tiles = [
        (marked(Pipeline(steps).sample(rng, coffee.shape[:2], preset), coffee), [name]) for name, steps in alone.items()
    ]
    save(page([*tiles, *mixed(coffee, read("chelsea.png"))], 5), "distortions.png", 256)
    several = [marked(COLOUR_PHOTOS.sample(rng, coffee.shape[:2], preset), coffee) for _ in range(5)]
    save(page([(tile, []) for tile in several], 5), "pipeline.png", 192)


def mixed(cup: np.ndarray, cat: np.ndarray) -> list[tuple[np.ndarray, list[str]]]:
    """Two photographs in one place, and what each counts."""
    pictures = torch.from_numpy(np.stack([fit(cup, 150, 150), fit(cat, 150, 150)])).permute(0, 3, 1, 2).float()
    tiles = []
    for name, way, seed in (("mixup", mixup, 3), ("CutMix", cutmix, 9)):
        images, shares = way(pictures, torch.eye(2), np.random.default_rng(seed), 1.0)
        picture = images[0].permute(1, 2, 0).round().byte().numpy()
        tiles.append((picture, [f"{name}: cup {shares[0, 0]:.2f}, cat {shares[0, 1]:.2f}"]))
    return tiles


def marked(distortion: Distortion, image: np.ndarray) -> np.ndarray:
    """The distorted picture with the distorted box on it."""
    picture = Image.fromarray(distortion.image(image).round().astype(np.uint8))
    boxes, _ = distortion.boxes(CUP_XYXY)
    for box in boxes:
        ImageDraw.Draw(picture).rectangle((box - [0, 0, 1, 1]).tolist(), outline=MARK, width=2)
    return np.array(picture)


def edge_pictures() -> None:
    grey = torch.from_numpy(fit(read_image(PHOTOS / "coffee.png", channels=1), 240, 160)[..., 0].astype(np.float32))
    tiles = [(as_colour(grey.numpy().astype(np.uint8)[1:-1, 1:-1]), ["the photograph in grey"])]
    for kind, angle in (("plain", 0), ("sobel", 0), ("sobel", 45), ("sobel", 90)):
        tiles.append((as_colour(signed_edges_picture(edges(grey, kind, angle).numpy())), [f"{kind}, {angle}°"]))
    tiles.append((as_colour(absolute_edges_picture(edges(grey, "scharr", 0).numpy())), ["scharr, 0°, absolute"]))
    save(page(tiles, 3), "edges.png", 24)


def faces() -> None:
    """One astronaut, compared with her mirror image, named, and crowned."""
    portrait = read("astronaut.png")
    recogniser = Recogniser.open("dlib_face", choose=every, device="cpu")
    pair = (portrait, astronauts((512, 512), [(0, 0, 1.0, 12)], portrait[:, ::-1]))
    draw_verified(IMAGES / "faces-verified.jpg", pair, verify_images(recogniser, *pair))
    five = astronauts((900, 1200), FIVE, portrait)
    with tempfile.TemporaryDirectory() as folder:
        write_image(f"{folder}/collins.png", portrait)
        write_image(f"{folder}/five.png", five)
        with open_gallery(recogniser, f"{folder}/crew") as gallery:
            enroll_people(recogniser, gallery, images_of_people([f"{folder}/collins.png"], "Eileen Collins"))
            answers, _ = identify_people(recogniser, gallery, [f"{folder}/five.png"])
        draw_identified(answers, f"{folder}/named")
        write_image(IMAGES / "faces-named.jpg", shrink(read_image(f"{folder}/named/five.png"), 800))
    example = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "crown.py"))
    three = astronauts((480, 1000), [(0, 120, 0.7, -14), (330, 75, 0.8, 0), (700, 150, 0.6, 18)], portrait[:420])
    (found,) = FaceFinder.open().find([three])
    write_image(IMAGES / "faces-crowned.jpg", example["crown"](three, found, example["draw_crown"]()))


def astronauts(
    size_hw: tuple[int, int], places: list[tuple[float, float, float, float]], portrait: np.ndarray
) -> np.ndarray:
    """Copies on one picture: left, top, share of the size, and by how many degrees each is turned."""
    canvas = np.full((*size_hw, 3), (90, 110, 130), np.uint8)
    height, width = portrait.shape[:2]
    for x, y, share, angle in places:
        turn = geometry.around(geometry.rotate(angle), (share * width / 2, share * height / 2))
        move = Distortion(geometry.translate(x, y) @ turn @ geometry.scale(share), (height, width), size_hw, (0, 0, 0))
        inside = move.mask(np.ones((height, width), np.bool_))
        canvas[inside] = move.image(portrait)[inside]
    return canvas


if __name__ == "__main__":
    answers()
    distortions()
    edge_pictures()
    faces()
