"""Put a crown on every face of a photo, of a video, or before the camera.

python examples/crown.py party.jpg crowned.png
python examples/crown.py party.mp4 crowned.mp4
python examples/crown.py 0 crowned.mp4          # camera 0, until Ctrl-C

A face's five points give the similarity from a canonical face to the picture. The crown is drawn once, on a sheet
around the canonical face, and comes to each head by that matrix: it turns and grows with the face.
"""

import argparse
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from striate.data import Distortion, Pixels, read_image, read_video, write_image, write_video
from striate.data.video import VIDEO_SUFFIXES
from striate.errors import OutputError, StriateError
from striate.faces import DLIB_CHIP, FaceFinder
from striate.ops import geometry
from striate.results import Face

SIDE = 450  # pixels of the sheet; the canonical face stands in its lower third
CANONICAL = np.array(DLIB_CHIP.xy) + (150, 212)
GOLD, RIM, RUBY = (255, 200, 40, 255), (150, 95, 0, 255), (200, 20, 60, 255)
OUTLINE = [(125, 215), (100, 60), (172, 140), (225, 30), (278, 140), (350, 60), (325, 215)]


def draw_crown() -> Pixels:
    """The sheet, (450, 450, 4): transparent where there is no crown."""
    sheet = np.zeros((SIDE, SIDE, 4), np.uint8)
    outline = np.array(OUTLINE, np.int32)
    cv2.fillPoly(sheet, [outline], GOLD, cv2.LINE_AA)
    cv2.polylines(sheet, [outline], True, RIM, 4, cv2.LINE_AA)
    for x, y in OUTLINE[1::2]:
        cv2.circle(sheet, (x, y), 13, RUBY, cv2.FILLED, cv2.LINE_AA)
    for x in (165, 225, 285):
        cv2.circle(sheet, (x, 188), 10, RUBY, cv2.FILLED, cv2.LINE_AA)
    return sheet


def crown(image: Pixels, faces: tuple[Face, ...], sheet: Pixels) -> Pixels:
    """A copy of the image (H, W, 3) with the sheet laid over each face, the smallest first."""
    image = image.copy()
    height, width = image.shape[:2]
    for face in reversed(faces):
        matrix = geometry.similarity(CANONICAL, face.xy)
        bounds = geometry.apply_boxes(matrix, [[0, 0, SIDE, SIDE]])[0].round()
        left, top, right, bottom = np.clip(bounds, 0, (width, height) * 2).astype(int)
        if left < right and top < bottom:
            under = image[top:bottom, left:right]
            matrix = geometry.translate(-left, -top) @ matrix
            laid = Distortion(matrix, sheet.shape[:2], under.shape[:2], (0, 0, 0, 0)).image(sheet)
            alpha = laid[..., 3:] / 255
            under[:] = np.rint(laid[..., :3] * alpha + under * (1 - alpha))
    return image


def main(source: str, out: str) -> None:
    """A photo, a video, or a camera by its number."""
    if Path(source).resolve() == Path(out).resolve():
        raise OutputError(f"{out} would be drawn over: give another place")
    finder, sheet = FaceFinder.open(), draw_crown()
    print(finder.notice)
    if source.isdecimal():
        crown_video(finder, int(source), out, sheet)
    elif Path(source).suffix.lower() in VIDEO_SUFFIXES:
        crown_video(finder, source, out, sheet)
    else:
        crown_photo(finder, source, out, sheet)


def crown_photo(finder: FaceFinder, source: str, out: str, sheet: Pixels) -> None:
    image = read_image(source)
    (faces,) = finder.find([image])
    write_image(out, crown(image, faces, sheet))
    print(f"faces crowned: {len(faces)} -> {out}")


def crown_video(finder: FaceFinder, source: str | int, out: str, sheet: Pixels) -> None:
    """Frame by frame; Ctrl-C ends it, and what was seen is kept."""
    with read_video(source) as video, write_video(out, video.fps, video.size_hw) as write, suppress(KeyboardInterrupt):
        for frame in video:
            (faces,) = finder.find([frame.pixels])
            write(crown(frame.pixels, faces, sheet))
    print(f"-> {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="an image, a video, or a camera's number")
    parser.add_argument("out", help="where to draw: an image or a video")
    arguments = parser.parse_args()
    try:
        main(arguments.source, arguments.out)
    except StriateError as e:
        raise SystemExit(f"error: {e}") from e
