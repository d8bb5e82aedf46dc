"""Zips of recordings read like their folders, leave nothing behind, and are refused where they are hostile."""

import pickle
import tempfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from striate.errors import DataError
from striate.recordings import archive, is_recordings, open_recordings
from tests.recordings.dicom_files import made, save

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def unpacked(tmp_path, monkeypatch):
    """Where recordings are unpacked: empty once they were read."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())


def write_folders(root: str = "d", parts: tuple[str, ...] = ("",)) -> None:
    for part in parts:
        for name in ("sick", "well"):
            Path(root, part, name).mkdir(parents=True)
            for i in range(5):
                np.save(Path(root, part, name, f"{i}.npy"), RNG.normal(size=(2, 30)).astype(np.float32))


def zipped(root: str = "d", top: str = "") -> str:
    with zipfile.ZipFile("d.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(p for p in Path(root).rglob("*") if p.is_file()):
            file.write(path, Path(top) / path.relative_to(root))
    return "d.zip"


def assert_alike(ours, theirs):
    assert (ours.kind, ours.classes) == (f"zip of {theirs.kind}", theirs.classes)
    assert ours.fingerprint == theirs.fingerprint
    assert ours.parts.keys() == theirs.parts.keys()
    for name, part in ours.parts.items():
        again, other = pickle.loads(pickle.dumps(part)), theirs.parts[name]
        assert (again.items, again.groups) == (other.items, other.groups)
        assert all((again.load(i).values == other.load(i).values).all() for i in range(len(part)))


@pytest.mark.parametrize("top", ["", "hearts"])
@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_class_folders(top, parts):
    write_folders(parts=parts)
    assert is_recordings(zipped(top=top))
    assert_alike(open_recordings("d.zip"), open_recordings("d"))


@pytest.mark.parametrize("top", ["", "hearts"])
def test_a_table_of_files_and_folders(top):
    write_folders()
    rows = [f"{kind}/{i}.npy,{kind},person {i}" for i in range(5) for kind in ("sick", "well")]
    Path("d/labels.csv").write_text("\n".join(["path,label,group", *rows]))
    assert is_recordings(zipped(top=top))
    assert_alike(open_recordings("d.zip"), open_recordings("d"))


def test_folders_that_are_one_recording():
    for name in ("sick/ann", "well/bob"):
        for z in range(3):
            save(f"d/{name}/{z}.dcm", made(z, RNG.integers(0, 9, (3, 4)).astype(np.int16)))
    assert_alike(open_recordings(zipped(), val_share=0), open_recordings("d", val_share=0))


def test_records_are_headers_and_signals():
    wfdb = pytest.importorskip("wfdb")
    for name in ("sick/1", "sick/10", "well/1"):
        Path("d", name).parent.mkdir(parents=True, exist_ok=True)
        folder, stem = Path("d", name).parent, Path(name).name
        signal = RNG.normal(size=(50, 1))
        wfdb.wrsamp(stem, fs=100, units=["mV"], sig_name=["II"], p_signal=signal, fmt=["16"], write_dir=str(folder))
    assert_alike(open_recordings(zipped(), val_share=0), open_recordings("d", val_share=0))


def test_images_stay_images():
    write_folders()
    Path("d/sick/0.png").write_bytes(cv2.imencode(".png", np.zeros((2, 2), np.uint8))[1].tobytes())
    assert not is_recordings(zipped())
    Path("e").mkdir()
    Path("e/labels.csv").write_text("path,label\n")
    assert not is_recordings(zipped("e"))


def put(name: str, data: bytes | str = b"?") -> None:
    with zipfile.ZipFile("d.zip", "a") as file:
        file.writestr(name, data)


BAD = {
    "broken": (lambda: put("sick/9.npy"), "\n  sick/9.npy: can't be read as an .npy file"),
    "climbing": (lambda: put("../9.npy"), "../9.npy: goes up with '..'"),
    "a table of what is not there": (
        lambda: put("labels.csv", "path,label\nsick/77.npy,sick\n"),
        "labels.csv, line 2: 'sick/77.npy': no such file or folder in the zip",
    ),
    "a table that climbs": (lambda: put("labels.csv", "path,label\n../0.npy,sick\n"), "'../0.npy': goes up with '..'"),
    "a table without labels": (lambda: put("labels.csv", "path,label,part\nsick,,\n"), "'sick': the label is empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_zips(case):
    spoil, message = BAD[case]
    write_folders()
    zipped()
    spoil()
    with pytest.raises(DataError) as e:
        open_recordings("d.zip")
    assert message in str(e.value)


def test_a_member_that_was_damaged():
    write_folders()
    data = bytearray(Path(zipped()).read_bytes())
    data[60:90] = bytes(30)  # within the first member
    Path("d.zip").write_bytes(data)
    with pytest.raises(DataError, match=r"sick/0\.npy: broken in the zip"):
        open_recordings("d.zip")


def test_what_unpacks_to_too_much(monkeypatch):
    for z in range(3):
        save(f"d/sick/ann/{z}.dcm", made(z))
        save(f"d/well/bob/{z}.dcm", made(z, SliceThickness=8))
    zipped()
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 1000)
    with pytest.raises(DataError, match="sick/ann and 1 more: unpacks to more than the 1,000 bytes that are allowed"):
        open_recordings("d.zip")


def test_no_labels():
    Path("d/x").mkdir(parents=True)
    np.save("d/1.npy", np.ones(3))
    with pytest.raises(DataError, match=r"recordings without labels in d\.zip \(1 \.npy\): expected folders named for"):
        open_recordings(zipped())
