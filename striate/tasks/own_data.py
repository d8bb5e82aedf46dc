"""The data that models are measured on: was it their own? Then it is divided as in training, and that is remarked."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, TypeVar

from striate.data import VAL_SHARE, Dataset, MarkedDataset, MarkedPart, Part, PartName
from striate.errors import ArgumentError
from striate.recordings import RecordingDataset, RecordingPart

AnyDataset = TypeVar("AnyDataset", Dataset, MarkedDataset[Any], RecordingDataset)
AnyPart = TypeVar("AnyPart", Part, MarkedPart[Any], RecordingPart)
TrainingRecord = Mapping[str, Any]  # how a model was trained, as its file says


def open_as_trained(open_data: Callable[..., AnyDataset], records: Sequence[TrainingRecord]) -> AnyDataset:
    """The data as its owner divided it; the data that a model was trained on as it was divided then.

    Args:
        open_data: opens it; takes `seed` and `val_share`, of which 0 cuts nothing out of the training part.
        records: of the models; of several that were trained on this data the first counts.
    """
    dataset = open_data(seed=0, val_share=0)
    cuts = [own for own in records if _is_own(own, dataset.fingerprint) and own.get("cut_seed") is not None]
    if not cuts:
        return dataset
    return open_data(seed=cuts[0]["cut_seed"], val_share=cuts[0].get("val_share", VAL_SHARE))


def choose_part(parts: Mapping[PartName, AnyPart], wished: str | None) -> tuple[str, AnyPart]:
    """The part to measure on, and its name.

    Args:
        parts: of the data.
        wished: "train", "val", "test" or "all"; None takes test where there is one, else val, else all.

    Raises:
        ArgumentError: the data has no such part.
    """
    own = dict[str, AnyPart](parts.items())
    name = wished or next((name for name in ("test", "val") if name in own), "all")
    if name == "all":
        return name, replace(next(iter(own.values())), items=tuple(chain(*(part.items for part in own.values()))))
    if name not in own:
        raise ArgumentError.of("part", f"one of the data's, {', '.join(own)}, or all", name)
    return name, own[name]


def remarks_on_own(records: Sequence[TrainingRecord], fingerprint: str, part: str, things: str = "images") -> list[str]:
    """A remark where a figure is on what the model, or members of an ensemble, know.

    Args:
        records: of the model, or of every member.
        fingerprint: of the data.
        part: its name.
        things: what it is of, in the plural.

    Example:
        >>> remarks_on_own([{"fingerprint": "5e"}], "5e", "train")
        ['the model was trained on this data; it learned from these images']
        >>> remarks_on_own([{"fingerprint": "5e"}], "5e", "test")
        []
    """
    own = [record for record in records if _is_own(record, fingerprint)]
    if not own or part == "test":
        return []
    cuts = {(record.get("cut_seed"), record.get("val_share", VAL_SHARE)) for record in own}
    if part == "val" and len(cuts) > 1:
        return [f"members held different {things} of this data back; what is val to one of them, another learned from"]
    who, they, their = (
        ("the model was", "it", "its best epoch was")
        if len(records) == 1
        else (f"{len(own)} of {len(records)} members were", "they", "their best epochs were")
    )
    used = {
        "train": f"{they} learned from these {things}",
        "all": f"{they} learned from many of these {things}",
        "val": f"{their} chosen on these {things}",
    }[part]
    plans = [record.get("plan", {}) for record in own]
    if part == "val" and any(plan.get("regression") or plan.get("again") for plan in plans):
        used = f"after choosing by these {things} {they} learned from them, too"
    return [f"{who} trained on this data; {used}"]


def remarks_on(dataset: Dataset | MarkedDataset[Any] | RecordingDataset) -> tuple[str, ...]:
    """What whoever reads a figure on this data must know."""
    things = f"{dataset.shape}s" if isinstance(dataset, RecordingDataset) else "images"
    remarks = [f"skipped {problem}" for problem in dataset.skipped]
    if isinstance(dataset, MarkedDataset):
        remarks += map(str, dataset.remarks)  # which say where the same image is marked in two ways, too
    if dataset.leaks:
        where = _two_that_differ((p.part, f"{p.part}:{p.path}") for p in dataset.leaks[0].places)
        remarks.append(f"leak: {_counted(len(dataset.leaks), things)} in more than one part, such as {where}")
    if dataset.conflicts and not isinstance(dataset, MarkedDataset):
        where = _two_that_differ((p.labels, p.path) for p in dataset.conflicts[0].places)
        remarks.append(f"conflict: {_counted(len(dataset.conflicts), things)} under different labels, such as {where}")
    return tuple(remarks)


def _two_that_differ(places: Iterable[tuple[Hashable, str]]) -> str:
    """Of places, each behind what it may differ in: the first, and the first that differs from it.

    Example:
        >>> _two_that_differ([("train", "a.png"), ("train", "b.png"), ("test", "c.png")])
        'a.png and c.png'
    """
    first: dict[Hashable, str] = {}
    for part_or_labels, place in places:
        first.setdefault(part_or_labels, place)
    return " and ".join(list(first.values())[:2])


def _counted(count: int, things: str) -> str:
    """How many, in words.

    Example:
        >>> _counted(1, "images"), _counted(2, "clips")
        ('1 image', '2 clips')
    """
    return f"{count:,} {things.removesuffix('s') if count == 1 else things}"


def _is_own(record: TrainingRecord, fingerprint: str) -> bool:
    """Whether a model was trained on the data of this fingerprint."""
    return fingerprint == record.get("fingerprint")
