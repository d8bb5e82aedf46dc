"""`striate patches`: what the units of a network look for."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from striate.cli.options import Device, Json, Model, SkipBad
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process


def patches(
    model: Model,
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="A folder or zip of images, a CSV, shards or idx files; signals, volumes."),
    ],
    out: Annotated[Path, typer.Option(help="The page to write, for example page.png.")],
    layer: Annotated[
        list[str] | None,
        typer.Option(help="A name of `striate table`; can be repeated. By default five depths."),
    ] = None,
    units: Annotated[int, typer.Option(min=1, help="So many units of each layer, spread evenly.")] = 9,
    unit: Annotated[list[int] | None, typer.Option(min=0, help="This very unit instead; can be repeated.")] = None,
    number: Annotated[int, typer.Option("--patches", min=1, help="Patches of each unit.")] = 9,
    per_image: Annotated[int, typer.Option(min=1, help="The most that one image may give.")] = 1,
    reconstruct: Annotated[
        Literal["deconvnet", "guided", "gradient"] | None,
        typer.Option(help="Below each patch what of it made the unit strong; guided if there is no max pooling."),
    ] = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Draw the patches of images, signals, volumes or clips that most activate units of a network, at several depths.

    Each patch is what the unit sees, its receptive field; what of that lies beyond the input is hatched.

    Example: `striate patches efficientnet_lite0 photos/ --out page.png --reconstruct guided`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.explain import Rectifier
    from striate.tasks import check_page, strongest_patches, write_patches

    check_page(out, data)
    with Bar("images") as bar:
        found = strongest_patches(
            model,
            data,
            layer or (),
            units=unit or units,
            k=number,
            per_image=per_image,
            skip_bad=skip_bad,
            device=device,
            on_images=bar.advance_to,
        )
    note(found.subject.notice)
    write_patches(found, out, reconstruct=Rectifier(reconstruct) if reconstruct else None)
    names = ", ".join(one.row.layer for one in found.layers)
    note(f"the strongest patches of {len(found.part):,} {found.subject.noun}s for units of {names}: {out}")
    if as_json:
        print_json(found.to_dict())
