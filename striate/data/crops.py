"""Look at an image several times: crops of it, each of which the network answers; the answers are averaged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.distort import Distortion, cover_hw, fitted, preset_distortion
from striate.data.pipeline import decode_at_least_hw
from striate.data.records import Pixels
from striate.errors import ArgumentError
from striate.ops import geometry as motions
from striate.preset import Preset

_BEYOND = 1 / 16  # of a side: how far crops move over the image's edge where the preset leaves no margin
_GOOGLENET = 144
_WHOLE = math.inf  # the scale of a crop that sees the whole square


class Spot(NamedTuple):
    """Where one crop lies.

    Attributes:
        scale: its side, as a share of that of the preset's central crop; infinity is the whole covering square.
        x, y: -1 touches the left or upper edge of the square that the image's short side spans, 1 the opposite one.
        square: which such square: -1 the first along the image's long side, 0 the middle one, 1 the last.
    """

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    square: int = 0


@dataclass(frozen=True)
class Crops:
    """Which crops of an image are looked at; `arrange_crops` makes them.

    Attributes:
        spots: where they lie.
        mirrored: each is also looked at with left and right swapped.

    Example:
        >>> len(Crops((Spot(),), mirrored=True))
        2
    """

    spots: tuple[Spot, ...]
    mirrored: bool

    def __len__(self) -> int:
        return len(self.spots) * (2 if self.mirrored else 1)


ONE_CROP = Crops((Spot(),), mirrored=False)


def arrange_crops(number: int, scales: Sequence[float] = ()) -> Crops:
    """So many crops, placed symmetrically.

    At each scale: 1 is the centre, 5 the centre and the four corners (of the central square of the image, Krizhevsky
    et al. 2012), and k² a grid of k rows and k columns from corner to corner. Twice these numbers have each crop
    mirrored too. 144 without scales is the arrangement of Szegedy et al. 2014 (arXiv:1409.4842): 4 scales, 3 squares
    of the image (for one that is wide: left, middle, right), in each its 4 corners, its centre and the whole of it, all
    mirrored.

    Args:
        number: of crops in all.
        scales: sides of the crops, as shares of the side of the preset's central crop; none is (1,).

    Raises:
        ArgumentError: the number can't be arranged so, or a scale is not above 0 or given twice.

    Example:
        >>> ten = arrange_crops(10)
        >>> len(ten.spots), ten.mirrored
        (5, True)
        >>> arrange_crops(7)
        Traceback (most recent call last):
        striate.errors.ArgumentError: crops must be one of 1, 2, 4, 5, 8, 9, 10, ..., 49, 50, 144, ..., got 7
    """
    if number == _GOOGLENET and not scales:
        return _googlenet()
    scales = tuple(scales) or (1.0,)
    if len(set(scales)) < len(scales) or not all(0 < s < math.inf for s in scales):
        raise ArgumentError.of("crop_scale", "different numbers above 0", scales)
    each, rest = divmod(number, len(scales))
    for mirrored in (False, True):
        count, odd = divmod(each, 2) if mirrored else (each, 0)
        if count in _PLACES and not odd and not rest:
            return Crops(tuple(Spot(scale, x, y) for scale in scales for x, y in _PLACES[count]), mirrored)
    raise ArgumentError.of("crops", f"one of {_arrangeable(len(scales))}", number)


def _grid(side: int) -> tuple[tuple[float, float], ...]:
    """Places from corner to corner, row by row."""
    steps = np.linspace(-1, 1, side).tolist() if side > 1 else [0.0]
    return tuple((x, y) for y in steps for x in steps)


_PLACES = {k * k: _grid(k) for k in range(1, 23)} | {5: ((0.0, 0.0), *_grid(2))}  # 968 crops are the most


def _arrangeable(scales: int) -> str:
    once = sorted({n * times for n in _PLACES for times in (1, 2)})[:14]
    return ", ".join(str(scales * n) for n in once) + (f", ... at {scales} scales" if scales > 1 else ", 144, ...")


def _googlenet() -> Crops:
    """Crops of 224 pixels from images whose short sides are 256, 288, 320 and 352; the first are the preset's own."""
    spots = [
        Spot(scale, x, y, square)
        for short in (256, 288, 320, 352)
        for square in (-1, 0, 1)
        for scale, x, y in ((_WHOLE, 0.0, 0.0), *((256 / short, *place) for place in _PLACES[5]))
    ]
    return Crops(tuple(spots), mirrored=True)


