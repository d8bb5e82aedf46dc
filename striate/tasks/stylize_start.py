"""Train a network that paints: photographs and wishes become a run, or an interrupted one is taken up again."""

from pathlib import Path
from typing import Any

from striate.data import open_photos
from striate.errors import ArgumentError
from striate.tasks.opening import Opening, recorded_opening
from striate.tasks.plan import Wishes
from striate.tasks.run_folder import RunFolder
from striate.tasks.start_record import first_line, take_up
from striate.tasks.stylize_plan import PaintPlan, digest_of, make_paint_plan
from striate.tasks.stylize_run import PaintRun
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device


def begin_stylize(
    data: str | Path, folder: RunFolder, wishes: Wishes, opening: Opening, device: Device, workers: int
) -> PaintRun:
    """Plan the training of a network that paints; see `striate.tasks.train`."""
    refuse_foreign(wishes, "stylize")
    dataset = open_photos(data, **opening)
    plan = make_paint_plan(dataset, wishes)
    start = first_line(data, dataset, wishes, plan, opening, ())
    return PaintRun(folder, dataset, plan, start, device, workers).begin()


def resume_stylize(
    data: str | Path, folder: RunFolder, start: dict[str, Any], device: Device, workers: int
) -> PaintRun:
    """The run of a record that was begun by `begin_stylize`.

    Raises:
        ArgumentError: other photographs, or another style in a style's file.
    """
    dataset = open_photos(data, **recorded_opening(start))
    take_up(start, data, dataset.fingerprint, folder.path, "images")
    plan = PaintPlan.from_dict(start["plan"])
    for style, digest in zip(plan.styles, plan.style_digests, strict=True):
        if digest_of(style) != digest:
            raise ArgumentError(f"styles must be what the run in {folder.path} began with; {style} is another image")
    return PaintRun(folder, dataset, plan, start, device, workers)
