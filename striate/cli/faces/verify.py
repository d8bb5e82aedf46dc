"""`striate faces verify`: do two images show the same person?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.faces.options import (
    NO_ANSWER,
    CheckLiveness,
    EncoderName,
    LivenessModel,
    OneFace,
    WhichFace,
    open_recogniser,
)
from striate.cli.options import Device, Json
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.tasks import Verified


def verify(
    first: Annotated[Path, typer.Argument(metavar="A", help="An image.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    out: Annotated[
        Path | None, typer.Option(help="Draw both, their faces and the answer, for example pair.png.")
    ] = None,
    encoder: EncoderName = "dlib_face",
    which: WhichFace = OneFace.LARGEST,
    liveness: CheckLiveness = False,
    liveness_model: LivenessModel = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Say whether two images show the same person; exit code 3 where there is no face, or one that is not live.

    Example: `striate faces verify passport.jpg visitor.jpg`
    """
    prepare_process()
    from striate.tasks import draw_verified, verify_images

    recogniser = open_recogniser(encoder, which, device, liveness=liveness, liveness_model=liveness_model)
    verified = verify_images(recogniser, first, second)
    for path, sighting in zip((first, second), verified.sightings, strict=True):
        which.tell_several(path, sighting.faces_found if sighting else 0)
        if sighting and sighting.remark:
            note(f"{path}: {sighting.remark}")
    origin = str(recogniser.encoder.calibration) if verified.match else None
    if origin:
        note(f"threshold: {origin}")
    if out:
        draw_verified(out, (first, second), verified)
        note(f"drawn: {out}")
    if as_json:
        print_json({"first": str(first), "second": str(second), **verified.to_dict(), "threshold_from": origin})
    else:
        print(_sentence(first, second, verified))
    if verified.match is None:
        raise typer.Exit(NO_ANSWER)


def _sentence(first: Path, second: Path, verified: "Verified") -> str:
    if verified.match is None:
        reasons = zip((first, second), verified.obstacles, strict=True)
        return "no answer: " + "; ".join(f"{path}: {obstacle}" for path, obstacle in reasons if obstacle)
    word = "same" if verified.match.same else "different"
    return f"{word}: distance {verified.match.distance:.4f}, threshold {verified.match.threshold:.4f}"
