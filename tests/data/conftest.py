"""Small data sets that tests build in their own folder."""

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest


def picture(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
    """A smooth colour picture, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def write_pictures(root: str | Path, names: Iterable[str]) -> Path:
    """A different picture under each name."""
    for seed, name in enumerate(names):
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(path.suffix or ".png", picture(seed))[1].tobytes())
    return Path(root)


def zip_folder(folder: Path, target: str | Path, top: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, Path(top, path.relative_to(folder)))
    return Path(target)


@pytest.fixture(name="picture")
def picture_fixture() -> Callable[..., np.ndarray]:
    return picture


@pytest.fixture(name="write_pictures")
def write_pictures_fixture() -> Callable[..., Path]:
    return write_pictures


@pytest.fixture(name="zip_folder")
def zip_folder_fixture() -> Callable[..., Path]:
    return zip_folder


@pytest.fixture
def insects(tmp_path: Path) -> Path:
    """Two classes of five images each, in one level."""
    return write_pictures(tmp_path / "insects", [f"{c}/{i}.jpg" for c in ("ants", "bees") for i in range(5)])
