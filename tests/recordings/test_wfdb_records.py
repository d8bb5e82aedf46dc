"""WFDB records that wfdb writes; and headers that ask for what they must not."""

import contextlib
import re
from pathlib import Path

import numpy as np
import pytest
import wfdb

from striate.errors import DataError, MissingExtraError
from striate.recordings import read_annotations, read_recording
from striate.recordings.wfdb_records import read_record

RATE = 100


def write(name: str = "a", *, length: int = 1000, gap: slice = slice(0), fmt: str = "16") -> np.ndarray:
    """Two signals in millivolts, with a gap of NaN, as wfdb writes them into the folder."""
    signals = np.random.default_rng(0).normal(size=(length, 2))
    signals[gap, 1] = np.nan
    names = {"sig_name": ["MLII", "V5"], "units": ["mV", "mV"]}
    wfdb.wrsamp(name, fs=RATE, p_signal=signals, fmt=[fmt, fmt], **names)
    return signals


@pytest.mark.parametrize("fmt", ["16", "24", "32", "212", "80"])
def test_as_wfdb_reads_it(fmt):
    signals = write(fmt=fmt)
    recording = read_recording("a.hea")
    assert (recording.kind, recording.channel_names, recording.spacing) == ("signal", ("MLII", "V5"), (1 / RATE,))
    np.testing.assert_array_equal(recording.values, wfdb.rdrecord("a").p_signal.T.astype(np.float32))
    np.testing.assert_allclose(recording.values, signals.T, atol=0.1 if fmt == "80" else 1e-2)


def test_one_lead_by_name():
    signals = write()
    recording = read_recording("a.hea", channels=["V5"])
    assert recording.channel_names == ("V5",)
    np.testing.assert_allclose(recording.values[0], signals[:, 1], atol=1e-2)


def test_a_gap_is_an_error_that_says_where():
    write(gap=slice(250, 260))
    with pytest.raises(DataError, match=r"a\.hea: nan of signal 1 at 2.500 s is no number; 10 of the values"):
        read_recording("a.hea")
    assert np.isnan(read_record(Path("a.hea")).values).sum() == 10


def test_annotations():
    write()
    wfdb.wrann("a", "atr", np.array([10, 500, 500, 999]), ["N", "V", "+", "N"], fs=RATE)
    for path in ("a.atr", "a.hea"):
        marks = read_annotations(path)
        assert marks.samples.tolist() == [10, 500, 500, 999]
        assert marks.symbols == ("N", "V", "+", "N")
        assert marks.seconds.tolist() == [0.1, 5, 5, 9.99]
        assert marks.of("V", "+").tolist() == [500, 500]
        assert marks.of().tolist() == []


def test_segments():
    write("one", length=300)
    write("two", length=200)
    Path("both.hea").write_text("both/2 2 100 500\none 300\ntwo 200\n")
    recording = read_recording("both.hea")
    parts = [read_recording(f"{name}.hea").values for name in ("one", "two")]
    np.testing.assert_array_equal(recording.values, np.concatenate(parts, axis=1))


HEADERS = {
    "empty": ("", "can't be read as a WFDB header"),
    "words": ("hello world\nthis is no header\n", "can't be read as a WFDB header"),
    "no length": ("a 1 100\na.dat 16 200 16 0 0 0 0 x\n", "says no length"),
    "no signals": ("a 0 100 10\n", "says no length, or no signals"),
    "too long": ("a 1 100 999999999999\na.dat 16 200 16 0 0 0 0 x\n", "1x999999999999 values"),
    "too many in a frame": ("a 1 100 1000\na.dat 16x1000000 200 16 0 0 0 0 x\n", "1000000x1000 values"),
    "shifted far": ("a 1 100 10\na.dat 16:999999999 200 16 0 0 0 0 x\n", "shifted by more than 100,000"),
    "another folder": ("a 1 100 10\n../b.dat 16 200 16 0 0 0 0 x\n", "a.hea"),
    "an absolute path": ("a 1 100 10\n/etc/passwd 16 200 16 0 0 0 0 x\n", "a.hea"),
    "an address": ("a 1 100 10\nhttp://localhost/b.dat 16 200 16 0 0 0 0 x\n", "a.hea"),
    "no values": ("a 1 100 10\nmissing.dat 16 200 16 0 0 0 0 x\n", "missing.dat: no such file"),
    "cut off": ("a 1 100 5000\na.dat 16 200 16 0 0 0 0 x\n", "can't be read as a WFDB record"),
    "no such format": ("a 1 100 10\na.dat 99 200 16 0 0 0 0 x\n", "can't be read as a WFDB record"),
    "no rate": ("a 1 0 10\na.dat 16 200 16 0 0 0 0 x\n", "0 samples a second"),
    "a segment that is not there": ("a/2 1 100 20\nmissing 10\nmissing 10\n", "missing.hea: no such file"),
    "a segment of itself": ("a/2 1 100 20\na 10\na 10\n", "the segment a has segments of its own"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", HEADERS)
def test_bad_headers(case):
    text, message = HEADERS[case]
    write()
    Path("a.hea").write_text(text)
    with pytest.raises(DataError, match=re.escape(message)):
        read_recording("a.hea")


@pytest.mark.parametrize("folder", ["http:", "a::b"])
def test_a_path_is_never_an_address(folder, monkeypatch):
    Path(folder).mkdir()
    monkeypatch.chdir(folder)
    write()
    monkeypatch.chdir("..")
    if folder == "http:":  # absolute paths begin with a slash, so this is a folder like any other
        assert read_recording(f"{folder}/a.hea").channels == 2
    else:
        with pytest.raises(DataError, match="must not hold '::'"):
            read_recording(f"{folder}/a.hea")


def test_a_header_of_bytes_that_grow():
    write()
    Path("a.hea").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(DataError, match="more than the 1,048,576 bytes"):
        read_recording("a.hea")


def test_bad_annotations():
    write(length=100)
    with pytest.raises(DataError, match=r"a\.atr: no such file"):
        read_annotations("a.hea")
    wfdb.wrann("a", "atr", np.array([10, 100]), ["N", "N"])
    with pytest.raises(DataError, match="outside of the 100 samples"):
        read_annotations("a.atr")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("size", [0, 1, 2, 3, 100])
def test_rubbish_is_read_as_marks_or_is_an_error(size):
    write()
    rng = np.random.default_rng(size)
    for _ in range(20):
        Path("a.atr").write_bytes(rng.bytes(size))
        try:
            marks = read_annotations("a.atr")
        except DataError:
            continue
        assert (marks.samples >= 0).all()


@pytest.mark.filterwarnings("ignore")
def test_any_byte_of_the_header_may_be_broken():
    write(length=50)
    whole = Path("a.hea").read_bytes()
    rng = np.random.default_rng(0)
    for at in range(len(whole)):
        data = bytearray(whole)
        data[at] ^= int(rng.integers(1, 256))
        Path("a.hea").write_bytes(data)
        with contextlib.suppress(DataError):
            read_recording("a.hea")


def test_without_wfdb(monkeypatch):
    write()
    monkeypatch.setitem(__import__("sys").modules, "wfdb", None)
    with pytest.raises(MissingExtraError, match=r"striate\[signals\]"):
        read_recording("a.hea")
