"""Annotated videos: frames, rates and boxes of a moving square, interruptions, broken files, a camera's stand-in."""

import itertools
import json
import threading
import time
from itertools import islice

import cv2
import numpy as np
import pytest

from striate.data import read_video, write_video
from striate.errors import ArgumentError, DataError, OutputError, ShapeError
from striate.results import Detections
from striate.tasks import annotate_video, paint_video

SIZE_HW = (96, 128)


def picture(i):
    """Grey, with a red square of 24 pixels that moves to the right by 4 pixels a frame."""
    image = np.full((*SIZE_HW, 3), 90, np.uint8)
    image[40:64, 4 * i : 4 * i + 24] = (220, 20, 20)
    return image


def write(path, count=11, fps=20.0):
    with write_video(path, fps, SIZE_HW) as add:
        for i in range(count):
            add(picture(i))
    return path


class Squares:
    """Finds what is red, and remembers how many frames it was given at once."""

    def __init__(self):
        self.calls = []

    def __call__(self, images):
        self.calls.append(len(images))
        return [self._find(image) for image in images]

    def _find(self, image):
        y, x = np.nonzero(image[..., 0].astype(int) - image[..., 1] > 100)
        if not len(x):
            return Detections.empty()
        box = np.array([[x.min(), y.min(), x.max() + 1, y.max() + 1]])
        return Detections(box, np.array([0.9]), np.array([0]), ("square",))


def frames_of(path):
    with read_video(path) as video:
        return [frame.pixels for frame in video]


def is_boxed(image, xyxy):
    """Whether there are white rims around the box, and grey a little farther away below it."""
    left, _, right, bottom = (round(v) for v in xyxy)
    below = image[bottom : bottom + 4, left + 2 : right - 2].astype(int).min(axis=-1)  # (4, w)
    return below.max(axis=0).mean() > 140 and abs(int(image[bottom + 8, left + 4].mean()) - 90) < 20


def test_boxes_are_where_the_square_is(tmp_path):
    found = list(annotate_video(Squares(), write(tmp_path / "a.mp4"), tmp_path / "b.mp4"))
    assert [f.number for f in found] == list(range(11))
    np.testing.assert_allclose([f.seconds for f in found], np.arange(11) / 20, atol=1e-3)
    assert all(f.fps > 0 for f in found)
    for i, one in enumerate(found):
        np.testing.assert_allclose(one.detections.xyxy, [[4 * i, 40, 4 * i + 24, 64]], atol=2)
    with read_video(tmp_path / "b.mp4") as video:
        assert (video.fps, video.size_hw, video.frames) == (20.0, SIZE_HW, 11)
    drawn = frames_of(tmp_path / "b.mp4")
    assert len(drawn) == 11
    for i, image in enumerate(drawn):
        assert is_boxed(image, (4 * i, 40, 4 * i + 24, 64))
        assert not is_boxed(picture(i), (4 * i, 40, 4 * i + 24, 64))


def test_frames_come_in_batches_and_as_json(tmp_path):
    predict = Squares()
    found = list(annotate_video(predict, write(tmp_path / "a.mp4")))
    assert predict.calls == [4, 4, 3]
    line = json.loads(json.dumps(found[1].to_dict()))
    assert (line["frame"], line["seconds"], line["detections"][0]["label"]) == (1, 0.05, "square")
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]  # nothing is written unless asked for


def test_only_the_first_seconds(tmp_path):
    found = list(annotate_video(Squares(), write(tmp_path / "a.mp4"), tmp_path / "b.mp4", seconds=0.3))
    assert (len(found), len(frames_of(tmp_path / "b.mp4"))) == (6, 6)


def test_the_drawing_can_be_another(tmp_path):
    black = list(
        annotate_video(Squares(), write(tmp_path / "a.mp4"), tmp_path / "b.mp4", draw=lambda image, _: image * 0)
    )
    assert len(black) == 11
    assert np.max(frames_of(tmp_path / "b.mp4")) < 5


