"""Waves of two speeds: signals and clips that a small network soon tells apart."""

from pathlib import Path

import numpy as np

NAMES = np.array(["slow", "fast"])
RATE = 100.0


def waves(n: int, seed: int = 0, length: int = 64, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """float32 (n, channels, length) of noisy waves that begin anywhere, and their names."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(n) % 2
    speed = np.where(kinds == 0, 0.25, 0.5)[:, None, None]
    phase = rng.uniform(0, 6, (n, channels, 1))
    values = np.sin(speed * np.arange(length) + phase) + rng.normal(0, 0.3, (n, channels, length))
    return values.astype(np.float32), NAMES[kinds]


def write_waves(path: str | Path, train: int = 30, test: int = 10, length: int = 64, **more: object) -> Path:
    """An .npz of such waves, 100 samples a second unless told otherwise."""
    x, y = waves(train, 0, length)
    arrays: dict[str, object] = {"x_train": x, "y_train": y}
    if test:
        arrays["x_test"], arrays["y_test"] = waves(test, 1, length)
    np.savez(path, **{"spacing": 1 / RATE, **arrays, **more})
    return Path(path)


def write_blobs(path: str | Path, n: int = 16, side: int = 8) -> Path:
    """An .npz of volumes: a bright blob in the near or the far half, 1 x 1 x 2 mm."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.3, (n, side, side, side)).astype(np.float32)
    kinds = np.arange(n) % 2
    for volume, kind in zip(values, kinds, strict=True):
        z, y, x = rng.integers(1, side // 2 - 2, 3)
        volume[z : z + 3, y : y + 3, x : x + (2 if kind else 4)] += 3.0
    np.savez(path, x=values, y=np.array(["long", "short"])[kinds], spacing=np.array([1.0, 1.0, 2.0]))
    return Path(path)
