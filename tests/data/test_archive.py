"""Zips are read in place and refused where they are hostile."""

import multiprocessing
import pickle
import stat
import struct
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from striate.data import open_data
from striate.data.archive import ZipStore
from striate.errors import DataError, ImageError


@pytest.mark.parametrize("top", ["", "insects", "train"], ids=["bare", "one top folder", "the top folder is a part"])
def test_a_zip_reads_like_its_folder(insects, zip_folder, top):
    dataset = open_data(zip_folder(insects, "d.zip", top))
    folder = open_data(insects)
    assert dataset.kind == "zip of class folders"
    assert dataset.classes == folder.classes
    for name in ("train", "val"):
        ours, theirs = dataset.parts[name], folder.parts[name]
        assert [i.path.removeprefix("train/") for i in ours.items] == [i.path for i in theirs.items]
        assert all(np.array_equal(ours.load(i), theirs.load(i)) for i in range(len(ours)))
    if top != "train":
        assert dataset.fingerprint == folder.fingerprint


def test_nothing_is_extracted(insects, zip_folder, tmp_path):
    path = zip_folder(insects, "d.zip")
    before = set(tmp_path.rglob("*"))
    open_data(path).parts["train"].load(0)
    assert set(tmp_path.rglob("*")) == before


def test_a_csv_in_a_zip(insects, zip_folder):
    rows = [f"{p.relative_to(insects).as_posix()},{p.parent.name[:-1]}" for p in sorted(insects.rglob("*.jpg"))]
    (insects / "list.csv").write_text("\n".join(["path,label", *rows]))
    dataset = open_data(zip_folder(insects, "d.zip", "top"))
    assert (dataset.kind, dataset.classes) == ("zip of CSV table", ("ant", "bee"))
    assert dataset.fingerprint == open_data(insects).fingerprint == open_data(insects / "list.csv").fingerprint


def hostile(name: str, data: bytes = b"x", **attributes: object) -> Path:
    with zipfile.ZipFile("h.zip", "w") as archive:
        info = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.writestr(info, data)
        archive.writestr("ants/1.jpg", b"x")
    return Path("h.zip")


HOSTILE = [
    ("../evil.jpg", {}, "../evil.jpg: goes up with '..'"),
    ("ants/../../evil.jpg", {}, "goes up with '..'"),
    ("..\\evil.jpg", {}, "goes up with '..'"),
    ("/etc/evil.jpg", {}, "/etc/evil.jpg: an absolute path"),
    ("C:/evil.jpg", {}, "C:/evil.jpg: an absolute path"),
    ("C:\\evil.jpg", {}, "C:/evil.jpg: an absolute path"),
    ("ants/link.jpg", {"external_attr": (stat.S_IFLNK | 0o777) << 16}, "ants/link.jpg: a symbolic link"),
    ("ants/b.jpg", {"compress_type": zipfile.ZIP_BZIP2}, "ants/b.jpg: neither stored nor deflated"),
]


@pytest.mark.parametrize(("name", "attributes", "message"), HOSTILE)
def test_hostile_members_are_refused(name, attributes, message):
    with pytest.raises(DataError, match=r"h\.zip is refused") as caught:
        open_data(hostile(name, **attributes), skip_bad=True)  # hostility isn't skipped
    assert message in str(caught.value)


def patch_directory(path: Path, offset: int, form: str, value: int) -> None:
    """Write into the first entry of the zip's central directory."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.index(b"PK\x01\x02") + offset, value)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (24, "<I", 2**30, "unpacks to 1,073,741,824 bytes; 536,870,912 are allowed"),
        (20, "<I", 10**6, "its members overlap, as in a zip bomb"),
        (8, "<H", 1, "encrypted"),
    ],
)
def test_hostile_directories_are_refused(offset, form, value, message):
    path = hostile("ants/2.jpg")
    patch_directory(path, offset, form, value)
    with pytest.raises(DataError, match=message):
        open_data(path)


def test_a_member_that_unpacks_to_more_than_it_declares(insects, zip_folder):
    """What is read is bounded by what is declared, and a wrong sum is an error of that file."""
    (insects / "ants" / "0.jpg").write_bytes(bytes(10**6))
    path = zip_folder(insects, "d.zip")
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 10)
    while b"ants/0.jpg" not in data[at : at + 60]:
        at = data.index(b"PK\x01\x02", at + 10)
    patched = bytearray(data)
    struct.pack_into("<I", patched, at + 24, 100)
    path.write_bytes(patched)
    store = ZipStore.open(path)
    with pytest.raises(ImageError, match="broken in the zip"):
        store.read("ants/0.jpg")


def test_two_members_of_one_name():
    with zipfile.ZipFile("d.zip", "w") as archive:
        archive.writestr("ants/1.jpg", b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ants/1.jpg", b"y")
    with pytest.raises(DataError, match="several members of one name"):
        open_data("d.zip")


@pytest.mark.parametrize("keep", [0, 10, 0.5, -5])
def test_a_truncated_zip(insects, zip_folder, keep):
    data = zip_folder(insects, "d.zip").read_bytes()
    Path("d.zip").write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(DataError, match="can't be read as a zip"):
        open_data("d.zip")


def test_an_empty_zip():
    zipfile.ZipFile("d.zip", "w").close()
    with pytest.raises(DataError, match="the data is empty"):
        open_data("d.zip")


def test_an_empty_class_folder_in_a_zip(insects, zip_folder):
    (insects / "wasps").mkdir()
    with pytest.raises(DataError, match="wasps: no images in this class folder"):
        open_data(zip_folder(insects, "d.zip"))


def test_a_damaged_member_is_a_bad_file(insects, zip_folder):
    path = zip_folder(insects, "d.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"ants/2.jpg") + 60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"ants/2\.jpg: broken in the zip"):
        open_data(path)
    assert len(open_data(path, skip_bad=True).skipped) == 1


def test_what_macs_leave_is_left_out(insects, zip_folder):
    for name in ("__MACOSX/ants/._0.jpg", "ants/._0.jpg", ".DS_Store"):
        (insects / name).parent.mkdir(parents=True, exist_ok=True)
        (insects / name).write_bytes(b"x")
    assert open_data(zip_folder(insects, "d.zip")).classes == ("ants", "bees")


def test_names_in_utf8_without_the_flag_and_with_backslashes(insects, zip_folder):
    (insects / "ants").rename(insects / "n__ndu")
    path = zip_folder(insects, "d.zip", "top")
    path.write_bytes(path.read_bytes().replace(b"top/n__ndu/", "top\\nändu\\".encode()))
    assert open_data(path).classes == ("bees", "nändu")


def test_a_store_travels_to_another_process_and_to_threads(insects, zip_folder):
    part = open_data(zip_folder(insects, "d.zip")).parts["train"]
    sums = [int(part.load(i).sum()) for i in range(len(part))]
    copy = pickle.loads(pickle.dumps(part))  # its zip was open; the copy opens its own
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda i: int(copy.load(i % len(part)).sum()), range(64)))
    assert loaded == [sums[i % len(part)] for i in range(64)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert processes.submit(part.load, 1).result(timeout=60).sum() == sums[1]


def test_a_forked_process_opens_its_own_handle(insects, zip_folder, monkeypatch):
    store = ZipStore.open(zip_folder(insects, "d.zip"))
    store.read("ants/0.jpg")
    mine = store._archive()
    assert store._archive() is mine
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert store._archive() is not mine
