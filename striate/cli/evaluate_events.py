"""`striate evaluate` where a model finds events in signals."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from striate.cli.output import note, note_page, print_json, print_table

if TYPE_CHECKING:
    from striate.tasks import EventFinder

_COLUMNS = ("class", "events", "found", "false alarms", "sensitivity", "positive predictivity", "F1")


def evaluate_events(
    finder: "EventFinder",
    data: Path,
    *,
    part: Literal["train", "val", "test", "all"] | None,
    out: Path | None,
    resample: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Print sensitivity and positive predictivity of all events and of each class."""
    from striate.cli.progress import Bar
    from striate.tasks import evaluate_events

    with Bar("measuring") as bar:
        evaluation = evaluate_events(
            finder, data, part=part, resample=resample, skip_bad=skip_bad, out=out, on_records=bar.advance_to
        )
    for remark in evaluation.remarks:
        note(remark)
    note_page(out, evaluation.mistakes)
    if as_json:
        print_json(evaluation.to_dict())
        return
    figures = evaluation.figures
    print(f"{figures} in {evaluation.seconds / 60:,.1f} minutes: {evaluation.part} of {data}")
    if len(figures.per_class) > 1:
        print(f"named rightly: {figures.named} of {figures.found.hits}")
    print(f"half of those found are off by at most {1000 * figures.median_error_s:.1f} ms")
    rows = [
        (
            score.label or "all",
            score.hits + score.misses,
            score.hits,
            score.false_alarms,
            f"{score.sensitivity:.2%}",
            f"{score.positive_predictivity:.2%}",
            f"{score.f1:.3f}",
        )
        for score in (figures.found, *figures.per_class)
    ]
    print_table(_COLUMNS, rows, right=_COLUMNS[1:])
