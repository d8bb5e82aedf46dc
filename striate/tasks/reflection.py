"""An image looked at as if in a mirror or upside down, and the way back of what was found there."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from striate.data import Distortion, Flip, Mirror, Pipeline
from striate.errors import ArgumentError, ModelFileError, UnknownNameError
from striate.ops import geometry as motions


class Reflection(NamedTuple):
    """How the network's frame is turned over before the network looks at it.

    Attributes:
        mirrored: left and right are swapped.
        flipped: top and bottom are swapped; both together are a half turn.
    """

    mirrored: bool = False
    flipped: bool = False

    def planes(self, planes: Tensor) -> Tensor:
        """Prepared images (N, C, h, w), turned over.

        Example:
            >>> import torch
            >>> Reflection(mirrored=True).planes(torch.tensor([[[[1, 2], [3, 4]]]])).tolist()
            [[[[2, 1], [4, 3]]]]
        """
        axes = [axis for axis, turned in ((3, self.mirrored), (2, self.flipped)) if turned]
        return planes.flip(axes) if axes else planes

    def distortion(self, distortion: Distortion) -> Distortion:
        """How an image came there, if it came to the frame by a matrix alone."""
        return replace(distortion, geometry=self._matrix(distortion.size_hw) @ distortion.geometry)

    def _matrix(self, size_hw: tuple[int, int]) -> motions.Matrix:
        height, width = size_hw
        matrix = motions.mirror(width) if self.mirrored else np.eye(3)
        upside_down = motions.around(motions.scale(1, -1), (width / 2, height / 2))
        return upside_down @ matrix if self.flipped else matrix


AS_IS = Reflection()


def trained_reflections(record: Mapping[str, Any]) -> tuple[Reflection, ...]:
    """All in which a network has seen images, as the record of its training says: 1, 2 or 4, the first of them as is.

    Raises:
        ModelFileError: the record is not what a training writes.

    Example:
        >>> trained_reflections({"plan": {"pipeline": [{"name": "mirror", "probability": 0.5}]}})
        (Reflection(mirrored=False, flipped=False), Reflection(mirrored=True, flipped=False))
    """
    plan = record.get("plan")
    listed = plan.get("pipeline") if isinstance(plan, Mapping) else None
    try:
        steps = Pipeline.from_list(listed or []).steps
    except (ArgumentError, UnknownNameError, TypeError) as e:
        raise ModelFileError(f"its record tells of distortions otherwise than training does: {e}") from e
    seen = {type(step) for step in steps if isinstance(step, Mirror | Flip) and step.probability > 0}
    flips, mirrors = ((False, True)[: 1 + (kind in seen)] for kind in (Flip, Mirror))
    return tuple(Reflection(mirrored, flipped) for flipped, mirrored in product(flips, mirrors))
