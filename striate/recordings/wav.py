"""Sound in WAV files: PCM of 8 to 32 bits and floats, the channels in turn.

RIFF: chunks of a name, a length and that many bytes. Here `fmt ` and `data` count; others are skipped.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError
from striate.recordings.grid import MAX_CHANNELS
from striate.recordings.limits import check_file, check_values, finite
from striate.recordings.records import Recording

MAX_RATE = 10_000_000
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF)  # as a program writes that pipes its sound


class _Format(NamedTuple):
    code: int
    channels: int
    rate: int
    bytes_per_frame: int
    bits: int

    @property
    def dtype(self) -> str:
        """Of a sample, as NumPy writes it; "u3" stands for what it lacks, 24 bits."""
        bits = {1: "u1", 2: "<i2", 3: "u3", 4: "<i4"} if self.code == _PCM else {4: "<f4", 8: "<f8"}
        return bits.get(self.bits // 8, "") if self.bits % 8 == 0 else ""


def read_wav(path: Path) -> Recording:
    """A WAV file as a signal: integers as shares of their range, from -1 to 1, floats as they are.

    Raises:
        DataError: not a WAV file, compressed, cut off, too large, or of no samples.
    """
    check_file(path)
    try:
        data = path.read_bytes()
    except OSError as e:
        raise DataError(f"{path}: can't be read: {e.strerror}") from e
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        what = "a large WAV file (RF64), which isn't read" if data[:4] == b"RF64" else "not a WAV file"
        raise DataError(f"{path}: {what}")
    chunks = dict(_chunks(path, data))
    if b"fmt " not in chunks or b"data" not in chunks:
        raise DataError(f"{path}: says no format, or holds no sound")
    form = _format(path, chunks[b"fmt "])
    sound = chunks[b"data"]
    frames = len(sound) // form.bytes_per_frame
    check_values(path, (form.channels, frames))
    samples = _samples(sound[: frames * form.bytes_per_frame], form).reshape(frames, form.channels)
    values = finite(path, samples.T, lambda at: f"of channel {at[0]} at {at[1] / form.rate:.3f} s")
    return Recording("signal", values, (1 / form.rate,))


def _chunks(path: Path, data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Names and contents; the first of each name counts, as `data` ends the file where its length isn't known."""
    seen, at = set[bytes](), 12
    while at + 8 <= len(data) and b"data" not in seen:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data" and length in _UNKNOWN_LENGTH:
            length = len(data) - at - 8
        if at + 8 + length > len(data):
            raise DataError(f"{path}: cut off: its part {name!r} says {length:,} bytes, {len(data) - at - 8:,} follow")
        if name not in seen:
            yield name, memoryview(data)[at + 8 : at + 8 + length]
        seen.add(name)
        at += 8 + length + length % 2


def _format(path: Path, chunk: memoryview) -> _Format:
    if len(chunk) < 16:
        raise DataError(f"{path}: its format is {len(chunk)} bytes long; at least 16 are expected")
    code, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", chunk[:16])
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = int.from_bytes(chunk[24:26], "little")
    form = _Format(code, channels, rate, frame, bits)
    if code not in (_PCM, _FLOAT) or not form.dtype:
        raise DataError(f"{path}: sound of code {code} with {bits} bits; PCM of 8, 16, 24, 32 bits or floats are read")
    if not 1 <= channels <= MAX_CHANNELS or not 1 <= rate <= MAX_RATE or frame != channels * bits // 8:
        raise DataError(f"{path}: {channels} channels, {rate} samples a second, {frame} bytes for one of each")
    return form


def _samples(sound: memoryview, form: _Format) -> NDArray[np.float32] | NDArray[np.float64]:
    if form.dtype == "u3":
        padded = np.zeros((len(sound) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(sound, np.uint8).reshape(-1, 3)
        return (padded.view("<i4")[:, 0] / 2**31).astype(np.float32)
    samples = np.frombuffer(sound, form.dtype)
    if form.dtype == "u1":
        return ((samples - np.float32(128)) / 128).astype(np.float32)
    if form.code == _PCM:
        return (samples / 2.0 ** (form.bits - 1)).astype(np.float32)
    return samples
