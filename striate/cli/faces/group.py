"""`striate faces`: its verbs together."""

import typer

from striate.cli.faces.gallery import check, export, import_people, list_people, remove
from striate.cli.faces.pairs import calibrate, evaluate
from striate.cli.faces.people import enroll, identify
from striate.cli.faces.verify import verify

faces = typer.Typer(
    help="Verify and recognise faces: two images, or people of a gallery; thresholds from your own pairs.",
    no_args_is_help=True,
)
for verb in (verify, calibrate, evaluate, enroll, identify):
    faces.command()(verb)
faces.command("list")(list_people)
faces.command()(remove)
faces.command()(export)
faces.command("import")(import_people)
faces.command()(check)
