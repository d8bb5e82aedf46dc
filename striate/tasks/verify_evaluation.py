"""Measure an encoder on images of people or things, most often of some that it has never seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.data import Part, Pixels, open_identities
from striate.draw import sheet_png
from striate.draw.sheet import GAP, TILE
from striate.errors import ArgumentError
from striate.faces import Encoder
from striate.models import ModelFile, read_header
from striate.tasks.own_data import choose_part, open_as_trained, remarks_on, remarks_on_own
from striate.tasks.picture_files import check_page
from striate.tasks.verify import VerifyFigures, measure_encodings
from striate.tasks.verify_report import worst_pairs
from striate.training import PairUnit

Watch = Callable[[int, int], None]  # (images done, images in all)


@dataclass(frozen=True)
class VerifyEvaluation:
    """What an encoder is worth on some data.

    Attributes:
        figures: every figure of merit, at the encoder's threshold.
        part: which part of the data was measured.
        fingerprint: of the data.
        remarks: what a reader must know: skipped files, images that stand in two parts.
        mistakes: how many were drawn.
    """

    figures: VerifyFigures
    part: str
    fingerprint: str
    remarks: tuple[str, ...]
    mistakes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        own = {"part": self.part, "fingerprint": self.fingerprint, "remarks": list(self.remarks)}
        return self.figures.to_dict() | own


def evaluate_encoder(
    encoder: Encoder,
    data: str | Path,
    *,
    part: str | None = None,
    out: str | Path | None = None,
    skip_bad: bool = False,
    on_images: Watch | None = None,
) -> VerifyEvaluation:
    """Measure verification at the encoder's threshold, and one-shot identification.

    Args:
        encoder: what `striate.load` returns for a model that was trained to verify.
        data: what `striate.data.open_identities` takes; its identities may be any.
        part: "train", "val", "test" or "all"; None takes test where there is one, else val, else all.
        out: a page of the worst mistakes as PNG; it is not written where there are none.
        skip_bad: go on without files that can't be read.
        on_images: called after each image, with those that were encoded and those in all.

    Raises:
        DataError: bad files.
        ArgumentError: an encoder of aligned faces, no such part, one without pairs of both kinds, or no .png.
        OutputError: the page can't be written, or would be drawn over an image.
    """
    if encoder.canonical:
        raise ArgumentError(f"{encoder.name} encodes aligned faces: measure it with striate faces evaluate")
    if out:
        check_page(out, data)
    header = read_header(encoder.name)
    dataset = open_as_trained(partial(open_identities, data, skip_bad=skip_bad), [header.record])
    name, images = choose_part(dataset.parts, part)
    threshold, unit = encoder.threshold or header.thresholds["distance"], _pair_unit(header)
    encodings = encoder.encode(_watched(images, encoder.preset.channels, on_images))
    figures = measure_encodings(encodings, images, threshold=threshold, unit=unit)
    tiles = worst_pairs(images, encodings, threshold, encoder.preset.channels) if out else []
    if out and tiles:
        with atomic_write(Path(out)) as f:
            f.write(sheet_png(tiles, columns=3, width=2 * TILE + GAP))
    remarks = (*remarks_on_own([header.record], dataset.fingerprint, name), *remarks_on(dataset))
    return VerifyEvaluation(figures, name, dataset.fingerprint, remarks, len(tiles))


def _watched(part: Part, channels: int, on_images: Watch | None) -> Iterator[Pixels]:
    """The images of a part, one at a time."""
    for index in range(len(part)):
        yield part.load(index, channels)
        if on_images:
            on_images(index + 1, len(part))


def _pair_unit(header: ModelFile) -> PairUnit | None:
    unit = header.record.get("pair_unit")
    return PairUnit.from_dict(unit) if unit else None
