"""The random distortions of recordings, each a small record of how strong it may be.

Geometry is sampled in the frame that the network sees, as with images: the preset has already brought the recording
there. Values are changed once they are standardised, so that amounts are deviations, and 0 is the mean: of the training
data, or of each recording by itself, as the preset says. At strength 0 all are the identity. Strengths are limits: what
is drawn lies uniformly within them.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError
from striate.ops import affine
from striate.recording_preset import AXES, RecordingPreset
from striate.recordings.field import LONGEST, GridField
from striate.recordings.tint import Tint

Floats = NDArray[np.float64]


class Frame(NamedTuple):
    """What a motion is sampled for.

    Attributes:
        preset: what the network expects; its size is the frame's.
        low, high: the frame together with what of the recording lies outside of it, in the frame's coordinates.
    """

    preset: RecordingPreset
    low: Floats
    high: Floats

    @property
    def size(self) -> Floats:
        """Samples along each axis."""
        return np.array(self.preset.size, np.float64)

    def axes(self, names: tuple[str, ...]) -> list[int]:
        """Which axes have these names.

        Raises:
            ArgumentError: the preset's kind has no such axis.
        """
        known = AXES[self.preset.kind]
        if not set(names) <= set(known):
            raise ArgumentError.of("axes", f"some of {', '.join(known)}, those of a {self.preset.kind}", names)
        return [known.index(name) for name in names]


class Motion(ABC):
    """A distortion of geometry."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """An (n+1)x(n+1) matrix in the frame's coordinates."""


class Change(ABC):
    """A distortion of values."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """What happens to standardised values of the preset's size."""


@dataclass(frozen=True)
class Mirror(Motion):
    """Swap the two ends of each of these axes, with this probability (0–1): only where a mirrored one may occur.

    Attributes:
        axes: by name, see `striate.recording_preset.AXES`: time; depth, height, width.
        probability: of each axis, by itself.
    """

    axes: tuple[str, ...] = ("width",)
    probability: float = 0.5

    def __post_init__(self) -> None:
        _check_within("probability", self.probability, 1)
        if not self.axes or not set(self.axes) <= {name for names in AXES.values() for name in names}:
            raise ArgumentError.of("axes", "at least one of time, depth, height, width", self.axes)

    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """Mirrored or not."""
        factors = np.ones(len(frame.size))
        for axis in frame.axes(self.axes):
            factors[axis] = -1.0 if rng.random() < self.probability else 1.0
        return affine.around(affine.scale(factors.tolist()), (frame.size / 2).tolist())


