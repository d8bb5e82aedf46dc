"""Several networks of boxes or points that look at each image together: what they find is averaged."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from striate.data import MarkedItem, MarkedPart, Pixels, read_image
from striate.errors import ArgumentError
from striate.tasks.classifier import Image, OnBad, readings
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.marks_predictor import MarksPredictor, Prepared
from striate.tasks.marks_task import Found, MarksTask
from striate.tasks.marks_tasks import common_task


class MarksEnsemble(MarksFinder[MarkedItem, Found]):
    """Images in, what their members found together out; each member prepares the images by its own preset.

    Every threshold is the mean of the members': fused scores are means too. Where members are sure of different things
    it may be a little high; choose your own by `striate.metrics.choose_threshold`.

    Args:
        members: of one task; they take images of the same channels and have the same labels in the same order.

    Raises:
        ArgumentError: there are no members, or they differ in task, channels or labels.
    """

    def __init__(self, members: Sequence[MarksPredictor[MarkedItem, Found]]):
        _check(members)
        self._members: tuple[MarksPredictor[MarkedItem, Found], ...] = tuple(members)
        self.task: MarksTask[MarkedItem, Found] = common_task([member.task for member in members])
        self.name = f"ensemble of {len(members)}"
        self.notice = "\n".join(dict.fromkeys(member.notice for member in members if member.notice))

    @property
    def members(self) -> tuple[MarksPredictor[MarkedItem, Found], ...]:
        """The networks."""
        return self._members

    def mirrored(self) -> "MarksEnsemble[MarkedItem, Found]":
        """The same of mirrored members; see `MarksFinder.mirrored`."""
        return MarksEnsemble([member.mirrored() for member in self.members])

    def stream(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> Iterator[Found]:
        """The same as `predict` one by one, no more in memory than a batch; arguments and errors are the same."""
        prepared = readings(images, self._read, self._prepare, on_bad)
        while batch := list(islice(prepared, self.members[0].engine.batch_size)):
            own = zip(*batch, strict=True)
            looks = [member.look(images) for member, images in zip(self.members, own, strict=True)]
            yield from map(self.task.shown, self._fused(looks))

    def answer(
        self, part: MarkedPart[MarkedItem], *, workers: int = 0, on_images: Callable[[int], None] | None = None
    ) -> list[Found]:
        """What is on each image of a part, in its order; `on_images` hears how many are done, each member's share."""

        def watch(before: int) -> Callable[[int], None] | None:
            return None if on_images is None else lambda done: on_images((before + done) // len(self))

        looks = [
            member.answer(part, workers=workers, on_images=watch(i * len(part)))
            for i, member in enumerate(self.members)
        ]
        return self._fused(looks)

    def __len__(self) -> int:
        return len(self.members)

    def _fused(self, looks: Sequence[Sequence[Found]]) -> list[Found]:
        """What each member found on each image -> what is on each image."""
        return [self.task.fused(own) for own in zip(*looks, strict=True)]

    def _prepare(self, image: Pixels) -> tuple[Prepared, ...]:
        """As each member sees it."""
        return tuple(member.prepare(image) for member in self.members)

    def _read(self, path: Path) -> tuple[Prepared, ...]:
        return self._prepare(read_image(path, channels=self.preset.channels))


def _check(members: Sequence[MarksPredictor[MarkedItem, Found]]) -> None:
    if not members:
        raise ArgumentError("members must be at least one model of boxes or points, got none")
    first = members[0]
    for other in members[1:]:
        pairs = {
            "task": (first.task.name, other.task.name),
            "channels": (first.preset.channels, other.preset.channels),
            "labels": (", ".join(first.labels), ", ".join(other.labels)),
        }
        for name, (own, its) in pairs.items():
            if own != its:
                raise ArgumentError(
                    f"members of an ensemble must have the same {name}; {first.name or 'the first'} has {own}, "
                    f"{other.name or 'another'} has {its}"
                )
