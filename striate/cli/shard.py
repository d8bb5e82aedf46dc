"""`striate data shard`: a data set as a few large files, for disks that are slow with many small ones."""

import re
from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Data, Json, SkipBad
from striate.cli.output import note, print_json
from striate.errors import ArgumentError

_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def shard_data(
    data: Data,
    out: Annotated[Path, typer.Option(help="A new folder for the shards.")],
    size: Annotated[str, typer.Option(metavar="SIZE", help="Of a shard at most, such as 50MB or 1GB.")] = "256MB",
    images: Annotated[int | None, typer.Option(min=1, help="In a shard at most.")] = None,
    skip_bad: SkipBad = False,
    as_json: Json = False,
) -> None:
    """Write a data set as WebDataset's tars. `train` and all other verbs read them as the same data set.

    The images' bytes stay as they are. The folder appears when all is written.

    Example: `striate data shard photos/ --out photo-shards --size 100MB`
    """
    from striate.cli.progress import Bar
    from striate.data import write_shards

    with Bar("writing") as bar:
        written = write_shards(
            data, out, shard_bytes=_bytes(size), images=images, skip_bad=skip_bad, on_images=bar.advance_to
        )
    if as_json:
        skipped = [problem._asdict() for problem in written.skipped]
        shards = {"folder": str(written.folder), "images": written.images}
        print_json({**shards, "fingerprint": written.fingerprint, "skipped": skipped})
        return
    for problem in written.skipped:
        note(f"left out: {problem}")
    print(f"{written.folder}: {sum(written.images.values())} images in {len(written.images)} shards")
    print(f"fingerprint: {written.fingerprint}")


def _bytes(size: str) -> int:
    """What a person writes for a number of bytes.

    Example:
        >>> _bytes("256MB"), _bytes("1.5 gb")
        (256000000, 1500000000)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]b)", size.strip(), re.IGNORECASE)
    if found is None:
        raise ArgumentError.of("size", "a number and kB, MB, GB or TB, such as 256MB", size)
    factor = next(factor for unit, factor in _UNITS.items() if unit.lower() == found[2].lower())
    return int(float(found[1]) * factor)
