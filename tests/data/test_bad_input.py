"""The table of bad data: what is wrong, and what the user is told. One function makes each case in an empty folder."""

import io
import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data import open_data, read_image
from striate.errors import DataError


def small(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A whole PNG by its structure, whose header promises more pixels than it has."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    )


def write(name: str, data: bytes | str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())


def two_classes(bad: bytes | None = None, name: str = "d/ants/bad.jpg") -> str:
    for i in range(6):
        write(f"d/{'ants' if i < 3 else 'bees'}/{i}.jpg", small(i))
    if bad is not None:
        write(name, bad)
    return "d"


def table(text: str | bytes) -> str:
    two_classes()
    write("d/list.csv", text)
    return "d/list.csv"


GOOD = "path,label\nants/0.jpg,ant\nants/1.jpg,ant\nbees/3.jpg,bee\nbees/4.jpg,bee\n"


def empty_class() -> str:
    Path(two_classes(), "wasps").mkdir()
    return "d"


def empty_class_in_val() -> str:
    for part in ("train", "val"):
        for i, c in enumerate(("ants", "bees")):
            write(f"d/{part}/{c}/1.jpg", small(i))
    Path("d/val/bees/1.jpg").unlink()
    return "d"


def one_class() -> str:
    write("d/ants/1.jpg", small(1))
    write("d/ants/2.jpg", small(2))
    return "d"


def one_image_in_a_class() -> str:
    write("d/wasps/1.jpg", small(9))
    return two_classes()


def copies_in_a_class() -> str:
    write("d/wasps/1.jpg", small(9))
    write("d/wasps/2.jpg", small(9))
    return two_classes()


def flat() -> str:
    write("d/1.jpg", small(1))
    return "d"


def link_loop() -> str:
    two_classes()
    Path("d/ants/again").symlink_to("..")
    Path("d/bees/again").symlink_to("../ants")
    return "d"


def dead_link() -> str:
    two_classes()
    Path("d/ants/dead.jpg").symlink_to("nowhere.jpg")
    return "d"


def link_out() -> str:
    write("secret.jpg", small())
    path = table(GOOD + "ants/link.jpg,ant\n")
    Path("d/ants/link.jpg").symlink_to("../../secret.jpg")
    return path


def val_only_class() -> str:
    for name in ("train/ants/1", "train/bees/1", "val/ants/1", "val/wasps/1"):
        write(f"d/{name}.jpg", small(len(name)))
    return "d"


def two_val_folders() -> str:
    for name in ("train/ants/1", "val/ants/1", "valid/ants/1"):
        write(f"d/{name}.jpg", small(len(name)))
    return "d"


def text_file() -> str:
    write("d.doc", "hello")
    return "d.doc"


def empty_folder() -> str:
    Path("d").mkdir()
    return "d"


def no_images() -> str:
    write("d/ants/README.txt", "none")
    return "d"


BAD = [
    # the whole
    ("no such path", lambda: "nowhere", "no such file or folder: nowhere"),
    ("a file of another kind", text_file, "d.doc is neither a folder, nor a .zip, a .csv, a .tar"),
    ("an empty folder", empty_folder, "the data is empty: no files in it"),
    ("no images", no_images, "no images here: expected folders named for their classes"),
    ("images but no class folders", flat, "the images lie in no class folders"),
    ("a class without images", empty_class, "a class needs images\n  wasps: no images in this class folder"),
    ("a class without images in val", empty_class_in_val, "val/bees: no images in this class folder"),
    ("one class only", one_class, "only one class in d: 'ants'; a classifier needs at least two"),
    ("one image in a class", one_image_in_a_class, "wasps: one image; one to train on and one to hold back"),
    ("one image twice in a class", copies_in_a_class, "wasps: one image; one to train on and one to hold back"),
    ("a class of val that train lacks", val_only_class, "wasps: no good image to train on"),
    ("two folders for val", two_val_folders, "two folders for the part val: val, valid"),
    # single files
    ("a text file named .jpg", lambda: two_classes(b"hello world"), "ants/bad.jpg: not a JPEG, PNG, WebP, BMP, TIFF"),
    ("zero bytes", lambda: two_classes(b""), "ants/bad.jpg: empty file (0 bytes)"),
    ("a truncated JPEG", lambda: two_classes(small()[:-20]), "ants/bad.jpg: truncated JPEG: no end marker"),
    ("a JPEG of its header", lambda: two_classes(small()[:50]), "ants/bad.jpg: truncated JPEG: it ends inside"),
    (
        "30,000 x 30,000 pixels",
        lambda: two_classes(png_header(30000, 30000)),
        "ants/bad.jpg: 30000x30000 is more than the 178,956,970 pixels that are allowed",
    ),
    ("a dead link", dead_link, "ants/dead.jpg: no such file"),
    ("links in a loop", link_loop, "ants/again: a link to a folder that is read already"),
    ("an image beside the classes", lambda: two_classes(small(), "d/x.jpg"), "x.jpg: lies in no class folder"),
    # CSV
    ("a missing file", lambda: table(GOOD + "gone.jpg,ant\n"), "list.csv, line 6: 'gone.jpg': no such file"),
    ("a missing column", lambda: table("path,class\na,b\n"), "no column label; its columns are path, class"),
    ("semicolons for commas", lambda: table("path;label\na;b\n"), "no column path and no column label"),
    ("a stray quote", lambda: table(GOOD + 'ants/2.jpg,"ant\n'), "list.csv, line 6: a stray quote"),
    ("a quote closed later", lambda: table(GOOD + '"ants/2.jpg,ant\na,b",c\n'), "list.csv, line 6: a stray quote"),
    ("text after a quote", lambda: table(GOOD + '"ants/2.jpg"x,ant\n'), "list.csv, line 6: a stray quote"),
    ("`..`", lambda: table(GOOD + "../d/ants/2.jpg,ant\n"), "line 6: '../d/ants/2.jpg': goes up with '..'"),
    ("`..` of Windows", lambda: table(GOOD + "ants\\..\\2.jpg,ant\n"), "line 6: 'ants/../2.jpg': goes up with '..'"),
    ("an absolute path", lambda: table(GOOD + "/etc/passwd,ant\n"), "line 6: '/etc/passwd': an absolute path"),
    ("a drive letter", lambda: table(GOOD + "C:/x.jpg,ant\n"), "line 6: 'C:/x.jpg': an absolute path"),
    ("a link that leads out", link_out, "line 6: 'ants/link.jpg': a link that leads out of the data's folder"),
    ("an empty label", lambda: table(GOOD + "ants/2.jpg,\n"), "line 6: 'ants/2.jpg': the label is empty"),
    ("an empty path", lambda: table(GOOD + ",ant\n"), "line 6: '': the path is empty"),
    ("too few columns", lambda: table(GOOD + "ants/2.jpg\n"), "line 6: 'ants/2.jpg': 1 columns where the first"),
    ("too many columns", lambda: table(GOOD + "ants/2,.jpg,ant\n"), "3 columns where the first line has 2"),
    ("a path twice", lambda: table(GOOD + "ants/0.jpg,bee\n"), "line 6: 'ants/0.jpg': stands on line 2 already"),
    ("another part", lambda: table("path,label,part\nants/0.jpg,ant,dev\n"), "the part is none of train, val, test"),
    ("a header alone", lambda: table("path,label\n"), "list.csv has no rows"),
    ("nothing", lambda: table(""), "list.csv has no rows"),
    ("UTF-16", lambda: table(GOOD.encode("utf-16")), "list.csv must be UTF-8 text; byte 0 isn't"),
]


@pytest.mark.parametrize(("make", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_data_is_told(make, message):
    with pytest.raises(DataError, match=re.escape(message)):
        open_data(make())


def test_bad_files_among_good_ones_are_all_listed():
    two_classes(b"", "d/ants/a.jpg")
    write("d/bees/b.jpg", "text")
    Path("d/bees/c.jpg").write_bytes(small()[:-9])
    with pytest.raises(DataError, match="3 of the images in d can't be used") as caught:
        open_data("d")
    assert [p.path for p in caught.value.problems] == ["ants/a.jpg", "bees/b.jpg", "bees/c.jpg"]


def test_skip_bad_goes_on_and_records_them():
    two_classes(b"", "d/ants/a.jpg")
    dataset = open_data("d", skip_bad=True)
    assert sum(map(len, dataset.parts.values())) == 6
    assert [str(p) for p in dataset.skipped] == ["ants/a.jpg: empty file (0 bytes)"]
    clean = Path("d/ants/a.jpg")
    clean.unlink()
    assert open_data("d").fingerprint == dataset.fingerprint


def test_skip_bad_rows_of_a_csv():
    dataset = open_data(table(GOOD + "gone.jpg,ant\n../x.jpg,bee\n"), skip_bad=True)
    assert [p.line for p in dataset.skipped] == [6, 7]


def test_skip_bad_does_not_empty_a_class():
    two_classes()
    write("d/wasps/1.jpg", b"")
    with pytest.raises(DataError, match="wasps: no good image to train on"):
        open_data("d", skip_bad=True)


def test_a_huge_header_is_refused_before_allocation():
    with pytest.raises(DataError, match="30000x30000"):
        read_image(png_header(30000, 30000))
    jpeg = bytearray(small())
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 30000, 30000)
    with pytest.raises(DataError, match="30000x30000"):
        read_image(bytes(jpeg))
    for form in ("BMP", "TIFF", "GIF", "WEBP"):
        buffer = io.BytesIO()
        Image.new("RGB", (60, 50)).save(buffer, form)
        with pytest.raises(DataError, match="60x50 is more than"):
            read_image(buffer.getvalue(), max_pixels=2999)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read():
    two_classes()
    Path("d/ants").chmod(0)
    try:
        with pytest.raises(DataError, match="ants: Permission denied"):
            open_data("d")
    finally:
        Path("d/ants").chmod(0o700)


# Not bad at all, though it looks so.
FINE = {
    "Windows line ends": lambda: table(GOOD.replace("\n", "\r\n")),
    "a byte order mark": lambda: table("\ufeff" + GOOD),
    "quotes that close": lambda: table(
        '"path","label"\n' + GOOD.partition("\n")[2].replace("ants/0.jpg", '"ants/0.jpg"')
    ),
    "blank lines": lambda: table(GOOD.replace("\n", "\n\n")),
    "no line end at the end": lambda: table(GOOD.rstrip()),
    "capitals and spaces in the header": lambda: table(GOOD.replace("path,label", " Path , LABEL ")),
    "backslashes": lambda: table(GOOD.replace("/", "\\")),
    "other files": lambda: two_classes(b"x", "d/ants/Thumbs.db") and two_classes(b"x", "d/README.txt"),
    "hidden files": lambda: two_classes(b"x", "d/ants/._0.jpg") and two_classes(b"x", "d/.DS_Store"),
    "folders inside classes": lambda: two_classes(small(9), "d/ants/spring/1.jpg"),
}


@pytest.mark.parametrize("make", FINE.values(), ids=FINE.keys())
def test_fine_data_is_read(make):
    dataset = open_data(make())
    assert dataset.classes in (("ants", "bees"), ("ant", "bee"))
    assert dataset.parts["train"].load(0).shape == (8, 8, 3)


@pytest.mark.parametrize("name", ["with space", "quote's", 'double"quote', "名前", "ñandú", "a;b", "100%", "émile"])
def test_names_of_all_kinds(name):
    two_classes(small(7), f"d/{name}/{name}.jpg")
    write(f"d/{name}/2 {name}.JPG", small(8))
    dataset = open_data("d")
    assert name in dataset.classes
    assert all(part.load(i).size for part in dataset.parts.values() for i in range(len(part)))


def test_one_pixel_images():
    for name in ("a/1", "a/2", "b/1", "b/2"):
        buffer = io.BytesIO()
        Image.new("RGB", (1, 1), f"#{ord(name[0]):02x}00{name[2]}0").save(buffer, "PNG")
        write(f"d/{name}.png", buffer.getvalue())
    assert open_data("d").sizes.max_hw == (1, 1)
