"""DICOM series that pydicom writes; and slices that are missing, strange, or no slices."""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from striate.errors import DataError, MissingExtraError
from striate.recordings import read_recording
from striate.recordings.dicom import read_dicom
from tests.recordings.dicom_files import made, save


def slices(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1000, (count, 3, 4)).astype(np.int16)


def test_a_series_is_sorted_by_where_its_slices_lie():
    values = slices()
    for name, i in (("b", 0), ("c.dcm", 1), ("a", 2)):  # the mark counts, not the suffix
        save(f"s/{name}", made(2.5 * i - 10, values[i], RescaleSlope=2, RescaleIntercept=-1024))
    Path("s/README.txt").write_text("a phantom")
    recording = read_recording("s")
    assert (recording.kind, recording.spacing) == ("volume", (2.5, 0.5, 0.25))
    np.testing.assert_array_equal(recording.values[0], values * 2.0 - 1024)
    assert recording.values.flags.writeable


def test_sagittal_slices_become_canonical():
    """Rows run to the back, columns down to the feet, slices from right to left: as MRI of knees and spines."""
    values = slices()
    for i in range(3):
        fields = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "ImagePositionPatient": [4.0 * i, 0, 0]}
        save(f"s/{i}.dcm", made(values=values[i], **fields))
    recording = read_recording("s")
    assert recording.spacing == (0.5, 0.25, 4.0)
    # (left, feet, back) -> (head, back, left)
    np.testing.assert_array_equal(recording.values[0], values.transpose(1, 2, 0)[::-1])


def test_the_same_volume_whichever_way_it_was_sliced():
    """A patient with one bright voxel, sliced along each axis: the voxel is at the same place."""
    patient = np.zeros((3, 4, 5), np.int16)  # to the head, the back, the left
    patient[2, 1, 3] = 1
    axial = [(patient[z], [0, 0, z], [1, 0, 0, 0, 1, 0]) for z in range(3)]
    coronal = [(patient[::-1, y], [0, y, 2], [1, 0, 0, 0, 0, -1]) for y in range(4)]
    sagittal = [(patient[::-1, :, x], [x, 0, 2], [0, 1, 0, 0, 0, -1]) for x in range(5)]
    for name, plane in (("axial", axial), ("coronal", coronal), ("sagittal", sagittal)):
        for i, (values, place, turned) in enumerate(plane):
            fields = {"ImageOrientationPatient": turned, "ImagePositionPatient": place, "PixelSpacing": [1, 1]}
            save(f"{name}/{i}.dcm", made(values=values, **fields))
        np.testing.assert_array_equal(read_recording(name).values[0], patient, err_msg=name)


def test_one_slice():
    save("a.dcm", made())
    recording = read_recording("a.dcm")
    assert (recording.size, recording.spacing) == ((1, 3, 4), (9, 0.5, 0.25))
    bare = {"SliceThickness": None, "PixelSpacing": None, "ImagePositionPatient": None, "ImageOrientationPatient": None}
    save("b.dcm", made(**bare))
    assert read_recording("b.dcm").spacing == (0, 0, 0)


def test_run_lengths_are_decoded():
    data = made()
    data.compress(RLELossless, encoding_plugin="pydicom")
    save("a.dcm", data)
    assert read_recording("a.dcm").values[0, 0].tolist() == np.arange(12).reshape(3, 4).tolist()


def frames(values: np.ndarray | None = None, **fields: object) -> Dataset:
    """Several slices in one file, stacked from the first one's place on."""
    values = slices() if values is None else values
    data = made(-10.0, values[0], PixelData=values.astype("<i2").tobytes(), NumberOfFrames=len(values))
    for name, value in fields.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    return data


@pytest.mark.parametrize("step", [4, -4])
def test_frames_of_one_file_are_slices_that_are_stacked(step):
    values = slices()
    save("a.dcm", frames(values, SpacingBetweenSlices=step, RescaleSlope=2, RescaleIntercept=-1024))
    for recording in (read_recording("a.dcm"), read_recording(".")):
        assert (recording.kind, recording.spacing) == ("volume", (4, 0.5, 0.25))
        np.testing.assert_array_equal(recording.values[0], values[:: 1 if step > 0 else -1] * 2.0 - 1024)
    save("a.dcm", frames(values))
    assert read_recording("a.dcm").spacing == (9, 0.5, 0.25), "as thick as they are apart"


def test_compressed_frames():
    values, data = slices(), frames()
    data.compress(RLELossless, encoding_plugin="pydicom")
    save("a.dcm", data)
    np.testing.assert_array_equal(read_recording("a.dcm").values[0], values)


def group(**macros: dict[str, object]) -> Dataset:
    """Functional groups: a sequence of one item each."""
    outer = Dataset()
    for name, fields in macros.items():
        inner = Dataset()
        for field, value in fields.items():
            setattr(inner, field, value)
        setattr(outer, f"{name}Sequence", [inner])
    return outer


def enhanced(values: np.ndarray, order: Sequence[int]) -> Dataset:
    """As enhanced CT and MR say it: what all frames share, and where each of them is, in any order."""
    nowhere = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "PixelSpacing": None}
    data = frames(values[list(order)], **nowhere, SliceThickness=None)
    sagittal = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    measures = {"PixelSpacing": [0.5, 0.25], "SliceThickness": 9, "SpacingBetweenSlices": 4}
    data.SharedFunctionalGroupsSequence = [group(PlaneOrientation=sagittal, PixelMeasures=measures)]
    data.PerFrameFunctionalGroupsSequence = [
        group(
            PlanePosition={"ImagePositionPatient": [4.0 * i, 0, 0]},
            PixelValueTransformation={"RescaleSlope": i + 1, "RescaleIntercept": -i},
        )
        for i in order
    ]
    return data


