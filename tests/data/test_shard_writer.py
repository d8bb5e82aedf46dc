"""What is written as shards is read back as the same data set, by us and as plain tars; nothing half is left behind."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data import Loader, open_data, write_shards
from striate.data.pipeline import COLOUR_PHOTOS
from striate.errors import ArgumentError, DataError, OutputError
from striate.preset import Preset


def labels_csv(insects):
    names = sorted(p.relative_to(insects).as_posix() for p in insects.rglob("*.jpg"))
    rows = [
        f"{name},{name[:3]}{';winged' if i % 2 else ''},{('train', 'test')[i % 3 == 0]}" for i, name in enumerate(names)
    ]
    (insects / "list.csv").write_text("\n".join(["path,label,part", *reversed(rows)]))
    return insects / "list.csv"


def with_parts(insects, write_pictures):
    return write_pictures("p", [f"{p}/{c}/{i}.b.{s}" for p in ("train", "val", "test") for c in "ab" for i in range(3)
                                for s in ("jpg", "png", "webp")])  # fmt: skip


SETS = {
    "class folders": lambda insects, write_pictures, zip_folder: insects,
    "a zip": lambda insects, write_pictures, zip_folder: zip_folder(insects, "d.zip", "top"),
    "three parts, several formats, dots in names": lambda insects, write_pictures, zip_folder: with_parts(
        insects, write_pictures
    ),
    "a CSV of several classes": lambda insects, write_pictures, zip_folder: labels_csv(insects),
}


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_read_back_as_the_same(make, insects, write_pictures, zip_folder):
    data = make(insects, write_pictures, zip_folder)
    written = write_shards(data, "s", images=4)
    ours, theirs = open_data("s", seed=3), open_data(data, seed=3)
    assert (ours.fingerprint, ours.classes, ours.multilabel) == (theirs.fingerprint, theirs.classes, theirs.multilabel)
    assert written.fingerprint == ours.fingerprint
    assert (ours.sizes, ours.modes, ours.cut_seed, ours.twins) == (
        theirs.sizes, theirs.modes, theirs.cut_seed, theirs.twins)  # fmt: skip
    for name, part in theirs.parts.items():
        assert ours.parts[name].items == part.items
        assert all(np.array_equal(ours.parts[name].load(i), part.load(i)) for i in range(len(part)))
    write_shards("s", "again", images=4)
    for path in Path("s").iterdir():  # shards of shards are the same shards
        assert (Path("again") / path.name).read_bytes() == path.read_bytes()


def test_batches_are_those_of_the_folder(insects):
    """To the bit: so a training on shards gives the same weights."""
    write_shards(insects, "s", images=3)
    settings = {"pipeline": COLOUR_PHOTOS, "batch_size": 3, "shuffle": True}
    loaders = [Loader(open_data(path).parts["train"], Preset((20, 20)), **settings) for path in (insects, "s")]
    for folder, shards in zip(loaders[0].epoch(1), loaders[1].epoch(1), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(folder, shards, strict=True))


def test_what_is_written(insects):
    written = write_shards(insects, "s", images=4)
    assert written.images == {"data-000000.tar": 4, "data-000001.tar": 4, "data-000002.tar": 2}
    assert Path("s/shards.txt").read_text() == "data-000000.tar\ndata-000001.tar\ndata-000002.tar\n"
    assert sorted(p.name for p in Path("s").iterdir()) == [*sorted(written.images), "shards.txt"]
    shown = []
    for name in written.images:
        with tarfile.open(f"s/{name}") as tar:
            members = tar.getmembers()
            for text, image in zip(members[::2], members[1::2], strict=True):
                assert text.name.removesuffix(".json") == image.name.removesuffix(".jpg")
                document = json.load(tar.extractfile(text))
                assert tar.extractfile(image).read() == (insects / document["path"]).read_bytes()
                assert document["class"] == ("ants", "bees")[document["label"]] == document["path"][:4]
                shown.append(document["path"])
    assert len(set(shown)) == 10
    assert len({path[:4] for path in shown[:4]}) == 2  # mixed


def test_sizes_bound_shards(insects):
    largest = max(p.stat().st_size for p in insects.rglob("*.jpg"))
    for limit in (20_000, 30_000):
        written = write_shards(insects, f"s{limit}", shard_bytes=limit)
        sizes = [Path(f"s{limit}", name).stat().st_size for name in written.images]
        assert max(sizes) <= limit
        assert len(sizes) > 1
    assert list(write_shards(insects, "one each", shard_bytes=largest).images.values()) == [1] * 10
    assert list(write_shards(insects, "all").images.values()) == [10]


def test_bad_files(insects):
    (insects / "ants/1.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"ants/1\.jpg: empty file"):
        write_shards(insects, "s")
    assert not Path("s").exists()
    written = write_shards(insects, "s", skip_bad=True)
    assert [p.path for p in written.skipped] == ["ants/1.jpg"]
    assert open_data("s").fingerprint == written.fingerprint == open_data(insects, skip_bad=True).fingerprint


def test_progress(insects):
    seen = []
    write_shards(insects, "s", images=4, on_images=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 10), (8, 10), (10, 10)]


@pytest.mark.parametrize("wrong", [{"images": 0}, {"shard_bytes": 0}])
def test_out_of_range(insects, wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} must be at least 1"):
        write_shards(insects, "s", **wrong)


def test_places_that_are_refused(insects):
    with pytest.raises(ArgumentError, match="out must be a folder outside of the data"):
        write_shards(insects, insects / "shards")
    Path("old").mkdir()
    write_shards(insects, "old")  # empty
    for place in ("old", insects / "ants/0.jpg"):
        with pytest.raises((OutputError, ArgumentError), match=r"is there already|outside of the data"):
            write_shards(insects, place)
    with pytest.raises(OutputError, match="can't write no/s: No such file"):
        write_shards(insects, "no/s")


def test_idx_files_are_no_image_files(tmp_path):
    import gzip

    for name, head, body in (("images-idx3", [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2], bytes(range(16))),
                             ("labels-idx1", [0, 0, 8, 1, 0, 0, 0, 4], bytes([0, 1, 0, 1]))):  # fmt: skip
        Path("m").mkdir(exist_ok=True)
        with gzip.open(f"m/train-{name}-ubyte.gz", "wb") as f:
            f.write(bytes(head) + body)
    with pytest.raises(DataError, match="idx files hold no image files"):
        write_shards("m", "s")
    assert sorted(p.name for p in Path().iterdir()) == ["m"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
def test_nothing_is_left_of_a_failure(insects, monkeypatch, error):
    def fail(done, total):
        if done > 4:
            raise error

    with pytest.raises(OutputError if isinstance(error, OSError) else KeyboardInterrupt):
        write_shards(insects, "s", images=4, on_images=fail)
    assert sorted(p.name for p in Path().iterdir()) == ["insects"]


def test_an_image_that_changes_meanwhile(insects, monkeypatch):
    def change(done, total):
        for path in insects.rglob("*.jpg"):
            path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(DataError, match="was changed while it was read"):
        write_shards(insects, "s", images=4, on_images=change)
    assert not Path("s").exists()


def test_hymenoptera(real_data):
    written = write_shards(real_data / "hymenoptera-train.zip", "s", shard_bytes=10_000_000)
    ours, theirs = open_data("s"), open_data(real_data / "hymenoptera-train.zip")
    assert (len(written.images), ours.fingerprint) == (3, theirs.fingerprint)
    for name, part in theirs.parts.items():
        assert ours.parts[name].items == part.items
        assert np.array_equal(ours.parts[name].load(0), part.load(0))
