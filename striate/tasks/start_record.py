"""The first line of a run's record: all that is needed to do it again."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from striate.data import VAL_SHARE, Dataset, MarkedDataset
from striate.errors import ArgumentError
from striate.recordings import RecordingDataset
from striate.tasks.marks_plan import MarksPlan
from striate.tasks.opening import Opening
from striate.tasks.plan import Plan, Wishes
from striate.tasks.recording_plan import RecordingPlan
from striate.version import __version__


def take_up(
    start: Mapping[str, Any], data: str | Path, fingerprint: str, folder: Path, things: str = "images or labels"
) -> None:
    """Refuse other data than a record began with; from here on sums are made by as many threads as then.

    Args:
        start: the first line of the record.
        data, fingerprint: what is there now.
        folder: of the run.
        things: what other data has others of.

    Raises:
        ArgumentError: other data.
    """
    if fingerprint != start["fingerprint"]:
        raise ArgumentError(f"data must be what the run in {folder} began with; {data} has other {things}")
    torch.set_num_threads(start["threads"])  # sums in another order are other numbers


def first_line(
    data: str | Path,
    dataset: Dataset | MarkedDataset[Any] | RecordingDataset,
    wishes: Wishes,
    plan: Plan | MarksPlan | RecordingPlan,
    opening: Opening,
    remarks: Sequence[str],
) -> dict[str, Any]:
    """What a run begins with, as plain JSON values."""
    skip_bad, val_share = opening["skip_bad"], opening["val_share"]
    return {
        "event": "start",
        "command": command_of(data, wishes, val_share, dataset.cut_seed, skip_bad=skip_bad),
        "data": str(data),
        "skip_bad": skip_bad,
        "fingerprint": dataset.fingerprint,
        "cut_seed": dataset.cut_seed,
        "val_share": val_share,
        "images": {name: len(part) for name, part in dataset.parts.items()},
        "remarks": list(remarks),
        "wishes": wishes.to_dict(),
        "plan": plan.to_dict(),
        "threads": torch.get_num_threads(),
        "versions": {"striate": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }


def command_of(
    data: str | Path, wishes: Wishes, val_share: float, cut_seed: int | None, *, skip_bad: bool
) -> list[str]:
    """What to type for the same training, however this one was asked for."""
    options = wishes.to_dict()
    recipe, styles = options.pop("recipe") or {}, options.pop("styles") or []
    if options["precision"] == "auto":  # what it comes to is said when it is measured
        del options["precision"]
    words = ["striate", "train", str(data)]
    for name, value in options.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        option = f"--{name.replace('_', '-')}"
        words += [option] if value is True else [option, text] if value is not None else []
    for style in styles:
        words += ["--style", style]
    for name, value in recipe.items():
        words += ["--recipe", f"{name}={value}"]
    words += ["--val-share", str(val_share)] if val_share != VAL_SHARE else []
    words += ["--cut-seed", str(cut_seed)] if cut_seed not in (None, wishes.seed or 0) else []
    return [*words, "--skip-bad"] if skip_bad else words
