"""`striate evaluate` where a model finds boxes or points."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.output import note, note_page, print_json, print_table

if TYPE_CHECKING:
    from striate.tasks import MarksFinder


def evaluate_marks(
    predictor: "MarksFinder[Any, Any]",
    data: Path,
    *,
    part: str | None,
    out: Path | None,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Print the figure that counts, the others, and a table of each class or point."""
    from striate.cli.progress import Bar
    from striate.tasks import evaluate_marks

    with Bar("measuring") as bar:
        evaluation = evaluate_marks(predictor, data, part=part, out=out, skip_bad=skip_bad, on_images=bar.advance_to)
    for remark in evaluation.remarks:
        note(remark)
    note_page(out, evaluation.mistakes)
    if as_json:
        print_json(evaluation.to_dict())
        return
    print(f"{evaluation.score}: {evaluation.part} of {data}")
    for name, share in evaluation.score.shares.items():
        print(f"{name}: {share:.2%}")
    for name, number in evaluation.score.numbers.items():
        print(f"{name}: {number:.4g}")
    for panel in predictor.task.panels(evaluation.figures):
        if panel.rows:
            print_table(panel.columns, [tuple(map(str, row)) for row in panel.rows], right=tuple(panel.columns[1:]))
