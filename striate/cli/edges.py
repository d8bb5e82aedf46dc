"""`striate edges`: the edges of an image file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from striate.cli.output import note


def edges(
    image: Annotated[Path, typer.Argument(help="Any image file.")],
    out: Annotated[Path, typer.Option(help="The picture to write, for example edges.png.")],
    filter: Annotated[
        Literal["plain", "sobel", "scharr"], typer.Option(help="Weights along the edge: 1 1 1, 1 2 1 or 3 10 3.")
    ] = "sobel",
    angle: Annotated[float, typer.Option(help="Degrees: 0 finds vertical edges, 90 horizontal ones.")] = 0.0,
    absolute: Annotated[bool, typer.Option("--absolute", help="Light-to-dark and dark-to-light alike.")] = False,
) -> None:
    """Draw the edges of an image: vertical, horizontal or at any angle.

    Example: `striate edges photo.jpg --filter sobel --angle 90 --out edges.png`
    """
    from striate.tasks import draw_edges

    draw_edges(image, out, kind=filter, angle_degrees=angle, absolute=absolute)
    note(f"edges of {image} at {angle:g}°: {out}")
