"""Slices of DICOM series, as pydicom writes them."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SERIES = generate_uid(entropy_srcs=["series"])


def made(z: float = 0.0, values: np.ndarray | None = None, **fields: object) -> Dataset:
    """A slice of 3 rows and 4 columns; what is None is left out."""
    values = np.arange(12, dtype=np.int16).reshape(3, 4) if values is None else values
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.SeriesInstanceUID = SERIES
    data.Rows, data.Columns = values.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, z]
    data.PixelSpacing, data.SliceThickness = [0.5, 0.25], 9
    data.PixelData = values.astype("<i2").tobytes()
    for name, value in fields.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    return data


def save(name: str, data: Dataset) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(name, data, enforce_file_format=True)
