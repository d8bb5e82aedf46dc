"""What the values of recordings are like: each channel's mean and deviation."""

import math

import numpy as np

from striate.data import evenly
from striate.errors import DataError
from striate.recordings.records import RecordingPart

MOST_RECORDINGS = 2000  # that are read; of more, these are spread evenly


def recording_statistics(part: RecordingPart) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel over all samples of a part's recordings.

    Sums are kept around the mean so far (Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for
    Computing Sample Variances, 1979), so that a large offset costs no digits.

    Args:
        part: of at least one recording, all of the same channels; of more than `MOST_RECORDINGS` that many are read.

    Returns:
        C means and C deviations, in the data's own unit. A channel that never changes has a deviation of 1.

    Raises:
        DataError: no recordings, or one that can't be read or has other channels.
    """
    if not len(part):
        raise DataError("there are no recordings to take a mean of")
    count, mean, squares = 0, np.zeros(0), np.zeros(0)
    for index in evenly(len(part), min(len(part), MOST_RECORDINGS)):
        recording = part.load(index)
        flat = recording.values.reshape(recording.channels, -1).astype(np.float64)
        if not count:
            mean, squares = np.zeros(len(flat)), np.zeros(len(flat))
        if len(flat) != len(mean):
            raise DataError(f"{part.items[index].path} has {len(flat)} channels, those before it {len(mean)}")
        more, its_mean = flat.shape[1], flat.mean(axis=1)
        away, both = its_mean - mean, count + flat.shape[1]
        squares += ((flat - its_mean[:, np.newaxis]) ** 2).sum(axis=1) + away**2 * count * more / both
        mean += away * more / both
        count = both
    deviations = (math.sqrt(s / count) for s in squares.tolist())
    return tuple(mean.tolist()), tuple(d if d > 1e-6 * abs(m) else 1.0 for d, m in zip(deviations, mean, strict=True))
