"""Data sets in memory, for what looks at pictures without a disk."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from striate.data import Checked, Dataset, Item, Part, Sizes


class Pictures:
    """A store of pictures by name."""

    def __init__(self, pictures: dict[str, np.ndarray]):
        self.pictures = pictures

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> np.ndarray:
        picture = self.pictures[path]
        return picture if picture.shape[2] == channels else picture[..., :1].repeat(channels, axis=2)

    def check(self, path: str) -> Checked:
        return Checked(self.digest(path), self.pictures[path].shape[:2], "colour")

    def digest(self, path: str) -> str:
        return path


def make_dataset(
    counts: Sequence[int], hw: tuple[int, int] = (28, 28), *, coloured: bool = False, multilabel: bool = False
) -> Dataset:
    """A train part with so many pictures of each class, and a val part with one of each."""
    rng = np.random.default_rng(0)
    pictures, items = {}, {"train": [], "val": []}
    for label, count in enumerate(counts):
        for i in range(count + 1):
            name = f"{label}/{i}"
            picture = rng.integers(0, 256, (*hw, 3 if coloured else 1), dtype=np.uint8)
            pictures[name] = picture if coloured else picture.repeat(3, axis=2)
            items["val" if i == count else "train"].append(Item(name, (label,)))
    store = Pictures(pictures)
    parts = {name: Part(tuple(some), store) for name, some in items.items()}
    classes = tuple(f"class {label}" for label in range(len(counts)))
    return Dataset("pictures", "class folders", classes, parts, multilabel=multilabel, sizes=Sizes(hw, hw, hw))


@pytest.fixture(name="make_dataset")
def make_dataset_fixture() -> Callable[..., Dataset]:
    return make_dataset
