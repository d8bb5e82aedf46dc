"""The index of a tar is what Python's own reader finds; hostile and damaged tars are refused by name."""

import io
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.tar_index import Member, OpenTar, index_tar
from striate.errors import DataError

NAMES = ["a.jpg", "dog/1.cls", "./b.txt", "x" * 90 + "/" + "y" * 80 + ".jpg", "é/ü.png", "deep/" * 60 + "e.txt"]
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "GNU": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def make_tar(files, format=tarfile.PAX_FORMAT, **attributes):
    """A tar of (name, bytes), the last of which has these attributes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if (name, data) == files[-1]:
                for key, value in attributes.items():
                    setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def index(data):
    Path("t.tar").write_bytes(data)
    return list(index_tar(OpenTar(Path("t.tar"))))


def by_tarfile(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [Member(m.name, m.offset_data, m.size) for m in tar if m.isfile()]


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_what_python_finds(format):
    names = NAMES[:-1] if format == tarfile.USTAR_FORMAT else NAMES  # ustar has 255 bytes for a name
    data = make_tar([(name, bytes(100 * i)) for i, name in enumerate(names)], format)
    found = index(data)
    assert found == by_tarfile(data)
    assert len(found) == len(names)


@given(st.lists(st.integers(0, 5000), max_size=20))
def test_any_sizes(sizes):
    data = make_tar([(f"{i}.jpg", bytes([i]) * size) for i, size in enumerate(sizes)])
    found = index(data)
    assert [member.size for member in found] == sizes
    tar = OpenTar(Path("t.tar"))
    assert [tar.read(m.offset, m.size) for m in found] == [bytes([i]) * size for i, size in enumerate(sizes)]


def test_folders_and_what_comes_after_the_end_are_left_out():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folder = tarfile.TarInfo("dog")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        tar.addfile(tarfile.TarInfo("dog/empty.txt"))
    assert [m.name for m in index(buffer.getvalue() + make_tar([("late.jpg", b"x")]))] == ["dog/empty.txt"]


def test_numbers_for_more_than_eight_gigabytes():
    """GNU writes them in binary, pax in a header of its own; the tar here ends before."""
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        info = tarfile.TarInfo("huge.jpg")
        info.size = 9 * 10**9
        with pytest.raises(DataError, match=r"huge\.jpg: truncated: of its 9,000,000,000 bytes \d"):
            index(info.tobuf(format) + bytes(2048))


TWO = [("a.jpg", b"x" * 700), ("b.jpg", b"y" * 700)]
HOSTILE = [
    ("a symbolic link", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0}, "b.jpg: a symbolic link"),
    ("a hard link", {"type": tarfile.LNKTYPE, "linkname": "a.jpg", "size": 0}, "b.jpg: a hard link"),
    ("a device", {"type": tarfile.CHRTYPE, "size": 0}, "b.jpg: a device"),
    ("a disk", {"type": tarfile.BLKTYPE, "size": 0}, "b.jpg: a device"),
    ("a pipe", {"type": tarfile.FIFOTYPE, "size": 0}, "b.jpg: a pipe"),
    ("a sparse file", {"type": tarfile.GNUTYPE_SPARSE}, "b.jpg: a sparse file"),
    ("a sparse file of pax", {"pax_headers": {"GNU.sparse.major": "1"}}, "a.jpg: followed by a sparse file"),
    ("an unknown kind", {"type": b"Z"}, "b.jpg: of an unknown kind b'Z'"),
    ("a way out", {"name": "../b.jpg"}, "../b.jpg: goes up with '..'"),
    ("a way out of pax", {"pax_headers": {"path": "x/../../b.jpg"}}, "x/../../b.jpg: goes up with '..'"),
    ("an absolute path", {"name": "/b.jpg"}, "/b.jpg: an absolute path"),
    ("a drive letter", {"name": "C:\\b.jpg"}, "C:\\b.jpg: an absolute path"),
    ("a long header", {"pax_headers": {"comment": "x" * 70_000}}, "a.jpg: followed by a header of 70,"),
    ("no UTF-8", {"name": "b\udcff.jpg"}, "b\\udcff.jpg: its name is not UTF-8"),
]


@pytest.mark.parametrize(("attributes", "message"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_members_are_refused(attributes, message):
    format = tarfile.PAX_FORMAT if "pax_headers" in attributes else tarfile.GNU_FORMAT
    with pytest.raises(DataError, match=r"t\.tar is refused") as caught:
        index(make_tar(TWO, format, **attributes))
    assert message in str(caught.value)


WHOLE = make_tar(TWO)
DAMAGED = [
    ("nothing", b"", "its beginning: truncated"),
    ("no tar", b"hello" * 200, "its beginning: no tar"),
    ("half a header", WHOLE[:300], "its beginning: truncated"),
    ("a header alone", WHOLE[:512], "a.jpg: truncated: of its 700 bytes 0 are there"),
    ("half a member", WHOLE[:1000], "a.jpg: truncated: of its 700 bytes 488 are there"),
    ("cut between two members", WHOLE[:1536], "a.jpg: truncated: after it not even the mark comes"),
    ("no mark at the end", WHOLE[:3072], "b.jpg: truncated: after it not even the mark comes"),
    ("a bit turned over", WHOLE[:1540] + b"!" + WHOLE[1541:], "a.jpg: damaged: no header comes after it (byte 1,536)"),
    ("gzipped", b"\x1f\x8b" + bytes(600), "no tar; a compressed one must be unpacked"),
]


@pytest.mark.parametrize(("data", "message"), [row[1:] for row in DAMAGED], ids=[row[0] for row in DAMAGED])
def test_damaged_tars_are_refused(data, message):
    with pytest.raises(DataError, match=re.escape(message)):
        index(data)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_any_byte_may_be_wrong(at, value):
    """It is refused, or what is found lies within the file."""
    data = WHOLE[:at] + bytes([value]) + WHOLE[at + 1 :]
    try:
        found = index(data)
    except DataError:
        return
    assert all(0 <= m.offset <= m.offset + m.size <= len(data) for m in found)


def test_no_such_tar():
    with pytest.raises(DataError, match=r"no\.tar can't be read: No such file"):
        OpenTar(Path("no.tar"))
