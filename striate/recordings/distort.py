"""A distortion of a recording: a matrix for its axes, perhaps a field, a change of values. What was marked moves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ShapeError
from striate.ops import affine
from striate.recording_preset import RecordingPreset
from striate.recordings.field import GridField
from striate.recordings.records import Values
from striate.recordings.resample import inside, resample_values, sources
from striate.recordings.tint import Tint

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RecordingDistortion:
    """What happens to one recording on its way to the network, and to everything that was marked on it.

    Attributes:
        geometry: (n+1)x(n+1), from coordinates in the recording to coordinates in the result, in samples along the
            axes of its values; see `striate.ops.affine`.
        source_size: samples of the recording along each axis.
        size: samples of the result.
        border: per channel, what lies outside of the recording; it changes with the values.
        field: local warping, after the matrix; None bends nothing.
        tint: what happens to the values, after they were moved; None leaves them alone.

    Example:
        >>> distortion = RecordingDistortion(affine.translate([2.0]), (4,), (4,), border=(9.0,))
        >>> distortion.values(np.arange(4, dtype=np.float32)[np.newaxis])
        array([[9., 9., 0., 1.]], dtype=float32)
        >>> distortion.points([[0.5]])
        array([[2.5]])
    """

    geometry: affine.Matrix
    source_size: tuple[int, ...]
    size: tuple[int, ...]
    border: tuple[float, ...]
    field: GridField | None = None
    tint: Tint | None = None

    def values(self, values: Values) -> Values:
        """The recording that the network is shown, before normalisation.

        Args:
            values: float32 (C, *source_size).

        Returns:
            float32 (C, *size), resampled once; the values themselves, not a copy, where nothing changes.

        Raises:
            ShapeError: another shape.
        """
        if values.shape[1:] != self.source_size:
            raise ShapeError.of("values", f"of size {self.source_size}", values.shape)
        seen = resample_values(values, self.geometry, self.size, self.border, self.field)
        return seen if self.tint is None else self.tint.apply(seen)

    def network_input(self, values: Values, preset: RecordingPreset) -> Values:
        """What the network is given: `self.values(values)`, standardised as the preset says.

        Returns:
            float32 (C, *size), always a copy.
        """
        return standardised(self.values(values), preset)

    def points(self, places: ArrayLike) -> Floats:
        """Points of the recording in the result; they may fall outside of it.

        Args:
            places: (..., n) in samples along each axis, a sample's centre being at + 0.5; there may be none.

        Returns:
            The same shape, float64.
        """
        moved = affine.apply_points(self.geometry, places)
        return self.field.forward(moved) if self.field else moved

    def back(self, places: ArrayLike) -> Floats:
        """Points (..., n) of the result in the recording: the inverse of `points`."""
        return affine.apply_points(affine.invert(self.geometry), self.field.sources(places) if self.field else places)

    def mask(self, labels: NDArray[Any], fill: int = 0) -> NDArray[Any]:
        """A map of labels moved with the values; each sample takes the label that its centre comes from.

        Args:
            labels: `source_size`, of any type.
            fill: label of what lies outside of the recording.

        Returns:
            `size`, of the same type.

        Raises:
            ShapeError: it is not of `source_size`.
        """
        if labels.shape != self.source_size:
            raise ShapeError.of("labels", f"of the recording's size {self.source_size}", labels.shape)
        places = sources(self.geometry, self.size, self.field)
        seen = inside(places, self.source_size)
        moved = np.full(self.size, fill, labels.dtype)
        moved[seen] = labels[tuple(np.floor(places[:, seen]).astype(np.int64))]
        return moved


def standardised(values: Values, preset: RecordingPreset) -> Values:
    """Values (C, *S) as the network wants them: by the training data's mean and deviation, or by their own.

    Where all values are the same, those of their own become 0.
    """
    if preset.standardise == "each":
        mean, std = values.mean(dtype=np.float64), values.std(dtype=np.float64)
        return ((values - np.float32(mean)) / np.float32(std or 1.0)).astype(np.float32, copy=False)
    shape = (-1, *[1] * (values.ndim - 1))
    mean, std = (np.array(numbers, np.float32).reshape(shape) for numbers in (preset.mean, preset.std))
    return np.asarray((values - mean) / std, np.float32)
