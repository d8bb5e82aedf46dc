"""Train: data and wishes become a run, or an interrupted one is taken up again."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from striate.data import VAL_SHARE
from striate.errors import ArgumentError
from striate.recordings import is_recordings
from striate.tasks.classes_start import begin_classes, resume_classes
from striate.tasks.events_start import begin_events, resume_events
from striate.tasks.marks_run import MarksRun
from striate.tasks.marks_start import begin_marks, resume_marks
from striate.tasks.marks_tasks import LossName, TaskName
from striate.tasks.opening import Opening, wished_opening
from striate.tasks.plan import PrecisionWish, Wishes
from striate.tasks.recording_run import RecordingRun
from striate.tasks.recording_start import begin_recordings, resume_recordings
from striate.tasks.run import Run
from striate.tasks.run_folder import RunFolder, wished_folder
from striate.tasks.stylize_run import PaintRun
from striate.tasks.stylize_start import begin_stylize, resume_stylize
from striate.tasks.verify_run import VerifyRun
from striate.tasks.verify_start import begin_verify, resume_verify
from striate.training import Device, Mining, OptimizerName, agree, make_accelerator

AnyRun = Run | MarksRun[Any, Any] | VerifyRun | PaintRun | RecordingRun


class _Start(NamedTuple):
    """How a training of one kind begins, and how it is taken up again."""

    begin: Callable[[str | Path, RunFolder, Wishes, Opening, Device, int], AnyRun]
    resume: Callable[[str | Path, RunFolder, dict[str, Any], Device, int], AnyRun]


_CLASSES = _Start(begin_classes, resume_classes)
_RECORDINGS = _Start(begin_recordings, resume_recordings)
_MARKS = _Start(begin_marks, resume_marks)
_OTHERS = {
    "verify": _Start(begin_verify, resume_verify),
    "stylize": _Start(begin_stylize, resume_stylize),
    "events": _Start(begin_events, resume_events),
}


def train(
    data: str | Path,
    *,
    task: TaskName = "classify",
    loss: LossName | None = None,
    mosaic: float | None = None,
    mining: Mining | None = None,
    dim: int | None = None,
    turned: bool | None = None,
    spliced: bool | None = None,
    styles: Sequence[str | Path] | None = None,
    strength: float | None = None,
    window: float | None = None,
    symbols: Sequence[str] | None = None,
    channels: Sequence[str] | None = None,
    resample: bool | None = None,
    out: str | Path | None = None,
    model: str | None = None,
    weights: str | None = None,
    freeze: str | None = None,
    epochs: int | None = None,
    optimizer: OptimizerName | None = None,
    lr: float | None = None,
    batch_size: int | None = None,
    size: int | None = None,
    recipe: Mapping[str, Any] | None = None,
    seed: int | None = None,
    precision: PrecisionWish | None = None,
    distort: str | None = None,
    views: int | None = None,
    last_stage: str | None = None,
    hidden: Sequence[int] | None = None,
    workers: int = 0,
    device: Device = "auto",
    val_share: float | None = None,
    cut_seed: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
) -> AnyRun:
    """Plan a training; iterate over what comes back to run it.

    What is left out, striate chooses, and says why in `plan.reasons`.

    Args:
        data: a folder of class folders, a CSV, a zip, or idx files: see `striate.data.open_data`; boxes in a format of
            `striate.data.open_boxes`, points in one of `open_points`; of `open_identities` to verify; or signals,
            volumes or clips, see `striate.recordings.open_recordings`.
        task: "classify"; "localize" finds one object an image, "landmarks" the points of one,
            "detect" any number of objects; "verify" trains an encoder, whose answers to images of the same person or
            thing are near one another; "stylize" trains a network that paints photographs in a style at one pass, on a
            folder or a zip of any photographs; "events" finds what is marked in records with annotations, at its place.
        loss: of those, "documents" or "modern"; the latter if left out. A detector of the documents is a grid of cells
            with anchors, one of today a feature pyramid; "exponential" is the grid with boxes and cost as in YOLO9000.
            To verify "triplet", "contrastive", "pair" (a logistic unit on |f - f'|) or "chi-square" (on χ²); the first
            if left out, the second where the data is a list of pairs.
        mosaic: of "detect": share of the training images that are four in one.
        mining: to verify by triplets: which of a batch, see `striate.training.Mining`; "semi-hard" if left out.
        dim: to verify: how many numbers an encoding has; 128 if left out.
        turned: to verify: learn from each identity turned and mirrored as from seven others, see
            `striate.data.turn_identities`; for symbols of few kinds.
        spliced: to verify: learn from the upper half of one identity above the lower of another as from one more, see
            `striate.data.splice_identities`; for symbols of few kinds.
        styles: to stylize: the images whose styles are learned, each known by its file's name.
        strength: to stylize: of the styles against the content; 1 if left out.
        window, symbols: of records with annotations: seconds around each annotation that are one signal, and the
            symbols of those that count, which are the classes.
        channels: of signals, volumes or clips: those that are looked at, by name or number from 0; all if left out.
        resample: of signals, volumes or clips: those of another rate or spacing are brought to the commonest; else they
            are refused.
        out: the run's folder, outside of the data; None makes `runs/NAME`, NAME the data's.
        model: name of a network, see `striate models`; to stylize "transform_net_full" or "transform_net_slim".
        weights: name of published weights to start from, or "none"; to stylize of those that tell style, see
            `striate.tasks.STYLE_PRESETS`.
        freeze: "none", "all" (the head alone trains), "classifier" (its last layer alone), the last stage that is
            frozen, or "auto", which tries the head first, and more of the network as long as that gains: what is done
            with pretrained weights unless another argument is about training step by step.
        epochs, optimizer, lr, batch_size: of the training.
        size: pixels a side of the network's input.
        recipe: anything else of `striate.training.Recipe`, for one {"ema_decay": 0.999, "patience": 5}.
        seed: of everything random; 0 if left out.
        precision: "fp32", "bf16", or "auto", which measures what is faster here.
        distort: how training images are distorted, such as "mirror, crop 0.6-1, rotate 15", or "none": see
            `striate.data.parse_distortions`.
        views: of each training image whose features are computed once and kept, where all stages are frozen:
            evaluation's and distorted ones; 0 distorts and computes anew in each epoch.
        last_stage: the last stage that is kept; a new head takes the place of what follows.
        hidden: units of each dense layer of a new head, such as (256,).
        workers: processes that decode and distort; with any, a script needs `if __name__ == "__main__":`.
        device: where to compute.
        val_share: of the training images, how many are held back where the data has no val part, in (0, 1);
            0.2 if left out.
        cut_seed: decides which those are; `seed` if left out.
        skip_bad: leave out files that can't be read, and record them.
        resume: go on with the run in `out`, on its own arguments.

    Raises:
        DataError: bad data; says which files.
        ArgumentError: a wish that can't be fulfilled, or one that differs from the run's that is resumed.
        OutputError: the folder can't be written to, or holds a run already.

    Example:
        >>> import striate
        >>> for epoch in striate.train("photos", out="run", epochs=5):  # doctest: +SKIP
        ...     print(epoch.epoch, epoch.figures["accuracy"])
    """
    if recipe is not None and not isinstance(recipe, Mapping):
        raise ArgumentError.of("recipe", "parts of it by name, such as {'mixup': 0.2}", recipe)
    more = dict(recipe) if recipe else None
    wishes = Wishes(
        model,
        weights,
        freeze,
        epochs,
        optimizer,
        lr,
        batch_size,
        size,
        more,
        seed,
        precision,
        distort,
        views=views,
        last_stage=last_stage,
        hidden=tuple(hidden) if hidden else None,
        task=None if task == "classify" else task,
        loss=loss,
        mosaic=mosaic,
        mining=mining,
        dim=dim,
        turned=turned or None,
        spliced=spliced or None,
        styles=tuple(map(str, styles)) if styles else None,
        strength=strength,
        window=window,
        symbols=tuple(symbols) if symbols else None,
        channels=tuple(channels) if channels else None,
        resample=resample or None,
    )
    if resume:
        return _resume(data, out, wishes, {"val_share": val_share, "cut_seed": cut_seed}, device, workers)
    if workers < 0:
        raise ArgumentError.of("workers", "at least 0", workers)
    folder = _new_folder(data, out, device)
    start = _start_of(wishes.task, wishes.task is None and is_recordings(data))
    opening = wished_opening(wishes, val_share, cut_seed, skip_bad=skip_bad)
    return start.begin(data, folder, wishes, opening, device, workers)


def _start_of(task: str | None, on_recordings: bool) -> _Start:
    """Of a task, or of classes where it is None; what is no task is refused by whoever begins."""
    if task is None:
        return _RECORDINGS if on_recordings else _CLASSES
    return _OTHERS.get(task, _MARKS)


def _new_folder(data: str | Path, out: str | Path | None, device: Device) -> RunFolder:
    """The run's folder, chosen and checked by the first of several processes before any of them goes on."""
    is_main = make_accelerator(device).is_main_process
    folder = RunFolder(wished_folder(data, out))
    if is_main:
        folder.refuse_old_run()
    return RunFolder(agree([str(folder.path)])[0])


def _resume(
    data: str | Path,
    out: str | Path | None,
    wishes: Wishes,
    cut: Mapping[str, float | None],
    device: Device,
    workers: int,
) -> AnyRun:
    if out is None:
        raise ArgumentError("resume needs out, the folder of the run to go on with")
    folder = RunFolder(out)
    lines = folder.read()
    start = lines[0]
    if lines[-1]["event"] == "result":
        raise ArgumentError(f"the run in {folder.path} is finished: {folder.model}")
    own_cut = {"cut_seed": start["cut_seed"], "val_share": start.get("val_share", VAL_SHARE)}
    refuse_other_wishes({**wishes.to_dict(), **cut}, {**_own_wishes(start), **own_cut})
    resume = _start_of(start["wishes"].get("task"), "kind" in start["plan"]["preset"]).resume
    return resume(data, folder, start, device, workers)


def _own_wishes(start: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was asked for, and where that was left to striate what was chosen, if its plan says so by name."""
    plan = start["plan"]
    chosen = {**plan["recipe"], **plan, "model": plan["network"], "recipe": None}
    return {name: chosen.get(name) if wish is None else wish for name, wish in start["wishes"].items()}


def refuse_other_wishes(wishes: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """What is resumed takes its own arguments; they may be said again.

    Raises:
        ArgumentError: a wish that differs.
    """
    for name, wish in wishes.items():
        if wish is not None and wish != (known := own.get(name)):
            own_value = f"the run's own, {known!r}, when it is resumed"
            raise ArgumentError.of(name, "left out, as when the run began" if known is None else own_value, wish)
