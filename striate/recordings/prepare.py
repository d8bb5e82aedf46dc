"""A recording as a network's preset wants it: checked, fitted, standardised."""

from collections.abc import Sequence
from math import isclose

from striate.errors import DataError
from striate.ops import affine
from striate.recording_preset import AXES, UNITS, RecordingPreset
from striate.recordings.distort import RecordingDistortion
from striate.recordings.records import Recording, Values

SAME_STEP = 1e-3  # two steps are one where they differ by less than this share


def prepared(recording: Recording, preset: RecordingPreset, resample: bool = False) -> Values:
    """What the network is given of a recording in evaluation and prediction.

    Args:
        recording: of the preset's kind, channels and spacing.
        preset: what the network expects.
        resample: bring a recording of another spacing to the preset's, which is refused otherwise.

    Returns:
        float32 (C, *preset.size), resampled at most once, and standardised.

    Raises:
        DataError: it is of another kind, of other channels or of another spacing.

    Example:
        >>> import numpy as np
        >>> preset = RecordingPreset("signal", (4,), (0.01,), 1, mean=(2.0,), std=(0.5,))
        >>> prepared(Recording("signal", np.arange(6, dtype=np.float32)[np.newaxis], (0.01,)), preset)
        array([[-2.,  0.,  2.,  4.]], dtype=float32)
    """
    return preset_distortion(recording, preset, resample).network_input(recording.values)


def preset_distortion(recording: Recording, preset: RecordingPreset, resample: bool = False) -> RecordingDistortion:
    """How evaluation and prediction bring a recording to the network's input.

    "crop" keeps the spacing and takes the central part, from a whole sample on unless it resamples; "stretch" brings
    all of the recording to the size.

    Args, Raises: see `prepared`.
    """
    factors = fit_factors(recording, preset, resample)
    return RecordingDistortion(fitted(recording.size, preset, factors), recording.size, preset)


def fitted(source_size: Sequence[int], preset: RecordingPreset, factors: Sequence[float]) -> affine.Matrix:
    """The preset's own geometry for a recording of this size whose axes become so many times longer."""
    if preset.fit == "stretch":
        return affine.resize(source_size, preset.size)
    surplus = [n * f - size for n, f, size in zip(source_size, factors, preset.size, strict=True)]
    first = [s // 2 if f == 1 else s / 2 for s, f in zip(surplus, factors, strict=True)]
    return affine.translate([-f for f in first]) @ affine.scale(factors)


def fit_factors(recording: Recording, preset: RecordingPreset, resample: bool = False) -> tuple[float, ...]:
    """How many times longer each axis of a recording becomes by its spacing: 1 where it is the preset's.

    Args, Raises: see `prepared`.
    """
    if recording.kind != preset.kind:
        raise DataError(f"the network was trained on {preset.kind}s, and this is a {recording.kind}")
    if recording.channels != preset.channels:
        raise DataError(f"the network was trained on {preset.channels} channels, and this has {recording.channels}")
    if preset.fit == "stretch":
        return (1.0,) * preset.dims
    axes = zip(AXES[preset.kind], UNITS[preset.kind], recording.spacing, preset.spacing, strict=True)
    return tuple(_factor(*axis, resample) for axis in axes)


def _factor(axis: str, unit: str, step: float, expected: float, resample: bool) -> float:
    if same_step(step, expected):
        return 1.0
    if not expected:
        raise DataError(
            f"the network was trained on recordings that say no spacing, and this says {step:.6g} {unit} along {axis}: "
            "they can't be compared; save its values without one, as an .npy, if they are spaced alike"
        )
    if not step:
        raise DataError(
            f"the network was trained on {expected:.6g} {unit} from one sample to the next along {axis}, and this "
            "doesn't say what it has: save it as an .npz of `values` and `spacing`"
        )
    if not resample:
        raise DataError(
            f"the network was trained on {expected:.6g} {unit} from one sample to the next along {axis}, and this has "
            f"{step:.6g} {unit}: predict and evaluate with --resample (resample=True) bring it to the network's"
        )
    return step / expected


def same_step(step: float, other: float) -> bool:
    """Whether two steps from one sample to the next are one; what is unknown is what is unknown.

    Example:
        >>> same_step(1 / 360, 0.002778), same_step(1 / 360, 1 / 250), same_step(0.0, 0.0), same_step(0.0, 1.0)
        (True, False, True, False)
    """
    return isclose(step, other, rel_tol=SAME_STEP)
