"""Train a finder of events: data and wishes become a run, or an interrupted one is taken up again."""

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError
from striate.recordings import RecordingDataset, open_recordings
from striate.tasks.events import event_cut
from striate.tasks.events_run import EventsRun
from striate.tasks.opening import Opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Wishes
from striate.tasks.planning import usual_batch_size
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_planning import make_recording_plan
from striate.tasks.recording_start import open_again
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device

NETWORK = "event_convnet"
# Shifts stay well within the tolerance. Others have other rates, amplitudes and baselines than those who were recorded.
DISTORT = "shift 0.02, stretch 0.5, scale 0.5, wander 1, noise 0.2"
_STEPS, _LEAST_EPOCHS, _MOST_EPOCHS = 600, 8, 60  # windows of one kind of event are much alike
_WHY = f"{NETWORK}: it tells the middle of a window from its sides, and made dense it answers as it does to windows"


def begin_events(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> EventsRun:
    """Plan the training of a finder of events; see `striate.tasks.train`."""
    refuse_foreign(wishes, "events")
    if wishes.window is None or wishes.symbols is None:
        raise ArgumentError("events need window and symbols: seconds around each annotation, and which of them count")
    cut = event_cut(wishes.window, wishes.symbols)
    dataset = open_recordings(data, cut=cut, channels=wishes.channels, **opening)
    plan = make_events_plan(dataset, wishes)
    start = first_line(data, dataset, wishes, plan, opening, remarks_on(dataset))
    return EventsRun(folder, dataset, plan, start, device, workers).begin()


def resume_events(
    data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int
) -> EventsRun:
    """The run of a record that was begun by `begin_events`.

    Raises:
        ArgumentError: other data.
    """
    dataset, plan = open_again(data, folder, start)
    return EventsRun(folder, dataset, plan, start, device, workers)


def make_events_plan(dataset: RecordingDataset, wishes: Wishes) -> RecordingPlan:
    """What a training on windows of records will do; errors are those of `make_recording_plan`."""
    assert wishes.window is not None
    assert wishes.symbols is not None
    windows = len(dataset.parts.get("train", ()))
    epochs = max(_LEAST_EPOCHS, ceil(_STEPS * (wishes.batch_size or usual_batch_size(windows)) / max(1, windows)))
    usual = replace(
        wishes,
        model=wishes.model or NETWORK,
        distort=wishes.distort or DISTORT,
        epochs=wishes.epochs or min(_MOST_EPOCHS, epochs),
    )
    # the threshold is chosen on what is held back, so the network that is kept must not have learned from it
    cut = event_cut(wishes.window, wishes.symbols)
    plan = make_recording_plan(dataset, usual, cut, may_learn_again=False)
    why = () if wishes.model else (_WHY,)
    return replace(plan, reasons=(*why, *plan.reasons))
