"""MRI volumes in NIfTI files, .nii and .nii.gz, read by nibabel (extra `volumes`)."""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from striate.errors import DataError, MissingExtraError
from striate.recordings.grid import MAX_CHANNELS
from striate.recordings.limits import check_file, check_values, finite, foreign_errors
from striate.recordings.orientation import to_canonical
from striate.recordings.records import Recording

MAX_BYTES = 2**30  # of the values as they are stored
MAX_OFFSET = 2**24  # where they begin: extensions of the header come before them
LEFT_BACK_HEAD = np.diag([-1.0, -1.0, 1.0])  # NIfTI's axes point to the right, the front and the head
MILLIMETRES = {"unknown": 1.0, "mm": 1.0, "meter": 1e3, "micron": 1e-3}
_NIFTI_1, _NIFTI_2 = 348, 540  # bytes of a header, as it begins with


def read_nifti(path: Path) -> Recording:
    """A NIfTI file as a volume in canonical orientation, scaled as its header says; a fourth axis becomes channels.

    Raises:
        DataError: broken, cut off, too large when unpacked, of other axes, or of values that are no numbers.
        MissingExtraError: nibabel is not installed.
    """
    nibabel = _package()
    check_file(path)
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as f:
            data, kind = _read_bounded(f, path, nibabel)
    except (OSError, EOFError, zlib.error) as e:
        raise DataError(f"{path}: can't be read: {e}") from e
    with foreign_errors(path, "NIfTI"):
        image = kind.from_bytes(data)
        values = image.get_fdata(dtype=np.float32, caching="unchanged")
        affine, unit = np.asarray(image.affine, np.float64), image.header.get_xyzt_units()[0]
    return _volume(path, values, affine, MILLIMETRES.get(unit, 1.0))


def _package() -> Any:
    try:
        import nibabel
    except ImportError as e:
        raise MissingExtraError("NIfTI volumes", "volumes") from e
    return nibabel


def _read_bounded(f: IO[bytes] | gzip.GzipFile, path: Path, nibabel: Any) -> tuple[bytes, Any]:
    """The bytes that the header asks for, unpacked, if they are few enough; and nibabel's class for them."""
    head = f.read(_NIFTI_1)
    kind = nibabel.Nifti2Image if _size_of_header(head) == _NIFTI_2 else nibabel.Nifti1Image
    if kind is nibabel.Nifti2Image:
        head += f.read(_NIFTI_2 - _NIFTI_1)
    with foreign_errors(path, "NIfTI"):
        header = kind.header_class(head)
        shape, offset, dtype = header.get_data_shape(), int(header.get_data_offset()), header.get_data_dtype()
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise DataError(f"{path}: values of type {str(dtype)[:60]}; integers or floats are expected")
    if len(shape) not in (3, 4):
        raise DataError(f"{path}: {len(shape)} axes; a volume has three, or four with its channels")
    check_values(path, shape)
    size = prod(shape) * dtype.itemsize
    if size > MAX_BYTES or not len(head) <= offset <= MAX_OFFSET:
        raise DataError(f"{path}: says it holds {size:,} bytes from byte {offset:,} on; {MAX_BYTES:,} are allowed")
    data = head + f.read(offset + size - len(head))
    if len(data) < offset + size:
        raise DataError(f"{path}: cut off: {len(data):,} of {offset + size:,} bytes")
    return data, kind


def _size_of_header(head: bytes) -> int:
    """As the first four bytes say it, in either order."""
    sizes = (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"))
    return _NIFTI_2 if _NIFTI_2 in sizes else _NIFTI_1


def _volume(path: Path, values: Any, affine: Any, unit: float) -> Recording:
    """(i, j, k[, C]) values with the matrix from indices to (right, front, head)."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (steps > 0).all():
        raise DataError(f"{path}: its matrix from voxels to millimetres is degenerate: {affine[:3].tolist()}")
    channels = np.moveaxis(values, 3, 0) if values.ndim == 4 else values[None]  # (C, i, j, k)
    if len(channels) > MAX_CHANNELS:
        raise DataError(f"{path}: {len(channels):,} channels; up to {MAX_CHANNELS:,} are allowed")
    directions = (LEFT_BACK_HEAD @ affine[:3, :3] / steps).T
    turned, spacing = to_canonical(channels, directions, tuple((steps * unit).tolist()))
    return Recording("volume", finite(path, turned), spacing)
