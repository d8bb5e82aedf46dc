"""How a network's input is looked at: images as they are, volumes by slices, clips by frames, signals by traces.

What is to be seen is numbers from 0 to 255, `levels` (*S, C), of any number of axes; strengths (*S,) lie beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from striate.draw.attribution import filters_picture, overlay_picture, strength_picture
from striate.draw.pixels import Pixels
from striate.draw.planes import clip_frames, image_plane, volume_planes
from striate.draw.slices import windowed
from striate.draw.trace_view import TraceView, signal_levels
from striate.recording_preset import Kind

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
_BETWEEN = 220  # grey between the planes of a patch, so that those of one are seen to belong together


class InputView(Protocol):
    """What makes pictures of inputs of one kind."""

    @property
    def sample(self) -> str:
        """What one of its samples is called."""

    def picture(self, levels: Pixels) -> Pixels:
        """An input: uint8 (*S, C) -> (h, w, 1 or 3)."""

    def patch(self, levels: Pixels, inside: Bools) -> tuple[Pixels, Bools]:
        """A part of one for a small tile, and where it shows the input: (*F, C) and (*F,) -> (h, w, …) and (h, w)."""

    def strengths(self, levels: Pixels, strengths: Floats) -> Pixels:
        """How strong each sample is, at least 0: (*S, C) and (*S,) -> (h, w, 3)."""

    def overlay(self, levels: Pixels, strengths: Floats) -> Pixels:
        """What speaks for and what against, over the input: (*S, C) and (*S,) -> (h, w, 3)."""

    def filters(self, weights: Floats) -> Pixels:
        """Filters side by side: (K, C, *F) -> (h, w, 3)."""


@dataclass(frozen=True)
class PlaneView:
    """Inputs that are looked at in planes.

    Attributes:
        sample: what one is called.
        flatten: the planes that are shown, side by side: (*S, …) and what stands between them -> (h, w, …).

    Example:
        >>> view_of("volume").picture(np.zeros((4, 5, 6, 3), np.uint8)).shape  # 4x6, 4x5 and 5x6 voxels
        (11, 13, 3)
    """

    sample: str
    flatten: Callable[[Array, float], Array]

    def picture(self, levels: Pixels) -> Pixels:
        """As `InputView`."""
        return self.flatten(_drawable(levels), 255)

    def patch(self, levels: Pixels, inside: Bools) -> tuple[Pixels, Bools]:
        """As `InputView`."""
        return self.flatten(_drawable(levels), _BETWEEN), self.flatten(inside, 1)

    def strengths(self, levels: Pixels, strengths: Floats) -> Pixels:
        """As `InputView`."""
        return strength_picture(self.flatten(strengths, 0))

    def overlay(self, levels: Pixels, strengths: Floats) -> Pixels:
        """As `InputView`."""
        return overlay_picture(self.picture(levels), self.flatten(strengths, 0))

    def filters(self, weights: Floats) -> Pixels:
        """As `InputView`; the planes of a filter of three axes stand side by side."""
        if weights.ndim == 5:  # (K, C, d, h, w) -> (K, C, h, d · w)
            weights = weights.transpose(0, 1, 3, 2, 4).reshape(*weights.shape[:2], weights.shape[3], -1)
        return filters_picture(weights)


def _drawable(levels: Pixels) -> Pixels:
    """Grey or colour; of other channels the first."""
    return levels if levels.shape[-1] in (1, 3, 4) else levels[..., :1]


IMAGE_VIEW: InputView = PlaneView("pixel", image_plane)
_VIEWS: dict[Kind, InputView] = {
    "signal": TraceView(),
    "volume": PlaneView("voxel", volume_planes),
    "clip": PlaneView("pixel", clip_frames),
}


def view_of(kind: Kind) -> InputView:
    """How recordings of a kind are looked at.

    Example:
        >>> view_of("signal").sample
        'sample'
    """
    return _VIEWS[kind]


def recording_levels(kind: Kind, values: Floats) -> Pixels:
    """Values of a recording as what is seen of them: float (C, *S) -> uint8 (*S, C').

    Each channel of a signal has a scale of its own; a volume or a clip has one, and is grey or of three colours.

    Example:
        >>> recording_levels("signal", np.arange(6.0).reshape(2, 3)).shape
        (3, 2)
    """
    return signal_levels(values) if kind == "signal" else windowed(values)
