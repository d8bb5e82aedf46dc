"""From recordings and wishes to a plan: what striate chooses where the user leaves the choice."""

import math
from collections.abc import Sequence
from typing import Any

from striate.errors import ArgumentError, DataError
from striate.models import check_size, find_entry
from striate.recording_preset import AXES, UNITS, Kind, RecordingPreset, Standardise
from striate.recordings import (
    RecordingDataset,
    RecordingPipeline,
    default_recording_pipeline,
    parse_recording_distortions,
    recording_statistics,
)
from striate.recordings.cut import Cut
from striate.recordings.prepare import same_step
from striate.tasks.plan import Wishes
from striate.tasks.planning import choose_weights, usual_batch_size, weigh_classes
from striate.tasks.recording_plan import RecordingPlan
from striate.training import Recipe

_NETWORKS: dict[Kind, str] = {"signal": "time_series_resnet", "volume": "small_convnet", "clip": "small_convnet"}
_STANDARDISE: dict[Kind, Standardise] = {"signal": "training", "volume": "each", "clip": "training"}
_MOST_SIDE = 64  # samples along an axis of a volume or clip that the network is given, where nobody says how many
_FEW = 1000  # recordings, up to which those that are held back are too many to lose
_LR: dict[Kind, float] = {"signal": 3e-3, "volume": 1e-3, "clip": 1e-3}  # the first by five folds of UCR's train parts
_STEPS: dict[Kind, int] = {"signal": 1500, "volume": 1000, "clip": 1000}  # a step on a volume takes longer
_MOST_BATCH: dict[Kind, int] = {"signal": 64, "volume": 32, "clip": 32}
_MOST_SAMPLES: dict[Kind, int] = {"signal": 2**16, "volume": 2**21, "clip": 2**21}  # in a batch: a GB to learn from
_LEAST_BATCH = 4
_MOST_EPOCHS, _LEAST_EPOCHS = 150, 10


def make_recording_plan(
    dataset: RecordingDataset, wishes: Wishes, cut: Cut | None = None, *, may_learn_again: bool = True
) -> RecordingPlan:
    """What a training on these recordings will do.

    Args:
        dataset: what it learns from.
        wishes: what the user asked for.
        cut: how records were cut into windows.
        may_learn_again: whether the network that is kept may learn from what is held back, where recordings are few.

    Raises:
        ArgumentError: a wish that can't be fulfilled, or recordings of several spacings that nobody asked to resample.
        UnknownNameError: no such network or weights.
        DataError: there is nothing to learn from.
    """
    for name, why in (("train", "to learn from"), ("val", "to choose the best epoch by")):
        if name not in dataset.parts:
            raise DataError(f"{dataset.root} has no {name} part {why}, only {', '.join(dataset.parts)}")
    _check_wishes(wishes)
    network, why_network = _choose_network(dataset.shape, wishes)
    source, why_weights = choose_weights(network, wishes) if wishes.weights else (None, "")
    preset, why_size = make_recording_preset(dataset, wishes.size, resample=bool(wishes.resample))
    _check_network(network, preset)
    counts = dataset.parts["train"].counts(dataset.num_classes)
    weights, why_classes = weigh_classes(counts, dataset.classes, f"{dataset.shape}s")
    train = len(dataset.parts["train"])
    batch_size = min(train, wishes.batch_size or _batch_size(preset, train))
    again, why_again = _learns_again(dataset) if may_learn_again else (False, "")
    return RecordingPlan(
        network=network,
        weights=source.name if source else None,
        freeze=wishes.freeze or "none",
        preset=preset,
        pipeline=_pipeline(preset, wishes.distort),
        recipe=_recipe(wishes, dataset.shape, train, batch_size),
        batch_size=batch_size,
        precision=wishes.precision or "auto",
        class_weights=weights,
        reasons=tuple(filter(None, (why_network, why_weights, why_size, why_again, why_classes))),
        resample=bool(wishes.resample),
        again=again,
        cut=cut,
        channels=wishes.channels,
    )


def make_recording_preset(
    dataset: RecordingDataset, size: int | None, *, resample: bool
) -> tuple[RecordingPreset, str]:
    """What the network expects of a recording, as the training recordings are, and why its size is what it is."""
    mean, std = recording_statistics(dataset.parts["train"])
    smallest, median, largest = dataset.sizes
    whole, why = _size(dataset.shape, median, size)
    stretched = whole != median  # all of each is brought to the size, whatever its spacing
    spacing = dataset.spacings[0] if stretched else _spacing(dataset, resample=resample)
    if not stretched and smallest != largest:
        why = f"looks at {_times(median)} samples in the middle of each recording, the median of their sizes"
    preset = RecordingPreset(
        kind=dataset.shape,
        size=whole,
        spacing=spacing,
        channels=dataset.channels,
        mean=tuple(mean),
        std=tuple(std),
        standardise=_STANDARDISE[dataset.shape],
        fit="stretch" if stretched else "crop",
        labels=dataset.classes,
        channel_names=dataset.channel_names,
    )
    return preset, why


