"""Tiny data for boxes and points: red and blue squares on noise, and images on which there is none."""

from pathlib import Path

import cv2
import numpy as np

COLOURS = {"blue": (40, 60, 220), "red": (220, 50, 40)}  # RGB, in the order of the classes
CORNERS = ("left_top", "right_top", "left_bottom", "right_bottom")
PARTS = {"train": 48, "val": 16, "test": 16}

Square = tuple[str, int, int, int, int]  # label, left, top, right, bottom


def draw_squares(rng: np.random.Generator, count: int, hw: tuple[int, int]) -> tuple[np.ndarray, list[Square]]:
    """A picture of grey noise (H, W, 3) and so many squares on it, each in a column of its own, so that none meet."""
    height, width = hw
    picture = rng.integers(90, 160, (height, width, 1), dtype=np.uint8).repeat(3, axis=2)
    squares = []
    for i in range(count):
        room = width // count
        most = min(room, height)
        side = int(rng.integers(most * 2 // 5, most * 3 // 5 + 1))
        left, top = i * room + int(rng.integers(0, room - side + 1)), int(rng.integers(0, height - side + 1))
        label = ("blue", "red")[int(rng.integers(2))]
        picture[top : top + side, left : left + side] = COLOURS[label]
        squares.append((label, left, top, left + side, top + side))
    return picture, squares


def write_squares(
    root: str | Path, *, parts: dict[str, int] = PARTS, most: int = 1, hw: tuple[int, int] = (32, 32), seed: int = 0
) -> Path:
    """Pictures with `boxes.csv` and, of the corners, `points.csv`; every fourth picture shows nothing.

    Args:
        root: the folder, which is made.
        parts: how many pictures of each; "" leaves the cut to striate.
        most: squares on a picture.
        hw: of the pictures.
        seed: of all that is random.

    Returns:
        the folder.
    """
    rng, root = np.random.default_rng(seed), Path(root)
    boxes = ["path,label,x0,y0,x1,y1,part"]
    points = [f"path,{','.join(f'{name}_x,{name}_y' for name in CORNERS)},part"]
    for part, n in parts.items():
        for i in range(n):
            name = f"{part or 'any'}{i}.png"
            picture, squares = draw_squares(rng, 0 if i % 4 == 3 else int(rng.integers(1, most + 1)), hw)
            write_picture(root / name, picture)
            boxes += [f"{name},{','.join(map(str, square))},{part}" for square in squares] or [f"{name},,,,,,{part}"]
            points.append(f"{name},{corners_of(squares)},{part}")
    (root / "boxes.csv").write_text("\n".join(boxes) + "\n")
    (root / "points.csv").write_text("\n".join(points) + "\n")
    return root


def corners_of(squares: list[Square]) -> str:
    """The cells of the first one's corners, in the order of `CORNERS`."""
    if not squares:
        return "," * (2 * len(CORNERS) - 1)
    _, left, top, right, bottom = squares[0]
    return f"{left},{top},{right},{top},{left},{bottom},{right},{bottom}"


def write_picture(path: Path, rgb: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", rgb[..., ::-1])[1].tobytes())
