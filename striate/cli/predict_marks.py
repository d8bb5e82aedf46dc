"""`striate predict` where a model finds boxes or points."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from striate.cli.output import note, print_json

if TYPE_CHECKING:
    from striate.tasks import MarksFinder


def parse_tile(tile: int | None, overlap: int | None) -> tuple[int, int] | None:
    """What `--tile` and `--overlap` say together: side and overlap of tiles, or None for the whole image.

    Raises:
        typer.BadParameter: an overlap of no tiles.

    Example:
        >>> parse_tile(640, None)
        (640, 80)
    """
    if tile is None and overlap is not None:
        raise typer.BadParameter("goes with --tile", param_hint="--overlap")
    return None if tile is None else (tile, tile // 8 if overlap is None else overlap)


def predict_marks(
    predictor: "MarksFinder[Any, Any]",
    paths: Sequence[str],
    *,
    out: Path | None,
    tile: tuple[int, int] | None,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Say, draw and tell as JSON what was found.

    Args:
        predictor: what looks at the images.
        paths: images, folders or globs.
        out: a picture of one image, or a folder for drawn images, or None.
        tile: side and overlap of tiles, or None.
        skip_bad: go on without files that can't be read.
        as_json: all of it as JSON.
    """
    from striate.draw.text import printable
    from striate.tasks import check_drawing, draw_found, find_images, find_in_files

    if out:
        check_drawing(find_images(paths), out)
    start = time.perf_counter()
    answers, bad = find_in_files(predictor, paths, tile=tile, skip_bad=skip_bad)
    note(f"{len(answers)} images, {len(answers) / max(time.perf_counter() - start, 1e-9):.1f} a second")
    for problem in bad:
        note(f"skipped {problem}")
    if out:
        note(f"drawn: {draw_found(predictor, answers, out)}")
    if as_json:
        print_json([{"path": path, **found.to_dict()} for path, found in answers])
        return
    for path, found in answers:
        print(path)
        for line in predictor.task.lines(found):
            print(f"  {printable(line)}")
