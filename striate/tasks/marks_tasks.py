"""The tasks on boxes and points by name: as a user asks for them, and as a model file names them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from striate.errors import ModelFileError, UnknownNameError
from striate.tasks.detect import DetectTask
from striate.tasks.landmarks import LandmarksTask
from striate.tasks.localize import LocalizeTask
from striate.tasks.marks_task import MarksTask

AnyTask = MarksTask[Any, Any]
TaskName = Literal["classify", "localize", "landmarks", "detect", "verify", "stylize", "events"]
LossName = Literal["documents", "exponential", "modern", "triplet", "contrastive", "pair", "chi-square"]

_WISHED: dict[str, dict[str, AnyTask]] = {
    "localize": {"modern": LocalizeTask(), "documents": LocalizeTask(linear=True)},
    "landmarks": {"modern": LandmarksTask(), "documents": LandmarksTask(linear=True)},
    "detect": {
        "modern": DetectTask(),
        "documents": DetectTask("grid"),
        "exponential": DetectTask("grid", form="exponential"),
    },
}
_RESTORED: dict[str, tuple[str, Callable[[Mapping[str, float]], AnyTask]]] = {  # with the head that answers it
    "localize": ("localize", lambda t: LocalizeTask(threshold=t["presence"])),
    "localize_linear": ("localize", lambda t: LocalizeTask(linear=True, threshold=t["presence"])),
    "landmarks": ("landmarks", lambda t: LandmarksTask(threshold=t["presence"])),
    "landmarks_linear": ("landmarks", lambda t: LandmarksTask(linear=True, threshold=t["presence"])),
    "detect": ("pyramid", lambda t: DetectTask("pyramid", t["confidence"], t["iou"])),
    "detect_grid": ("grid", lambda t: DetectTask("grid", t["confidence"], t["iou"])),
}


def wished_task(name: str, loss: str | None) -> AnyTask:
    """The task that a user asks for.

    Args:
        name: of the task.
        loss: "documents", "modern", or "exponential" to detect; None for "modern".

    Raises:
        UnknownNameError: no such task, or no such loss.

    Example:
        >>> wished_task("localize", "documents").name
        'localize_linear'
    """
    if name not in _WISHED:
        raise UnknownNameError("task", name, get_args(TaskName))
    losses = _WISHED[name]
    loss = "modern" if loss is None else loss
    if loss not in losses:
        raise UnknownNameError("loss", loss, losses)
    return losses[loss]


def is_marks_task(name: str) -> bool:
    """Whether a model file's task is one of these."""
    return name in _RESTORED


def restored_task(name: str, head: str | None, thresholds: Mapping[str, float]) -> AnyTask:
    """The task that a model file names, with its thresholds.

    Raises:
        ModelFileError: a threshold is missing, or the network has another head.
    """
    own, make = _RESTORED[name]
    if head != own:
        raise ModelFileError(f"a model for {name} must have the head {own!r}, not {head!r}")
    try:
        return make(thresholds)
    except KeyError as e:
        raise ModelFileError(f"a model for {name} must have the threshold {e}") from e


def common_task(tasks: Sequence[AnyTask]) -> AnyTask:
    """Of several models of one task: each threshold is the mean of theirs.

    Example:
        >>> common_task([DetectTask(confidence=0.25), DetectTask(confidence=0.75)]).thresholds
        {'confidence': 0.5, 'iou': 0.5}
    """
    _, make = _RESTORED[tasks[0].name]
    return make({name: float(np.mean([task.thresholds[name] for task in tasks])) for name in tasks[0].thresholds})
