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
        preset: what the network expects: the size of the result, what lies outside, how values are standardised.
        field: local warping, after the matrix; None bends nothing.
        tint: what happens to the standardised values; None leaves them alone.

    Example:
        >>> preset = RecordingPreset("signal", (4,), (0.01,), 1, (9.0,), (2.0,))
        >>> distortion = RecordingDistortion(affine.translate([2.0]), (4,), preset)
        >>> recording = np.arange(4, dtype=np.float32)[np.newaxis]
        >>> distortion.values(recording), distortion.network_input(recording)
        (array([[9., 9., 0., 1.]], dtype=float32), array([[ 0. ,  0. , -4.5, -4. ]], dtype=float32))
        >>> distortion.points([[0.5]])
        array([[2.5]])
    """

    geometry: affine.Matrix
    source_size: tuple[int, ...]
    preset: RecordingPreset
    field: GridField | None = None
    tint: Tint | None = None

    def values(self, values: Values) -> Values:
        """The recording that the network is shown, in the recording's own unit.

        Args:
            values: float32 (C, *source_size).

        Returns:
            float32 (C, *preset.size), resampled once; the values themselves, not a copy, where nothing changes.

        Raises:
            ShapeError: another shape.
        """
        seen = self._moved(values)
        if self.tint is None:
            return seen
        mean, std = _mean_and_std(seen, self.preset)
        return self.tint.apply((seen - mean) / std) * std + mean

    def network_input(self, values: Values) -> Values:
        """What the network is given: moved, standardised as the preset says, and changed.

        Args, Raises: see `values`.

        Returns:
            float32 (C, *preset.size), always a copy.
        """
        seen = self._moved(values)
        mean, std = _mean_and_std(seen, self.preset)
        standardised = (seen - mean) / std
        return standardised if self.tint is None else self.tint.apply(standardised)

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
            `preset.size`, of the same type.

        Raises:
            ShapeError: it is not of `source_size`.
        """
        if labels.shape != self.source_size:
            raise ShapeError.of("labels", f"of the recording's size {self.source_size}", labels.shape)
        places = sources(self.geometry, self.preset.size, self.field)
        seen = inside(places, self.source_size)
        moved = np.full(self.preset.size, fill, labels.dtype)
        moved[seen] = labels[tuple(np.floor(places[:, seen]).astype(np.int64))]
        return moved

    def _moved(self, values: Values) -> Values:
        """(C, *source_size) -> (C, *preset.size)"""
        if values.shape != (self.preset.channels, *self.source_size):
            raise ShapeError.of("values", f"of shape {(self.preset.channels, *self.source_size)}", values.shape)
        border = self.preset.border
        if self.preset.standardise == "each" and border == self.preset.mean:  # nobody asked for another one
            border = tuple(values.reshape(len(values), -1).mean(axis=1, dtype=np.float64).tolist())
        return resample_values(values, self.geometry, self.preset.size, border, self.field)


def _mean_and_std(values: Values, preset: RecordingPreset) -> tuple[Values, Values]:
    """By which values (C, *S) are standardised: the training data's, or their own; each spreads to their shape.

    Where all values are the same, their own deviation counts as 1.
    """
    if preset.standardise == "each":
        mean, std = values.mean(dtype=np.float64), values.std(dtype=np.float64)
        return np.array(mean, np.float32), np.array(std if std > 1e-6 * abs(mean) else 1.0, np.float32)
    shape = (-1, *[1] * preset.dims)
    return np.array(preset.mean, np.float32).reshape(shape), np.array(preset.std, np.float32).reshape(shape)
