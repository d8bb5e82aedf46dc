"""`striate faces list`, `remove`, `export`, `import` and `check`: what a gallery holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.faces.options import GalleryFolder, gallery_folder, image_count, people_count
from striate.cli.options import Json
from striate.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from striate.faces import Gallery

File = Annotated[Path, typer.Argument(metavar="FILE", help="Lines of JSON, such as people.jsonl.")]


def list_people(gallery: GalleryFolder = None, as_json: Json = False) -> None:
    """List the people of a gallery, and how many images each has.

    Example: `striate faces list`
    """
    from striate.faces.encoder_names import encoder_label, encoder_name

    with _open(gallery) as opened:
        people = opened.people()
        if as_json:
            head = {
                "gallery": str(opened.folder),
                "encoder": opened.encoder,
                "encoder_name": encoder_name(opened.encoder),
            }
            print_json({**head, "dim": opened.dim, "threshold": opened.threshold, "people": dict(people)})
            return
        encoder = encoder_label(opened.encoder)
    if people:
        print_table(("name", "images"), people.items(), right=("images",))
    note(f"{people_count(len(people))} in {gallery_folder(gallery)}, by the encoder {encoder}")


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="As `list` writes them.")],
    gallery: GalleryFolder = None,
    as_json: Json = False,
) -> None:
    """Remove people from a gallery: when this returns, no file of it holds a byte of their data.

    Example: `striate faces remove "Ada Lovelace"`
    """
    with _open(gallery) as opened:
        opened.remove(*names)
        left = len(opened.people())
    if as_json:
        print_json({"removed": names, "people": left})
        return
    print(f"removed {', '.join(names)}; {people_count(left)} left")


def export(file: File, gallery: GalleryFolder = None, as_json: Json = False) -> None:
    """Write a gallery into one file that its owner alone may read.

    Example: `striate faces export people.jsonl`
    """
    with _open(gallery) as opened:
        opened.export(file)
        people = len(opened.people())
    if as_json:
        print_json({"file": str(file), "people": people})
        return
    print(f"{people_count(people)} in {file}")


def import_people(file: File, gallery: GalleryFolder = None, as_json: Json = False) -> None:
    """Add all people of an exported file to a gallery of the same encoder, which is made if it isn't there.

    A gallery without a threshold takes the file's. Of a file that is broken nothing is taken, and no gallery made.

    Example: `striate faces import people.jsonl --gallery elsewhere`
    """
    from striate.faces import Gallery, check_export

    facts = check_export(file).facts
    with Gallery.open(gallery_folder(gallery), encoder=facts.encoder, dim=facts.dim) as opened:
        had_threshold = opened.threshold is not None
        added = opened.import_(file)
        people = len(opened.people())
    if facts.threshold is not None and not had_threshold:
        note(f"threshold: {facts.threshold:.4f}, the file's")
    if as_json:
        print_json({"added": added, "people": people})
        return
    print(f"{image_count(added)} added; {people_count(people)}")


def check(gallery: GalleryFolder = None, as_json: Json = False) -> None:
    """Read a whole gallery and compare it with its checksums; exit code 1 if something is wrong.

    Example: `striate faces check`
    """
    with _open(gallery) as opened:
        problems = opened.check()
        people = opened.people()
    if as_json:
        print_json({"people": len(people), "problems": [str(problem) for problem in problems]})
    else:
        sound = f"sound: {people_count(len(people))}, {image_count(sum(people.values()))}"
        print("\n".join(map(str, problems)) or sound)
    if problems:
        raise typer.Exit(1)


def _open(gallery: Path | None) -> "Gallery":
    from striate.faces import Gallery

    return Gallery.existing(gallery_folder(gallery))
