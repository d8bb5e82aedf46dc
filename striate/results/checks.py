"""What answers refuse at birth."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError


def frozen_array(name: str, values: NDArray[Any], kind: type[np.float64] | type[np.int64]) -> NDArray[Any]:
    """A copy that can't be written to; integers don't come from fractions."""
    given = np.asarray(values)
    array = given.astype(kind)
    if kind is np.int64 and not np.array_equal(array, given):
        raise ArgumentError.of(name, "integers", given.tolist())
    array.flags.writeable = False
    return array


def check_share(name: str, value: float) -> None:
    """Refuse what is not in [0, 1]."""
    if not 0 <= value <= 1:
        raise ArgumentError.of(name, "in [0, 1]", value)


def check_box(xyxy: tuple[float, float, float, float]) -> None:
    """Refuse corners that are swapped or not finite."""
    left, top, right, bottom = xyxy
    if not (all(map(math.isfinite, xyxy)) and left <= right and top <= bottom):
        raise ArgumentError.of("xyxy", "finite left, top, right, bottom in order", xyxy)


def check_distance(name: str, value: float) -> None:
    """Refuse what is below 0 or not finite."""
    if not 0 <= value < math.inf:
        raise ArgumentError.of(name, "finite and at least 0", value)