def test_frames_with_places_of_their_own():
    values = slices()
    save("a.dcm", enhanced(values, (2, 0, 1)))
    recording = read_recording("a.dcm")
    assert recording.spacing == (0.5, 0.25, 4.0)
    scaled = values * np.array([1, 2, 3])[:, None, None] - np.array([0, 1, 2])[:, None, None]
    np.testing.assert_array_equal(recording.values[0], scaled.transpose(1, 2, 0)[::-1])
    save("b.dcm", enhanced(slices(4), (3, 0, 1)))
    with pytest.raises(DataError, match=r"b\.dcm, frame 1 and b\.dcm, frame 3 are 8 mm apart, where 6 mm is usual"):
        read_recording("b.dcm")


def test_frames_with_the_place_of_a_detector():
    """As nuclear medicine says it: sagittal frames from right to left, 4 mm apart."""
    place = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "ImagePositionPatient": [0, 0, 0]}
    nowhere = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
    detector = group(DetectorInformation=place).DetectorInformationSequence
    save("a.dcm", frames(**nowhere, SpacingBetweenSlices=-4, DetectorInformationSequence=detector))
    recording = read_recording("a.dcm")
    assert recording.spacing == (0.5, 0.25, 4.0)
    np.testing.assert_array_equal(recording.values[0], slices().transpose(1, 2, 0)[::-1])


def jpeg() -> Dataset:
    data = made()
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51not really"])
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return data


def deflated() -> Dataset:
    data = made()
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return data


def colours() -> Dataset:
    return made(SamplesPerPixel=3, PlanarConfiguration=0, PixelData=bytes(72), PhotometricInterpretation="RGB")


BAD = {
    "compressed": ([jpeg()], "JPEG 2000 Image Compression (Lossless Only), for which there is no decoder here"),
    "deflated": ([deflated()], "transfer syntax Deflated Explicit VR Little Endian is not read"),
    "a slice missing": ([made(z) for z in (0, 1, 3, 4, 5)], "2 mm apart, where 1 mm is usual: is a slice missing?"),
    "a slice twice": ([made(z) for z in (0, 1, 1, 2)], "are at the same place"),
    "no places": ([made(ImagePositionPatient=None) for _ in range(2)], "are at the same place"),
    "two series": ([made(0), made(1, SeriesInstanceUID="1.2.3")], "several series: 1 slices of"),
    "two sizes": ([made(0), made(1, np.zeros((3, 5), np.int16))], "has (3, 5) pixels"),
    "two spacings": ([made(0), made(1, PixelSpacing=[0.5, 0.3])], "pixels (0.5, 0.3) mm apart"),
    "not parallel": ([made(0), made(1, ImageOrientationPatient=[0, 1, 0, 1, 0, 0])], "is not parallel to"),
    "colours": ([colours()], "3 colours; grey slices are read"),
    "frames in time": ([frames(FrameIncrementPointer=0x00181063, FrameTime=40)], "3 frames that follow each other in"),
    "frames of a vector of times": ([frames(FrameIncrementPointer=[0x00181065])], "3 frames that follow each other in"),
    "frames at no places": ([frames(SliceThickness=None)], "0.dcm, frame 1 and 0.dcm, frame 2 are at the same place"),
    "frames that are missing": ([frames(NumberOfFrames=4)], "can't be read as DICOM"),
    "too many frames": ([frames(NumberOfFrames=5000)], "5,000 frames; up to 4,096 are allowed"),
    "too many values": ([frames(NumberOfFrames=2**31 - 1)], "2147483647x3x4 values; 1 to 134,217,728"),
    "no values": ([made(PixelData=None)], "can't be read as DICOM"),
    "too few values": ([made(PixelData=bytes(10))], "can't be read as DICOM"),
    "no size": ([made(Rows=None)], "can't be read as DICOM"),
    "of no rows": ([made(Rows=0)], "0x4 values"),
    "skewed": ([made(ImageOrientationPatient=[1, 0, 0, 1, 0, 0])], "rows [1. 0. 0.] and columns [1. 0. 0.]"),
    "half a direction": ([made(ImageOrientationPatient=[1, 0, 0])], "can't be read as DICOM"),
    "scaled beyond floats": ([made(RescaleSlope="1e300", RescaleIntercept=0)], "12 of the values are such"),
}


@pytest.mark.filterwarnings("ignore")  # pydicom warns of what it then refuses
@pytest.mark.parametrize("case", BAD)
def test_bad_series(case):
    files, message = BAD[case]
    for i, data in enumerate(files):
        save(f"s/{i}.dcm", data)
    with pytest.raises(DataError, match="s.*" + re.escape(message)):
        read_recording("s")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", [b"", b"no DICOM at all", bytes(128) + b"DICM", bytes(128) + b"DICM" + b"\xff" * 50])
def test_no_dicom(data):
    Path("a.dcm").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.dcm"):
        read_recording("a.dcm")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", [made(), enhanced(slices(2), (1, 0))], ids=["a slice", "frames"])
def test_any_byte_may_be_broken(data):
    save("a.dcm", data)
    whole = Path("a.dcm").read_bytes()
    rng = np.random.default_rng(0)
    for at in range(128, len(whole), 3):
        data = bytearray(whole)
        data[at] ^= int(rng.integers(1, 256))
        Path("b.dcm").write_bytes(data)
        with contextlib.suppress(DataError):
            read_recording("b.dcm")


def test_without_pydicom(monkeypatch):
    save("a.dcm", made())
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"striate\[volumes\]"):
        read_dicom(Path("a.dcm"))
