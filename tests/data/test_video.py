"""Videos: what is written is read again; files of all kinds are refused or told about; a camera by a stand-in."""

import os
import struct
import subprocess
import sys
import textwrap
from itertools import islice

import cv2
import numpy as np
import pytest

from striate.data import read_video, write_video
from striate.data.video import CODECS
from striate.errors import ArgumentError, DataError, OutputError

SIZE_HW = (48, 64)


def frames(count, size_hw=SIZE_HW):
    """A red square that moves to the right by 4 pixels a frame, on grey."""
    for i in range(count):
        image = np.full((*size_hw, 3), 90, np.uint8)
        image[8:24, 4 * i : 4 * i + 16] = (220, 20, 20)
        yield image


def write(path, count=8, fps=25.0, size_hw=SIZE_HW):
    with write_video(path, fps, size_hw) as add:
        for image in frames(count, size_hw):
            add(image)
    return path


def write_and_raise(path, count, error):
    with write_video(path, 25, SIZE_HW) as add:
        for image in frames(count):
            add(image)
        raise error


def square(image):
    """The bounds of what is red."""
    y, x = np.nonzero(image[..., 0].astype(int) - image[..., 1] > 100)
    return [int(v) for v in (x.min(), y.min(), x.max() + 1, y.max() + 1)]


@pytest.mark.parametrize("suffix", CODECS)
@pytest.mark.parametrize("fps", [10.0, 30000 / 1001])
def test_what_is_written_is_read_again(tmp_path, suffix, fps):
    path = write(tmp_path / f"a{suffix}", fps=fps)
    with read_video(path) as video:
        assert (video.size_hw, video.frames, video.live) == (SIZE_HW, 8, False)
        assert video.fps == pytest.approx(fps, abs=0.01)
        for i, (frame, sent) in enumerate(zip(video, frames(8), strict=True)):
            assert frame.pixels.dtype == np.uint8
            assert frame.seconds == pytest.approx(i / fps, abs=0.002)
            assert np.abs(frame.pixels.astype(int) - sent).mean() < 6
            np.testing.assert_allclose(square(frame.pixels), [4 * i, 8, 4 * i + 16, 24], atol=2)
    assert list(tmp_path.iterdir()) == [path]


def test_frames_are_read_once_and_on(tmp_path):
    with read_video(write(tmp_path / "a.mp4")) as video:
        first = next(iter(video))
        assert len(list(video)) == 7
        assert (list(video), first.seconds) == ([], 0.0)


@pytest.mark.parametrize("size_hw", [(47, 64), (48, 63), (33, 21), (1, 1)])
def test_odd_sides_become_even(tmp_path, size_hw):
    path = tmp_path / "a.mp4"
    with write_video(path, 10, size_hw) as add:
        add(np.full((*size_hw, 3), 120, np.uint8))
    with read_video(path) as video:
        assert video.size_hw == tuple(side + side % 2 for side in size_hw)
        (frame,) = video
    assert np.abs(frame.pixels.astype(int) - 120).max() < 8  # the last row and column too


@pytest.mark.parametrize(("a", "b", "c", "d", "turned"), [(0, 1, -1, 0, 1), (-1, 0, 0, -1, 2), (0, -1, 1, 0, 3)])
def test_frames_come_upright(tmp_path, a, b, c, d, turned):
    """By the matrix of the track's header, as phones write it; turned clockwise by 90, 180 and 270 degrees."""
    data = bytearray(write(tmp_path / "a.mp4", count=3).read_bytes())
    at = data.index(b"tkhd") + 44
    assert struct.unpack(">9i", data[at : at + 36]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    data[at : at + 36] = struct.pack(">9i", *(v << 16 for v in (a, b, 0, c, d, 0, 0, 0, 1 << 14)))
    (tmp_path / "b.mp4").write_bytes(data)
    upright = [np.rot90(image, -turned) for image in frames(3)]
    with read_video(tmp_path / "b.mp4") as video:
        assert video.size_hw == upright[0].shape[:2]
        for frame, sent in zip(video, upright, strict=True):
            np.testing.assert_allclose(square(frame.pixels), square(sent), atol=2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.mp4", None, "no such file"),
        ("empty.mp4", b"", "not a video"),
        ("text.mp4", b"hello" * 100, "not a video"),
        ("text.avi", b"RIFF" + bytes(500), "not a video"),
        ("photo_%03d.png", None, "no such file"),  # ffmpeg's patterns mean nothing here
        ("http:", None, "no such file"),
        ("playlist.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", "not a video|not a single frame"),
    ],
)
def test_what_is_no_video(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read_video(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name))


def test_other_things_in_place_of_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")  # would be waited for
    for path, what in ((tmp_path, "a folder, not a file"), (tmp_path / "pipe.mp4", "not an ordinary file")):
        with pytest.raises(DataError, match=what):
            read_video(path)
    strange = tmp_path / os.fsdecode(b"\xff.mp4")
    strange.write_bytes(b"")
    with pytest.raises(DataError, match="must be UTF-8"):
        read_video(strange)


