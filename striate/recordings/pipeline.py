"""A pipeline of random distortions of recordings: sampled, multiplied into one distortion, applied once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.data.catalogue import Catalogue
from striate.errors import ArgumentError
from striate.ops import affine
from striate.recording_preset import RecordingPreset
from striate.recordings.distort import RecordingDistortion
from striate.recordings.distortions import (
    Brightness,
    Change,
    Crop,
    Drop,
    Frame,
    Mirror,
    Motion,
    Noise,
    Rotate,
    Scale,
    Shift,
    Stretch,
    Wander,
    Warp,
)
from striate.recordings.field import GridField
from striate.recordings.prepare import fitted
from striate.recordings.tint import Tint

RecordingStep = Motion | Warp | Change
CATALOGUE = Catalogue[RecordingStep](
    {
        "mirror": Mirror,
        "shift": Shift,
        "crop": Crop,
        "stretch": Stretch,
        "rotate": Rotate,
        "warp": Warp,
        "scale": Scale,
        "brightness": Brightness,
        "noise": Noise,
        "drop": Drop,
        "wander": Wander,
    }
)


@dataclass(frozen=True)
class RecordingPipeline:
    """Distortions one after another, after the preset's own fit. An empty one is evaluation.

    Motions keep their order, and so do changes of values; a `Warp` comes after all motions.

    Example:
        >>> pipeline = RecordingPipeline((Shift(0.1), Warp(0.2), Scale(0.1), Noise(0.05)))
        >>> preset = RecordingPreset("signal", (288,), (1 / 360,), 2, (0.0, 0.1), (0.2, 0.3))
        >>> distortion = pipeline.sample(np.random.default_rng(0), (360,), preset)
        >>> distortion.geometry.shape, distortion.tint.added.shape
        ((2, 2), (2, 288))
        >>> RecordingPipeline.from_list(pipeline.to_list()) == pipeline
        True
    """

    steps: tuple[RecordingStep, ...]

    def __post_init__(self) -> None:
        CATALOGUE.check(self.steps)
        if sum(isinstance(step, Warp) for step in self.steps) > 1:
            raise ArgumentError.of("steps", "with one Warp at most, which together might fold", self.steps)

    def sample(
        self,
        rng: np.random.Generator,
        size: Sequence[int],
        preset: RecordingPreset,
        factors: Sequence[float] | None = None,
    ) -> RecordingDistortion:
        """Draw every step and multiply.

        Args:
            rng: where chance comes from; the same state gives the same distortion.
            size: samples of the recording along each axis.
            preset: what the network expects.
            factors: how many times longer each axis becomes by its spacing, see `fit_factors`; it is the preset's
                where left out.

        Raises:
            ArgumentError: a step is not for recordings of this kind.
        """
        geometry = fitted(size, preset, factors or (1.0,) * preset.dims)
        frame = _frame(geometry, size, preset)
        field: GridField | None = None
        tint: Tint | None = None
        for step in self.steps:
            if isinstance(step, Motion):
                geometry = step.sample(rng, frame) @ geometry
            elif isinstance(step, Warp):
                field = step.sample(rng, frame)
            else:
                change = step.sample(rng, preset)
                tint = change if tint is None else tint.then(change)
        return RecordingDistortion(geometry, tuple(size), preset, field, tint)

    def check(self, preset: RecordingPreset) -> None:
        """Find out before a training whether recordings of this preset can be distorted so.

        Raises:
            ArgumentError: a step is not for recordings of this kind.
        """
        self.sample(np.random.default_rng(0), preset.size, preset)

    def to_list(self) -> list[dict[str, Any]]:
        """Plain JSON values, for a training record."""
        return CATALOGUE.to_list(self.steps)

    @classmethod
    def from_list(cls, values: list[dict[str, Any]]) -> "RecordingPipeline":
        """The inverse of `to_list`.

        Raises:
            UnknownNameError: no distortion has that name.
            ArgumentError: a strength has another name or is out of range.
        """
        return cls(CATALOGUE.from_list(values))


def _frame(geometry: affine.Matrix, size: Sequence[int], preset: RecordingPreset) -> Frame:
    """The network's frame, and what of the recording the preset's own fit leaves outside of it."""
    corners = affine.apply_points(geometry, np.array([[0.0] * len(size), size]))
    return Frame(preset, np.minimum(corners[0], 0.0), np.maximum(corners[1], preset.size))


SIGNALS = RecordingPipeline((Shift(0.05), Scale(0.3), Noise(0.05)))
VOLUMES = RecordingPipeline((Shift(0.05), Rotate(10), Scale(0.1), Noise(0.05)))
CLIPS = RecordingPipeline((Shift(0.05), Scale(0.1), Brightness(0.1)))
_USUAL = {"signal": SIGNALS, "volume": VOLUMES, "clip": CLIPS}


def default_recording_pipeline(preset: RecordingPreset) -> RecordingPipeline:
    """The usual distortions for recordings of this preset.

    None is mirrored: backwards is another signal or another motion, and a body's left is not its right.

    Example:
        >>> default_recording_pipeline(RecordingPreset("signal", (96,), (0.0,), 1, (0.0,), (1.0,))) is SIGNALS
        True
    """
    return _USUAL[preset.kind]
