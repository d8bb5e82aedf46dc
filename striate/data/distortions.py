"""The random distortions, each a small record of how strong it may be, that is sampled into a matrix.

Geometry is sampled in the frame that the network sees: the preset has already brought the image there, and each
distortion is a small motion of that frame. At strength 0 all are the identity (but for a crop, which always looks for
the largest part it may). Strengths are limits: what is drawn lies uniformly within them.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from striate.data.field import Field, knots_over
from striate.errors import ArgumentError
from striate.ops import colour as colours
from striate.ops import geometry as motions
from striate.preset import Preset


class View(NamedTuple):
    """What a motion is sampled for.

    Attributes:
        size_hw: height and width of the network's frame.
        bounds_xyxy: the frame together with what of the image lies outside of it, in the frame's coordinates.
    """

    size_hw: tuple[int, int]
    bounds_xyxy: tuple[float, float, float, float]

    @property
    def centre_xy(self) -> tuple[float, float]:
        """The middle of the frame."""
        return self.size_hw[1] / 2, self.size_hw[0] / 2


class Motion(ABC):
    """A distortion of geometry."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """A 3x3 matrix in the frame's coordinates."""

    @property
    def zoom(self) -> float:
        """How many times a side of the image may be enlarged, at most and about."""
        return 1.0


@dataclass(frozen=True)
class Warp:
    """Pull the picture about locally, as if it was on rubber; always after the motions, in the network's frame.

    The knots of a coarse grid are pulled by this many pixels, each in a direction of its own, and a smooth surface
    follows (Simard et al., Best Practices for Convolutional Neural Networks, 2003, with a coarse grid in place of
    their blurred noise). Nothing moves by more, and half as much is usual. There are four cells along the frame's
    short side, fewer where the pull is so long that the picture could fold.

    Attributes:
        pixels: length of the pulls in pixels of the network's input, 0–64.
    """

    pixels: float = 4.0

    def __post_init__(self) -> None:
        _check_within("pixels", self.pixels, 64)

    def sample(self, rng: np.random.Generator, view: View) -> Field:
        """A direction for each knot."""
        spacing = max(min(view.size_hw) / 4, 4 * self.pixels)
        angle = 2 * math.pi * rng.random(knots_over(view.size_hw, spacing))
        return Field(self.pixels * np.stack([np.cos(angle), np.sin(angle)], axis=-1), spacing, view.size_hw)


class Tint(ABC):
    """A distortion of colour."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A (C+2)x(C+2) matrix, see `striate.ops.colour`."""


@dataclass(frozen=True)
class Mirror(Motion):
    """Swap left and right, with this probability (0–1)."""

    probability: float = 0.5

    def __post_init__(self) -> None:
        _check_within("probability", self.probability, 1)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """Mirrored or not."""
        return motions.mirror(view.size_hw[1]) if rng.random() < self.probability else np.eye(3)


@dataclass(frozen=True)
class Flip(Motion):
    """Swap top and bottom, with this probability (0–1): for what is seen from above, as cells and land are."""

    probability: float = 0.5

    def __post_init__(self) -> None:
        _check_within("probability", self.probability, 1)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """Upside down or not."""
        upside_down = motions.around(motions.scale(1, -1), view.centre_xy)
        return upside_down if rng.random() < self.probability else np.eye(3)


@dataclass(frozen=True)
class Crop(Motion):
    """A part of the image, stretched to the frame.

    Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842, section 6.

    Attributes:
        share: least and most of the image's area, within (0, 1].
        aspect: least and most width to height, as a multiple of the frame's own; its logarithm is uniform.
    """

    share: tuple[float, float] = (0.35, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        _check_shares(self.share, self.aspect)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """A part anywhere within the image; one that would not fit is made smaller until it does."""
        left, top, right, bottom = view.bounds_xyxy
        area = _between(rng, *self.share) * (right - left) * (bottom - top)
        aspect = math.exp(_between(rng, *(math.log(a) for a in self.aspect))) * view.size_hw[1] / view.size_hw[0]
        width, height = math.sqrt(area * aspect), math.sqrt(area / aspect)
        fitting = min(1.0, (right - left) / width, (bottom - top) / height)
        width, height = fitting * width, fitting * height
        left, top = _between(rng, left, right - width), _between(rng, top, bottom - height)
        return motions.box_to_box((left, top, left + width, top + height), (0, 0, view.size_hw[1], view.size_hw[0]))

    @property
    def zoom(self) -> float:
        """The smallest and narrowest part's."""
        return 1 / math.sqrt(self.share[0] * min(self.aspect[0], 1 / self.aspect[1], 1.0))


@dataclass(frozen=True)
class Translate(Motion):
    """Move by up to this share (0–1) of the frame in each direction; the border comes in."""

    share: float = 0.1

    def __post_init__(self) -> None:
        _check_within("share", self.share, 1)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """A way to the side and a way up or down."""
        height, width = view.size_hw
        return motions.translate(_around(rng, 0, self.share * width), _around(rng, 0, self.share * height))


@dataclass(frozen=True)
class Rotate(Motion):
    """Turn around the middle of the frame by up to this angle (0–180) either way."""

    angle_degrees: float = 10.0

    def __post_init__(self) -> None:
        _check_within("angle_degrees", self.angle_degrees, 180)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """A turn."""
        return motions.around(motions.rotate(_around(rng, 0, self.angle_degrees)), view.centre_xy)


@dataclass(frozen=True)
class Shear(Motion):
    """Slant by up to this angle (0–60) either way, along each axis, around the middle of the frame."""

    angle_degrees: float = 10.0

    def __post_init__(self) -> None:
        _check_within("angle_degrees", self.angle_degrees, 60)

    def sample(self, rng: np.random.Generator, view: View) -> motions.Matrix:
        """A slant along x, then one along y: whatever the angles, areas stay and nothing flips."""
        x, y = (_around(rng, 0, self.angle_degrees) for _ in range(2))
        return motions.around(motions.shear(0, y) @ motions.shear(x), view.centre_xy)


@dataclass(frozen=True)
class Brightness(Tint):
    """Multiply the light by 1 ± up to this strength (0–1)."""

    strength: float = 0.2

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 1)

    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A factor."""
        return colours.brightness(preset.channels, _around(rng, 1, self.strength))


@dataclass(frozen=True)
class Contrast(Tint):
    """Multiply the distance to the image's mean grey by 1 ± up to this strength (0–1)."""

    strength: float = 0.2

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 1)

    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A factor."""
        return colours.contrast(preset.channels, _around(rng, 1, self.strength))


@dataclass(frozen=True)
class Saturation(Tint):
    """Multiply the distance of each pixel to its own grey by 1 ± up to this strength (0–1); colour images only."""

    strength: float = 0.2

    def __post_init__(self) -> None:
        _check_within("strength", self.strength, 1)

    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A factor."""
        return colours.saturation(preset.channels, _around(rng, 1, self.strength))


