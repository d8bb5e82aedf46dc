"""`striate faces calibrate` and `evaluate`: what pairs of images tell of an encoder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.faces.options import EncoderName, OneFace, WhichFace, open_recogniser
from striate.cli.options import Device, Json, SkipBad
from striate.cli.output import note, print_json, print_table
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.data import Pairs
    from striate.metrics import Calibration
    from striate.tasks import MeasuredPairs

PairList = Annotated[
    Path,
    typer.Argument(metavar="PAIRS", help="LFW's pairs.txt or a CSV (a,b,same); or folders of people, to draw pairs."),
]
PairData = Annotated[
    Path | None, typer.Argument(metavar="DATA", help="Folder or zip of the images; by default where the list is.")
]
Different = Annotated[
    int | None, typer.Option(min=1, help="Of folders of people: so many different pairs; as many as same ones.")
]


def calibrate(
    pairs: PairList,
    data: PairData = None,
    far: Annotated[float, typer.Option(help="The share of different pairs that may be accepted.")] = 0.001,
    out: Annotated[
        Path | None, typer.Option(help="Write the encoder with its threshold, for --encoder: encoder.json")
    ] = None,
    encoder: EncoderName = "dlib_face",
    which: WhichFace = OneFace.CENTRAL,
    different: Different = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Choose the threshold of an encoder on your own pairs, for a false-accept rate that you can live with.

    Example: `striate faces calibrate pairs.csv photos --far 0.001 --out encoder.json`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.faces import write_preset
    from striate.tasks import calibrate_encoder, encoder_threshold

    if out and out.suffix != ".json":
        raise typer.BadParameter("must end in .json", param_hint="--out")
    listed = _open(pairs, data, different)
    recogniser = open_recogniser(encoder, which, device, usual=OneFace.CENTRAL)
    with Bar("encoding") as bar:
        calibration, measured = calibrate_encoder(recogniser, listed, far, skip_bad=skip_bad, on_images=bar.advance_to)
    _tell_left_out(measured)
    threshold = encoder_threshold(calibration, pairs.name)
    if out:
        write_preset(out, recogniser.encoder.calibrated(threshold))
        note(f"written: {out}; use it as --encoder {out}")
    if as_json:
        document = {"encoder": recogniser.encoder.name, "date": threshold.date, **calibration.to_dict()}
        print_json(document | measured.left_out_dict())
        return
    _print(calibration)


def evaluate(
    pairs: PairList,
    data: PairData = None,
    out: Annotated[Path | None, typer.Option(help="Folder for a page of the figures and curves.")] = None,
    encoder: EncoderName = "dlib_face",
    which: WhichFace = OneFace.CENTRAL,
    different: Different = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure how well an encoder tells pairs: at its threshold, over ten folds where the list has them, at all.

    Example: `striate faces evaluate lfw/pairs.txt lfw --out measured`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.tasks import evaluate_pairs, figure_rows, write_evaluation

    listed = _open(pairs, data, different)
    recogniser = open_recogniser(encoder, which, device, usual=OneFace.CENTRAL)
    with Bar("encoding") as bar:
        evaluation = evaluate_pairs(recogniser, listed, skip_bad=skip_bad, on_images=bar.advance_to)
    _tell_left_out(evaluation.measured)
    for remark in evaluation.remarks:
        note(remark)
    if out:
        note(f"written: {write_evaluation(out, evaluation, f'{recogniser.encoder.name} on {pairs.name}')}")
    if as_json:
        print_json({"encoder": recogniser.encoder.name, **evaluation.to_dict()})
        return
    print_table(("figure", "value", "95 % interval"), figure_rows(evaluation))


def _open(pairs: Path, data: Path | None, different: int | None) -> "Pairs":
    """Pairs of a list, or drawn from folders of people."""
    from striate.data import draw_pairs, open_pairs

    if data is None and (pairs.is_dir() or pairs.suffix.lower() == ".zip"):
        return draw_pairs(pairs, n_different=different)
    if different is not None:
        raise typer.BadParameter("goes with folders of people; a list has its own", param_hint="--different")
    return open_pairs(pairs, data)


def _tell_left_out(measured: "MeasuredPairs") -> None:
    for problem in measured.left_out:
        note(f"left out {problem}")


def _print(calibration: "Calibration") -> None:
    rates = calibration.rates
    print(f"threshold {calibration.threshold:.4f} (95 % interval {_span(calibration.interval, '.4f')})")
    rows = (
        ("false accepts", rates.false_accepts, rates.n_different, calibration.far, calibration.far_interval),
        ("true accepts", rates.true_accepts, rates.n_same, calibration.tar, calibration.tar_interval),
    )
    print_table(
        ("", "of pairs", "rate", "95 % interval"),
        [
            (accepts, f"{count:,} of {pairs:,}", f"{rate:.3%}", _span(interval, ".3%"))
            for accepts, count, pairs, rate, interval in rows
        ],
        right=("of pairs", "rate"),
    )


def _span(interval: tuple[float, float], form: str) -> str:
    return f"{interval[0]:{form}} to {interval[1]:{form}}"