def crop_distortions(preset: Preset, source_hw: tuple[int, int], crops: Crops) -> list[Distortion]:
    """What is done to an image of this size for each of its crops: the preset's resize and the crop in one matrix.

    Where the preset leaves a margin around its central crop, corner crops touch the edges of the image's middle square.
    Where it leaves none, they lie a sixteenth of a side off the centre and see the border's colour beyond the edge, as
    the shifted images of training do.

    Args:
        preset: what the network expects.
        source_hw: height and width of the image.
        crops: from `arrange_crops`.

    Returns:
        One distortion for each crop, the mirrored one right after its own.

    Raises:
        ArgumentError: a crop is to be larger than the square that the image covers.

    Example:
        >>> preset = Preset(size_hw=(224, 224), short_side=256)
        >>> for distortion in crop_distortions(preset, (256, 256), arrange_crops(4)):
        ...     print(distortion.points([[128, 128]]))
        [[128. 128.]]
        [[ 96. 128.]]
        [[128.  96.]]
        [[96. 96.]]
    """
    base = preset_distortion(preset, source_hw)
    found = []
    for spot in crops.spots:
        geometry = base.geometry if spot == Spot() else _motion(spot, preset, source_hw) @ base.geometry
        mirrored = [motions.mirror(preset.size_hw[1]) @ geometry] if crops.mirrored else []
        found += [replace(base, geometry=g) for g in (geometry, *mirrored)]
    return found


def _motion(spot: Spot, preset: Preset, source_hw: tuple[int, int]) -> motions.Matrix:
    """From the preset's central crop to another one, which fills the frame."""
    frame, cover = preset.size_hw, cover_hw(preset)
    largest = min(c / f for c, f in zip(cover, frame, strict=True))
    if 1.001 * largest < spot.scale < _WHOLE:  # 8/7 may be typed as 1.143
        raise ArgumentError.of("crop_scale", f"{largest:.4g} at most, the preset's whole square", spot.scale)
    scale = min(spot.scale, largest)
    resized, (left, top) = fitted(preset, source_hw)
    x = _start(spot.x, spot.square, scale, frame[1], cover[1], resized[1], left)
    y = _start(spot.y, spot.square, scale, frame[0], cover[0], resized[0], top)
    crop_xyxy = (x, y, x + scale * frame[1], y + scale * frame[0])
    return motions.box_to_box(crop_xyxy, (0, 0, frame[1], frame[0]))


def _start(at: float, square: int, scale: float, frame: int, cover: int, resized: int, centre: int) -> float:
    """Along one axis, where a crop begins, in pixels from where the central crop does; whole ones at its own scale."""
    reach = (cover - scale * frame) / 2  # from the middle of the square to where the crop touches the edge
    if reach < 0.5:
        reach = max(1, round(_BEYOND * frame))
    spare = max(0, resized - cover)
    in_square = {-1: 0.0, 0: centre - (cover - frame) / 2, 1: float(spare)}[square if spare else 0]
    start = in_square + (cover - scale * frame) / 2 + at * reach - centre
    return float(round(start)) if scale == 1 else start


def crop_inputs(
    image: Pixels, preset: Preset, crops: Crops = ONE_CROP, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """What the network is given of an image: each crop, normalised; pixels are resampled once.

    Args:
        image: uint8 (H, W, C).
        preset: what the network expects.
        crops: which crops; by default what evaluation sees, once.
        out: float32 (V, C, h, w), contiguous, to write into; by default it is made.

    Returns:
        float32 (V, C, h, w): V crops, in the order of `crop_distortions`.

    Example:
        >>> crop_inputs(np.zeros((300, 400, 3), np.uint8), Preset(size_hw=(224, 224)), arrange_crops(10)).shape
        (10, 3, 224, 224)
    """
    planes = np.empty((len(crops), preset.channels, *preset.size_hw), np.float32) if out is None else out
    step = 2 if crops.mirrored else 1
    for i, distortion in enumerate(crop_distortions(preset, image.shape[:2], crops)):
        if i % step:
            planes[i] = planes[i - 1, :, :, ::-1]  # the matrix would do the same to the bit, once more
        else:
            distortion.network_input(image, preset, planes[i])
    return planes


def decode_for_crops_hw(preset: Preset, crops: Crops) -> tuple[int, int]:
    """How large an image must be decoded, at least, for these crops: narrow ones see more of its pixels.

    Example:
        >>> decode_for_crops_hw(Preset(size_hw=(224, 224), short_side=256), arrange_crops(2, (0.5,)))
        (1024, 1024)
    """
    height, width = decode_at_least_hw(preset)
    narrowest = min(1.0, *(spot.scale for spot in crops.spots))
    return math.ceil(height / narrowest), math.ceil(width / narrowest)
