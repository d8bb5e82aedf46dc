"""Shards of others and of ours: what is read, what is refused, and every image exactly once in an epoch."""

import io
import json
import pickle
import re
import tarfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from striate.data import Loader, open_data, read_image, write_shards
from striate.data.shards import ShardStore
from striate.errors import DataError, ImageError
from striate.preset import Preset

SMALL = Preset((12, 16))


@pytest.fixture
def jpeg(picture):
    return lambda seed: cv2.imencode(".jpg", picture(seed))[1].tobytes()


def write_tar(path, files):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            data = data.encode() if isinstance(data, str) else data
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def foreign(jpeg):
    """Two shards as others make them, of ten images and seven, in two classes."""

    def write(folder="d", label=lambda i: ("cls", str(i % 2)), names=("a-000.tar", "a-001.tar"), suffix="jpg"):
        for shard, (name, count) in enumerate(zip(names, (10, 7), strict=True)):
            files = []
            for i in range(count):
                kind, text = label(i)
                files += [(f"s/{i:04}.{suffix}", jpeg(100 * shard + i)), (f"s/{i:04}.{kind}", text)]
            write_tar(f"{folder}/{name}", files)
        return folder

    return write


LABELS = {
    "cls of numbers": (lambda i: ("cls", f"{i % 2}\n"), ("0", "1")),
    "cls of names": (lambda i: ("cls", ("ant", "bee")[i % 2]), ("ant", "bee")),
    "json of numbers": (lambda i: ("json", json.dumps({"label": 9 + i % 2, "more": [1]})), ("9", "10")),
    "json of names": (lambda i: ("json", json.dumps({"label": ("ant", "bee")[i % 2]})), ("ant", "bee")),
}


@pytest.mark.parametrize(("label", "classes"), LABELS.values(), ids=LABELS)
def test_shards_of_others(foreign, jpeg, label, classes):
    dataset = open_data(foreign(label=label), val_share=0)
    part = dataset.parts["train"]
    assert (dataset.kind, dataset.classes, len(part)) == ("shards", classes, 17)
    assert [item.path for item in part.items][9:11] == ["a-000.tar/s/0009.jpg", "a-001.tar/s/0000.jpg"]
    assert [item.labels[0] for item in part.items] == [i % 2 for i in (*range(10), *range(7))]
    assert np.array_equal(part.load(12), read_image(jpeg(102)))
    assert dataset.parts["train"].store.read("a-001.tar/s/0002.jpg") == jpeg(102)


def test_a_folder_a_tar_and_a_list(foreign):
    foreign("d/x", names=("a.tar", "b.tar"))
    whole = open_data("d", val_share=0)  # a folder around the folder changes nothing but the names
    assert whole.parts["train"].items[0].path == "x/a.tar/s/0000.jpg"
    assert len(open_data("d/x/b.tar", val_share=0).parts["train"]) == 7
    Path("list.txt").write_text("d/x/b.tar\n\nd/x/a.tar\n")
    listed = open_data("list.txt", val_share=0).parts["train"]
    assert [i.path for i in listed.items][6:8] == ["d/x/b.tar/s/0006.jpg", "d/x/a.tar/s/0000.jpg"]
    assert len(open_data("list.txt").parts["val"]) == 4  # a fifth of each class


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (("cifar-train-000.tar", "cifar-valid-000.tar"), {"train": 10, "val": 7}),
        (("train/000.tar", "TEST/000.tar"), {"train": 10, "test": 7}),
        (("trainee_0.tar", "trainee_1.tar"), {"train": 17}),
    ],
)
def test_parts_are_told_by_names(foreign, names, parts):
    dataset = open_data(foreign(names=names), val_share=0)
    assert {name: len(part) for name, part in dataset.parts.items()} == parts


@pytest.mark.parametrize("names", [("train-0.tar", "other.tar"), ("train-0.tar", "train-val.tar")])
def test_parts_that_are_not_clear(foreign, names):
    with pytest.raises(DataError, match=rf"(?s)one of train, val, test each.*{re.escape(names[1])}"):
        open_data(foreign(names=names))


