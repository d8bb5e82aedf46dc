"""Which reader a file gets, what arrays are, and channels by name and number."""

import re
from pathlib import Path

import numpy as np
import pytest

from striate.errors import ArgumentError, DataError, UnknownNameError
from striate.recordings import keep_channels, read_recording
from striate.recordings.grid import as_recording

SHAPES = [  # shape, stated kind, kind, channels, size
    ((7,), None, "signal", 1, (7,)),
    ((3, 7), None, "signal", 3, (7,)),
    ((3, 7), "signal", "signal", 3, (7,)),
    ((4, 5, 6), None, "volume", 1, (4, 5, 6)),
    ((2, 4, 5, 6), None, "volume", 2, (4, 5, 6)),
    ((4, 5, 6), "clip", "clip", 1, (4, 5, 6)),
    ((2, 4, 5, 6), "clip", "clip", 2, (4, 5, 6)),
    ((1,), None, "signal", 1, (1,)),
]


@pytest.mark.parametrize(("shape", "stated", "kind", "channels", "size"), SHAPES)
def test_what_arrays_are(shape, stated, kind, channels, size):
    values = np.random.default_rng(0).normal(size=shape)
    np.save("a.npy", values)
    recording = read_recording("a.npy", kind=stated)
    assert (recording.kind, recording.channels, recording.size) == (kind, channels, size)
    assert recording.spacing == (0,) * len(size)
    np.testing.assert_array_equal(recording.values.ravel(), np.float32(values).ravel())


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", ">i4", "u8", "f2", ">f4", "f8"])
def test_types(dtype):
    np.save("a.npy", np.arange(10).astype(dtype))
    recording = read_recording("a.npy")
    assert recording.values.dtype == np.float32
    assert recording.values[0].tolist() == np.arange(10).astype(dtype).tolist()
    assert recording.values.flags.writeable


def test_one_in_an_npz():
    np.savez("a.npz", values=np.ones((2, 4, 5, 6)), kind="clip", spacing=[0.04, 1, 1], channel_names=["a", "b"])
    recording = read_recording("a.npz")
    assert (recording.kind, recording.spacing, recording.channel_names) == ("clip", (0.04, 1, 1), ("a", "b"))
    np.savez("b.npz", values=np.ones((4, 5, 6)), spacing=2)
    assert read_recording("b.npz").spacing == (2, 2, 2)


BAD = {  # arrays, what is said
    "nothing": ({"x": np.ones(3)}, "there is no array 'values'; there are x"),
    "a scalar": ({"values": np.float64(1)}, "0 axes; a signal has (time), or (channels, time)"),
    "five axes": ({"values": np.ones((1,) * 5)}, "5 axes; a volume has (depth, height, width), or (channels"),
    "a volume said to be a signal": ({"values": np.ones((1,) * 3), "kind": "signal"}, "3 axes; a signal has (time)"),
    "another kind": ({"values": np.ones(3), "kind": "image"}, "kind is one of signal, volume, clip, got 'image'"),
    "two steps": ({"values": np.ones(3), "spacing": [1, 2]}, "a spacing of (1.0, 2.0); a step, or 0, along time"),
    "a negative step": ({"values": np.ones(3), "spacing": -1}, "a spacing of (-1.0,)"),
    "no number for a step": ({"values": np.ones(3), "spacing": np.nan}, "a spacing of (nan,)"),
    "other names": ({"values": np.ones(3), "channel_names": ["a", "b"]}, "2 names of 1 channels"),
    "a gap": ({"values": [[1, 2], [3, np.nan]]}, "nan at [1, 1] is no number; 1 of the values are such"),
    "an infinity": ({"values": [1, -np.inf]}, "-inf at [0, 1] is not a finite number"),
    "too large for floats": ({"values": [1e200]}, "1e+200 at [0, 0] is not a finite number in float32"),
    "too many channels": (
        {"values": np.ones((5000, 2))},
        "5,000 channels; up to 4,096 are allowed, and they come",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays(case):
    arrays, message = BAD[case]
    np.savez("a.npz", **arrays)
    with pytest.raises(DataError, match=r"a\.npz: .*" + re.escape(message)):
        read_recording("a.npz")


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.txt", "a.gz", "a.dat"])
def test_other_suffixes(name):
    Path(name).write_bytes(b"1")
    with pytest.raises(DataError, match=r"not a recording by its suffix; known are \.npy, \.npz, \.wav"):
        read_recording(name)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".wav", ".csv", ".tsv", ".hea", ".nii", ".nii.gz", ".dcm", ".mp4"])
def test_missing_and_empty_files(suffix):
    with pytest.raises(DataError, match=re.escape(f"a{suffix}: no such file")):
        read_recording(f"a{suffix}")
    Path(f"a{suffix}").touch()
    with pytest.raises(DataError, match=re.escape(f"a{suffix}: ")):
        read_recording(f"a{suffix}")
    Path(f"b{suffix}").mkdir()
    with pytest.raises(DataError, match=re.escape(f"b{suffix}: ")):
        read_recording(f"b{suffix}")


def test_stated_kinds():
    Path("a.csv").write_text("1\n2\n")
    with pytest.raises(DataError, match=r"a\.csv: a signal, not a volume"):
        read_recording("a.csv", kind="volume")
    np.save("a.npy", np.ones(3))
    with pytest.raises(ArgumentError, match="kind must be one of signal, volume, clip, got 'image'"):
        read_recording("a.npy", kind="image")


def test_channels():
    recording = as_recording("a", np.arange(6).reshape(3, 2), channel_names=("I", "II", "1"))
    assert keep_channels(recording, ["II", "I"]).values.tolist() == [[2, 3], [0, 1]]
    assert keep_channels(recording, ["II", "I"]).channel_names == ("II", "I")
    assert keep_channels(recording, [2, "0"]).values.tolist() == [[4, 5], [0, 1]]
    assert keep_channels(recording, ["1"]).values.tolist() == [[4, 5]]  # a name comes before a number
    with pytest.raises(UnknownNameError, match="no channel named 'III'; did you mean 'II'"):
        keep_channels(recording, ["III"])
    with pytest.raises(UnknownNameError, match="no channel named '3'; known: I, II, 1"):
        keep_channels(recording, [3])
    with pytest.raises(ArgumentError, match="channels must be numbers below 3, as they have no names, got 'a'"):
        keep_channels(as_recording("a", np.ones((3, 2))), ["a"])
    with pytest.raises(ArgumentError, match="at least one"):
        keep_channels(recording, [])
    with pytest.raises(UnknownNameError):
        keep_channels(recording, [-1])
