"""One data set opened in several ways."""

import pickle
import shutil

import pytest

from striate.data import Dataset, open_data
from striate.errors import ArgumentError, DataError


def test_what_is_told(insects):
    dataset = open_data(insects, seed=5)
    assert dataset.kind == "class folders"
    assert dataset.classes == ("ants", "bees")
    assert {n: p.counts(2).tolist() for n, p in dataset.parts.items()} == {"train": [4, 4], "val": [1, 1]}
    assert (dataset.cut_seed, dataset.skipped, dataset.twins) == (5, (), ())
    assert dataset.sizes.median_hw == (24, 32)
    assert dataset.modes == {"colour": 10}
    assert pickle.loads(pickle.dumps(dataset)).parts["train"].items == dataset.parts["train"].items


def test_the_same_again_and_another_cut_by_another_seed(insects):
    cuts = [open_data(insects, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert cuts[0].parts["val"].items == cuts[1].parts["val"].items
    assert len({cut.parts["val"].items for cut in cuts}) > 1
    assert len({cut.fingerprint for cut in cuts}) == 1


def test_the_fingerprint_sees_names_labels_and_bytes(insects, tmp_path):
    prints = [open_data(insects).fingerprint]
    (insects / "ants/0.jpg").rename(insects / "ants/x.jpg")
    prints.append(open_data(insects).fingerprint)
    (insects / "ants").rename(insects / "wasps")
    prints.append(open_data(insects).fingerprint)
    with (insects / "bees/0.jpg").open("ab") as f:
        f.write(b"\0")
    prints.append(open_data(insects).fingerprint)
    assert len(set(prints)) == 4
    shutil.copytree(insects, tmp_path / "copy")
    assert open_data(tmp_path / "copy").fingerprint == prints[-1]


def test_the_same_image_in_two_parts_is_a_leak(write_pictures):
    root = write_pictures("d", [f"{p}/{c}/{i}.png" for p in ("train", "test") for c in "ab" for i in range(3)])
    shutil.copy(root / "train/a/0.png", root / "test/a/9.png")
    shutil.copy(root / "train/a/1.png", root / "train/b/9.png")
    shutil.copy(root / "test/b/0.png", root / "test/b/9.png")
    dataset = open_data(root, val_share=0)
    assert len(dataset.twins) == 3
    (leak,), (conflict,) = dataset.leaks, dataset.conflicts
    assert [(p.part, p.path) for p in leak.places] == [("train", "train/a/0.png"), ("test", "test/a/9.png")]
    assert [p.labels for p in conflict.places] == [(0,), (1,)]


def test_a_cut_makes_no_leak_of_copies(insects):
    for i in range(5):
        shutil.copy(insects / f"ants/{i}.jpg", insects / f"ants/copy{i}.jpg")
    for seed in range(5):
        dataset = open_data(insects, seed=seed)
        assert len(dataset.twins) == 5
        assert not dataset.leaks


def test_classes_of_a_model(insects):
    dataset = open_data(insects, classes=["wasps", "bees", "ants"], val_share=0)
    assert dataset.classes == ("wasps", "bees", "ants")
    assert [i.labels for i in dataset.parts["train"].items] == [(2,)] * 5 + [(1,)] * 5
    shutil.rmtree(insects / "ants")  # one class is enough to measure a model on
    assert len(open_data(insects, classes=["bees", "ants"], val_share=0).parts["train"]) == 5


def test_a_class_the_model_does_not_know(insects):
    with pytest.raises(DataError, match=r"(?s)the model doesn't know.*bees: no class named 'bees'; did you mean 'bee'"):
        open_data(insects, classes=["ants", "bee"])


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_val_share_out_of_range(insects, share):
    with pytest.raises(ArgumentError, match=r"val_share must be in \[0, 1\)"):
        open_data(insects, val_share=share)


def test_parts_have_three_names():
    with pytest.raises(ArgumentError, match="parts must be some of train, val, test"):
        Dataset("d", "class folders", ("a", "b"), {})


def test_hymenoptera(real_data):
    dataset = open_data(real_data / "hymenoptera-train.zip")
    assert dataset.classes == ("ants", "bees")
    assert sum(p.counts(2) for p in dataset.parts.values()).tolist() == [123, 121]
    assert {n: len(p) for n, p in dataset.parts.items()} == {"train": 195, "val": 49}
    assert not dataset.twins
