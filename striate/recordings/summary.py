"""What there is to know of recordings before training on them."""

from dataclasses import asdict, dataclass
from typing import Any

from striate.data.records import Twins
from striate.errors import Problem
from striate.recording_preset import Kind
from striate.recordings.records import RecordingDataset


@dataclass(frozen=True)
class RecordingSummary:
    """What there is to know of recordings before training on them.

    Attributes:
        root, kind, shape, classes, channels, channel_names, sizes, spacings, cut_seed, fingerprint: as in
            `RecordingDataset`.
        recordings: how many each part has.
        groups: how many groups each part has, where the data says; no group is in two parts that were cut.
        counts: by part, how many are of each class.
        bad: what can't be used.
        twins: groups of the same recording; a leak if in several parts, a conflict if of several labels.
    """

    root: str
    kind: str
    shape: Kind
    classes: tuple[str, ...]
    channels: int
    channel_names: tuple[str, ...]
    sizes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    spacings: tuple[tuple[float, ...], ...]
    cut_seed: int | None
    recordings: dict[str, int]
    groups: dict[str, int]
    counts: dict[str, dict[str, int]]
    bad: tuple[Problem, ...]
    twins: tuple[Twins, ...]
    fingerprint: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **asdict(self),
            "bad": [p._asdict() for p in self.bad],
            "twins": [
                {"places": [p._asdict() for p in t.places], "leak": t.leak, "conflict": t.conflict} for t in self.twins
            ],
        }


def summarize_recordings(dataset: RecordingDataset) -> RecordingSummary:
    """What an opened data set says of itself: each recording was read when it was opened.

    Args:
        dataset: best opened with `skip_bad`, so that bad files are listed instead of raised.
    """
    counts = {name: part.counts(dataset.num_classes).tolist() for name, part in dataset.parts.items()}
    return RecordingSummary(
        root=dataset.root,
        kind=dataset.kind,
        shape=dataset.shape,
        classes=dataset.classes,
        channels=dataset.channels,
        channel_names=dataset.channel_names,
        sizes=dataset.sizes,
        spacings=dataset.spacings,
        cut_seed=dataset.cut_seed,
        recordings={name: len(part) for name, part in dataset.parts.items()},
        groups={name: len(set(part.groups)) for name, part in dataset.parts.items() if part.groups},
        counts={name: dict(zip(dataset.classes, of, strict=True)) for name, of in counts.items()},
        bad=dataset.skipped,
        twins=dataset.twins,
        fingerprint=dataset.fingerprint,
    )
