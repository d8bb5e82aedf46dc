"""`striate stylize`: a picture with the content of one and the style of others."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from striate.cli.options import Device, Json
from striate.cli.output import note, print_json
from striate.cli.paint import is_model_file, paint
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.tasks import Iterate


def stylize(
    out: Annotated[Path, typer.Option(help="The picture, folder or video to write, for example art.png.")],
    content: Annotated[
        Path | None,
        typer.Argument(metavar="CONTENT", help="The image that is to be seen; a folder or video for a model file."),
    ] = None,
    styles: Annotated[
        list[Path] | None,
        typer.Argument(metavar="STYLE...", help="Images whose style it gets; of several the mixture."),
    ] = None,
    style: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A style that a model file has learned.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Pixels of the long side; 512, or of a model file its own.")] = None,
    strength: Annotated[float, typer.Option(help="Of the style: at 0.2 more of the content stays, at 5 less.")] = 1.0,
    keep_colour: Annotated[
        bool, typer.Option("--keep-colour", help="Strokes of the style, colours of the content.")
    ] = False,
    model: Annotated[
        str, typer.Option(help="Whose features: efficientnet_lite0, vgg19, vgg19_caffe; or a model file that paints.")
    ] = "efficientnet_lite0",
    weights: Annotated[Path | None, typer.Option(help="A file of its weights; the published ones if left out.")] = None,
    steps: Annotated[int, typer.Option(help="Over all sizes, from coarse to fine.")] = 200,
    style_weights: Annotated[str, typer.Option(metavar="N,…", help="How much each style counts, such as 2,1.")] = "",
    start: Annotated[Literal["content", "noise"], typer.Option(help="The first picture.")] = "content",
    optimizer: Annotated[Literal["lbfgs", "adam"], typer.Option(help="What changes the pixels.")] = "lbfgs",
    memory: Annotated[float, typer.Option(metavar="GB", help="At most; tiles if a picture needs more.")] = 3.0,
    preview: Annotated[
        int, typer.Option(min=0, help="Write the picture so far every so many steps; 0: at the end.")
    ] = 20,
    camera: Annotated[
        int | None, typer.Option(min=0, metavar="NUMBER", help="Paint what this camera sees; for a model file.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Of a video or camera: stop after so many.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise.")] = 0,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Paint one picture in the style of others; Ctrl-C keeps the best so far.

    With a model file that was trained to stylize, photographs, folders and videos are painted at one pass each.

    Example: `striate stylize photo.jpg starry_night.jpg --out art.png`
    """
    prepare_process()
    if is_model_file(model):
        source = _source(content, camera)
        shares = _numbers(style_weights)
        paint(source, out, model, style or [], shares, size=size, seconds=seconds, device=device, as_json=as_json)
        return
    for name, value in (("--camera", camera), ("--seconds", seconds)):
        if value is not None:
            raise typer.BadParameter("goes with a model file that paints", param_hint=name)
    if content is None or style or not styles:
        raise typer.BadParameter("an image whose style to take is missing", param_hint="STYLE...")
    from striate.cli.progress import Bar
    from striate.tasks import stylize as iterate_styles
    from striate.tasks import write_stylized
    from striate.tasks.picture_files import refuse_drawing_over

    refuse_drawing_over([out], [content, *styles])
    iterates = iterate_styles(
        content,
        styles,
        model=model,
        weights=weights,
        device=device,
        size=size or 512,
        steps=steps,
        strength=strength,
        style_weights=_numbers(style_weights),
        keep_colour=keep_colour,
        start=start,
        optimizer=optimizer,
        memory_gb=memory,
        seed=seed,
    )
    with Bar("stylizing") as bar:

        def show(iterate: "Iterate") -> None:
            height, width = iterate.image.shape[:2]
            bar.advance_to(iterate.step, iterate.steps, f"{width}x{height} cost {iterate.losses.total:.4g}")

        made = write_stylized(iterates, out, preview_every=preview, on_iterate=show)
    if as_json:
        print_json({"out": str(out), "finished": made.finished, **made.best.to_dict()})
    losses = made.best.losses
    stopped = "" if made.finished else "stopped; "
    note(f"{stopped}step {made.best.step} of {steps}: cost {losses.total:.4g}, of the style {losses.style:.4g}: {out}")
    if not made.finished:
        sys.exit(130)


def _source(content: Path | None, camera: int | None) -> Path | int:
    """What is painted: a path, or a camera.

    Raises:
        typer.BadParameter: neither of them, or both.
    """
    given = [one for one in (content, camera) if one is not None]
    if len(given) != 1:
        raise typer.BadParameter("name one: an image, folder, video or --camera", param_hint="CONTENT")
    return given[0]


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")] if text else []
    except ValueError as e:
        raise typer.BadParameter("numbers with commas between them, such as 2,1", param_hint="--style-weights") from e