@dataclass(frozen=True)
class Shift(Motion):
    """Move by up to this share (0–1) of the frame along each axis; more of the recording or the border comes in.

    A clip moves in time by whole pictures: half of one would be two that are mixed.
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        _check_within("share", self.share, 1)

    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """A way along each axis."""
        way = self.share * frame.size * rng.uniform(-1, 1, len(frame.size))
        if frame.preset.kind == "clip":
            way[0] = np.rint(way[0])
        return affine.translate(way.tolist())


@dataclass(frozen=True)
class Crop(Motion):
    """A part from anywhere within the recording, stretched to the frame.

    Attributes:
        share: least and most of the frame's sides, within (0, 1]; all sides are of the same share. At 1 a part keeps
            its spacing, and only where it lies is drawn.
    """

    share: tuple[float, float] = (0.8, 1.0)

    def __post_init__(self) -> None:
        if not 0 < self.share[0] <= self.share[1] <= 1:
            raise ArgumentError.of("share", "two rising numbers within (0, 1]", self.share)

    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """A size and a place."""
        share = rng.uniform(*self.share)
        first = frame.low + (frame.high - frame.low - share * frame.size) * rng.random(len(frame.size))
        return affine.scale([1 / share] * len(first)) @ affine.translate((-first).tolist())


@dataclass(frozen=True)
class Stretch(Motion):
    """Larger or smaller by a factor of up to 1 + this strength (0–1) around the middle: a signal's other pace.

    Along all axes alike, but for a clip's time, which keeps its own.
    """

    strength: float = 0.1

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 1)

    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """A factor, its logarithm uniform."""
        factors = np.full(len(frame.size), math.exp(rng.uniform(-1, 1) * math.log1p(self.strength)))
        if frame.preset.kind == "clip":
            factors[0] = 1.0
        return affine.around(affine.scale(factors.tolist()), (frame.size / 2).tolist())


@dataclass(frozen=True)
class Rotate(Motion):
    """Turn around the middle by up to this angle (0–180) either way: a volume about each axis, a clip in its plane.

    A volume turns in millimetres, whatever its spacing; where that is unknown its samples count as cubes.
    """

    angle_degrees: float = 10.0

    def __post_init__(self) -> None:
        _check_within("angle_degrees", self.angle_degrees, 180)

    def sample(self, rng: np.random.Generator, frame: Frame) -> affine.Matrix:
        """One turn after another.

        Raises:
            ArgumentError: a signal, which can't be turned.
        """
        dims, volume = len(frame.size), frame.preset.kind == "volume"
        if dims < 3:
            raise ArgumentError("rotate is for volumes and clips; a signal has nothing to turn")
        turn = np.eye(dims + 1)
        for plane in ((1, 2), (0, 2), (0, 1)) if volume else ((1, 2),):
            turn = affine.rotate(plane, dims, self.angle_degrees * rng.uniform(-1, 1)) @ turn
        steps = frame.preset.spacing if volume and min(frame.preset.spacing) > 0 else (1.0,) * dims
        turn = affine.scale([1 / step for step in steps]) @ turn @ affine.scale(steps)
        return affine.around(turn, (frame.size / 2).tolist())


@dataclass(frozen=True)
class Warp:
    """Pull the recording about locally: time that runs unevenly, a volume of rubber; always after the motions.

    The knots of a coarse lattice are pulled, each in a direction of its own, and a smooth field follows; nothing moves
    by more.

    Attributes:
        share: length of the pulls in cells of the lattice, 0–0.25; what is longer could fold.
        cells: along each axis, 1–64.
    """

    share: float = 0.1
    cells: int = 4

    def __post_init__(self) -> None:
        _check_within("share", self.share, LONGEST)
        if not 1 <= self.cells <= 64:
            raise ArgumentError.of("cells", "within 1 to 64", self.cells)

    def sample(self, rng: np.random.Generator, frame: Frame) -> GridField:
        """A pull of each knot: of this length, along a single axis of up to this length."""
        size = frame.preset.size
        shape = (len(size), *[self.cells + 3] * len(size))
        if len(size) == 1:
            return GridField(self.share * rng.uniform(-1, 1, shape), size)
        directions = rng.normal(size=shape)
        return GridField(self.share * directions / np.linalg.norm(directions, axis=0), size)


@dataclass(frozen=True)
class Scale(Change):
    """Multiply the distance to the mean by 1 ± up to this strength (0–1): amplitude, or contrast."""

    strength: float = 0.1

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 1)

    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """A factor, the same for all channels."""
        return Tint(np.full(preset.channels, 1 + self.strength * rng.uniform(-1, 1)), np.zeros(preset.channels))


@dataclass(frozen=True)
class Brightness(Change):
    """Add to all values up to this many (0–4) standard deviations either way."""

    strength: float = 0.2

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 4)

    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """An amount, the same for all channels."""
        return Tint(np.ones(preset.channels), np.full(preset.channels, self.strength * rng.uniform(-1, 1)))


@dataclass(frozen=True)
class Noise(Change):
    """Add Gaussian noise, each sample's its own, of up to this many (0–4) standard deviations."""

    strength: float = 0.05

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 4)

    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """How much, and the noise."""
        noise = rng.standard_normal((preset.channels, *preset.size), np.float32)
        return _added(preset, np.float32(self.strength * rng.random()) * noise)


@dataclass(frozen=True)
class Drop(Change):
    """Lose a channel: each falls still at the mean with this probability (0–1), but never all of them."""

    probability: float = 0.1

    def __post_init__(self) -> None:
        _check_within("probability", self.probability, 1)

    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """Which channels are left."""
        lost = rng.random(preset.channels) < self.probability
        lost[rng.integers(preset.channels)] &= not lost.all()
        return Tint(np.where(lost, 0.0, 1.0), np.zeros(preset.channels))


@dataclass(frozen=True)
class Wander(Change):
    """Let the baseline wander, as that of an ECG does with the breath: three slow waves, each channel's its own.

    Attributes:
        strength: how far it goes at most, in standard deviations, 0–4.
        waves: of the quickest in the length of the frame; the others are of 1/3 and 2/3 of that.
    """

    strength: float = 0.2
    waves: float = 3.0

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 4)
        _check_within("waves", self.waves, 1000)

    def sample(self, rng: np.random.Generator, preset: RecordingPreset) -> Tint:
        """Waves along the first axis, which is a signal's time."""
        along = (np.arange(preset.size[0]) + 0.5) / preset.size[0]
        phase = rng.random((preset.channels, 3, 1))
        weight = rng.uniform(-1, 1, (preset.channels, 3, 1)) / 3
        pace = self.waves * np.array([1 / 3, 2 / 3, 1])[:, np.newaxis]
        baseline = (weight * np.sin(2 * np.pi * (pace * along + phase))).sum(axis=1)  # (C, L), within ±1
        return _added(preset, self.strength * baseline.reshape(preset.channels, -1, *[1] * (preset.dims - 1)))


def _added(preset: RecordingPreset, deviations: NDArray[np.floating]) -> Tint:
    return Tint(np.ones(preset.channels), np.zeros(preset.channels), deviations.astype(np.float32, copy=False))


def _check_within(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise ArgumentError.of(name, f"within 0 to {most}", value)
