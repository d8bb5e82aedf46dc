"""Suspicious labels: images that look like another class than their label says to a head that had not seen them."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.atomic import atomic_write
from striate.data import Dataset, Item, Part, open_data
from striate.draw import Tile, sheet_png
from striate.errors import ArgumentError, DataError, ModelFileError, OutputError
from striate.metrics import find_suspects, wilson_interval
from striate.models import Network, create_model, find_source, load_model
from striate.models.network import CLASSIFIER
from striate.preset import Preset
from striate.runtime import Engine, folded
from striate.tasks.material import Watch
from striate.tasks.own_data import remarks_on
from striate.tasks.picture_files import check_page
from striate.tasks.planning import PRETRAINED
from striate.tasks.run_folder import RunFolder
from striate.training import (
    Device,
    FeatureCache,
    PartFeatures,
    cut_network,
    describe_features,
    fit_head,
    freeze,
    pick_device,
)

Features = NDArray[np.float32]  # (N, D)
MOST_SHOWN = 48  # on a page


@dataclass(frozen=True)
class SuspectLabel:
    """An image that looks like another class than its label says.

    Attributes:
        part: of the data.
        path: of the image.
        label: its class.
        likely: the class that it looks like.
        probability: of that one, in [0, 1].
        margin: log probability of its class less that of the likely one, below 0.
        sure: the other class is as probable as the images of that class are to be it on average, or more.
    """

    part: str
    path: str
    label: str
    likely: str
    probability: float
    margin: float
    sure: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Suspects:
    """The suspicious labels of a data set.

    Attributes:
        network: whose features were looked at.
        images: how many were judged.
        accuracy: share of them that a head told as they are labelled which had not seen them; the rest is suspected.
        interval: of the accuracy, 95 %.
        found: the most suspicious first.
        remarks: what whoever reads this must know.
    """

    network: str
    images: int
    accuracy: float
    interval: tuple[float, float]
    found: tuple[SuspectLabel, ...]
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"expectation": self.expectation}

    @property
    def expectation(self) -> str:
        """What to expect of the list, in words."""
        sure = sum(suspect.sure for suspect in self.found)
        low, high = (1 - end for end in reversed(self.interval))
        text = (
            f"{len(self.found)} of {self.images} images look like another class than their label says. So often, "
            f"{1 - self.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}), errs the head that judged them, too: "
            f"many of these labels may be right, and the images merely hard."
        )
        if not sure:
            return f"{text} None looks as much like the other class as that class's own images usually do."
        return f"{text} Begin with those as much like the other class as its own images usually are: {sure}."


def suspect_labels(
    data: str | Path,
    *,
    model: str | Path | None = None,
    skip_bad: bool = False,
    workers: int = 0,
    device: Device = "auto",
    on_images: Watch | None = None,
) -> Suspects:
    """Look for wrong labels: each image's features are judged by a head that learned from others.

    Args:
        data: what `striate.data.open_data` takes, with one class an image; all parts are looked at together.
        model: published weights by name, a model file or the folder of a run; None takes the network for photographs.
        skip_bad: go on without files that can't be read.
        workers: processes that decode, where there are a thousand images or more.
        device: where the features are computed.
        on_images: called as they are, with the images that are done and those to do.

    Raises:
        DataError: bad data.
        ArgumentError: images that show several classes.
        ModelFileError, UnknownNameError, MissingExtraError, WeightsError: there is no such model, or it is not here.
    """
    dataset = open_data(data, val_share=0, skip_bad=skip_bad)
    if dataset.multilabel:
        raise ArgumentError.of("data", "images of one class each", "several classes an image")
    network, preset, name, remarks = _find_network(model)
    features = part_features(network, preset, all_parts(dataset), workers=workers, device=device, on_images=on_images)
    labels = np.array([item.labels[0] for _, item in _places(dataset)])
    single = int((np.bincount(labels) == 1).sum())
    judged = len(labels) - single
    if not judged:
        raise DataError(f"{dataset.root} has a single image of each class: nothing shows what else they look like")
    found = list_suspects(dataset, fit_head(features, labels, dataset.num_classes).held_back)
    if single:
        remarks += (f"{single} classes have a single image, which can't be compared with others",)
    right = judged - len(found)
    interval = wilson_interval(right, judged)
    return Suspects(name, judged, right / judged, interval, found, (*remarks, *remarks_on(dataset)))


def list_suspects(
    dataset: Dataset, log_probabilities: ArrayLike, parts: Sequence[str] = ()
) -> tuple[SuspectLabel, ...]:
    """The images whose label is not the likeliest class, the most suspicious first.

    Args:
        dataset: with one class an image.
        log_probabilities: (N, K) of its images, part after part, by a network that had not seen them.
        parts: names of those; all if left out.
    """
    places, logs = _places(dataset, parts), np.asarray(log_probabilities, np.float64)
    names = dataset.classes
    return tuple(
        SuspectLabel(
            part=places[s.index][0],
            path=places[s.index][1].path,
            label=names[s.label],
            likely=names[s.likely],
            probability=float(np.exp(logs[s.index, s.likely])),
            margin=s.margin,
            sure=s.sure,
        )
        for s in find_suspects(logs, [item.labels[0] for _, item in places] or np.empty(0, int))
    )


def suspect_tiles(dataset: Dataset, suspects: Sequence[SuspectLabel], most: int = MOST_SHOWN) -> list[Tile]:
    """The first suspects as pictures with both labels, for `striate.draw.sheet_png` or a report."""
    return [
        Tile(dataset.parts[s.part].store.load(s.path), s.path, s.label, s.likely, s.probability)  # type: ignore[index]
        for s in suspects[:most]
    ]


def draw_suspects(data: str | Path, suspects: Suspects, out: str | Path, *, skip_bad: bool = False) -> None:
    """Write a page of the first suspects, PNG, whole or not at all.

    Raises:
        ArgumentError: nothing is suspected, or `out` is no PNG.
        OutputError: the page can't be written.
    """
    check_page(out)
    page = sheet_png(suspect_tiles(open_data(data, val_share=0, skip_bad=skip_bad), suspects.found))
    with atomic_write(Path(out)) as f:
        f.write(page)


def all_parts(dataset: Dataset) -> Part:
    """All images of a data set as one part, in the order of its parts."""
    stores = [part.store for part in dataset.parts.values()]
    return Part(tuple(item for _, item in _places(dataset)), stores[0])


def part_features(
    network: Network,
    preset: Preset,
    part: Part,
    *,
    workers: int = 0,
    device: Device = "auto",
    on_images: Watch | None = None,
) -> Features:
    """What comes before the classifier, (N, D), of each image as evaluation sees it; from the feature cache, and kept.

    Args:
        network: it is frozen up to its classifier.
        preset: what it expects of its input.
        part: the images.
        workers: processes that decode, where there are a thousand images or more.
        device: where it computes.
        on_images: called with the images that are done and those to do.

    Raises:
        DataError: an image can't be read.
    """
    freeze(network, CLASSIFIER)
    cut, place = cut_network(network.eval()), pick_device(device)
    engine = Engine(folded(cut.frozen), preset, device=place)
    description = describe_features(network, cut, engine.run([]).shape[1:], f"fp32 on {place.type}")
    with tempfile.TemporaryDirectory() as spare:
        try:
            features = PartFeatures(FeatureCache(), part, preset, description)
        except OutputError:  # the cache can't be written to
            features = PartFeatures(FeatureCache(Path(spare)), part, preset, description)
        try:
            features.fill(lambda images: engine.run([images]), workers=workers, on_images=on_images)
            indices = np.arange(len(part))
            rows: Features = features.read(np.zeros_like(indices), indices).numpy()
        finally:
            features.close()
    # (N, D, *S) before a 1x1 convolution: averaged over space
    pooled: Features = rows.reshape(*rows.shape[:2], -1).mean(2, dtype=np.float32)
    return pooled


def _places(dataset: Dataset, parts: Sequence[str] = ()) -> list[tuple[str, Item]]:
    """The images in the order of the parts, each with the name of its own."""
    return [(name, item) for name, part in dataset.parts.items() if name in parts or not parts for item in part.items]


def _find_network(model: str | Path | None) -> tuple[Network, Preset, str, tuple[str, ...]]:
    """The network, its preset and name, and what must be known of it."""
    path = Path(model or PRETRAINED)
    if path.is_file() or path.suffix or path.is_dir():
        return _from_file(RunFolder(path).model if path.is_dir() else path)
    source = find_source(str(path))
    return create_model(source.network, weights=source.name), source.preset, source.name, (source.notice,)


def _from_file(path: Path) -> tuple[Network, Preset, str, tuple[str, ...]]:
    network, header = load_model(path)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    frozen = header.record.get("plan", {}).get("freeze")
    before = [child for name, child in network.head.named_children() if name != CLASSIFIER]
    if frozen == CLASSIFIER or (frozen == "all" and not any(True for child in before for _ in child.parameters())):
        return network, header.image_preset, str(path), ()
    who = "hidden layers" if frozen == "all" else "stages"
    remark = f"the {who} of {path} learned, too: wrong labels among the images that it saw may be known to it by heart"
    return network, header.image_preset, str(path), (remark,)
