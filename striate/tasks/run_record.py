"""What a run's record says beside its first line, and what the model file takes over from it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate.tasks.plan import PrecisionWish
from striate.training import Epoch, Precision

AGAIN = "epoch again"  # the event of an epoch of a training after the one that is measured
_MOST_REMARKS = 20  # in a model file; all of them are in the run's record


def decide_precision(
    wish: PrecisionWish,
    start: dict[str, Any],
    measure: Callable[[], Precision],
    write: Callable[[list[dict[str, Any]]], None],
) -> Precision:
    """What was asked for; "auto" is measured once and recorded, so that a resumed run obeys it.

    Args:
        wish: of the plan.
        start: the first line of the record; it is told what was measured.
        measure: finds the faster precision.
        write: replaces the record by these lines.

    Example:
        >>> start = {"command": ["striate", "train", "photos"]}
        >>> decide_precision("auto", start, lambda: "bf16", lambda lines: None)
        'bf16'
        >>> start
        {'command': ['striate', 'train', 'photos', '--precision', 'bf16'], 'precision': 'bf16'}
    """
    if wish != "auto":
        return wish
    if "precision" not in start:
        start["precision"] = measure()
        start["command"] = [*start["command"], "--precision", start["precision"]]
        write([start])
    precision: Precision = start["precision"]
    return precision


def epoch_lines(epochs: Sequence[Epoch], event: str = "epoch") -> list[dict[str, Any]]:
    """The lines of epochs; of a training after the one that is measured the event is another."""
    return [{"event": event, **epoch.to_dict()} for epoch in epochs]


def training_record(
    start: Mapping[str, Any], plan: Mapping[str, Any], epochs: Sequence[Epoch], result: Mapping[str, Any]
) -> dict[str, Any]:
    """What a model file says of its training.

    Args:
        start: the first line of the record.
        plan: that was carried out.
        epochs: of the training.
        result: what the record says of the end.
    """
    return {
        **{name: start[name] for name in ("fingerprint", "cut_seed", "val_share", "images", "command")},
        "remarks": start["remarks"][:_MOST_REMARKS],
        "plan": plan,
        "epochs": [epoch.to_dict() for epoch in epochs],
        **result,
    }