def test_what_is_no_sample_is_left_out(jpeg):
    noise = [("._s.jpg", b"x"), ("__MACOSX/a.jpg", b"x"), ("README", b"hello")]
    more = [
        ("1.jpg", jpeg(1)),
        ("1.cls", "0"),
        ("1.seg.png", b"x"),
        ("1.txt", "a dog"),
        ("2.PNG", jpeg(2)),
        ("2.cls", "1"),
    ]
    write_tar("d.tar", [*noise, *more])
    assert [i.path for i in open_data("d.tar", val_share=0).parts["train"].items] == ["d.tar/1.jpg", "d.tar/2.PNG"]


BAD_SAMPLES = [
    ("no label", [("3.jpg", b"x")], "d.tar/3: no label: expected a .cls"),
    ("no image", [("3.cls", "0")], "d.tar/3: a sample without an image"),
    ("two images", [("3.jpg", b"x"), ("3.png", b"x"), ("3.cls", "0")], "d.tar/3: several images in one sample"),
    ("an empty label", [("3.jpg", b"x"), ("3.cls", " \n")], "d.tar/3: its label must be"),
    ("-1 for none", [("3.jpg", b"x"), ("3.cls", "-1")], "a number of at least 0 or a name, got '-1'"),
    ("a label of another type", [("3.jpg", b"x"), ("3.json", '{"label": [1]}')], "a number or a name, got [1]"),
    ("JSON without a label", [("3.jpg", b"x"), ("3.json", "{}")], "d.tar/3: no label"),
    ("JSON of another type", [("3.jpg", b"x"), ("3.json", "[]")], "its .json holds no object"),
    ("no JSON", [("3.jpg", b"x"), ("3.json", "{")], "d.tar/3: Expecting property name"),
    ("deep JSON", [("3.jpg", b"x"), ("3.json", "[" * 100_000)], "d.tar/3: maximum recursion depth"),
    ("long JSON", [("3.jpg", b"x"), ("3.json", " " * 2**21)], "d.tar/3: its label has 2,097,152 bytes"),
    ("no text", [("3.jpg", b"x"), ("3.cls", b"\xff")], "d.tar/3: 'utf-8' codec can't decode"),
    ("no image by its content", [("3.jpg", b"hello"), ("3.cls", "0")], "d.tar/3.jpg: not a JPEG"),
    ("of the future", [("3.jpg", b"x"), ("3.json", '{"striate": 2}')], "made by another version of striate: 2"),
    ("ours, damaged", [("3.jpg", b"x"), ("3.json", '{"striate": 1, "class": "a"}')], "d.tar/3: its .json is damaged"),
]


@pytest.mark.parametrize(("files", "message"), [row[1:] for row in BAD_SAMPLES], ids=[row[0] for row in BAD_SAMPLES])
def test_bad_samples_are_listed_or_skipped(jpeg, files, message):
    good = [(f"{i}.{kind}", data) for i in range(3) for kind, data in (("jpg", jpeg(i)), ("cls", str(i % 2)))]
    write_tar("d.tar", [(f"g{name}", data) for name, data in good] + files)
    with pytest.raises(DataError, match=re.escape(message)):
        open_data("d.tar", val_share=0)
    dataset = open_data("d.tar", val_share=0, skip_bad=True)
    assert (len(dataset.parts["train"]), len(dataset.skipped)) == (3, 1)


def test_names_that_stand_twice(jpeg):
    first, second = [("1.jpg", jpeg(1)), ("1.cls", "0")], [("2.jpg", jpeg(2)), ("2.cls", "1")]
    for files in ([("1.jpg", jpeg(3)), *first], [*first, *second, ("1.jpg", jpeg(3))]):
        write_tar("d.tar", files)
        with pytest.raises(DataError, match=r"(?s)d\.tar is refused.*1.*have? this name"):
            open_data("d.tar", skip_bad=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("no.tar\nd/a-000.tar\nhttp://x/y.tar", r"(?s)2 of the shards.*line 1: no\.tar: no such file.*line 3: http"),
        ("d/a-000.tar\nd/a-000.tar", "stands in d/a-000.tar as well"),
        (b"\xff\xfe", "can't be read as a list of shards"),
    ],
)
def test_lists_that_are_refused(foreign, text, message):
    foreign()
    Path("list.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message):
        open_data("list.txt")


def test_a_truncated_shard_is_named(foreign):
    foreign()
    path = Path("d/a-001.tar")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"(?s)a-001\.tar is refused.*s/0\d+\.(jpg|cls): truncated"):
        open_data("d", skip_bad=True)


