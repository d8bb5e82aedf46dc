"""Train a classifier of images: data and wishes become a run, or an interrupted one is taken up again."""

from pathlib import Path
from typing import Any

from striate.data import Dataset, open_data, what_is_marked
from striate.errors import ArgumentError
from striate.recordings import is_recordings
from striate.tasks.opening import Opening, recorded_opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Plan, Wishes
from striate.tasks.planning import make_plan
from striate.tasks.run import Run
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line, take_up
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device


def begin_classes(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> Run:
    """Plan the training of a classifier; see `striate.tasks.train`."""
    dataset, plan = open_and_plan(data, wishes, opening)
    start = first_line(data, dataset, wishes, plan, opening, remarks_on(dataset))
    return Run(folder, dataset, plan, start, device, workers).begin()


def resume_classes(data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int) -> Run:
    """The run of a record that was begun by `begin_classes`.

    Raises:
        ArgumentError: other data.
    """
    dataset = open_data(data, **recorded_opening(start))
    take_up(start, data, dataset.fingerprint, folder.path)
    return Run(folder, dataset, Plan.from_dict(start["plan"]), start, device, workers)


def open_and_plan(data: str | Path, wishes: Wishes, opening: Opening) -> tuple[Dataset, Plan]:
    """The data, and what a training on it will do; `train` says what raises."""
    refuse_recordings(data)
    refuse_foreign(wishes, "classes")
    if Path(data).exists() and (marked := what_is_marked(data)):
        wanted = "detect or localize" if marked == "boxes" else "landmarks"
        raise ArgumentError(f"{data} holds {marked}, not classes of whole images: say which task, {wanted}")
    dataset = open_data(data, **opening)
    return dataset, make_plan(dataset, wishes)


def refuse_recordings(data: str | Path) -> None:
    """What is done with images alone, a check before training or an ensemble, is not done with recordings.

    Raises:
        ArgumentError: the data is of signals, volumes or clips.
    """
    if is_recordings(data):
        raise ArgumentError(
            f"{data} holds signals, volumes or clips: ensembles and checks beforehand are of images alone"
        )
