"""What explains an answer, as pictures: numbers for each pixel or channel become colours."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.pixels import Pixels, as_rgb
from striate.errors import ShapeError

Floats = npt.NDArray[np.floating]
FOR, AGAINST = (213, 94, 0), (0, 114, 178)  # Okabe and Ito's vermilion and blue, which the colour-blind can tell apart
_MOST = 99.5  # percentile that is drawn brightest, so that a single pixel does not darken all others


def strength_picture(strengths: Floats) -> Pixels:
    """How strong each position is, from black to bright: (H, W) of at least 0 -> (H, W, 3).

    Example:
        >>> strength_picture(np.array([[0.0, 1.0]]))[0, 0].tolist()
        [0, 0, 3]
    """
    from matplotlib import colormaps

    share = np.clip(_check(strengths, 2) / strongest(strengths), 0, 1)
    picture: Pixels = colormaps["inferno"](share, bytes=True)[..., :3]
    return picture


def overlay_picture(image: Pixels, strengths: Floats) -> Pixels:
    """What speaks for and what against, laid over a faint image.

    Args:
        image: (H, W) or (H, W, C) of uint8.
        strengths: (H, W); orange where positive, blue where negative, the more the stronger.

    Returns:
        (H, W, 3)

    Raises:
        ShapeError: another size than the image's.
    """
    rgb = as_rgb(image).astype(np.float64)
    if _check(strengths, 2).shape != rgb.shape[:2]:
        raise ShapeError.of("strengths", f"of the image's size {rgb.shape[:2]}", strengths.shape)
    grey = 255 - 0.65 * (255 - rgb.mean(2, keepdims=True))
    share = np.clip(strengths / strongest(strengths), -1, 1)[..., None]
    colour = np.where(share > 0, FOR, AGAINST)
    alpha = 0.8 * np.abs(share)
    picture: Pixels = np.rint((1 - alpha) * grey + alpha * colour).astype(np.uint8)
    return picture


def signed_picture(values: Floats, scale: float | None = None) -> Pixels:
    """Numbers around 0 in each channel: (H, W, C) with C 1, 3 or 4 -> uint8 (H, W, 1 or 3), grey where 0.

    Args:
        values: (H, W, C); of 4 channels the last is left out.
        scale: what is brightest; None takes what all but a few of the values stay below.

    Example:
        >>> signed_picture(np.array([[[-2.0], [0.0], [2.0]]]))[0, :, 0].tolist()
        [0, 128, 255]
    """
    return signed_levels(_check(values, 3)[..., :3], scale or strongest(values))


def signed_levels(values: Floats, scale: float | None = None) -> Pixels:
    """Numbers around 0, of any number of axes, as uint8 around the middle.

    Args:
        values: not empty.
        scale: what becomes 255; None takes what all but a few of the values stay below.

    Example:
        >>> signed_levels(np.array([-2.0, 0.0, 1.0, 4.0]), 2.0).tolist()
        [0, 128, 191, 255]
    """
    share = np.clip(values / (scale or strongest(values)), -1, 1)
    levels: Pixels = np.rint(127.5 + 127.5 * share).astype(np.uint8)
    return levels


def filters_picture(weights: Floats, *, zoom: int = 12, gap: int = 4) -> Pixels:
    """Filters side by side, all on one scale, grey where a weight is 0.

    Args:
        weights: (K, C, h, w); with 3 channels in colour, else each channel in grey below the one before.
        zoom: pixels of the picture for a weight.
        gap: white pixels between filters.

    Returns:
        (H, W, 3)

    Raises:
        ShapeError: another number of axes, or no weights.

    Example:
        >>> filters_picture(np.ones((6, 3, 5, 5)), zoom=2, gap=1).shape  # three by two
        (21, 32, 3)
    """
    checked = _check(weights, 4)
    if checked.shape[1] != 3:
        checked = checked.transpose(0, 2, 1, 3).reshape(len(checked), 1, -1, checked.shape[3])
    scale = strongest(checked)
    tiles = [as_rgb(signed_picture(tile, scale)) for tile in checked.transpose(0, 2, 3, 1)]
    return mosaic_picture([tile.repeat(zoom, 0).repeat(zoom, 1) for tile in tiles], gap=gap)


def mosaic_picture(tiles: Sequence[Pixels], *, columns: int = 0, gap: int = 2) -> Pixels:
    """Tiles (h, w, 3) of one size in rows on white; as many columns as rows, or one more, if none are given.

    Example:
        >>> mosaic_picture([np.zeros((4, 4, 3), np.uint8)] * 3, gap=2).shape
        (10, 10, 3)
    """
    columns = columns or int(np.ceil(np.sqrt(len(tiles))))
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    page = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        page[top : top + height, left : left + width] = tile
    return page


def _check(values: Floats, axes: int) -> Floats:
    if values.ndim != axes or not values.size:
        raise ShapeError.of("values", f"of {axes} axes, not empty", values.shape)
    return values


def strongest(values: Floats) -> float:
    """What is drawn brightest: what all but a few of the values stay below; 1 where all is 0.

    Example:
        >>> strongest(np.array([0.0, -3.0])), strongest(np.zeros(2))
        (2.985, 1.0)
    """
    return float(np.percentile(np.abs(values), _MOST)) or float(np.abs(values).max()) or 1.0
