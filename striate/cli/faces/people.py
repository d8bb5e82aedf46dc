"""`striate faces enroll` and `identify`: people into a gallery, and who of them is on images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.faces.options import (
    NO_ANSWER,
    CheckLiveness,
    Faces,
    GalleryEncoder,
    GalleryFolder,
    LivenessModel,
    OneFace,
    WhichFace,
    WhichFaces,
    gallery_folder,
    open_recogniser,
    people_count,
)
from striate.cli.options import Device, Json, SkipBad
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.errors import Problem
    from striate.faces import Threshold
    from striate.tasks import Enrolment, Identified, Person


def enroll(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="A folder of people's folders; with --name images of one.")
    ],
    name: Annotated[str | None, typer.Option(help="Whom all the images show.")] = None,
    gallery: GalleryFolder = None,
    encoder: GalleryEncoder = None,
    which: WhichFace = OneFace.LARGEST,
    liveness: CheckLiveness = False,
    liveness_model: LivenessModel = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Add people to a gallery: of their images the encodings and hashes, never the images.

    Images without a face, and those that can't be read, are listed; the others are enrolled. A new gallery takes the
    encoder's threshold; it keeps its own from then on, unless --encoder is given.

    Example: `striate faces enroll ada/*.jpg --name "Ada Lovelace"`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.errors import DataError
    from striate.tasks import enroll_people, images_of_people, open_gallery

    images = images_of_people(paths, name)
    recogniser = open_recogniser(encoder, which, device, liveness=liveness, liveness_model=liveness_model)
    folder = gallery_folder(gallery)
    with open_gallery(recogniser, folder) as opened, Bar("encoding") as bar:
        try:
            enrolment = enroll_people(recogniser, opened, images, on_images=bar.advance_to)
        except KeyboardInterrupt:
            note("stopped; what was enrolled stays, and the same command adds the rest")
            raise
        total = enrolment.added + enrolment.known + len(enrolment.refused)  # an image that was named twice is one
        if len(enrolment.refused) == total:
            raise DataError(f"none of {total} images could be enrolled", enrolment.refused)
        if encoder and recogniser.encoder.threshold is not None:
            opened.set_threshold(recogniser.encoder.threshold)
        people = len(opened.people())
    _tell(enrolment, which)
    if as_json:
        print_json({"gallery": str(folder), "people": people, **enrolment.to_dict()})
        return
    known = f", {enrolment.known} were there already" if enrolment.known else ""
    print(f"{enrolment.added} of {total} images enrolled{known}; {people_count(people)} in {folder}")


def _tell(enrolment: "Enrolment", which: OneFace) -> None:
    """What was not enrolled, which of several faces was, and which are small."""
    for problem in enrolment.refused:
        note(f"not enrolled {problem}")
    for path, faces_found in enrolment.several.items():
        which.tell_several(path, faces_found)
    for path, remark in enrolment.remarks.items():
        note(f"{path}: {remark}")


def identify(
    paths: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Images, folders, globs in quotes.")],
    gallery: GalleryFolder = None,
    out: Annotated[
        Path | None, typer.Option(help="Draw the names: of one image a picture, answer.png; else a folder for them.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many people to name for each face.")] = 1,
    encoder: GalleryEncoder = None,
    which: WhichFaces = Faces.EVERY,
    liveness: CheckLiveness = False,
    liveness_model: LivenessModel = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Say who of a gallery is on images; exit code 3 where there is no face on any.

    Example: `striate faces identify party.jpg --out named`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.faces import Gallery
    from striate.tasks import check_drawing, draw_identified, find_images, identify_people, recognition_threshold

    if out:
        check_drawing(find_images(paths), out)
    recogniser = open_recogniser(
        encoder, which, device, usual=Faces.EVERY, liveness=liveness, liveness_model=liveness_model
    )
    identity, dim = recogniser.encoder.identity, recogniser.encoder.dim
    with Gallery.existing(gallery_folder(gallery), encoder=identity, dim=dim) as opened, Bar("encoding") as bar:
        own = recogniser.encoder.threshold if encoder else None
        threshold = recognition_threshold(recogniser, opened) if own is None else own
        answers, bad = identify_people(
            recogniser, opened, paths, top=top, threshold=threshold, skip_bad=skip_bad, on_images=bar.advance_to
        )
    for problem in bad:
        note(f"skipped {problem}")
    for answer in answers:
        if answer.remark:
            note(f"{answer.path}: {answer.remark}")
    origin = _origin(threshold, recogniser.encoder.calibration)
    note(f"threshold: {origin}")
    if any(person.candidates and not person.candidates.ranked for answer in answers for person in answer.people):
        note(f"nobody is enrolled in {gallery_folder(gallery)}")
    if out:
        draw_identified(answers, out)
        note(f"drawn: {out}")
    if as_json:
        print_json(_rows(answers, bad, origin))
    else:
        _print(answers)
    if not any(answer.people for answer in answers):
        raise typer.Exit(NO_ANSWER)


def _origin(threshold: float, calibration: "Threshold | None") -> str:
    """τ, and where it comes from."""
    known = calibration is not None and calibration.distance == threshold
    return str(calibration) if known else f"{threshold:.4f}, the gallery's"


def _rows(answers: "list[Identified]", bad: "list[Problem]", origin: str) -> list[dict[str, Any]]:
    """A row for each image; `skipped` says why there is nothing about it."""
    skipped = [{"path": problem.path, "people": [], "skipped": problem.message} for problem in bad]
    rows = [*({**answer.to_dict(), "skipped": None} for answer in answers), *skipped]
    return [{**row, "threshold_from": origin} for row in rows]


def _print(answers: "list[Identified]") -> None:
    from striate.draw.text import printable

    for answer in answers:
        print(printable(answer.path))
        for person in answer.people:
            print("\n".join(f"  {printable(line)}" for line in _lines(person)))
        if not answer.people:
            print("  no face found")


def _lines(person: "Person") -> list[str]:
    """Who it is, or that nobody is recognised; and who else is near."""
    if person.candidates is None:
        return ["not live"]
    ranked = [f"{candidate.name}: distance {candidate.distance:.4f}" for candidate in person.candidates.ranked]
    if person.candidates.recognised:
        return [ranked[0], *(f"  {line}" for line in ranked[1:])]
    return ["not recognised", *(f"  nearest {line}" for line in ranked)]
