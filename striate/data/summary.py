"""What there is to know of a data set before training on it."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.duplicates import evenly, find_near, thumbnail
from striate.data.records import Dataset, Item, Part, Place, Sizes, Twins
from striate.data.threads import in_threads
from striate.errors import DataError, ImageError, Problem

MOST_COMPARED = 50_000  # each with each: ten seconds on two cores


class Near(NamedTuple):
    """Two images that look the same, and the correlation of their thumbnails."""

    first: Place
    second: Place
    correlation: float

    @property
    def leak(self) -> bool:
        """Whether they stand in different parts."""
        return self.first.part != self.second.part


@dataclass(frozen=True)
class Summary:
    """What there is to know of a data set before training on it.

    Attributes:
        root, kind, classes, multilabel, cut_seed, sizes, modes, fingerprint: as in `Dataset`.
        images: how many images each part has.
        counts: by part, how many images show each class.
        bad: files that can't be used.
        twins: groups of the same image; a leak if in several parts, a conflict if of several labels.
        near: pairs that look the same, leaks first, at most 100 of the `near_count` that there are.
        compared: how many images were compared for `near`.
    """

    root: str
    kind: str
    classes: tuple[str, ...]
    multilabel: bool
    cut_seed: int | None
    images: dict[str, int]
    counts: dict[str, dict[str, int]]
    sizes: Sizes | None
    modes: dict[str, int]
    bad: tuple[Problem, ...]
    twins: tuple[Twins, ...]
    near: tuple[Near, ...]
    near_count: int
    compared: int
    fingerprint: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **asdict(self),
            "bad": [p._asdict() for p in self.bad],
            "twins": [
                {"places": [p._asdict() for p in t.places], "leak": t.leak, "conflict": t.conflict} for t in self.twins
            ],
            "near": [
                {"places": [n.first._asdict(), n.second._asdict()], "correlation": n.correlation, "leak": n.leak}
                for n in self.near
            ],
        }


def summarize(dataset: Dataset) -> Summary:
    """Decode every image, which finds what its header doesn't tell, and compare them.

    Args:
        dataset: best opened with `skip_bad`, so that bad files are listed instead of raised.
    """
    places = [Place(name, *item) for name, part in dataset.parts.items() for item in part.items]
    stores = {name: part.store for name, part in dataset.parts.items()}

    def look(place: Place) -> NDArray[np.float32] | Problem:
        try:
            return thumbnail(stores[place.part].load(place.path, 1, (64, 64)))  # type: ignore[index]
        except ImageError as e:
            return Problem.of(place.path, e)

    seen = in_threads(look, places)
    whole = [(p, s) for p, s in zip(places, seen, strict=True) if not isinstance(s, Problem)]
    compared = [whole[i] for i in evenly(len(whole), MOST_COMPARED)]
    near_count, near = _near(dataset, compared)
    return Summary(
        root=dataset.root,
        kind=dataset.kind,
        classes=dataset.classes,
        multilabel=dataset.multilabel,
        cut_seed=dataset.cut_seed,
        images={name: len(part) for name, part in dataset.parts.items()},
        counts={name: _counts(part, dataset.classes) for name, part in dataset.parts.items()},
        sizes=dataset.sizes,
        modes=dataset.modes,
        bad=(*dataset.skipped, *(s for s in seen if isinstance(s, Problem))),
        twins=dataset.twins,
        near=near,
        near_count=near_count,
        compared=len(compared),
        fingerprint=dataset.fingerprint,
    )


def channel_statistics(
    part: Part, channels: int = 3, *, sample: int = 2000
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, each image counting alike whatever its size.

    Args:
        part: the training images; a preset must not know the others.
        channels: 1, 3 or 4.
        sample: how many images to look at, spread evenly.

    Returns:
        mean and std, each of `channels` numbers in input units (0–255); a std is at least 1.

    Raises:
        DataError: the part is empty.
        ImageError: an image can't be decoded.
    """
    if not len(part):
        raise DataError("no images to take channel statistics from")

    def moments(item: Item) -> NDArray[np.float64]:
        pixels = part.store.load(item.path, channels, (256, 256)).reshape(-1, channels)
        return np.stack([pixels.mean(axis=0), np.square(pixels, dtype=np.float32).mean(axis=0, dtype=np.float64)])

    mean, square = np.mean(in_threads(moments, [part.items[i] for i in evenly(len(part), sample)]), axis=0)
    std = np.sqrt(np.maximum(square - mean**2, 1.0))
    return tuple(mean.tolist()), tuple(std.tolist())


def colour_components(part: Part, *, sample: int = 2000) -> tuple[tuple[float, ...], ...]:
    """How the colours of all pixels vary around their mean: the principal components of their RGB covariance.

    Args:
        part: the training images; a preset must not know the others. Each counts alike whatever its size.
        sample: how many images to look at, spread evenly.

    Returns:
        Three rows (R, G, B) in input units (0–255), the widest first: a direction of length 1 times the standard
        deviation along it. So the squared length of a row is an eigenvalue of the covariance.

    Raises:
        DataError: the part is empty.
        ImageError: an image can't be decoded.
    """
    if not len(part):
        raise DataError("no images to take colours from")

    def moments(item: Item) -> NDArray[np.float64]:
        pixels = part.store.load(item.path, 3, (256, 256)).reshape(-1, 3)
        sums = np.zeros((4, 4))
        for start in range(0, len(pixels), 2**16):  # as floats, a large image would fill the memory
            some = np.pad(pixels[start : start + 2**16].astype(np.float64), ((0, 0), (0, 1)), constant_values=1)
            sums += some.T @ some
        return sums / len(pixels)

    mean = np.mean(in_threads(moments, [part.items[i] for i in evenly(len(part), sample)]), axis=0)  # of (R, G, B, 1)²
    variances, directions = np.linalg.eigh(mean[:3, :3] - np.outer(mean[:3, 3], mean[:3, 3]))
    rows = (directions * np.sqrt(np.maximum(variances, 0))).T[::-1]
    lighter = np.where(rows.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)  # eigenvectors have no sign of their own
    return tuple(tuple(row) for row in (lighter * rows).tolist())


def _near(dataset: Dataset, seen: list[tuple[Place, NDArray[np.float32]]]) -> tuple[int, tuple[Near, ...]]:
    """Pairs that look the same and aren't twins; of each group of twins the first is compared."""
    copies = {place.path for t in dataset.twins for place in t.places[1:]}
    places = [place for place, _ in seen if place.path not in copies]
    thumbnails = [thumb for place, thumb in seen if place.path not in copies]
    count, pairs = find_near(np.array(thumbnails, np.float32).reshape(len(thumbnails), -1))
    near = [Near(places[i], places[j], r) for i, j, r in pairs]
    return count, tuple(sorted(near, key=lambda n: not n.leak))


def _counts(part: Part, classes: tuple[str, ...]) -> dict[str, int]:
    return dict(zip(classes, part.counts(len(classes)).tolist(), strict=True))
