"""Train on recordings: data and wishes become a run, or an interrupted one is taken up again."""

from pathlib import Path
from typing import Any

from striate.errors import ArgumentError
from striate.recordings import RecordingDataset, open_recordings
from striate.recordings.cut import Cut
from striate.tasks.opening import Opening, recorded_opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Wishes
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_planning import make_recording_plan
from striate.tasks.recording_run import RecordingRun
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line, take_up
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device


def begin_recordings(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> RecordingRun:
    """Plan a training on signals, volumes or clips; see `striate.tasks.train`."""
    refuse_foreign(wishes, "recordings")
    cut = wished_cut(wishes)
    dataset = open_recordings(data, cut=cut, channels=wishes.channels, **opening)
    plan = make_recording_plan(dataset, wishes, cut)
    start = first_line(data, dataset, wishes, plan, opening, remarks_on(dataset))
    return RecordingRun(folder, dataset, plan, start, device, workers).begin()


def resume_recordings(
    data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int
) -> RecordingRun:
    """The run of a record that was begun by `begin_recordings`.

    Raises:
        ArgumentError: other data.
    """
    dataset, plan = open_again(data, folder, start)
    return RecordingRun(folder, dataset, plan, start, device, workers)


def open_again(data: str | Path, folder: RunFolder, start: dict[str, Any]) -> tuple[RecordingDataset, RecordingPlan]:
    """The data and the plan of a record that was begun; from here on sums are made by as many threads as then.

    Raises:
        ArgumentError: other data.
    """
    plan = RecordingPlan.from_dict(start["plan"])
    dataset = open_recordings(data, cut=plan.cut, channels=plan.channels, **recorded_opening(start))
    take_up(start, data, dataset.fingerprint, folder.path, f"{dataset.shape}s or labels")
    return dataset, plan


def wished_cut(wishes: Wishes) -> Cut | None:
    """How records are to be cut into windows, if they are.

    Raises:
        ArgumentError: a window without symbols, or the other way round.
    """
    if (wishes.window is None) != (wishes.symbols is None):
        raise ArgumentError("window and symbols go together: seconds around each annotation, and which of them count")
    if wishes.window is None or wishes.symbols is None:
        return None
    return Cut(wishes.window, wishes.symbols)
