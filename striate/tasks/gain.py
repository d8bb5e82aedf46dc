"""What several networks or several crops gain over one, and what they cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data import ONE_CROP, Crops
from striate.metrics import PairedDifference
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask, Probabilities
from striate.tasks.ensemble import Ensemble


@dataclass(frozen=True)
class Timed:
    """A network's answers on a part of the data.

    Attributes:
        probabilities: (N, K)
        seconds: that they took, with reading the images.
    """

    probabilities: Probabilities
    seconds: float


@dataclass(frozen=True)
class Contender:
    """One way to answer the images.

    Attributes:
        name: a network, all of them, or how many crops.
        score: the figure that counts, in [0, 1].
        seconds: for all images, with reading them.
        megabytes: of memory for the weights.
    """

    name: str
    score: float
    seconds: float
    megabytes: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Gain:
    """One way to answer the images against a cheaper one.

    Attributes:
        name: the way.
        over: the cheaper one.
        change: of the figure that counts, on the same images.
        times_seconds: how many times the time it takes.
        times_megabytes: how many times the memory of weights.
        remark: what flatters either of them.
    """

    name: str
    over: str
    change: PairedDifference
    times_seconds: float
    times_megabytes: float
    remark: str = ""

    def __str__(self) -> str:
        low, high = (100 * end for end in self.change.interval)
        chance = "" if low > 0 or high < 0 else ", so it may be chance"
        memory = "" if self.times_megabytes == 1 else f", {self.times_megabytes:.1f} times the memory of weights"
        return (
            f"{self.name} over {self.over}: {100 * self.change.difference:+.2f} points "
            f"(95 % interval {low:+.2f} to {high:+.2f}{chance}); "
            f"{self.change.gained} images put right, {self.change.lost} wrong; "
            f"{self.times_seconds:.1f} times the time{memory}" + (f"; {self.remark}" if self.remark else "")
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"change": self.change.to_dict()}


@dataclass(frozen=True)
class Answers:
    """All that was answered about a part of the data: by each member, with one crop and with several.

    Attributes:
        model: who answered.
        crops: which crops of each image it looked at.
        targets: what the images show.
        once: each member's answers with one crop; the same as `several` where no others were asked for.
        several: each member's answers with the crops.
    """

    model: Classifier | Ensemble
    crops: Crops
    targets: NDArray[np.int64]
    once: tuple[Timed, ...]
    several: tuple[Timed, ...]

    @property
    def final(self) -> Timed:
        """The answers that count: of all members, with all crops."""
        return self._together(self.several)

    def contenders(self) -> tuple[Contender, ...]:
        """What can be compared, the cheapest first; nothing where there is one network and one crop."""
        model, rows = self.model, list[Contender]()
        if len(model.members) > 1:
            rows = [self._contend(m.name, m, own) for m, own in zip(model.members, self._aligned(), strict=True)]
            rows.append(_mean_of(rows))
        if self.crops != ONE_CROP:
            rows.append(self._contend(_join(model, "one crop"), model, self._together(self.once)))
        whole = _join(model, _say(self.crops) if self.crops != ONE_CROP else "")
        return (*rows, self._contend(whole, model, self.final)) if rows else ()

    def gains(self) -> tuple[Gain, ...]:
        """What all crops gain over one, and all members over the best of them."""
        found = []
        if self.crops != ONE_CROP:
            once = self._together(self.once)
            found.append(self._gain(_say(self.crops), "one crop", once, memory=1.0))
        members = self.model.members
        if len(members) > 1:
            aligned = self._aligned()
            best = int(np.argmax([self._score(own.probabilities) for own in aligned]))
            memory = self.model.num_bytes / members[best].num_bytes
            remark = "that member is the best on these very images, which flatters it"
            found.append(self._gain(self.model.name, members[best].name, aligned[best], memory, remark))
        return tuple(found)

    def _gain(self, name: str, over: str, before: Timed, memory: float, remark: str = "") -> Gain:
        change = self._task.difference(before.probabilities, self.final.probabilities, self.targets)
        return Gain(name, over, change, self.final.seconds / before.seconds, memory, remark)

    def _contend(self, name: str, model: Classifier | Ensemble, own: Timed) -> Contender:
        return Contender(name, self._score(own.probabilities), own.seconds, model.num_bytes / 1e6)

    def _score(self, probabilities: Probabilities) -> float:
        figures = self._task.measure(probabilities, self.targets, self.model.labels)
        return float(getattr(figures, self._task.monitor))

    @property
    def _task(self) -> ClassifyTask:
        return self.model.task

    def _aligned(self) -> list[Timed]:
        """Each member with all crops, in the order of the model's classes."""
        answers = self.model.aligned([own.probabilities for own in self.several])
        return [Timed(p, own.seconds) for p, own in zip(answers, self.several, strict=True)]

    def _together(self, answers: Sequence[Timed]) -> Timed:
        mean = self.model.mean([own.probabilities for own in answers])
        return Timed(mean, sum(own.seconds for own in answers))


def _mean_of(members: Sequence[Contender]) -> Contender:
    score, seconds, megabytes = np.mean([(m.score, m.seconds, m.megabytes) for m in members], axis=0).tolist()
    return Contender("mean of the members", score, seconds, megabytes)


def _join(model: Classifier | Ensemble, crops: str) -> str:
    several = model.name if len(model.members) > 1 else ""
    return ", ".join(filter(None, [several, crops]))


def _say(crops: Crops) -> str:
    return f"{len(crops)} crops" if len(crops) > 1 else "another crop"
