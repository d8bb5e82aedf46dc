"""Several runs beside each other."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from striate import draw
from striate.atomic import atomic_write
from striate.errors import ArgumentError
from striate.tasks.marks_tasks import wished_task
from striate.tasks.report import history_of
from striate.tasks.run_folder import RunFolder
from striate.training import Epoch


def compare_runs(
    runs: Iterable[str | Path], out: str | Path | None = None, *, title: str = "", notes: Sequence[str] = ()
) -> list[dict[str, object]]:
    """The figures of each run, the best first; and their curves as a page.

    Args:
        runs: folders that `train` wrote; unfinished ones too, if they have an epoch.
        out: an HTML file for the curves.
        title: of that page; how many runs there are if left out.
        notes: sentences to begin it with.

    Raises:
        ArgumentError: a folder holds no run, or one without an epoch; or they are not judged by the same figure.
        OutputError: `out` can't be written.
    """
    compared = [_read(RunFolder(run)) for run in runs]
    if len(by := {run.history.score_name: run.name for run in compared}) > 1:
        raise ArgumentError.of("runs", "judged by the same figure", ", ".join(f"{v} by {k}" for k, v in by.items()))
    if out:
        with atomic_write(out) as f:
            f.write(draw.render_comparison(compared, title, notes).encode())
    return draw.comparison_rows(compared)


def _read(folder: RunFolder) -> draw.Run:
    start, *rest = folder.read()
    epochs = [Epoch(**_without_event(line)) for line in rest if line["event"] == "epoch"]
    if not epochs:
        raise ArgumentError.of("run", "a folder with at least one epoch", str(folder.path))
    monitor = next(name for name in epochs[0].figures if name != "loss")
    figures: dict[str, object] = {
        "network": start["plan"]["network"],
        "freeze": start["plan"]["freeze"],
        "lr": start["plan"]["recipe"]["lr"],
        "seconds": round(sum(epoch.seconds for epoch in epochs), 1),
    }
    if "test" in rest[-1].get("figures", {}):
        figures[f"test {monitor}"] = rest[-1]["figures"]["test"][monitor]
    task = start["wishes"].get("task")  # none for classes
    lower_is_better = task is not None and wished_task(task, start["wishes"]["loss"]).lower_is_better
    return draw.Run(str(folder.path), history_of(epochs, monitor), figures, lower_is_better)


def _without_event(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "event"}