def _spacing(dataset: RecordingDataset, *, resample: bool) -> tuple[float, ...]:
    """Of the most recordings.

    Raises:
        ArgumentError: others have another one, and nobody asked to resample.
    """
    first, *others = dataset.spacings
    different = [other for other in others if not _same(first, other)]
    if different and not resample:
        unit = UNITS[dataset.shape][0]
        listed = "; ".join(" x ".join(f"{step:g}" for step in one) for one in (first, *different[:3]))
        raise ArgumentError(
            f"{dataset.root} holds {dataset.shape}s whose samples are differently far apart ({listed} {unit}): "
            f"resample (--resample) brings all to the first of these, which is the commonest"
        )
    return first


def _same(first: Sequence[float], second: Sequence[float]) -> bool:
    return all(same_step(a, b) for a, b in zip(first, second, strict=True))


def _size(kind: Kind, median: tuple[int, ...], wish: int | None) -> tuple[tuple[int, ...], str]:
    """Samples along each axis, the proportions kept; as they are, where nobody wishes and there are not too many."""
    longest = max(median)
    if wish:
        return _scaled(median, wish / longest), ""
    if kind == "signal" or longest <= _MOST_SIDE:
        return median, ""
    small = tuple(min(side, _MOST_SIDE) for side in median) if kind == "clip" else _scaled(median, _MOST_SIDE / longest)
    axes = " x ".join(AXES[kind])
    return small, f"shrinks {axes} from {_times(median)} to {_times(small)}: more takes long to learn (--size)"


def _scaled(size: tuple[int, ...], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(side * scale)) for side in size)


def _times(size: Sequence[int]) -> str:
    return " x ".join(map(str, size))


def _check_wishes(wishes: Wishes) -> None:
    if wishes.freeze == "auto":
        raise ArgumentError.of("freeze", "none, all or a stage: what to learn is tried for images only", "auto")


def _choose_network(kind: Kind, wishes: Wishes) -> tuple[str, str]:
    if wishes.model:
        return find_entry(wishes.model).name, ""
    if wishes.weights and wishes.weights != "none":
        raise ArgumentError("weights go with the network that they are of: say which model, too")
    name = _NETWORKS[kind]
    return name, f"{name}: small enough to learn from a few hundred {kind}s"


def _check_network(network: str, preset: RecordingPreset) -> None:
    dims = find_entry(network).dims
    if preset.dims not in dims:
        raise ArgumentError.of("model", f"one that can be built in {preset.dims} dimensions", network)
    check_size(network, preset.size)


def _pipeline(preset: RecordingPreset, words: str | None) -> RecordingPipeline:
    if words is None:
        return default_recording_pipeline(preset)
    pipeline = parse_recording_distortions(words, preset.dims)
    pipeline.check(preset)
    return pipeline


def _learns_again(dataset: RecordingDataset) -> tuple[bool, str]:
    if dataset.cut_seed is None:
        return False, ""
    train, val = (len(dataset.parts[name]) for name in ("train", "val"))
    if train + val > _FEW:
        return False, ""
    why = f"learns twice: from {train} {dataset.shape}s, measured on {val} held back, then from all {train + val}"
    return True, why


def _batch_size(preset: RecordingPreset, recordings: int) -> int:
    """As many as suit the number of recordings, and fit into memory."""
    fit = max(_LEAST_BATCH, _MOST_SAMPLES[preset.kind] // math.prod(preset.size))
    return min(_MOST_BATCH[preset.kind], usual_batch_size(recordings), fit)


def _recipe(wishes: Wishes, kind: Kind, recordings: int, batch_size: int) -> Recipe:
    """About so many steps, however many recordings there are."""
    epochs = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, math.ceil(_STEPS[kind] * batch_size / recordings)))
    optimizer = wishes.optimizer or "adamw"
    usual: dict[str, Any] = {"epochs": epochs}
    if optimizer.startswith("adam"):
        usual["lr"] = _LR[kind]
    named = {"epochs": wishes.epochs, "lr": wishes.lr, "seed": wishes.seed}
    usual |= {name: value for name, value in named.items() if value is not None} | dict(wishes.recipe or {})
    return Recipe.usual(optimizer, **{"warmup_epochs": min(0.5, usual["epochs"] / 2), **usual})
