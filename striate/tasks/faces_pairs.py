"""Pairs of images as an encoder sees them: how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data import Pairs
from striate.errors import DataError, ImageError, Problem
from striate.faces import Encodings
from striate.tasks.faces_photographs import from_store
from striate.tasks.faces_recogniser import OnImages, Recogniser
from striate.tasks.faces_verify import NO_FACE

_AT_ONCE = 1 << 16  # distances


@dataclass(frozen=True, eq=False)
class MeasuredPairs:
    """Distances of pairs.

    Attributes:
        distances: (N,) float64 between the encodings of each pair.
        same: (N,) bool, whether it shows one person or thing.
        fold: (N,) int64, or None.
        left_out: images without an encoding, and why; their pairs are not among the N.
        pairs_left_out: how many these are.
    """

    distances: NDArray[np.float64] = field(repr=False)
    same: NDArray[np.bool_] = field(repr=False)
    fold: NDArray[np.int64] | None = field(repr=False)
    left_out: tuple[Problem, ...]
    pairs_left_out: int

    def left_out_dict(self) -> dict[str, Any]:
        """What was left out, as plain JSON values."""
        images = [{"path": problem.path, "why": problem.message} for problem in self.left_out]
        return {"pairs_left_out": self.pairs_left_out, "images_left_out": images}


def measure_pairs(
    recogniser: Recogniser, pairs: Pairs, *, skip_bad: bool = False, on_images: OnImages | None = None
) -> MeasuredPairs:
    """The distances of pairs; each image is looked at once.

    Pairs with an image on which no face is found have no distance: they are left out, and listed.

    Args:
        recogniser: finds and encodes the face of each image; its choice has to leave one.
        pairs: see `striate.data.open_pairs`.
        skip_bad: leave out images that can't be read as well.
        on_images: hears how many of how many images are done.

    Raises:
        DataError: images can't be read, all of them listed; or there is no same or no different pair, or none is left.
    """
    check_kinds(pairs.same)
    encodings, problems = _encode(recogniser, pairs, skip_bad, on_images)
    has_none = np.isin(np.arange(len(pairs.images)), list(problems))
    kept = ~(has_none[pairs.first] | has_none[pairs.second])
    left_out = tuple(problems[i] for i in sorted(problems))
    check_kinds(pairs.same[kept], left_out)
    distances = _distances(encodings, pairs.first[kept], pairs.second[kept])
    fold = None if pairs.fold is None else pairs.fold[kept]
    return MeasuredPairs(distances, pairs.same[kept], fold, left_out, int((~kept).sum()))


def check_kinds(same: NDArray[np.bool_], left_out: Sequence[Problem] = ()) -> None:
    """Refuse pairs of one kind, on which nothing can be measured.

    Raises:
        DataError: there is no same, or no different pair.
    """
    missing = [kind for kind, is_there in (("same", same.any()), ("different", (~same).any())) if not is_there]
    if missing:
        raise DataError(f"there is no {' and no '.join(missing)} pair{' left' if left_out else ''}", left_out)


def _encode(
    recogniser: Recogniser, pairs: Pairs, skip_bad: bool, on_images: OnImages | None
) -> tuple[Encodings, dict[int, Problem]]:
    """(images, D), and what is wrong with those whose rows mean nothing, by their number."""
    numbers = {path: i for i, path in enumerate(pairs.images)}
    encodings: Encodings = np.zeros((len(numbers), recogniser.encoder.dim), np.float32)
    problems: dict[int, Problem] = {}

    def on_bad(path: str, error: ImageError) -> None:
        problems[numbers[path]] = Problem.of(path, error)

    for looked in recogniser.look_at(numbers, load=from_store(pairs.store), on_bad=on_bad, on_images=on_images):
        if looked.sightings:
            encodings[numbers[looked.path]] = looked.sightings[0].encoding
        else:
            problems[numbers[looked.path]] = Problem(looked.path, NO_FACE)
    bad = [problem for problem in problems.values() if problem.message != NO_FACE]
    if bad and not skip_bad:
        raise DataError(f"{len(bad)} of {len(numbers)} images can't be read (--skip-bad goes on without them)", bad)
    return encodings, problems


def _distances(encodings: Encodings, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) between rows, in double precision, some at a time."""
    found = np.empty(len(first))
    for start in range(0, len(first), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        found[some] = np.linalg.norm(encodings[first[some]].astype(np.float64) - encodings[second[some]], axis=1)
    return found