def test_frames_that_are_too_large(tmp_path, monkeypatch):
    path = write(tmp_path / "a.mp4")
    monkeypatch.setitem(read_video.__globals__, "MAX_PIXELS", 48 * 64 - 1)
    with pytest.raises(DataError, match="frames of 64x48; up to 3,071 pixels"):
        read_video(path)


@pytest.mark.parametrize("suffix", [".avi", ".mkv"])
def test_a_file_that_was_cut_off_says_so(tmp_path, suffix):
    rng = np.random.default_rng(0)
    with write_video(tmp_path / f"a{suffix}", 25, SIZE_HW) as add:
        for _ in range(30):
            add(rng.integers(0, 256, (*SIZE_HW, 3), dtype=np.uint8))
    data = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"b{suffix}").write_bytes(data[: len(data) // 2])
    with read_video(tmp_path / f"b{suffix}") as video:
        assert len(list(islice(video, 4))) == 4
        with pytest.raises(DataError, match=r"cut off after \d+ of 30 frames"):
            list(video)


def test_an_mp4_that_was_cut_off_has_no_table_of_frames(tmp_path):
    data = write(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="not a video"):
        read_video(tmp_path / "b.mp4")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, GeneratorExit])
def test_an_interruption_keeps_what_was_written(tmp_path, interruption):
    path = tmp_path / "a.mp4"
    with pytest.raises(interruption):
        write_and_raise(path, 5, interruption)
    with read_video(path) as video:
        assert len(list(video)) == 5
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("error", "count"), [(ValueError, 5), (KeyboardInterrupt, 0)])
def test_an_error_or_no_frames_leave_what_was_there(tmp_path, error, count):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")
    with pytest.raises(error):
        write_and_raise(path, count, error)
    with pytest.raises(OutputError, match="there are no frames"), write_video(path, 25, SIZE_HW):
        pass
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_noticed(tmp_path):
    """OpenCV says nothing; a limit of the file's size stands for the disk's."""
    code = """
        import resource, sys
        import numpy as np
        from striate.data import write_video
        from striate.errors import OutputError
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
        rng = np.random.default_rng(0)
        for suffix in sys.argv[1:]:
            try:
                with write_video("a" + suffix, 25, (48, 64)) as add:
                    for _ in range(60):
                        add(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
            except OutputError as e:
                print(e)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), *CODECS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "".join(f"can't write a{s}: it is not whole; is the disk full?\n" for s in CODECS), (
        done.stderr
    )
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments(tmp_path):
    for path, fps, size_hw, message in [
        ("a.txt", 25, SIZE_HW, "path must be a file ending in .mp4, "),
        ("a.mp4", 0, SIZE_HW, "fps must be above 0"),
        ("a.mp4", float("nan"), SIZE_HW, "fps"),
        ("a.mp4", 25, (0, 5), "size_hw"),
        ("a.mp4", 25, (60_000, 60_000), "size_hw"),
    ]:
        with pytest.raises(ArgumentError, match=message), write_video(tmp_path / path, fps, size_hw):
            pass
    for pixels in (np.zeros((48, 64), np.uint8), np.zeros((48, 65, 3), np.uint8), np.zeros((48, 64, 3))):
        with pytest.raises(ArgumentError, match="pixels"), write_video(tmp_path / "a.mp4", 25, SIZE_HW) as add:
            add(pixels)
    with pytest.raises(ArgumentError, match="source must be"):
        read_video(-1)
    for path in (tmp_path / "no such" / "a.mp4", tmp_path / "folder.mp4"):
        (tmp_path / "folder.mp4").mkdir(exist_ok=True)
        with pytest.raises(OutputError, match="can't write"), write_video(path, 25, SIZE_HW):
            pass


def test_a_camera_that_is_not_there():
    with pytest.raises(DataError, match="camera 77: there is none, or it is in use"):
        read_video(77)


class Camera:
    """Stands in for a camera that doesn't know its rate."""

    def __init__(self, number):
        assert number == 0
        self.left = 3

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return True

    def get(self, what):
        return {cv2.CAP_PROP_FRAME_WIDTH: 64.0, cv2.CAP_PROP_FRAME_HEIGHT: 48.0}.get(what, 0.0)

    def read(self):
        self.left -= 1
        return (self.left >= 0, np.full((48, 64, 3), (1, 2, 3), np.uint8))

    def release(self):
        self.left = 0


def test_a_camera(monkeypatch):
    monkeypatch.setattr("cv2.VideoCapture", Camera)
    with read_video(0) as video:
        assert (video.name, video.live, video.fps, video.frames, video.size_hw) == (
            "camera 0",
            True,
            30.0,
            None,
            SIZE_HW,
        )
        taken = list(video)
    assert [frame.pixels[0, 0].tolist() for frame in taken] == [[3, 2, 1]] * 3
    assert taken[0].seconds < taken[1].seconds < taken[2].seconds < 5
