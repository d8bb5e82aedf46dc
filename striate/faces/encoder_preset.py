"""What makes encodings comparable: the weights, how a face comes before them, and the threshold that suits them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date as calendar_date
from typing import Any

from striate.errors import ArgumentError
from striate.faces.align import Canonical
from striate.metrics import Calibration
from striate.preset import Preset

FORMAT = 1
_FARTHEST = 2.0  # between encodings of unit length


@dataclass(frozen=True)
class Threshold:
    """τ, and where it came from.

    Attributes:
        distance: encodings at most so far apart are taken for those of one person or thing; in [0, 2].
        far: the share of false accepts that it was fitted to, in (0, 1); None is the most accurate threshold.
        interval: two distances between which the τ of that rate lies, at 95 %; None for the most accurate one.
        true_accepts, same: how many of how many pairs of one person or thing it accepted when it was fitted.
        false_accepts, different: how many of how many other pairs.
        data: what the pairs show.
        date: when that was done, as YYYY-MM-DD; None where nobody wrote it down.

    Raises:
        ArgumentError: a field is out of range.

    Example:
        >>> print(Threshold(0.9, 0.01, (0.85, 0.95), 490, 500, 5, 500, "pairs.txt", "2026-01-31"))
        0.9000 (0.8500 to 0.9500), for a false-accept rate of 0.01: accepted 5 of 500 different pairs and 490 of 500
        same ones of pairs.txt, 2026-01-31
    """

    distance: float
    far: float | None
    interval: tuple[float, float] | None
    true_accepts: int
    same: int
    false_accepts: int
    different: int
    data: str
    date: str | None

    def __post_init__(self) -> None:
        interval = (0.0, 0.0) if self.interval is None else self.interval
        if len(interval) != 2 or not all(_is_number(d) and 0 <= d <= _FARTHEST for d in (self.distance, *interval)):
            raise ArgumentError.of(
                "threshold", f"a distance and its interval in [0, {_FARTHEST:g}]", (self.distance, self.interval)
            )
        if self.far is not None and not (_is_number(self.far) and 0 < self.far < 1):
            raise ArgumentError.of("threshold.far", "in (0, 1), or None", self.far)
        for accepts, pairs in ((self.true_accepts, self.same), (self.false_accepts, self.different)):
            if not (type(accepts) is type(pairs) is int and 0 <= accepts <= pairs):
                raise ArgumentError.of("threshold", "fitted on so many pairs of so many", (accepts, pairs))
        if not isinstance(self.data, str):
            raise ArgumentError.of("threshold.data", "a text", self.data)
        if self.date is not None:
            _check_date(self.date)

    @classmethod
    def of(cls, calibration: Calibration, data: str, date: str) -> "Threshold":
        """What a calibration found, on pairs of this name and on this day."""
        rates = calibration.rates
        return cls(
            calibration.threshold,
            calibration.far_asked,
            calibration.interval,
            rates.true_accepts,
            rates.n_same,
            rates.false_accepts,
            rates.n_different,
            data,
            date,
        )

    @classmethod
    def from_dict(cls, values: object) -> "Threshold":
        """The inverse of `dataclasses.asdict`, for values from an untrusted file.

        Raises:
            ArgumentError: a field is missing, surplus or not of its kind.
        """
        names = [f.name for f in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(names):
            raise ArgumentError.of("threshold", f"made of exactly {', '.join(names)}", values)
        interval = values["interval"]
        if not (interval is None or isinstance(interval, list)):
            raise ArgumentError.of("threshold.interval", "two distances, or None", interval)
        return cls(**{**values, "interval": None if interval is None else tuple(interval)})

    def __str__(self) -> str:
        interval = "" if self.interval is None else f" ({self.interval[0]:.4f} to {self.interval[1]:.4f})"
        aim = "the most accurate one" if self.far is None else f"for a false-accept rate of {self.far:.3g}"
        different = f"{self.false_accepts:,} of {self.different:,} different pairs"
        same = f"{self.true_accepts:,} of {self.same:,} same ones"
        day = "" if self.date is None else f", {self.date}"
        return f"{self.distance:.4f}{interval}, {aim}: accepted {different} and {same} of {self.data}{day}"


@dataclass(frozen=True)
class EncoderPreset:
    """What an encoder is, apart from the numbers of its weights.

    Attributes:
        weights: the name of published weights, or the path of a model file.
        sha256: of the file of the weights, 64 hexadecimal digits.
        canonical: where a face's points stand in what the network sees; None encodes whole images, of anything.
        mirrored: an encoding is the mean of those of the image and of its mirror image, brought to unit length.
        turned: an encoding is made of those of the image in eight views, see `striate.faces.join_views`.
        threshold: where verification draws the line; None until somebody calibrates it.

    Raises:
        ArgumentError: a field is not of its kind.

    Example:
        >>> EncoderPreset("run/model.safetensors", "0" * 64, canonical=None, mirrored=False).to_dict()["mirrored"]
        False
    """

    weights: str
    sha256: str
    canonical: Canonical | None
    mirrored: bool
    threshold: Threshold | None = None
    turned: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.weights, str) or not self.weights:
            raise ArgumentError.of("weights", "the name of weights, or a model file", self.weights)
        if not isinstance(self.sha256, str) or len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ArgumentError.of("sha256", "64 hexadecimal digits", self.sha256)
        for name, value in (("mirrored", self.mirrored), ("turned", self.turned)):
            if not isinstance(value, bool):
                raise ArgumentError.of(name, "true or false", value)

    def identity(self, preset: Preset) -> str:
        """SHA-256 of all that an encoding depends on: weights, their preset, the canonical face, views; not τ.

        Args:
            preset: what the network expects of its input.
        """
        values = self.to_dict()
        del values["weights"], values["threshold"]  # the same weights under another name encode alike
        return hashlib.sha256(json.dumps([values, preset.to_dict()], sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        values = asdict(self)
        if self.canonical:
            values["canonical"] = {"size_hw": list(self.canonical.size_hw), "xy": [list(p) for p in self.canonical.xy]}
        if self.threshold and self.threshold.interval:
            values["threshold"]["interval"] = list(self.threshold.interval)
        return {"format": FORMAT, **values}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _check_date(text: object) -> None:
    try:
        calendar_date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ArgumentError.of("threshold.date", "as YYYY-MM-DD", text) from None
