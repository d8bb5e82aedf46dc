"""Choose an encoder's threshold on pairs of images."""

from datetime import date

from striate.data import Pairs
from striate.errors import ArgumentError
from striate.faces import Threshold
from striate.metrics import Calibration, calibrate, pairs_needed
from striate.tasks.faces_pairs import MeasuredPairs, check_kinds, measure_pairs
from striate.tasks.faces_recogniser import OnImages, Recogniser


def calibrate_encoder(
    recogniser: Recogniser, pairs: Pairs, far: float, *, skip_bad: bool = False, on_images: OnImages | None = None
) -> tuple[Calibration, MeasuredPairs]:
    """Choose τ on pairs for a false-accept rate.

    Args:
        recogniser, pairs, skip_bad, on_images: as in `measure_pairs`.
        far: the share of different pairs that may be accepted, in (0, 1).

    Raises:
        ArgumentError: fewer different pairs than such a rate takes; no image is looked at then.
        DataError: as in `measure_pairs`.
    """
    check_kinds(pairs.same)
    needed, n_different = pairs_needed(far), int((~pairs.same).sum())
    if n_different < needed:
        takes = f"a rate of {far:g} takes {needed:,}; of folders --different {needed} draws them"
        raise ArgumentError.of("far", f"one that {n_different:,} different pairs can show ({takes})", far)
    measured = measure_pairs(recogniser, pairs, skip_bad=skip_bad, on_images=on_images)
    return calibrate(measured.distances, measured.same, far), measured


def encoder_threshold(calibration: Calibration, data: str) -> Threshold:
    """What an encoder remembers of its calibration today, on data of this name."""
    return Threshold.of(calibration, data, date.today().isoformat())
