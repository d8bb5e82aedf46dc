"""Arguments that several verbs of `striate faces` take, and what they open."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.output import note

if TYPE_CHECKING:
    from striate.faces.choose import Choose
    from striate.tasks import Recogniser
    from striate.training import Device

NO_ANSWER = 3  # exit code: the images were read, but there is no face to answer about


class Faces(StrEnum):
    """Which faces of an image count."""

    LARGEST = "largest"
    CENTRAL = "central"
    EVERY = "every"

    @property
    def choose(self) -> "Choose":
        """The function that picks them."""
        from striate.faces import every, largest, most_central

        return {Faces.LARGEST: largest, Faces.CENTRAL: most_central, Faces.EVERY: every}[self]


class OneFace(StrEnum):
    """Which face of an image counts, where only one can."""

    LARGEST = "largest"
    CENTRAL = "central"

    @property
    def choose(self) -> "Choose":
        """The function that picks it."""
        return Faces(self.value).choose

    def tell_several(self, path: str | Path, faces_found: int) -> None:
        """Say which one it is, where an image has several."""
        if faces_found > 1:
            word, other = ("largest", "central") if self is OneFace.LARGEST else ("most central", "largest")
            note(f"{path}: {faces_found} faces, the {word} one counts; --faces {other} takes another")


_ENCODERS = "Published weights, a trained model of the task verify, or what `calibrate` wrote"
EncoderName = Annotated[str, typer.Option("--encoder", help=f"{_ENCODERS}.")]
GalleryEncoder = Annotated[
    str | None,
    typer.Option(
        "--encoder", help=f"{_ENCODERS}; its threshold then counts, not the gallery's.", show_default="dlib_face"
    ),
]
GalleryFolder = Annotated[
    Path | None,
    typer.Option("--gallery", metavar="FOLDER", help="The gallery; by default one in your own data folder."),
]
WhichFace = Annotated[OneFace, typer.Option("--faces", help="Of several faces on an image, the one that counts.")]
WhichFaces = Annotated[Faces, typer.Option("--faces", help="Of several faces on an image, those that count.")]
CheckLiveness = Annotated[
    bool, typer.Option("--liveness", help="Refuse faces on paper and screens, as far as one image tells.")
]
LivenessModel = Annotated[
    Path | None,
    typer.Option(metavar="MODEL", help="Check it by your own classifier of live faces; --liveness takes MiniFASNet."),
]


def open_recogniser(
    encoder: str | None,
    which: Faces | OneFace,
    device: "Device",
    *,
    usual: Faces | OneFace = OneFace.LARGEST,
    liveness: bool = False,
    liveness_model: Path | None = None,
) -> "Recogniser":
    """A recogniser, by the embedded encoder if none is named, once the licences of its weights are told.

    Args:
        encoder: as in `Encoder.open`.
        which: the faces of an image that count.
        device: where it computes.
        usual: the faces that count where nobody says which.
        liveness: check it.
        liveness_model: check it by this.

    Raises:
        typer.BadParameter: options of faces for an encoder of whole images.
    """
    from striate.faces import LivenessChecker
    from striate.tasks import Recogniser
    from striate.tasks.faces_recogniser import EMBEDDED

    recogniser = Recogniser.open(encoder or EMBEDDED, choose=which.choose, device=device)
    if recogniser.encoder.canonical is None:
        options = {"--faces": which is not usual, "--liveness": liveness, "--liveness-model": liveness_model}
        for name in (name for name, value in options.items() if value):
            told = f"{name} is of faces; {recogniser.encoder.name} encodes whole images"
            raise typer.BadParameter(told, param_hint=name)
    if liveness or liveness_model is not None:
        recogniser = recogniser.checked_by(LivenessChecker.open(liveness_model, device=device))
    for notice in recogniser.notices:
        note(notice)
    return recogniser


def people_count(count: int) -> str:
    """How many people, in words.

    Example:
        >>> people_count(1), people_count(2)
        ('1 person', '2 people')
    """
    return f"{count:,} {'person' if count == 1 else 'people'}"


def image_count(count: int) -> str:
    """How many images, in words.

    Example:
        >>> image_count(1), image_count(1000)
        ('1 image', '1,000 images')
    """
    return f"{count:,} {'image' if count == 1 else 'images'}"


def gallery_folder(folder: Path | None) -> Path:
    """The folder of a gallery: as told, or `faces` in the user's own data folder."""
    if folder is not None:
        return folder
    from platformdirs import user_data_path

    return user_data_path("striate", appauthor=False) / "faces"
