"""What a classifier is worth on some data, as a record."""

from dataclasses import dataclass
from typing import Any, Literal

from striate.tasks.classify import Figures
from striate.tasks.gain import Contender, Gain

PartChoice = Literal["train", "val", "test", "all"]


@dataclass(frozen=True)
class Evaluation:
    """What a classifier is worth on some data.

    Attributes:
        figures: every figure of merit.
        part: which part of the data was measured.
        fingerprint: of the data.
        remarks: what a reader must know: skipped files, images that stand in two parts.
        contenders: of several networks or crops, what each is worth and costs by itself, and all together.
        gains: of several networks or crops, what they gain over one.
    """

    figures: Figures
    part: str
    fingerprint: str
    remarks: tuple[str, ...]
    contenders: tuple[Contender, ...] = ()
    gains: tuple[Gain, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        own: dict[str, Any] = {"part": self.part, "fingerprint": self.fingerprint, "remarks": list(self.remarks)}
        if self.contenders:
            own["contenders"] = [contender.to_dict() for contender in self.contenders]
            own["gains"] = [gain.to_dict() for gain in self.gains]
        return self.figures.to_dict() | own
