"""Draws what style transfer makes of your own pictures: `make pictures CONTENT=photo.jpg STYLE=painting.jpg`.

The sheet has the photograph, the painting, and for each network the picture from the photograph, from noise, and with
the photograph's colours. VGG-19 takes part where a file of its weights is named: `VGG=FILE`, with torchvision's names
and Caffe's values, or `VGG=published` for the ones of `striate weights fetch vgg19`.

Run: python docs/style_sheet.py photo.jpg painting.jpg [--vgg FILE] [--size 384] [--out style-sheet.jpg]
"""

import argparse
import time
from pathlib import Path

from style_pictures import made, page, shrunk

from striate.cli.process import prepare_process
from striate.data import Pixels, read_image

WAYS: dict[str, dict[str, object]] = {
    "from the photograph": {},
    "from noise": {"start": "noise"},
    "its colours kept": {"keep_colour": True},
}


def networks(vgg: str | None) -> dict[str, dict[str, object]]:
    """What each network is called, and how `stylize` is asked for it."""
    found: dict[str, dict[str, object]] = {"EfficientNet-Lite0": {}}
    if vgg == "published":
        found["VGG-19"] = {"model": "vgg19"}
    elif vgg:
        found["VGG-19"] = {"model": "vgg19_caffe", "weights": vgg}
    return found


def row(name: str, network: dict[str, object], content: Pixels, style: Pixels, size: int) -> list[tuple[str, Pixels]]:
    """The pictures of one network, and on the terminal what each took."""
    pictures = []
    for way, options in WAYS.items():
        start, used = time.perf_counter(), time.process_time()
        pictures.append((f"{name}, {way}", made(content, style, size=size, steps=200, **network, **options)))
        print(f"{name}, {way}: {time.perf_counter() - start:.0f} s, {time.process_time() - used:.0f} s of processors")
    return pictures


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--vgg", help="a file of VGG-19's weights, or the word published")
    parser.add_argument("--size", type=int, default=384, help="pixels of the long side")
    parser.add_argument("--out", type=Path, default=Path("style-sheet.jpg"))
    options = parser.parse_args()
    prepare_process()
    content, style = read_image(options.content), read_image(options.style)
    rows = [[("the photograph", shrunk(content, options.size)), ("the painting", shrunk(style, options.size))]]
    for name, network in networks(options.vgg).items():
        rows.append(row(name, network, content, style, options.size))
    page(options.out, rows)


if __name__ == "__main__":
    main()
