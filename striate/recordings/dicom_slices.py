"""The slices in one DICOM file, each with its place: one, or the frames of a multi-frame file."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError, MissingExtraError
from striate.recordings.limits import check_file, check_values, finite, foreign_errors
from striate.recordings.records import Values

MAX_SLICES = 4096
MAX_BYTES = 2**28  # of a file
MAX_COMPRESSED_BYTES = 2**24  # of a slice
DEFLATED = "1.2.840.10008.1.2.1.99"
PLACED = ("ImagePositionPatient", "ImageOrientationPatient")
SCALED = ("PixelSpacing", "SpacingBetweenSlices", "SliceThickness", "RescaleSlope", "RescaleIntercept")
GROUPS = (  # where a multi-frame file says so
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "DetectorInformationSequence",
)
TIMES = (0x00181063, 0x00181065)  # FrameTime and FrameTimeVector


class Slice(NamedTuple):
    """One slice.

    Attributes:
        name: of its file, and which frame of that.
        values: float32 (H, W), rescaled as the file says.
        across, down: unit vectors in DICOM's (left, back, head): where a row, and where a column, runs.
        position: (3,), of the first pixel, in millimetres.
        spacing: from row to row and from column to column, in millimetres; 0 where the file doesn't say.
        thickness: of the slice; 0 where the file doesn't say.
        series: which it is of.
    """

    name: str
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


def read_slices(path: Path) -> list[Slice]:
    """The slices of a file, in its order, rescaled by slope and intercept.

    Raises:
        DataError: broken, compressed without a decoder, too large, colours, frames in time or at no known places.
        MissingExtraError: pydicom is not installed.
    """
    pydicom = _package()
    check_file(path, MAX_BYTES)
    _check_syntax(path, pydicom)
    with foreign_errors(path, "DICOM"):
        data = pydicom.dcmread(path)
        shape = (int(data.get("NumberOfFrames") or 1), int(data.Rows), int(data.Columns))
        colours, increments = int(data.get("SamplesPerPixel", 1)), np.atleast_1d(data.get("FrameIncrementPointer") or 0)
    check_values(path, shape)
    if shape[0] > MAX_SLICES:
        raise DataError(f"{path}: {shape[0]:,} frames; up to {MAX_SLICES:,} are allowed")
    if colours != 1:
        raise DataError(f"{path}: {colours} colours; grey slices are read")
    if shape[0] > 1 and set(TIMES) & set(map(int, increments)):
        raise DataError(f"{path}: {shape[0]} frames that follow each other in time; slices of a volume are read")
    if data.file_meta.TransferSyntaxUID.is_compressed:
        check_file(path, MAX_COMPRESSED_BYTES * shape[0])
    pixels = _pixels(path, data, shape)
    return [_slice(path, data, frame, values) for frame, values in enumerate(pixels)]


def _package() -> Any:
    try:
        import pydicom
    except ImportError as e:
        raise MissingExtraError("DICOM volumes", "volumes") from e
    return pydicom


def _check_syntax(path: Path, pydicom: Any) -> None:
    """Refuse what can't be bounded before it is unpacked."""
    with foreign_errors(path, "DICOM"):
        meta = pydicom.filereader.read_file_meta_info(path)
        syntax = pydicom.uid.UID(meta.get("TransferSyntaxUID", ""))
        known = syntax.is_transfer_syntax
    if not known or syntax == DEFLATED:
        raise DataError(f"{path}: its transfer syntax {syntax.name or 'is not said and'} is not read")


def _pixels(path: Path, data: Any, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """(frames, H, W), as they are stored."""
    syntax = data.file_meta.TransferSyntaxUID
    try:
        with foreign_errors(path, "DICOM"):
            pixels: NDArray[np.float32] = data.pixel_array.astype(np.float32)
    except DataError as e:
        if syntax.is_compressed:
            raise DataError(f"{path}: compressed as {syntax.name}, for which there is no decoder here") from e
        raise
    if pixels.shape != (shape if shape[0] > 1 else shape[1:]):
        raise DataError(f"{path}: {pixels.shape} pixels, where its header says {'x'.join(map(str, shape))}")
    return pixels.reshape(shape)


def _slice(path: Path, data: Any, frame: int, pixels: NDArray[np.float32]) -> Slice:
    """A frame with its own header."""
    with foreign_errors(path, "DICOM"):
        header = _header(data, frame)
        scale, shift = float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))
        turned = np.array(header.get("ImageOrientationPatient", (1, 0, 0, 0, 1, 0)), np.float64).reshape(2, 3)
        position = np.array(header.get("ImagePositionPatient", (0, 0, 0)), np.float64).reshape(3)
        rows, columns = map(float, header.get("PixelSpacing", (0, 0)))
        step = float(header.get("SpacingBetweenSlices", 0) or header.get("SliceThickness", 0))
        series = str(data.get("SeriesInstanceUID", ""))
    if not np.isfinite([scale, shift, rows, columns, step, *turned.ravel(), *position]).all():
        raise DataError(f"{path}: a scale, a place or a spacing that is no finite number")
    if min(rows, columns) < 0 or not np.allclose(turned @ turned.T, np.eye(2), atol=1e-2):
        raise DataError(f"{path}: rows {turned[0]} and columns {turned[1]} apart by {rows} and {columns} mm")
    if not data.get("PerFrameFunctionalGroupsSequence"):  # frames are stacked from the first one's place on
        position += frame * step * np.cross(*turned)
    name = f"{path.name}, frame {frame + 1}" if int(data.get("NumberOfFrames") or 1) > 1 else path.name
    values = finite(path, pixels * np.float32(scale) + np.float32(shift))
    return Slice(name, values, turned[0], turned[1], position, (rows, columns), abs(step), series)


def _header(data: Any, frame: int) -> dict[str, Any]:
    """A frame's place and scale: what the file says of it counts more than what it says of all frames, or of itself."""
    shared, own = (data.get(f"{name}FunctionalGroupsSequence") or [] for name in ("Shared", "PerFrame"))
    outer = [data, *shared[:1], *own[frame : frame + 1]]
    inner = [item for said in outer for name in GROUPS for item in (said.get(name) or [])[:1]]
    header: dict[str, Any] = {}
    for said in (data, *inner):
        header |= {name: said.get(name) for name in PLACED + SCALED if said.get(name) not in (None, "", [])}
    return header