@dataclass(frozen=True)
class ColourShift(Tint):
    """Add to each channel (but alpha) its own amount, up to this much (0–255) either way."""

    amount: float = 20.0

    def __post_init__(self) -> None:
        _check_within("amount", self.amount, 255)

    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A colour to add."""
        lit = colours.grey_weights(preset.channels) > 0
        return colours.shift([_around(rng, 0, self.amount) if light else 0.0 for light in lit])


@dataclass(frozen=True)
class PcaColour(Tint):
    """Shift all pixels by one colour along the principal components of the training images' colours.

    Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012, section 4.1, adds
    Σ αᵢ λᵢ pᵢ with αᵢ ~ N(0, 0.1), pᵢ and λᵢ being an eigenvector and an eigenvalue of the pixels' covariance. Read to
    the letter that is a variance, whose size depends on the unit of the pixels: in 0–255 it would be 12,000. The
    program of the paper takes standard deviations, and so does striate: λᵢ is the eigenvalue's square root, a shift in
    the pixels' own unit. The components are the preset's `colour_pca`, from `striate.data.colour_components`.

    On photographs the widest component, light itself, has a deviation of some 105 of 255, the others of 30 to 45 and
    12 to 30 (two sets measured). At σ = 0.1 a picture becomes lighter or darker by 6 levels a channel, root mean
    square, and its hue moves by 2 or 3.

    Attributes:
        sigma: standard deviation of α, within 0 to 1.
    """

    sigma: float = 0.1

    def __post_init__(self) -> None:
        _check_within("sigma", self.sigma, 1)

    def sample(self, rng: np.random.Generator, preset: Preset) -> colours.Matrix:
        """A colour to add; alpha stays."""
        if preset.channels < 3:
            raise ArgumentError.of("channels", "3 or 4 for PCA colour, which needs colours", preset.channels)
        if not preset.colour_pca:
            raise ArgumentError.of("preset.colour_pca", "the training images' colour_components for PCA colour", ())
        added = rng.normal(0, self.sigma, 3) @ np.array(preset.colour_pca)
        return colours.shift([*added, *[0.0] * (preset.channels - 3)])


@dataclass(frozen=True)
class Erase:
    """Hide a rectangle of what the network sees, so that it learns not to rely on one mark alone.

    Zhong et al., Random Erasing Data Augmentation, 2017, arXiv:1708.04896. It comes after all motions and colours; the
    rectangle holds the preset's border, which is its mean (0 to the network) unless the data has another. Points,
    boxes and masks stay: what is hidden is still there.

    Attributes:
        probability: 0–1.
        share: least and most of the frame's area, within (0, 1].
        aspect: least and most height to width; its logarithm is uniform. Sides are cut to the frame's.
    """

    probability: float = 0.5
    share: tuple[float, float] = (0.02, 0.4)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)

    def __post_init__(self) -> None:
        _check_within("probability", self.probability, 1)
        _check_shares(self.share, self.aspect)

    def sample(self, rng: np.random.Generator, view: View) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom in whole pixels of the frame, or nothing."""
        if rng.random() >= self.probability:
            return None
        height, width = view.size_hw
        area = _between(rng, *self.share) * height * width
        aspect = math.exp(_between(rng, *(math.log(a) for a in self.aspect)))
        down = min(height, max(1, round(math.sqrt(area * aspect))))
        across = min(width, max(1, round(math.sqrt(area / aspect))))
        top, left = (int(rng.integers(0, most + 1)) for most in (height - down, width - across))
        return left, top, left + across, top + down


def _check_shares(share: tuple[float, float], aspect: tuple[float, float]) -> None:
    if not 0 < share[0] <= share[1] <= 1:
        raise ArgumentError.of("share", "two rising numbers within (0, 1]", share)
    if not 0 < aspect[0] <= aspect[1] < math.inf:
        raise ArgumentError.of("aspect", "two rising numbers above 0", aspect)


def _check_within(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise ArgumentError.of(name, f"within 0 to {most}", value)


def _between(rng: np.random.Generator, least: float, most: float) -> float:
    return least + (most - least) * rng.random()


def _around(rng: np.random.Generator, centre: float, reach: float) -> float:
    return centre + reach * (2 * rng.random() - 1)
