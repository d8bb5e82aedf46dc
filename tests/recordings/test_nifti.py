"""NIfTI files that nibabel writes, in all orientations; and files that are broken or unpack to too much."""

import contextlib
import gzip
import itertools
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import DataError, MissingExtraError
from striate.recordings import nifti, read_recording
from striate.recordings.orientation import to_canonical

AFFINE = np.diag([1.0, 2.0, 3.0, 1.0])


def write(name: str, values: np.ndarray, affine: np.ndarray = AFFINE, kind=nibabel.Nifti1Image) -> bytes:
    nibabel.save(kind(values, affine), name)
    return Path(name).read_bytes()


def volume(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape or (2, 3, 4)).astype(np.float32)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "B.NII.GZ"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_axes_are_towards_the_head_the_back_and_the_left(name, kind):
    values = volume()  # to the right, the front, the head
    write(name, values, kind=kind)
    recording = read_recording(name)
    assert (recording.kind, recording.spacing) == ("volume", (3.0, 2.0, 1.0))
    np.testing.assert_array_equal(recording.values[0], values.transpose(2, 1, 0)[:, ::-1, ::-1])
    assert recording.values.flags.c_contiguous
    assert recording.values.flags.writeable


def test_a_fourth_axis_is_channels():
    values = volume(2, 3, 4, 5)
    write("a.nii", values)
    recording = read_recording("a.nii")
    assert recording.values.shape == (5, 4, 3, 2)
    np.testing.assert_array_equal(recording.values[4], values[..., 4].transpose(2, 1, 0)[:, ::-1, ::-1])


def test_scaled_integers():
    image = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), AFFINE)
    image.header.set_slope_inter(0.5, -10)
    nibabel.save(image, "a.nii")
    written = nibabel.load("a.nii").get_fdata()
    np.testing.assert_allclose(read_recording("a.nii").values[0], written.transpose(2, 1, 0)[:, ::-1, ::-1])


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1), ("meter", 1000), ("micron", 1e-3), ("unknown", 1)])
def test_units(unit, factor):
    image = nibabel.Nifti1Image(volume(), AFFINE)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, "a.nii")
    assert read_recording("a.nii").spacing == pytest.approx((3 * factor, 2 * factor, factor))


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(range(3)),
    st.tuples(*[st.sampled_from([1.0, -1.0])] * 3),
    st.tuples(*[st.floats(-0.3, 0.3)] * 3),
)
def test_orientation_as_nibabel_finds_it(order, signs, tilt):
    """Any order, any mirrored axes, tilted by up to thirty degrees in all."""
    a, b, c = tilt
    turn = np.array([[1, -a, b], [a, 1, -c], [-b, c, 1]])
    turn /= np.linalg.norm(turn, axis=0)
    affine = np.eye(4)
    affine[:3, :3] = turn @ (np.eye(3)[:, list(order)] * signs) * (1, 2, 3)
    values = volume()
    write("a.nii", values, affine)
    to_lps = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(affine), nibabel.orientations.axcodes2ornt(("L", "P", "S"))
    )
    image = nibabel.load("a.nii").as_reoriented(to_lps)
    recording = read_recording("a.nii")
    np.testing.assert_array_equal(recording.values[0], image.get_fdata().transpose(2, 1, 0))
    expected = nibabel.affines.voxel_sizes(image.affine)[::-1]
    np.testing.assert_allclose(recording.spacing, expected, rtol=1e-5)


def test_canonical_volumes_stay_as_they_are():
    values = volume()
    turned, spacing = to_canonical(values, np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], float), (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(turned, values)
    assert spacing == (1, 2, 3)


def test_turned_twice_is_turned_once():
    canonical = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], float)
    for order, signs in itertools.product(itertools.permutations(range(3)), itertools.product([1, -1], repeat=3)):
        turned, _ = to_canonical(volume(), np.eye(3)[list(order)] * np.array(signs)[:, None], (1.0, 1.0, 1.0))
        np.testing.assert_array_equal(to_canonical(turned, canonical, (1.0, 1.0, 1.0))[0], turned)


def header(**fields: object) -> bytes:
    """A header without values behind it."""
    made = nibabel.Nifti1Header()
    made.set_data_shape((2, 3, 4))
    made["vox_offset"] = 352
    for name, value in fields.items():
        made[name] = value
    return made.binaryblock + bytes(4)


def of_shape(*shape: int) -> np.ndarray:
    return np.array([len(shape), *shape, *[1] * (7 - len(shape))], np.int16)


