"""A series of DICOM slices, each in a file or many in one, as one volume, read by pydicom (extra `volumes`)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from striate.errors import DataError
from striate.recordings.dicom_slices import MAX_SLICES, Slice, read_slices
from striate.recordings.limits import check_values, finite
from striate.recordings.orientation import to_canonical
from striate.recordings.records import Recording

UNEVEN = 0.05  # of the usual distance from slice to slice
PARALLEL = 1e-3


def read_dicom(path: Path) -> Recording:
    """A folder of slices, sorted by where they lie, or one file of a slice or of many, in canonical orientation.

    Values are rescaled by slope and intercept, to Hounsfield units for instance. Files of the folder without DICOM's
    mark are left alone.

    Raises:
        DataError: broken, compressed without a decoder, several series, colours, frames in time, slices of different
            sizes or directions, one missing or repeated.
        MissingExtraError: pydicom is not installed.
    """
    files = sorted(p for p in path.iterdir() if p.is_file() and is_dicom(p)) if path.is_dir() else [path]
    if not 1 <= len(files) <= MAX_SLICES:
        raise DataError(f"{path}: {len(files):,} DICOM files; 1 to {MAX_SLICES:,} are allowed")
    slices = _read_all(path, files)
    _check_alike(path, slices)
    slices.sort(key=lambda s: s.height)
    first = slices[0]
    values = finite(path, np.stack([s.values for s in slices]))
    directions = np.stack([np.cross(first.across, first.down), first.down, first.across])
    turned, spacing = to_canonical(values[None], directions, (_step(path, slices), *first.spacing))
    return Recording("volume", np.require(turned, np.float32, ["C", "W"]), spacing)


def is_dicom(path: Path) -> bool:
    """Whether a file has DICOM's mark after its preamble."""
    with path.open("rb") as f:
        return f.read(132)[128:] == b"DICM"


def _read_all(path: Path, files: Sequence[Path]) -> list[Slice]:
    """The slices of all files; how many they are is bounded while they come."""
    slices, size = list[Slice](), 0
    for file in files:
        more = read_slices(file)
        size += sum(s.values.size for s in more)
        check_values(path, (size,))
        slices += more
        if len(slices) > MAX_SLICES:
            raise DataError(f"{path}: more than the {MAX_SLICES:,} slices that are allowed")
    return slices


def _check_alike(path: Path, slices: Sequence[Slice]) -> None:
    """All of one series, size, spacing and direction."""
    series = Counter(s.series for s in slices)
    if len(series) > 1:
        counts = ", ".join(f"{n} slices of {uid or 'none'}" for uid, n in series.most_common(5))
        raise DataError(f"{path}: several series: {counts}; one folder a series is expected")
    first = slices[0]
    for other in slices[1:]:
        if other.values.shape != first.values.shape or not np.allclose(other.spacing, first.spacing, rtol=1e-3):
            raise DataError(
                f"{path}: {other.name} has {other.values.shape} pixels {other.spacing} mm apart, "
                f"{first.name} {first.values.shape} pixels {first.spacing} mm apart"
            )
        if max(abs(other.across - first.across).max(), abs(other.down - first.down).max()) > PARALLEL:
            raise DataError(f"{path}: {other.name} is not parallel to {first.name}")


def _step(path: Path, slices: Sequence[Slice]) -> float:
    """Millimetres from slice to slice, which lie in order.

    Raises:
        DataError: a slice is missing, or several are at one place.
    """
    if len(slices) == 1:
        return slices[0].thickness
    steps = np.diff([s.height for s in slices])
    usual = float(np.median(steps))
    if not (steps > 1e-4).all():
        at = int(steps.argmin())
        raise DataError(f"{path}: {slices[at].name} and {slices[at + 1].name} are at the same place")
    wrong = np.flatnonzero(abs(steps - usual) > UNEVEN * usual)
    if len(wrong):
        before, after, step = slices[wrong[0]], slices[wrong[0] + 1], float(steps[wrong[0]])
        gap = f"{step:.4g} mm apart, where {usual:.4g} mm is usual"
        raise DataError(f"{path}: {before.name} and {after.name} are {gap}: is a slice missing?")
    return float(steps.mean())
