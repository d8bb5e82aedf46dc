"""`striate evaluate` where a model verifies."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.output import note, note_page, print_json, print_table

if TYPE_CHECKING:
    from striate.faces import Encoder


def evaluate_encoder(
    encoder: "Encoder", data: Path, *, part: str | None, out: Path | None, skip_bad: bool, as_json: bool
) -> None:
    """Print what verification and identification are worth, and how many true accepts few false ones cost."""
    from striate.cli.progress import Bar
    from striate.tasks import evaluate_encoder

    with Bar("measuring") as bar:
        evaluation = evaluate_encoder(encoder, data, part=part, out=out, skip_bad=skip_bad, on_images=bar.advance_to)
    for remark in evaluation.remarks:
        note(remark)
    note_page(out, evaluation.mistakes)
    if as_json:
        print_json(evaluation.to_dict())
        return
    found = evaluation.figures.distances
    print(f"{evaluation.figures}: {evaluation.part} of {data}")
    print(f"threshold {found.threshold:.3f}: {found.rates.tar:.2%} true accepts, {found.rates.far:.2%} false accepts")
    if unit := evaluation.figures.unit:
        print(f"pair classifier: {unit.accuracy:.2%}, AUC {unit.auc:.4f}")
    tars = found.to_dict()["tar_at_far"]
    columns = ("false accepts", "true accepts")
    print_table(columns, [(f"{float(far):.2%}", f"{tar:.2%}") for far, tar in tars.items()], right=columns)