def degenerate() -> bytes:
    fields = {"sform_code": 1, "srow_x": [0, 0, 0, 0], "srow_y": [0, 1, 0, 0], "srow_z": [0, 0, 1, 0]}
    return header(datatype=16, bitpix=32, **fields) + bytes(96)


BAD = {
    "empty": (b"", "can't be read as NIfTI"),
    "another file": (b"RIFF" * 200, "can't be read as NIfTI"),
    "only a header": (header(datatype=16, bitpix=32), "cut off: 352 of 448 bytes"),
    "cut off": (header(datatype=16, bitpix=32) + bytes(95), "cut off: 447 of 448 bytes"),
    "two axes": (header(dim=of_shape(2, 3)) + bytes(96), "2 axes; a volume has three"),
    "five axes": (header(dim=of_shape(2, 3, 1, 1, 2)) + bytes(96), "5 axes; a volume has three"),
    "no voxels": (header(dim=of_shape(2, 0, 4)), "2x0x4 values"),
    "negative": (header(dim=of_shape(2, -3, -4)), "2x-3x-4 values"),
    "too large": (header(dim=of_shape(32767, 32767, 32767)), "32767x32767x32767 values; 1 to 134,217,728"),
    "complex": (header(datatype=32, bitpix=64) + bytes(192), "values of type complex64"),
    "colours": (header(datatype=128, bitpix=24) + bytes(72), "integers or floats are expected"),
    "quadruple": (header(datatype=1536, bitpix=128) + bytes(384), ""),
    "no such type": (header(datatype=7), "can't be read as NIfTI"),
    "far away": (header(vox_offset=1e9), "from byte 1,000,000,000 on"),
    "in the header": (header(vox_offset=16), ""),
    "nowhere": (header(vox_offset=np.nan), "can't be read as NIfTI"),
    "flat": (degenerate(), "degenerate"),
    "not numbers": (header(datatype=16, bitpix=32) + np.full(24, np.nan, "f").tobytes(), "24 of the values are such"),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", BAD)
def test_bad_files(case, packed):
    data, message = BAD[case]
    name = "a.nii.gz" if packed else "a.nii"
    Path(name).write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(DataError, match=re.escape(name) + ": .*" + re.escape(message)):
        read_recording(name)


def test_no_more_is_unpacked_than_the_header_says(monkeypatch):
    """A bomb: a volume of 96 bytes, and a gigabyte of zeros after it that nobody asks for."""
    data = write("a.nii", volume())
    Path("a.nii.gz").write_bytes(gzip.compress(data + bytes(2**26), 1))
    asked = []
    read = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda f, size=-1: asked.append(size) or read(f, size))
    assert read_recording("a.nii.gz").size == (4, 3, 2)
    assert sum(asked) == len(data)
    assert min(asked) > 0


@pytest.mark.parametrize(
    "data",
    [b"", b"\x1f\x8b", b"no gzip at all", gzip.compress(header(), mtime=0)[:100]],
    ids=["empty", "mark", "text", "cut"],
)
def test_broken_gzip(data):
    Path("a.nii.gz").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.nii\.gz"):
        read_recording("a.nii.gz")


@pytest.mark.filterwarnings("ignore")
def test_any_byte_of_the_header_may_be_broken():
    whole = write("a.nii", volume())
    rng = np.random.default_rng(0)
    for at in range(352):
        data = bytearray(whole)
        data[at] ^= int(rng.integers(1, 256))
        Path("a.nii").write_bytes(data)
        with contextlib.suppress(DataError):
            read_recording("a.nii")


def test_without_nibabel(monkeypatch):
    write("a.nii", volume())
    monkeypatch.setitem(__import__("sys").modules, "nibabel", None)
    with pytest.raises(MissingExtraError, match=r"striate\[volumes\]"):
        nifti.read_nifti(Path("a.nii"))


def test_real_volumes(real_data):
    """A volume of the hippocampus set and its labels lie on each other."""
    import zipfile

    with zipfile.ZipFile(real_data / "hippocampus.zip") as archive:
        for kind in ("images", "labels"):
            Path(f"{kind}.nii.gz").write_bytes(archive.read(f"hippocampus/{kind}/hippocampus_204.nii.gz"))
    image, labels = read_recording("images.nii.gz"), read_recording("labels.nii.gz")
    assert image.size == labels.size
    assert image.spacing == labels.spacing == (1.0, 1.0, 1.0)
    assert np.unique(labels.values).tolist() == [0, 1, 2]
    height = [np.argwhere(labels.values[0] == part)[:, 1].mean() for part in (1, 2)]
    assert height[0] < height[1]  # the head of the hippocampus lies before its body and tail
