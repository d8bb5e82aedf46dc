"""Read one recording, whatever its format: a suffix says which reader."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from striate.data.video import VIDEO_SUFFIXES
from striate.errors import ArgumentError, DataError, UnknownNameError
from striate.recording_preset import Kind
from striate.recordings.clip import read_clip, read_frames
from striate.recordings.dicom import is_dicom, read_dicom
from striate.recordings.grid import as_recording
from striate.recordings.nifti import read_nifti
from striate.recordings.npy import Npz, read_npy
from striate.recordings.records import Recording
from striate.recordings.signal_table import read_signal_table
from striate.recordings.wav import read_wav
from striate.recordings.wfdb_records import read_wfdb

Reader = Callable[[Path, Kind | None], Recording]


def read_recording(
    source: str | Path, *, kind: Kind | None = None, channels: Sequence[str | int] | None = None
) -> Recording:
    """Read a signal, a volume or a clip.

    Args:
        source: a file, whose suffix says how to read it: NumPy's .npy, or .npz with an array `values`; .wav; .csv and
            .tsv, a column a channel; WFDB's .hea; .nii and .nii.gz; .dcm; a video. Or a folder: DICOM slices, frames.
        kind: what it is, where the file can't say: arrays of three axes are volumes unless "clip" is stated.
        channels: which to keep, by name or number from 0, in this order; all where left out.

    Raises:
        DataError: no such file, not of its format, another kind, too large, or a value that is no finite number.
        UnknownNameError, ArgumentError: no such channel or kind.

    Example:
        >>> import numpy as np
        >>> np.save("sine.npy", np.sin(np.arange(360) / 57).astype(np.float32))
        >>> recording = read_recording("sine.npy")
        >>> recording.kind, recording.channels, recording.size, recording.spacing
        ('signal', 1, (360,), (0.0,))
    """
    path = Path(source)
    recording = _reader(path)(path, kind)
    if kind is not None and recording.kind != kind:
        raise DataError(f"{path}: a {recording.kind}, not a {kind}")
    return recording if channels is None else keep_channels(recording, channels)


def is_recording(name: str) -> bool:
    """Whether a file's suffix is one of a recording.

    Example:
        >>> is_recording("a/B.NPY"), is_recording("cat.jpg")
        (True, False)
    """
    return recording_suffix(name) in READERS


def recording_suffix(name: str) -> str:
    """The suffix by which a file is read; empty where there is none.

    Example:
        >>> recording_suffix("brain.nii.gz"), recording_suffix("a.b.WAV")
        ('.nii.gz', '.wav')
    """
    name = name.casefold()
    return ".nii.gz" if name.endswith(".nii.gz") else Path(name).suffix


def keep_channels(recording: Recording, channels: Sequence[str | int]) -> Recording:
    """Some channels of a recording, in the order given.

    Raises:
        UnknownNameError, ArgumentError: no such channel, or none.
    """
    if not channels:
        raise ArgumentError.of("channels", "at least one", channels)
    kept = [_channel(recording, channel) for channel in channels]
    names = tuple(recording.channel_names[i] for i in kept) if recording.channel_names else ()
    return replace(recording, values=recording.values[kept], channel_names=names)


def keep_as_trained(recording: Recording, names: Sequence[str], chosen: Sequence[str | int] | None) -> Recording:
    """The channels that a network was trained on, where a recording has more or has them in another order.

    Args:
        recording: any.
        names: of the channels in training, or none.
        chosen: which of the data's channels were chosen for the training, by name or number; None for all.

    Example:
        >>> import numpy as np
        >>> both = Recording("signal", np.zeros((2, 9), np.float32), (0.01,), ("V5", "MLII"))
        >>> keep_as_trained(both, ["MLII"], None).channel_names
        ('MLII',)
    """
    if names and set(names) <= set(recording.channel_names):
        return keep_channels(recording, names)
    return keep_channels(recording, chosen) if chosen and recording.channels > len(chosen) else recording


def _channel(recording: Recording, channel: str | int) -> int:
    """The index of a channel; a number may be written as text."""
    if channel in recording.channel_names:
        return recording.channel_names.index(str(channel))
    if str(channel).isdecimal() and int(channel) < recording.channels:
        return int(channel)
    if recording.channel_names:
        raise UnknownNameError("channel", str(channel), recording.channel_names)
    raise ArgumentError.of("channels", f"numbers below {recording.channels}, as they have no names", channel)


def _reader(path: Path) -> Reader:
    if path.is_dir():
        return _read_folder
    suffix = recording_suffix(path.name)
    if suffix not in READERS:
        raise DataError(f"{path}: not a recording by its suffix; known are {', '.join(READERS)}")
    return READERS[suffix]


def _read_folder(path: Path, _: Kind | None) -> Recording:
    """A DICOM series if any file has its mark, else frames."""
    if any(is_dicom(p) for p in path.iterdir() if p.is_file()):
        return read_dicom(path)
    return read_frames(path)


def _only_path(read: Callable[[Path], Recording]) -> Reader:
    """A reader of files that say what they are."""
    return lambda path, kind: read(path)


def _read_npy(path: Path, kind: Kind | None) -> Recording:
    return as_recording(path, read_npy(path), kind)


def _read_npz(path: Path, kind: Kind | None) -> Recording:
    """An array `values`, and perhaps `spacing`, `kind` and `channel_names`."""
    arrays = Npz(path)
    return as_recording(path, arrays.numbers("values"), *arrays.described(kind))


READERS: dict[str, Reader] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".wav": _only_path(read_wav),
    ".csv": _only_path(read_signal_table),
    ".tsv": _only_path(read_signal_table),
    ".hea": _only_path(read_wfdb),
    ".nii": _only_path(read_nifti),
    ".nii.gz": _only_path(read_nifti),
    ".dcm": _only_path(read_dicom),
    **dict.fromkeys(sorted(VIDEO_SUFFIXES), _only_path(read_clip)),
}
