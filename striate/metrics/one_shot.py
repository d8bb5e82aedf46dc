"""One-shot identification: one image of each person or thing is known, and all others are named by the nearest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError

DRAWS = 100


@dataclass(frozen=True)
class OneShot:
    """How often the nearest of the images that are enrolled, one of each identity, is the right one.

    Attributes:
        accuracy: mean over the draws.
        deviation: standard deviation over the draws: how much it matters which images are enrolled.
        n: images that are identified in a draw.
        n_identities: how many there are to choose from.
        draws: of the images that are enrolled.
    """

    accuracy: float
    deviation: float
    n: int
    n_identities: int
    draws: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dict(vars(self))


def identify_one_shot(
    encodings: npt.ArrayLike, identities: npt.ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> OneShot:
    """Enrol a random image of each identity, name every other image by the nearest one, and do so many times.

    Args:
        encodings: (N, D) of unit length.
        identities: (N,) integers; two at least, and one of them with two images.
        draws: at least 1.
        seed: of the draws.

    Raises:
        ShapeError: the two don't fit each other.
        ArgumentError: there is nothing to tell apart, or `draws` is under 1.

    Example:
        >>> found = identify_one_shot([[1.0, 0], [0.8, 0.6], [0, 1.0], [0, 1.0]], [5, 5, 8, 8])
        >>> found.accuracy, found.n, found.n_identities
        (1.0, 2, 2)
    """
    vectors, who = np.asarray(encodings, np.float32), np.asarray(identities)
    if vectors.ndim != 2 or who.shape != vectors.shape[:1]:
        raise ShapeError.of("encodings and identities", "of shapes (N, D) and (N,)", (vectors.shape, who.shape))
    names, numbers, counts = np.unique(who, return_inverse=True, return_counts=True)
    if len(names) < 2 or counts.max() < 2:
        raise ArgumentError.of("identities", "two at least, one of them with two images", counts.tolist())
    if draws < 1:
        raise ArgumentError.of("draws", "at least 1", draws)
    rng, order = np.random.default_rng(seed), np.argsort(numbers, kind="stable")
    starts = np.cumsum(counts) - counts
    accuracies = []
    for _ in range(draws):
        enrolled = order[starts + rng.integers(counts)]  # (I,) one image of each
        nearest = (vectors @ vectors[enrolled].T).argmax(1)  # (N,) of unit length, the largest product is nearest
        right = nearest == numbers
        right[enrolled] = False
        accuracies.append(right.sum() / (len(who) - len(names)))
    deviation = float(np.std(accuracies))
    return OneShot(float(np.mean(accuracies)), deviation, len(who) - len(names), len(names), draws)