def test_no_samples():
    write_tar("d.tar", [("README", "hello")])
    with pytest.raises(DataError, match="no samples in the shards"):
        open_data("d.tar")


def test_tars_beside_images_are_no_shards(foreign, insects):
    foreign(str(insects))
    assert open_data(insects).kind == "class folders"


def test_opening_ours_reads_no_image(insects, monkeypatch):
    write_shards(insects, "s")
    monkeypatch.setattr(ShardStore, "read", lambda store, path: pytest.fail(f"{path} was read"))
    assert len(open_data("s").parts["train"]) == 8


def test_a_shard_that_changes_is_told(insects):
    """Ours by the sums that are written down, and at once when it is shorter."""
    write_shards(insects, "s")
    part = open_data("s").parts["train"]
    item = part.items[3]
    place = part.store.places[part.store.rows[item.path]]
    data = bytearray(Path("s/data-000000.tar").read_bytes())
    data[int(place["offset"]) + 300] ^= 1
    Path("s/data-000000.tar").write_bytes(data)
    assert open_data("s").fingerprint == open_data(insects).fingerprint  # no image is read for that
    with pytest.raises(ImageError, match=rf"{item.path}: s/data-000000\.tar was damaged or changed at byte"):
        part.load(3)
    Path("s/data-000000.tar").write_bytes(data[:1000])
    with pytest.raises(ImageError, match="was damaged or changed"):
        part.load(4)
    with pytest.raises(ImageError, match="no such image in the shards"):
        part.store.load("ants/no.jpg")


def test_a_shard_that_vanishes(foreign):
    part = open_data(foreign(), val_share=0).parts["train"]
    copy = pickle.loads(pickle.dumps(part))
    Path("d/a-000.tar").unlink()
    part.load(0)  # it is open still
    with pytest.raises(ImageError, match=r"a-000\.tar can't be read: No such file"):
        copy.load(0)


def test_threads_and_few_open_shards(foreign, monkeypatch):
    monkeypatch.setattr("striate.data.shards.MOST_OPEN", 1)
    part = open_data(foreign(), val_share=0).parts["train"]
    sums = [int(part.load(i).sum()) for i in range(17)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda i: int(part.load(i % 17).sum()), range(170))) == sums * 10
    assert len(part.store._opened) == 1


@pytest.fixture
def shards(insects, write_pictures):
    """23 images in shards of five."""
    write_pictures(insects, [f"wasps/{i}.png" for i in range(13)])
    write_shards(insects, "s", images=5)
    return Path("s")


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_each_image_exactly_once_in_an_epoch(shards, workers, world_size):
    part = open_data(shards, val_share=0).parts["train"]
    orders = []
    for epoch in range(2):
        seen = []
        for rank in range(world_size):
            loader = Loader(
                part, SMALL, batch_size=4, seed=3, shuffle=True, workers=workers, rank=rank, world_size=world_size
            )
            batches = list(loader.epoch(epoch))
            loader.close()
            assert len(batches) == len(loader)
            seen += [i for batch in batches for i in batch.indices.tolist()]
        assert Counter(seen) == Counter(range(23))
        orders.append(seen)
    assert orders[0] != orders[1]


def test_one_pair_of_workers_for_two_epochs(shards):
    part = open_data(shards, val_share=0).parts["train"]
    alone = Loader(part, SMALL, batch_size=4, seed=3, shuffle=True)
    loader = Loader(part, SMALL, batch_size=4, seed=3, shuffle=True, workers=2)
    try:
        for epoch in range(2):
            for ours, theirs in zip(loader.epoch(epoch), alone.epoch(epoch), strict=True):
                assert ours.indices.tolist() == theirs.indices.tolist()
                assert np.array_equal(ours.images, theirs.images)
    finally:
        loader.close()


def test_only_own_state_travels(shards):
    store = open_data(shards).parts["train"].store
    store.read("ants/0.jpg")
    copy = pickle.loads(pickle.dumps(store))
    assert isinstance(copy, ShardStore)
    assert not copy._opened
    assert copy.read("ants/0.jpg") == store.read("ants/0.jpg")