def test_closing_it_keeps_what_was_done(tmp_path):
    threads = threading.active_count()
    frames = annotate_video(Squares(), write(tmp_path / "a.mp4"), tmp_path / "b.mp4")
    assert len(list(islice(frames, 6))) == 6
    frames.close()
    assert len(frames_of(tmp_path / "b.mp4")) == 6
    assert threading.active_count() == threads
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_control_c_keeps_what_was_done(tmp_path):
    class Interrupted(Squares):
        def __call__(self, images):
            if len(self.calls) == 2:
                raise KeyboardInterrupt
            return super().__call__(images)

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        list(annotate_video(Interrupted(), write(tmp_path / "a.mp4"), tmp_path / "b.mp4"))
    assert len(frames_of(tmp_path / "b.mp4")) == 8
    assert threading.active_count() == threads


def test_another_error_leaves_what_was_there(tmp_path):
    (tmp_path / "b.mp4").write_bytes(b"before")

    def broken(images):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(annotate_video(broken, write(tmp_path / "a.mp4"), tmp_path / "b.mp4"))
    assert (tmp_path / "b.mp4").read_bytes() == b"before"


def test_a_video_that_is_cut_off_is_done_as_far_as_it_goes(tmp_path):
    data = write(tmp_path / "whole.mkv", count=25).read_bytes()
    (tmp_path / "a.mkv").write_bytes(data[: len(data) * 2 // 3])
    frames = annotate_video(Squares(), tmp_path / "a.mkv", tmp_path / "b.mp4")
    assert len(list(islice(frames, 5))) == 5
    with pytest.raises(DataError, match=r"broken or cut off after \d+ of 25 frames") as error:
        list(frames)
    count = len(frames_of(tmp_path / "b.mp4"))
    assert f"after {count} of" in str(error.value)
    assert 5 < count < 25


def test_bad_arguments(tmp_path):
    path = write(tmp_path / "a.mp4")
    for arguments, options, error, message in [
        ((tmp_path / "no.mp4",), {}, DataError, "no such file"),
        ((77,), {}, DataError, "camera 77: there is none"),
        ((path, path), {}, ArgumentError, "out must be another file than the source"),
        ((path, tmp_path / "b.txt"), {}, ArgumentError, "a file ending in"),
        ((path, tmp_path / "no" / "b.mp4"), {}, OutputError, "can't write"),
        ((path,), {"seconds": 0}, ArgumentError, "seconds must be above 0"),
    ]:
        with pytest.raises(error, match=message):
            next(annotate_video(Squares(), *arguments, **options))
    with pytest.raises(ShapeError, match="an answer for each of 4 images, got 0"):
        next(annotate_video(lambda images: [], path))


class Camera:
    """Stands in for a camera of 50 frames a second that never ends."""

    def __init__(self, number):
        self.taken = itertools.count()

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return True

    def get(self, what):
        known = {cv2.CAP_PROP_FRAME_WIDTH: 128.0, cv2.CAP_PROP_FRAME_HEIGHT: 96.0, cv2.CAP_PROP_FPS: 50.0}
        return known.get(what, 0.0)

    def read(self):
        time.sleep(0.02)
        return True, cv2.cvtColor(picture(next(self.taken) % 25), cv2.COLOR_RGB2BGR)

    def release(self):
        pass


def test_a_camera_plays_as_fast_as_it_happened(tmp_path, monkeypatch):
    """A network of ten frames a second: frames between are left out, and what is written takes as long as it took."""
    opened = cv2.VideoCapture
    monkeypatch.setattr(
        "cv2.VideoCapture", lambda source, *backend: opened(source, *backend) if backend else Camera(source)
    )
    predict = Squares()

    def slow(images):
        time.sleep(0.1)
        return predict(images)

    def paint(image):
        time.sleep(0.1)
        return 255 - image[::2, ::2]

    painted = paint_video(paint, 0, tmp_path / "painted.mp4", seconds=1.0)
    assert 3 <= painted <= 11
    assert len(frames_of(tmp_path / "painted.mp4")) > 2 * painted
    found = list(annotate_video(slow, 0, tmp_path / "b.mp4", seconds=1.0))
    assert set(predict.calls) == {1}
    assert 3 <= len(found) <= 11
    assert found[0].seconds == 0
    gaps = np.diff([f.seconds for f in found])
    assert gaps.min() > 0.015
    written = len(frames_of(tmp_path / "b.mp4"))
    assert written == round(found[-1].seconds * 50) + 1 > 2 * len(found)
