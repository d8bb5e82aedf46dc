"""Train on boxes or points: data and wishes become a run, or an interrupted one is taken up again."""

from pathlib import Path
from typing import Any

from striate.tasks.marks_plan import MarksPlan, make_marks_plan
from striate.tasks.marks_run import MarksRun
from striate.tasks.marks_tasks import wished_task
from striate.tasks.opening import Opening, recorded_opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Wishes
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line, take_up
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device


def begin_marks(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> MarksRun[Any, Any]:
    """Plan the training of `wishes.task`; see `striate.tasks.train`."""
    name = wishes.task or ""
    task = wished_task(name, wishes.loss)
    refuse_foreign(wishes, name)
    dataset = task.open(data, **opening)
    plan = make_marks_plan(task, dataset, wishes)
    start = first_line(data, dataset, wishes, plan, opening, remarks_on(dataset))
    return MarksRun(folder, dataset, task, plan, start, device, workers).begin()


def resume_marks(
    data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int
) -> MarksRun[Any, Any]:
    """The run of a record that was begun by `begin_marks`.

    Raises:
        ArgumentError: other data.
    """
    task = wished_task(start["wishes"]["task"], start["wishes"]["loss"])
    dataset = task.open(data, **recorded_opening(start))
    take_up(start, data, dataset.fingerprint, folder.path)
    return MarksRun(folder, dataset, task, MarksPlan.from_dict(start["plan"]), start, device, workers)
