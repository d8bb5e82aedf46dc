"""A series of DICOM slices, each in a file, as one volume, read by pydicom (extra `volumes`)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError, MissingExtraError
from striate.recordings.limits import check_file, check_values, finite, foreign_errors
from striate.recordings.orientation import to_canonical
from striate.recordings.records import Recording, Values

MAX_SLICES = 4096
MAX_SLICE_BYTES = 2**28
MAX_COMPRESSED_BYTES = 2**24
UNEVEN = 0.05  # of the usual distance from slice to slice
PARALLEL = 1e-3
DEFLATED = "1.2.840.10008.1.2.1.99"


class Slice(NamedTuple):
    """One slice.

    Attributes:
        path: of its file.
        values: float32 (H, W), rescaled as the file says.
        across, down: unit vectors in DICOM's (left, back, head): where a row, and where a column, runs.
        position: (3,), of the first pixel, in millimetres.
        spacing: from row to row and from column to column, in millimetres; 0 where the file doesn't say.
        thickness: of the slice; 0 where the file doesn't say.
        series: which it is of.
    """

    path: Path
    values: Values
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    position: NDArray[np.float64]
    spacing: tuple[float, float]
    thickness: float
    series: str

    @property
    def height(self) -> float:
        """Along the normal of the slices."""
        return float(np.cross(self.across, self.down) @ self.position)


def read_dicom(path: Path) -> Recording:
    """A folder of slices, sorted by where they lie, or one slice, as a volume in canonical orientation.

    Values are rescaled by slope and intercept, to Hounsfield units for instance. Files of the folder without DICOM's
    mark are left alone.

    Raises:
        DataError: broken, compressed without a decoder, several series or frames, colours, slices of different sizes or
            directions, one missing or repeated.
        MissingExtraError: pydicom is not installed.
    """
    files = sorted(p for p in path.iterdir() if p.is_file() and is_dicom(p)) if path.is_dir() else [path]
    if not 1 <= len(files) <= MAX_SLICES:
        raise DataError(f"{path}: {len(files):,} DICOM files; 1 to {MAX_SLICES:,} are allowed")
    first = _read_slice(files[0])
    check_values(path, (len(files), *first.values.shape))
    slices = [first, *(_read_slice(file) for file in files[1:])]
    _check_alike(path, slices)
    slices.sort(key=lambda s: s.height)
    values = finite(path, np.stack([s.values for s in slices]))
    directions = np.stack([np.cross(first.across, first.down), first.down, first.across])
    turned, spacing = to_canonical(values[None], directions, (_step(path, slices), *first.spacing))
    return Recording("volume", np.require(turned, np.float32, ["C", "W"]), spacing)


def is_dicom(path: Path) -> bool:
    """Whether a file has DICOM's mark after its preamble."""
    with path.open("rb") as f:
        return f.read(132)[128:] == b"DICM"


def _package() -> Any:
    try:
        import pydicom
    except ImportError as e:
        raise MissingExtraError("DICOM volumes", "volumes") from e
    return pydicom


def _read_slice(path: Path) -> Slice:
    pydicom = _package()
    check_file(path, MAX_SLICE_BYTES)
    _check_syntax(path, pydicom)
    with foreign_errors(path, "DICOM"):
        data = pydicom.dcmread(path)
        shape = (int(data.Rows), int(data.Columns))
        frames, colours = int(data.get("NumberOfFrames") or 1), int(data.get("SamplesPerPixel", 1))
    check_values(path, shape)
    if frames != 1 or colours != 1:
        what = f"{frames} frames" if frames != 1 else f"{colours} colours"
        raise DataError(f"{path}: {what} in one file; a grey slice a file is read")
    pixels = _pixels(path, data)
    with foreign_errors(path, "DICOM"):
        scale, shift = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
        turned = np.array(data.get("ImageOrientationPatient") or (1, 0, 0, 0, 1, 0), np.float64).reshape(2, 3)
        position = np.array(data.get("ImagePositionPatient") or (0, 0, 0), np.float64).reshape(3)
        rows, columns = map(float, data.get("PixelSpacing") or (0, 0))
        thickness = float(data.get("SpacingBetweenSlices") or data.get("SliceThickness") or 0)
        series = str(data.get("SeriesInstanceUID", ""))
    if not np.isfinite([scale, shift, rows, columns, thickness, *turned.ravel(), *position]).all():
        raise DataError(f"{path}: a scale, a place or a spacing that is no finite number")
    if min(rows, columns) < 0 or not np.allclose(turned @ turned.T, np.eye(2), atol=1e-2):
        raise DataError(f"{path}: rows {turned[0]} and columns {turned[1]} apart by {rows} and {columns} mm")
    values = finite(path, pixels * np.float32(scale) + np.float32(shift))
    return Slice(path, values, turned[0], turned[1], position, (rows, columns), abs(thickness), series)


def _check_syntax(path: Path, pydicom: Any) -> None:
    """Refuse what can't be bounded before it is unpacked."""
    with foreign_errors(path, "DICOM"):
        meta = pydicom.filereader.read_file_meta_info(path)
        syntax = pydicom.uid.UID(meta.get("TransferSyntaxUID", ""))
        known, compressed = syntax.is_transfer_syntax, syntax.is_transfer_syntax and syntax.is_compressed
    if not known or syntax == DEFLATED:
        raise DataError(f"{path}: its transfer syntax {syntax.name or 'is not said and'} is not read")
    if compressed:
        check_file(path, MAX_COMPRESSED_BYTES)


def _pixels(path: Path, data: Any) -> NDArray[np.float32]:
    """(H, W), as they are stored."""
    syntax = data.file_meta.TransferSyntaxUID
    try:
        with foreign_errors(path, "DICOM"):
            pixels: NDArray[np.float32] = data.pixel_array.astype(np.float32)
    except DataError as e:
        if syntax.is_compressed:
            raise DataError(f"{path}: compressed as {syntax.name}, for which there is no decoder here") from e
        raise
    if pixels.shape != (data.Rows, data.Columns):
        raise DataError(f"{path}: {pixels.shape} pixels, where its header says {data.Rows}x{data.Columns}")
    return pixels


def _check_alike(path: Path, slices: Sequence[Slice]) -> None:
    """All of one series, size, spacing and direction."""
    series = Counter(s.series for s in slices)
    if len(series) > 1:
        counts = ", ".join(f"{n} files of {uid or 'none'}" for uid, n in series.most_common(5))
        raise DataError(f"{path}: several series: {counts}; one folder a series is expected")
    first = slices[0]
    for other in slices[1:]:
        if other.values.shape != first.values.shape or not np.allclose(other.spacing, first.spacing, rtol=1e-3):
            raise DataError(
                f"{path}: {other.path.name} has {other.values.shape} pixels {other.spacing} mm apart, "
                f"{first.path.name} {first.values.shape} pixels {first.spacing} mm apart"
            )
        if max(abs(other.across - first.across).max(), abs(other.down - first.down).max()) > PARALLEL:
            raise DataError(f"{path}: {other.path.name} is not parallel to {first.path.name}")


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
        raise DataError(f"{path}: {slices[at].path.name} and {slices[at + 1].path.name} are at the same place")
    wrong = np.flatnonzero(abs(steps - usual) > UNEVEN * usual)
    if len(wrong):
        before, after, step = slices[wrong[0]], slices[wrong[0] + 1], float(steps[wrong[0]])
        gap = f"{step:.4g} mm apart, where {usual:.4g} mm is usual"
        raise DataError(f"{path}: {before.path.name} and {after.path.name} are {gap}: is a slice missing?")
    return float(steps.mean())
