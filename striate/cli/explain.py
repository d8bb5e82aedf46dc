"""`striate explain`: what made a network answer as it does."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Device, Json, Model
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process


def explain(
    model: Model,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="An image, signal, volume or clip.")],
    out: Annotated[Path, typer.Option(help="The sheet to write, for example why.png.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="saliency, smoothgrad, guided, deconvnet, grad-cam, occlusion, filters, inversion, maximisation; "
            "can be repeated. By default those that are quick and suit the network."
        ),
    ] = None,
    label: Annotated[str, typer.Option("--class", help="The class to explain; the likeliest if left out.")] = "",
    layer: Annotated[
        str,
        typer.Option(help="A name of `striate table`, for Grad-CAM and inversion; by default the last with a map."),
    ] = "",
    unit: Annotated[
        int | None, typer.Option(min=0, help="Explain this unit of --layer, where it is strongest, instead of a class.")
    ] = None,
    at: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Of a long signal: when; its middle if left out.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Draw what made a network answer as it does about an image, signal, volume or clip: several methods side by side.

    Example: `striate explain efficientnet_lite0 cat.jpg --out why.png`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.draw.text import printable
    from striate.tasks import check_page, explain, write_explanation

    check_page(out, image)
    with Bar("explaining") as bar:
        explanation = explain(
            model,
            image,
            method or (),
            label=label,
            layer=layer,
            unit=unit,
            at=at,
            device=device,
            on_work=bar.advance_to,
        )
    write_explanation(explanation, out)
    note(explanation.subject.notice)
    note(f"{printable(explanation.name)}; maps of {explanation.layer}: {out}")
    if as_json:
        print_json(explanation.to_dict())
