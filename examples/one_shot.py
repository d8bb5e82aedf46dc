"""One image of each is enough: digits and Greek letters are named by an encoder that has seen none of their kinds.

It learns from handwritten digits 0 to 6, and from Latin and Cyrillic letters in the typefaces of matplotlib.

python examples/one_shot.py demo-run/digits demo-run/one-shot    # digits/train/0/*.png …, digits/test/9/*.png
"""

import argparse
import shutil
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

import striate
from striate.data import parse_distortions, read_image, write_image
from striate.errors import StriateError
from striate.faces import Encoder
from striate.preset import Preset

LEARNED_DIGITS, NEW_DIGITS = "0123456", "789"
LATIN, CYRILLIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "БДЖЗИЙЛЦЧШЩЪЫЭЮЯ"
GREEK = "ΓΔΘΛΞΠΣΦΨΩ"  # those that look like none of the others
FONTS = [f"DejaVu{name}" for name in ("Sans", "Sans-BoldOblique", "SansMono", "Serif", "Serif-Italic")]
FONTS += [f"STIXGeneral{name}" for name in ("", "Bol", "Italic")]
SIDE = 28  # pixels, as MNIST's
PULLED = parse_distortions("translate 0.08, rotate 15, shear 15, warp 2")
PRESET = Preset((SIDE, SIDE), 1, mean=(0.0,), std=(1.0,), border=(0.0,))
SHOWN = 10  # images of a kind, beside the known one


class Kind(NamedTuple):
    """What came of the images of one kind: the first one was known, the others were named."""

    name: str
    images: list[np.ndarray]  # (28, 28, 1) each
    answers: list[str]  # of all but the first


def copy_digits(source: Path, names: str, folder: Path, each: int | None = None) -> None:
    """So many images of each digit, or all."""
    for name in names:
        (folder / name).mkdir(parents=True)
        for path in sorted((source / name).iterdir())[:each]:
            shutil.copy(path, folder / name)


def draw_letters(names: str, folder: Path, each: int, seed: int) -> None:
    """Each letter in all typefaces in turn, every time turned, sheared and pulled about differently."""
    rng = np.random.default_rng(seed)
    for name in names:
        (folder / name).mkdir(parents=True)
        for i in range(each):
            file = Path(mpl.get_data_path(), "fonts/ttf", f"{FONTS[i % len(FONTS)]}.ttf")
            page = Image.new("L", (SIDE, SIDE))
            ImageDraw.Draw(page).text((SIDE / 2, SIDE / 2), name, 255, ImageFont.truetype(file, 22), anchor="mm")
            pixels = PULLED.sample(rng, (SIDE, SIDE), PRESET).image(np.array(page)[..., None])
            write_image(folder / name / f"{i:02}.png", pixels.round().astype(np.uint8))


def name_by_one(encoder: Encoder, folder: Path) -> list[Kind]:
    """Name all images of a folder's kinds by the nearest of the first image of each."""
    kinds = {kind.name: [read_image(path, channels=1) for path in sorted(kind.iterdir())] for kind in folder.iterdir()}
    names = sorted(kinds)
    known = encoder.encode(kinds[name][0] for name in names)  # (K, D) of unit length: the largest product is nearest
    nearest = {name: (encoder.encode(kinds[name][1:]) @ known.T).argmax(axis=1) for name in names}
    return [Kind(name, kinds[name], [names[i] for i in nearest[name]]) for name in names]


def draw(kinds: list[Kind], path: Path) -> None:
    """A row for each kind: the image that is known, and what the next ones were taken for, orange where it is wrong."""
    figure = Figure((0.55 * (SHOWN + 1), 0.75 * len(kinds)), dpi=144)
    grid = figure.subplots(len(kinds), SHOWN + 1, gridspec_kw={"hspace": 0.6}, subplot_kw={"xticks": [], "yticks": []})
    for row, kind in zip(grid, kinds, strict=True):
        for axes, image, answer in zip(row, kind.images, [kind.name, *kind.answers], strict=False):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255)
            axes.set_xlabel(answer, fontsize=9, color="black" if answer == kind.name else "#d55e00")
        row[0].spines[:].set(color="#0072b2", linewidth=2)
    grid[0, 0].set_title("known", fontsize=9, color="#0072b2")
    figure.savefig(path, bbox_inches="tight")


def check(digits: Path, folder: Path) -> None:
    """Before anything is written: are the digits there, and is the folder free?"""
    wanted = [digits / "train" / name for name in LEARNED_DIGITS] + [digits / "test" / name for name in NEW_DIGITS]
    if missing := [str(kind) for kind in wanted if not kind.is_dir()]:
        raise StriateError(f"no folder {missing[0]}: digits must hold train/0 to train/6 and test/7 to test/9")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise StriateError(f"{folder} is there already: give a new folder")


def main(digits: Path, folder: Path, each: int) -> None:
    """Write the images, train, and measure and draw how kinds are named that are new."""
    check(digits, folder)
    copy_digits(digits / "train", LEARNED_DIGITS, folder / "learned", each)
    draw_letters(LATIN + CYRILLIC, folder / "learned", each, seed=0)
    copy_digits(digits / "test", NEW_DIGITS, folder / "digits")
    draw_letters(GREEK, folder / "letters", each, seed=1)

    run = striate.train(
        folder / "learned", task="verify", model="airbench94", size=24, turned=True, epochs=1, out=folder / "run"
    )
    print("\n".join(run.plan.reasons))
    for epoch in run:
        print(f"loss {epoch.loss:.3f}, {epoch.figures}")
    encoder, kinds = striate.load(folder / "run"), []
    for new in ("digits", "letters"):
        found = striate.evaluate(folder / "run", folder / new).figures.one_shot
        print(f"{found.n_identities} new {new} by one image of each: {found.accuracy:.1%} of {found.n} named rightly")
        kinds += name_by_one(encoder, folder / new)
    draw(kinds, folder / "named.png")
    print(f"which ones: {folder / 'named.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digits", type=Path, help="a folder for each digit, under train/ and test/")
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument("--images", type=int, default=40, help="of each kind to learn from; 40 if left out")
    arguments = parser.parse_args()
    try:
        main(arguments.digits, arguments.out, arguments.images)
    except StriateError as e:
        raise SystemExit(f"error: {e}") from e
