"""What an array of so many axes is: a signal, a volume or a clip, of one channel or several."""

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, DataError
from striate.recording_preset import AXES, Kind
from striate.recordings.limits import check_values, finite
from striate.recordings.records import Recording

MAX_CHANNELS = 4096


def kind_of_axes(ndim: int, kind: Kind | None = None, *, path: object = "the array") -> Kind:
    """What an array of `ndim` axes is; three or four are a volume unless a clip is stated.

    Args:
        ndim: 1 (L), 2 (C, L), 3 (D, H, W) or 4 (C, D, H, W).
        kind: what is stated.
        path: named in errors.

    Raises:
        ArgumentError: `kind` is none.
        DataError: another number of axes.

    Example:
        >>> kind_of_axes(1), kind_of_axes(3), kind_of_axes(4, "clip")
        ('signal', 'volume', 'clip')
    """
    if kind is not None and kind not in get_args(Kind):
        raise ArgumentError.of("kind", f"one of {', '.join(get_args(Kind))}", kind)
    found: Kind = kind or ("signal" if ndim < 3 else "volume")
    axes = AXES[found]
    if ndim not in (len(axes), len(axes) + 1):
        letters = ", ".join(axes)
        raise DataError(f"{path}: {ndim} axes; a {found} has ({letters}), or (channels, {letters})")
    return found


def as_recording(
    path: object,
    values: NDArray[Any],
    kind: Kind | None = None,
    spacing: Sequence[float] = (),
    channel_names: Sequence[str] = (),
) -> Recording:
    """An array as a recording: float32, with an axis of channels.

    Args:
        path: named in errors.
        values: numbers, of the shapes that `kind_of_axes` knows.
        kind: what is stated.
        spacing: a step along each axis, one for all of them, or none: unknown.
        channel_names: of the channels, or none.

    Raises:
        DataError: other axes, too many values or channels, a value that is no finite number, another number of steps.
    """
    kind = kind_of_axes(values.ndim, kind, path=path)
    dims = len(AXES[kind])
    values = values.reshape(-1, *values.shape[-dims:]) if values.size else values
    check_values(path, values.shape)
    if len(values) > MAX_CHANNELS:
        raise DataError(f"{path}: {len(values):,} channels; up to {MAX_CHANNELS:,} are allowed, and they come first")
    steps = tuple(map(float, spacing)) or (0.0,)
    steps = steps * dims if len(steps) == 1 else steps
    if len(steps) != dims or not all(np.isfinite(step) and step >= 0 for step in steps):
        raise DataError(f"{path}: a spacing of {steps}; a step, or 0, along {', '.join(AXES[kind])} is expected")
    if len(channel_names) not in (0, len(values)):
        raise DataError(f"{path}: {len(channel_names)} names of {len(values)} channels")
    return Recording(kind, finite(path, values), steps, tuple(channel_names))
