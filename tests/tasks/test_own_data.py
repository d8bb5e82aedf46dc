"""Which part a model is measured on, and what is said if it knows the images. Whole data sets: `test_evaluation.py`."""

import pytest

from striate.data import Item, Part
from striate.errors import ArgumentError
from striate.tasks.own_data import choose_part, remarks_on_own


def parts_of(*names):
    """Of one image each, called as its part."""
    return {name: Part((Item(name, (0,)),), None) for name in names}


CHOICES = [
    (("train",), None, "all", ["train"]),
    (("train", "val"), None, "val", ["val"]),
    (("train", "val", "test"), None, "test", ["test"]),
    (("train", "test"), None, "test", ["test"]),
    (("train",), "train", "train", ["train"]),
    (("train", "val", "test"), "val", "val", ["val"]),
    (("train", "val", "test"), "all", "all", ["train", "val", "test"]),
    (("test",), "all", "all", ["test"]),
]


@pytest.mark.parametrize(("names", "wished", "name", "images"), CHOICES)
def test_choose_part(names, wished, name, images):
    chosen, part = choose_part(parts_of(*names), wished)
    assert (chosen, [item.path for item in part.items]) == (name, images)


def test_no_such_part():
    with pytest.raises(ArgumentError, match="part must be one of the data's, train, val, or all, got 'test'"):
        choose_part(parts_of("train", "val"), "test")


OWN = {"fingerprint": "own", "cut_seed": 1, "val_share": 0.2}
REMARKS = [
    ([{}], "train", []),  # published weights have no record
    ([{"fingerprint": "other"}], "train", []),
    ([OWN], "test", []),
    ([OWN], "val", ["the model was trained on this data; its best epoch was chosen on these images"]),
    (
        [OWN | {"plan": {"regression": True}}],
        "val",
        ["the model was trained on this data; after choosing by these images it learned from them, too"],
    ),
    ([OWN, {}], "all", ["1 of 2 members were trained on this data; they learned from many of these images"]),
    ([OWN, OWN], "val", ["2 of 2 members were trained on this data; their best epochs were chosen on these images"]),
    (
        [OWN, OWN | {"cut_seed": 2}],
        "val",
        ["members held different images of this data back; what is val to one of them, another learned from"],
    ),
]


@pytest.mark.parametrize(("records", "part", "remarks"), REMARKS)
def test_remarks(records, part, remarks):
    assert remarks_on_own(records, "own", part) == remarks


def test_remarks_on_recordings():
    again = OWN | {"plan": {"again": True}}
    assert remarks_on_own([again], "own", "val", "signals") == [
        "the model was trained on this data; after choosing by these signals it learned from them, too"
    ]
