"""How fast videos are written, and how large they become, by the suffix of their name.

What is written are frames of 1280x720, a photograph that a camera moves over, with a little noise; all made before.
Time is the processor's, of all threads together, which other work on the machine changes little. Medians over rounds.

Run: python benchmarks/video.py [--rounds 3]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from skimage.data import coffee

from striate.data import Pixels, write_video
from striate.data.video import CODECS

HEIGHT, WIDTH, FRAMES, FPS = 720, 1280, 60, 30


def make_frames() -> list[Pixels]:
    """Two seconds over a photograph."""
    rng = np.random.default_rng(0)
    photograph = cv2.resize(coffee(), (WIDTH + 4 * FRAMES, HEIGHT + FRAMES), interpolation=cv2.INTER_CUBIC)
    views = [photograph[i : i + HEIGHT, 4 * i : 4 * i + WIDTH] for i in range(FRAMES)]
    return [np.clip(view + rng.normal(0, 2, view.shape), 0, 255).astype(np.uint8) for view in views]


def write(path: Path, frames: list[Pixels]) -> float:
    """Frames a second of the processor's time."""
    start = time.process_time()
    with write_video(path, FPS, (HEIGHT, WIDTH)) as add:
        for frame in frames:
            add(frame)
    return len(frames) / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description="Rates and sizes of written videos.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds, frames = parser.parse_args().rounds, make_frames()
    print(f"{'suffix':8}{'codec':8}{'frames/s':>9}{'MB/s of video':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, codec in CODECS.items():
            path = Path(folder, f"out{suffix}")
            rate = statistics.median(write(path, frames) for _ in range(rounds))
            print(f"{suffix:8}{codec:8}{rate:9.0f}{path.stat().st_size / 1e6 * FPS / FRAMES:15.2f}", flush=True)


if __name__ == "__main__":
    main()
