import numpy as np
import pytest

from striate.tasks.look import look_at


@pytest.mark.parametrize(
    ("hw", "coloured", "grey", "small"),
    [
        ((28, 28), False, True, True),
        ((28, 28), True, False, True),
        ((63, 640), True, False, True),
        ((64, 64), True, False, False),
    ],
)
def test_what_kind_of_pictures(make_dataset, hw, coloured, grey, small):
    look = look_at(make_dataset((3, 3), hw, coloured=coloured))
    assert (look.grey, look.small, look.short_side) == (grey, small, min(hw))


def test_one_coloured_picture_among_grey_ones(make_dataset):
    dataset = make_dataset((3, 3))
    store = dataset.parts["train"].store
    store.pictures["1/1"] = np.full((28, 28, 3), (9, 9, 8), np.uint8)
    assert not look_at(dataset).grey


def test_the_border_is_what_lies_around_most_pictures(make_dataset):
    dataset = make_dataset((3, 3), (9, 9), coloured=True)
    for picture in dataset.parts["train"].store.pictures.values():
        picture[[0, -1]] = (200, 100, 0)
        picture[:, [0, -1]] = (200, 100, 0)
    assert look_at(dataset).border == (200, 100, 0)


def test_few_of_many_are_looked_at(make_dataset):
    dataset = make_dataset((300, 300), (8, 8))
    store, seen = dataset.parts["train"].store, []
    load = store.load
    store.load = lambda path, *options: seen.append(path) or load(path, *options)
    look_at(dataset)
    assert len(seen) <= 64
    assert {path[0] for path in seen} == {"0", "1"}  # of all that is sorted by class
