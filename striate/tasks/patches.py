"""What the units of a network look for: their strongest patches over a data set, as a page and as records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.atomic import atomic_write
from striate.data import Loader, Part, Pixels, decode_at_least_hw
from striate.draw import LayerTiles, PatchTile, UnitTiles, patch_page_png, signed_picture
from striate.explain import (
    LayerPatches,
    Rectifier,
    Target,
    UnitPatches,
    cut_patch,
    find_patches,
    input_gradient,
    shown_extent,
)
from striate.tasks.every_image import every_image
from striate.tasks.picture_files import check_page
from striate.tasks.subject import Subject, open_subject
from striate.training import Device

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Patches:
    """What units look for.

    Attributes:
        subject: the network.
        part: the images that were looked at.
        layers: in the order asked for.
    """

    subject: Subject
    part: Part
    layers: tuple[LayerPatches, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "model": self.subject.name,
            "images": len(self.part),
            "input_hw": list(self.subject.preset.size_hw),
            "layers": [self._layer_dict(layer) for layer in self.layers],
        }

    def _layer_dict(self, layer: LayerPatches) -> dict[str, Any]:
        units = [
            {
                "unit": unit.unit,
                "patches": [{"path": self.part.items[p.image].path, **p.to_dict()} for p in unit.patches],
            }
            for unit in layer.units
        ]
        return {**layer.row.to_dict(), "units": units}


def strongest_patches(
    model: str | Path,
    data: str | Path,
    layers: Sequence[str] = (),
    *,
    units: int | Sequence[int] = 9,
    k: int = 9,
    per_image: int = 1,
    skip_bad: bool = False,
    device: Device = "auto",
    on_images: Callable[[int, int], None] | None = None,
) -> Patches:
    """The patches of a data set's images that most activate units of a network, in one pass over the images.

    Args:
        model: a model file of any task, a run's folder, or the name of published weights.
        data: a folder or zip of images, or whatever `striate.data.open_data` takes.
        layers: names as `striate table` prints them, those of stages too; none takes five, of stages or their blocks,
            from first to last.
        units: so many of each layer, spread evenly, or the very ones.
        k: patches of each unit.
        per_image: the most of them that one image may give.
        skip_bad: go on without files that can't be read.
        device: where it computes.
        on_images: told how many images of how many are done.

    Raises:
        DataError: bad data.
        UnknownNameError: no such model or layer.
        ArgumentError: a number out of range, or a layer whose receptive field is not known.
    """
    subject = open_subject(model, device=device)
    names = [subject.layer(name) for name in dict.fromkeys(layers)] or subject.depths()
    part = every_image(data, skip_bad=skip_bad)
    loader = Loader(part, subject.preset, batch_size=_BATCH)
    wanted: Mapping[str, int | Sequence[int]] = dict.fromkeys(names, units)
    found = find_patches(
        subject.network,
        (batch.images for batch in loader.epoch(0)),
        wanted,
        k=k,
        per_image=per_image,
        on_images=on_images and (lambda done: on_images(done, len(part))),
    )
    return Patches(subject, part, tuple(found))


def write_patches(found: Patches, out: str | Path, *, reconstruct: Rectifier | None = None) -> None:
    """Draw the page; with `reconstruct` below each patch what of it made the unit strong, by that rule for rectifiers.

    A network without max pooling has no switches: what a deconvnet reconstructs is then the same for every image, and
    guided backpropagation tells more.

    Raises:
        ArgumentError: not a .png.
        OutputError: the page can't be written.
    """
    check_page(out)
    layers = [LayerTiles(_title(layer), list(_unit_tiles(found, layer, reconstruct))) for layer in found.layers]
    page = patch_page_png(layers, f"{found.subject.name}: the strongest patches of {len(found.part):,} images")
    with atomic_write(Path(out)) as f:
        f.write(page)


def _title(layer: LayerPatches) -> str:
    row = layer.row
    field = "x".join(f"{f.size:g}" for f in row.fields or ())
    return f"{row.layer}: {row.shape[0]} units, receptive field {field}"


def _unit_tiles(found: Patches, layer: LayerPatches, rule: Rectifier | None) -> Iterable[UnitTiles]:
    for unit in layer.units:
        images = [_load(found, patch.image) for patch in unit.patches]
        made = _reconstructions(found.subject, layer, unit, images, rule) if rule and images else [None] * len(images)
        tiles = [
            _tile(found.subject.seen(image), patch.extent, signal)
            for image, patch, signal in zip(images, unit.patches, made, strict=True)
        ]
        yield UnitTiles(f"{unit.unit}" if tiles else f"{unit.unit}: silent", tiles)


def _load(found: Patches, index: int) -> Pixels:
    preset = found.subject.preset
    return found.part.load(index, preset.channels, decode_at_least_hw(preset))


def _tile(image: Pixels, extent: Any, signal: NDArray[np.float32] | None) -> PatchTile:
    """What the field shows of the image (H, W, C), and of its reconstruction."""
    height, width = image.shape[:2]
    frame = shown_extent(extent, (height, width))
    seen = np.zeros((height, width), bool)
    (top, bottom), (left, right) = extent
    seen[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    pixels, _ = cut_patch(image, frame)
    inside, _ = cut_patch(seen, frame)
    if signal is None:
        return PatchTile(pixels, inside)
    return PatchTile(pixels, inside, signed_picture(cut_patch(signal, frame)[0]))


def _reconstructions(
    subject: Subject, layer: LayerPatches, unit: UnitPatches, images: Sequence[Pixels], rule: Rectifier
) -> list[NDArray[np.float32]]:
    """(H, W, C) for each of the unit's patches."""
    x = torch.cat([subject.input(image) for image in images])
    target = Target(unit.unit, layer.row.layer, [patch.position for patch in unit.patches])
    return list(input_gradient(subject.network, x, target, rectifier=rule).permute(0, 2, 3, 1).cpu().numpy())
