from pathlib import Path

import pytest

from striate.errors import DataError
from striate.tasks.images import find_images


@pytest.fixture(autouse=True)
def files():
    for name in (
        "a/1.jpg",
        "a/2.PNG",
        "a/b/3.webp",
        "a/notes.txt",
        "a/[odd]/4.jpg",
        "a/.hidden.jpg",
        "c/none.txt",
        "x.dat",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"")


# What is typed, and what is found.
FOUND = [
    (["a"], ["a/1.jpg", "a/2.PNG", "a/[odd]/4.jpg", "a/b/3.webp"]),
    (["a/1.jpg"], ["a/1.jpg"]),
    (["x.dat"], ["x.dat"]),  # a file that is named is taken at its word
    (["a/2.PNG", "a", "a/2.PNG"], ["a/2.PNG", "a/1.jpg", "a/[odd]/4.jpg", "a/b/3.webp"]),  # each once, in order
    (["a/*.jpg"], ["a/1.jpg"]),
    (["a/*"], ["a/1.jpg", "a/2.PNG"]),  # a pattern finds images alone
    (["a/**/*.webp"], ["a/b/3.webp"]),
    (["a/**"], ["a/1.jpg", "a/2.PNG", "a/[odd]/4.jpg", "a/b/3.webp"]),
    (["a/[12].*"], ["a/1.jpg", "a/2.PNG"]),
    (["a/[odd]"], ["a/[odd]/4.jpg"]),  # what is there is no pattern
    (["a/[odd]/4.jpg"], ["a/[odd]/4.jpg"]),
]


@pytest.mark.parametrize(("typed", "found"), FOUND, ids=str)
def test_found(typed, found):
    assert [path.as_posix() for path in find_images(typed)] == found
    assert [path.as_posix() for path in find_images(map(Path, typed))] == found


def test_absolute_patterns():
    assert [path.name for path in find_images([f"{Path.cwd()}/a/*.jpg"])] == ["1.jpg"]


def test_all_that_is_not_found_is_told():
    with pytest.raises(DataError) as caught:
        find_images(["a", "c", "no.jpg", "c/*.jpg"])
    assert [(p.path, p.message) for p in caught.value.problems] == [
        ("c", "a folder without images"),
        ("no.jpg", "no such file, folder or pattern"),
        ("c/*.jpg", "no image matches"),
    ]


def test_nothing():
    with pytest.raises(DataError, match="no images to look at"):
        find_images([])
