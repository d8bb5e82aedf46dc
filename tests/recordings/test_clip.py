"""Clips from videos and from folders of frames."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from striate.data import write_video
from striate.errors import DataError
from striate.recordings import clip, read_recording


def frames(count: int = 4, colour: bool = False) -> np.ndarray:
    shape = (count, 5, 6, 3) if colour else (count, 5, 6)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def write(folder: str, pictures: np.ndarray, name: str = "{}.png") -> None:
    Path(folder).mkdir(exist_ok=True)
    for i, picture in enumerate(pictures):
        Path(folder, name.format(i)).write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def test_a_video():
    with write_video("a.mp4", fps=25, size_hw=(32, 48)) as put:
        for level in (0, 100, 200):
            put(np.full((32, 48, 3), level, np.uint8))
    recording = read_recording("a.mp4")
    assert (recording.kind, recording.values.shape) == ("clip", (3, 3, 32, 48))
    assert recording.spacing == (0.04, 1, 1)
    assert recording.channel_names == ("red", "green", "blue")
    np.testing.assert_allclose(recording.values.mean(axis=(0, 2, 3)), [0, 100, 200], atol=4)
    assert read_recording("a.mp4", channels=["green"]).channels == 1


def test_grey_frames_in_the_order_of_their_numbers():
    pictures = frames(12)
    write("c", pictures, "frame {}.png")
    recording = read_recording("c")
    assert (recording.kind, recording.spacing, recording.channel_names) == ("clip", (0, 1, 1), ())
    np.testing.assert_array_equal(recording.values[0], pictures)


def test_coloured_frames():
    pictures = frames(colour=True)  # OpenCV writes blue, green, red
    write("c", pictures)
    recording = read_recording("c")
    np.testing.assert_array_equal(recording.values, pictures[..., ::-1].transpose(3, 0, 1, 2))


def test_too_long(monkeypatch):
    write("c", frames(4))
    monkeypatch.setattr(clip, "MAX_VALUES", 3 * 5 * 6)
    with pytest.raises(DataError, match="c: more than the 90 values that are allowed, after 3 frames"):
        read_recording("c")


def empty() -> None:
    Path("c").mkdir()


def broken() -> None:
    write("c", frames(2))
    Path("c/9.png").write_bytes(b"no picture")


def two_sizes() -> None:
    write("c", frames(2))
    write("c", frames(1).transpose(0, 2, 1), "9.png")


BAD = {empty: "c: no frames in it", broken: "9.png: ", two_sizes: "c: frame 2 is (6, 5, 1), the first (5, 6, 1)"}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.__name__)
def test_bad_folders(case):
    case()
    with pytest.raises(DataError, match=re.escape(BAD[case])):
        read_recording("c")


def test_no_video():
    Path("a.mp4").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"a\.mp4: not a video"):
        read_recording("a.mp4")
