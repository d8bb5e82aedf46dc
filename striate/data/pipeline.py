"""A pipeline of random distortions: sampled, multiplied into one `Distortion`, applied once."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from striate.data.catalogue import Catalogue
from striate.data.distort import Distortion, preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Flip,
    Mirror,
    Motion,
    PcaColour,
    Rotate,
    Saturation,
    Shear,
    Tint,
    Translate,
    View,
    Warp,
)
from striate.data.field import Field
from striate.errors import ArgumentError
from striate.ops import colour as colours
from striate.ops import geometry as motions
from striate.preset import Filter, Preset

Step = Motion | Warp | Tint | Erase
CATALOGUE = Catalogue[Step](
    {
        "mirror": Mirror,
        "flip": Flip,
        "crop": Crop,
        "translate": Translate,
        "rotate": Rotate,
        "shear": Shear,
        "warp": Warp,
        "brightness": Brightness,
        "contrast": Contrast,
        "saturation": Saturation,
        "colour_shift": ColourShift,
        "pca_colour": PcaColour,
        "erase": Erase,
    }
)
# What random distortions interpolate with: a bent image is not comparable to the published resize anyway, and cubic
# interpolation costs three times as much.
_QUICK: dict[Filter, Filter] = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bilinear", "area": "bilinear"}


@dataclass(frozen=True)
class Pipeline:
    """Distortions one after another, after the preset's own fit. An empty one is evaluation with a quicker filter.

    Motions keep their order, and so do tints; a `Warp` comes after all motions, and an `Erase` after everything.

    Example:
        >>> import numpy as np
        >>> pipeline = Pipeline((Mirror(), Crop((0.6, 1.0)), Rotate(15), Brightness(0.2)))
        >>> preset = Preset(size_hw=(224, 224))
        >>> distortion = pipeline.sample(np.random.default_rng(0), (375, 500), preset)
        >>> distortion.size_hw, distortion.geometry.shape, distortion.colour.shape
        ((224, 224), (3, 3), (5, 5))
        >>> Pipeline.from_list(pipeline.to_list()) == pipeline
        True
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        CATALOGUE.check(self.steps)
        if sum(isinstance(step, Warp) for step in self.steps) > 1:
            raise ArgumentError.of("steps", "with one Warp at most, which together might fold", self.steps)

    def sample(self, rng: np.random.Generator, source_hw: tuple[int, int], preset: Preset) -> Distortion:
        """Draw every step and multiply.

        Args:
            rng: where chance comes from; the same state gives the same distortion.
            source_hw: height and width of the image.
            preset: what the network expects.

        Raises:
            ArgumentError: a step needs colours and the preset has none.
        """
        geometry, view = _frame(preset, source_hw)
        colour: colours.Matrix | None = None
        field: Field | None = None
        erased: list[tuple[int, int, int, int]] = []
        for step in self.steps:
            if isinstance(step, Motion):
                geometry = step.sample(rng, view) @ geometry
            elif isinstance(step, Warp):
                field = step.sample(rng, view)
            elif isinstance(step, Erase):
                erased += filter(None, [step.sample(rng, view)])
            else:
                change = step.sample(rng, preset)
                colour = change if colour is None else change @ colour
        return Distortion(
            geometry,
            source_hw,
            preset.size_hw,
            preset.border,
            colour,
            _QUICK[preset.filter],
            field=field,
            erased=tuple(erased),
        )

    def check(self, preset: Preset) -> None:
        """Find out before a training whether images of this preset can be distorted so.

        Raises:
            ArgumentError: a step needs colours and the preset has none.
        """
        self.sample(np.random.default_rng(0), preset.size_hw, preset)

    @property
    def zoom(self) -> float:
        """How many times a side of the image may be enlarged, at most and about."""
        return math.prod(step.zoom for step in self.steps if isinstance(step, Motion))

    def to_list(self) -> list[dict[str, Any]]:
        """Plain JSON values, for a training record."""
        return CATALOGUE.to_list(self.steps)

    @classmethod
    def from_list(cls, values: list[dict[str, Any]]) -> "Pipeline":
        """The inverse of `to_list`.

        Raises:
            UnknownNameError: no distortion has that name.
            ArgumentError: a strength has another name or is out of range.
        """
        return cls(CATALOGUE.from_list(values))


@lru_cache(maxsize=4096)
def _frame(preset: Preset, source_hw: tuple[int, int]) -> tuple[motions.Matrix, View]:
    """The preset's own geometry, and what of the image it leaves inside and outside of the frame."""
    geometry = preset_distortion(preset, source_hw).geometry
    frame = np.array([0, 0, preset.size_hw[1], preset.size_hw[0]], dtype=np.float64)
    image = motions.apply_boxes(geometry, [[0, 0, source_hw[1], source_hw[0]]])[0]
    left, top = np.minimum(frame, image)[:2].tolist()
    right, bottom = np.maximum(frame, image)[2:].tolist()
    return geometry, View(preset.size_hw, (left, top, right, bottom))


def decode_at_least_hw(preset: Preset, pipeline: Pipeline | None = None) -> tuple[int, int]:
    """How large an image must be decoded before its size is known; larger JPEGs may come at a fraction of theirs.

    With a pipeline what its narrowest crop needs; its filter is no published one. Without, twice what the preset needs,
    so that the preset's own filter does the last of the shrinking.

    Example:
        >>> decode_at_least_hw(Preset(size_hw=(224, 224), short_side=256))
        (512, 512)
        >>> decode_at_least_hw(Preset(size_hw=(224, 224)), Pipeline((Crop((0.6, 1.0)),)))
        (334, 334)
    """
    short = min(preset.size_hw)
    whole = (preset.short_side or short) / short
    factor = max(whole, pipeline.zoom) if pipeline else 2 * whole
    return math.ceil(preset.size_hw[0] * factor), math.ceil(preset.size_hw[1] * factor)


SMALL_GREY = Pipeline((Translate(0.07), Rotate(10), Shear(7)))  # digits and signs: a mirrored one is another one
SMALL_COLOUR = Pipeline((Mirror(), Translate(0.125)))  # He et al. 2015: 4 of 32 pixels
GREY_PHOTOS = Pipeline((Mirror(), Crop(), Brightness(0.2), Contrast(0.2)))
COLOUR_PHOTOS = Pipeline((Mirror(), Crop(), Brightness(0.2), Contrast(0.2), Saturation(0.2)))


def default_pipeline(preset: Preset) -> Pipeline:
    """The usual distortions for the images of this preset: small ones (sides of up to 64 pixels) or photos.

    Example:
        >>> default_pipeline(Preset(size_hw=(28, 28), channels=1, mean=(33.3,), std=(78.6,))) is SMALL_GREY
        True
    """
    small, grey = max(preset.size_hw) <= 64, preset.channels == 1
    if small:
        return SMALL_GREY if grey else SMALL_COLOUR
    return GREY_PHOTOS if grey else COLOUR_PHOTOS
