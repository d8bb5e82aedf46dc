"""What the units of a network look for: their strongest patches over a data set, as a page and as records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.atomic import atomic_write
from striate.data import Pixels
from striate.draw import InputView, LayerTiles, PatchTile, UnitTiles, patch_page_png, signed_levels
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
from striate.explain.patches import Extent
from striate.tasks.open_subject import open_subject
from striate.tasks.picture_files import check_page
from striate.tasks.subject import AnyPart, AnySubject
from striate.training import Device

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Patches:
    """What units look for.

    Attributes:
        subject: the network.
        part: the images, signals, volumes or clips that were looked at.
        layers: in the order asked for.
    """

    subject: AnySubject
    part: AnyPart
    layers: tuple[LayerPatches, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "model": self.subject.name,
            f"{self.subject.noun}s": len(self.part),
            "input_shape": list(self.subject.input_shape),
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
        data: a folder or zip of images, or whatever `striate.data.open_data` takes; for a network of signals, volumes
            or clips a folder of these, or whatever `striate.recordings.open_recordings` takes.
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
    part = subject.every(data, skip_bad=skip_bad)
    wanted: Mapping[str, int | Sequence[int]] = dict.fromkeys(names, units)
    found = find_patches(
        subject.network,
        subject.batches(part, _BATCH),
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
    page = patch_page_png(
        layers, f"{found.subject.name}: the strongest patches of {len(found.part):,} {found.subject.noun}s"
    )
    with atomic_write(Path(out)) as f:
        f.write(page)


def _title(layer: LayerPatches) -> str:
    row = layer.row
    field = "x".join(f"{f.size:g}" for f in row.fields or ())
    return f"{row.layer}: {row.shape[0]} units, receptive field {field}"


def _unit_tiles(found: Patches, layer: LayerPatches, rule: Rectifier | None) -> Iterable[UnitTiles]:
    subject = found.subject
    for unit in layer.units:
        given = [subject.load(found.part, patch.image) for patch in unit.patches]
        made = _reconstructions(subject, layer, unit, given, rule) if rule and given else [None] * len(given)
        tiles = [
            _tile(subject.view, subject.seen(one), patch.extent, signal)
            for one, patch, signal in zip(given, unit.patches, made, strict=True)
        ]
        yield UnitTiles(f"{unit.unit}" if tiles else f"{unit.unit}: silent", tiles)


def _tile(view: InputView, levels: Pixels, extent: Extent, signal: NDArray[np.float32] | None) -> PatchTile:
    """What the field shows of an input (*S, C), and of its reconstruction."""
    size = levels.shape[:-1]
    frame = shown_extent(extent, size)
    seen = np.zeros(size, np.bool_)
    seen[tuple(slice(max(start, 0), max(stop, 0)) for start, stop in extent)] = True
    inside, _ = cut_patch(seen, frame)
    picture, shown = view.patch(cut_patch(levels, frame)[0], inside)
    if signal is None:
        return PatchTile(picture, shown)
    reconstruction, _ = view.patch(signed_levels(cut_patch(signal, frame)[0]), inside)
    return PatchTile(picture, shown, reconstruction)


def _reconstructions(
    subject: AnySubject, layer: LayerPatches, unit: UnitPatches, given: Sequence[Any], rule: Rectifier
) -> list[NDArray[np.float32]]:
    """(*S, C) for each of the unit's patches."""
    x = torch.cat([subject.input(one) for one in given])
    target = Target(unit.unit, layer.row.layer, [patch.position for patch in unit.patches])
    return list(input_gradient(subject.network, x, target, rectifier=rule).movedim(1, -1).cpu().numpy())
