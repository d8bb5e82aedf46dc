"""WAV files against SciPy and the standard library."""

import re
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from striate.errors import DataError
from striate.recordings import read_recording


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(("dtype", "scale"), [("u1", 128), ("<i2", 2**15), ("<i4", 2**31), ("<f4", 1), ("<f8", 1)])
def test_as_scipy_reads_it(dtype, scale, channels):
    rng = np.random.default_rng(0)
    whole = rng.integers(-scale, scale, (100, channels)) + (128 if dtype == "u1" else 0)
    sound = (whole if scale > 1 else rng.normal(size=(100, channels))).astype(dtype)
    wavfile.write("a.wav", 8000, sound)
    rate, read = wavfile.read("a.wav")
    recording = read_recording("a.wav")
    assert (recording.kind, recording.spacing, recording.size) == ("signal", (1 / rate,), (100,))
    expected = (read.reshape(100, channels).astype(np.float64) - (128 if dtype == "u1" else 0)) / scale
    np.testing.assert_allclose(recording.values, expected.T, rtol=1e-6)


def test_24_bits():
    samples = np.array([0, 1, -1, 2**23 - 1, -(2**23)])
    with wave.open("a.wav", "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(3)
        f.setframerate(44100)
        f.writeframes(b"".join(int(s).to_bytes(3, "little", signed=True) for s in samples))
    recording = read_recording("a.wav")
    np.testing.assert_array_equal(recording.values[0], (samples / 2**23).astype(np.float32))
    assert recording.spacing == (1 / 44100,)


def riff(*chunks: tuple[bytes, bytes], length: int | None = None) -> bytes:
    """Chunks of names and contents; `length` is what the last one says it holds."""
    parts = [name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks]
    if length is not None:
        name, data = chunks[-1]
        parts[-1] = name + struct.pack("<I", length) + data
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def form(code: int = 1, channels: int = 1, rate: int = 100, bits: int = 16, frame: int | None = None) -> bytes:
    frame = channels * bits // 8 if frame is None else frame
    return struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits)


FOUR = np.array([1, 2, 3, -4], "<i2").tobytes()
EXTENSIBLE = form(0xFFFE) + struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)

GOOD = {
    "other chunks before": riff((b"LIST", b"odd"), (b"fmt ", form()), (b"data", FOUR)),
    "extensible": riff((b"fmt ", EXTENSIBLE), (b"data", FOUR)),
    "piped, length not known": riff((b"fmt ", form()), (b"data", FOUR), length=0xFFFFFFFF),
    "half a frame at the end": riff((b"fmt ", form()), (b"data", FOUR + b"\1")),
    "rubbish after the sound": riff((b"fmt ", form()), (b"data", FOUR)) + b"xyz",
}


@pytest.mark.parametrize("case", GOOD)
def test_good_files(case):
    Path("a.wav").write_bytes(GOOD[case])
    assert (read_recording("a.wav").values * 2**15).tolist() == [[1, 2, 3, -4]]


BAD = {
    "empty": (b"", "not a WAV file"),
    "another": (b"\x89PNG" * 10, "not a WAV file"),
    "RF64": (b"RF64" + bytes(4) + b"WAVE", "large WAV file"),
    "no chunks": (riff(), "says no format, or holds no sound"),
    "no sound": (riff((b"fmt ", form())), "holds no sound"),
    "no samples": (riff((b"fmt ", form()), (b"data", b"")), "1x0 values"),
    "short format": (riff((b"fmt ", b"1234"), (b"data", FOUR)), "its format is 4 bytes long"),
    "cut off": (riff((b"fmt ", form()), (b"data", FOUR), length=100), "says 100 bytes, 8 follow"),
    "compressed": (riff((b"fmt ", form(code=85)), (b"data", FOUR)), "sound of code 85"),
    "12 bits": (riff((b"fmt ", form(bits=12)), (b"data", FOUR)), "with 12 bits"),
    "no channels": (riff((b"fmt ", form(channels=0)), (b"data", FOUR)), "0 channels"),
    "no rate": (riff((b"fmt ", form(rate=0)), (b"data", FOUR)), "0 samples a second"),
    "frames of no bytes": (riff((b"fmt ", form(frame=0)), (b"data", FOUR)), "0 bytes for one of each"),
    "not a number": (
        riff((b"fmt ", form(3, rate=10, bits=32)), (b"data", np.array([0, np.nan], "<f4").tobytes())),
        "nan of channel 0 at 0.100 s is no number; 1 of the values are such",
    ),
    "too large": (
        riff((b"fmt ", form(3, bits=64)), (b"data", np.array([1e300]).tobytes())),
        "not a finite number in float32",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(case):
    data, message = BAD[case]
    Path("a.wav").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.wav: .*" + re.escape(message)):
        read_recording("a.wav")
