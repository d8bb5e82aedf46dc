"""Train an encoder: data and wishes become a run, or an interrupted one is taken up again."""

from pathlib import Path
from typing import Any

from striate.data import open_identities
from striate.tasks.opening import Opening, recorded_opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Wishes
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line, take_up
from striate.tasks.verify_plan import VerifyPlan, make_verify_plan
from striate.tasks.verify_run import VerifyRun
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device


def begin_verify(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> VerifyRun:
    """Plan the training of an encoder; see `striate.tasks.train`."""
    refuse_foreign(wishes, "verify")
    dataset = open_identities(data, **opening)
    plan = make_verify_plan(dataset, wishes)
    start = first_line(data, dataset, wishes, plan, opening, remarks_on(dataset))
    return VerifyRun(folder, dataset, plan, start, device, workers).begin()


def resume_verify(
    data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int
) -> VerifyRun:
    """The run of a record that was begun by `begin_verify`.

    Raises:
        ArgumentError: other data.
    """
    dataset = open_identities(data, **recorded_opening(start))
    take_up(start, data, dataset.fingerprint, folder.path)
    return VerifyRun(folder, dataset, VerifyPlan.from_dict(start["plan"]), start, device, workers)
