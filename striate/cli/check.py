"""`striate train --check`: whether a training has a chance, before it is begun."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from striate.cli.output import note, print_json


def check(data: Path, options: dict[str, Any], as_json: bool) -> None:
    """Print what one batch tells of a training with these options; the exit code is 1 where something is wrong.

    Args:
        data: as the user gave it.
        options: of `striate.tasks.train`, by name.
        as_json: one JSON document on stdout.
    """
    from striate.cli.progress import Bar
    from striate.tasks import Wishes, check_training

    wishes = Wishes(
        **{field.name: options[field.name] for field in fields(Wishes)} | {"recipe": options["recipe"] or None}
    )
    others = {name: options[name] for name in ("val_share", "cut_seed", "skip_bad", "device")}
    with Bar("one batch") as bar:

        def show(step: int, loss: float) -> None:
            bar.advance_to(step, None, f"one batch, loss {loss:.3f}")

        found = check_training(data, wishes, **others, on_step=show)
    if as_json:
        print_json(found.to_dict())
    else:
        for line in found.reasons:
            note(f"  {line}")
        for finding in found.findings:
            print(f"{'ok  ' if finding.passed else 'FAIL'}  {finding.name}: {finding.text}")
    if not found.passed:
        raise typer.Exit(1)
