"""The plan of a training on boxes or points: everything that decides it, and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from striate.data import MarkedDataset, MarkedItem, Pipeline, parse_distortions
from striate.errors import ArgumentError, DataError
from striate.models import Source, blueprint, check_size, find_entry, find_source
from striate.preset import Preset
from striate.tasks.look import Look, look_at
from striate.tasks.marks_task import Found, Habits, MarksTask
from striate.tasks.plan import PrecisionWish, Wishes
from striate.tasks.planning import PRETRAINED, choose_weights
from striate.training import Recipe

_STRIDE = 32
_FEW = 50  # held-back images, up to which the loss, to which every cell adds, tells epochs apart better than the figure


@dataclass(frozen=True)
class MarksPlan:
    """Everything that decides a training on boxes or points.

    Attributes:
        task: what a model file calls it.
        network: name in the registry.
        arguments: what it is built with.
        weights: published weights that it starts from, or None.
        freeze: "none", or the last stage that is frozen.
        preset: what the network expects of an image, with the names of classes or points.
        pipeline: how training images are distorted.
        mosaic: share of the training images that are four in one, see `striate.data.mosaic`.
        recipe: how it is trained.
        batch_size: images a step.
        precision: what was asked for; "auto" is decided by measuring when the training starts.
        by_loss: the epoch with the lowest loss is kept, not that with the best figure.
        reasons: why, in words.
    """

    task: str
    network: str
    arguments: Mapping[str, Any]
    weights: str | None
    freeze: str
    preset: Preset
    pipeline: Pipeline
    mosaic: float
    recipe: Recipe
    batch_size: int
    precision: PrecisionWish
    reasons: tuple[str, ...]
    by_loss: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "arguments": dict(self.arguments),
            "preset": self.preset.to_dict(),
            "pipeline": self.pipeline.to_list(),
            "recipe": self.recipe.to_dict(),
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "MarksPlan":
        """The inverse of `to_dict`."""
        return cls(
            **{
                **values,
                "preset": Preset.from_dict(values["preset"]),
                "pipeline": Pipeline.from_list(values["pipeline"]),
                "recipe": Recipe.from_dict(values["recipe"]),
                "reasons": tuple(values["reasons"]),
            }
        )


def make_marks_plan(
    task: MarksTask[MarkedItem, Found], dataset: MarkedDataset[MarkedItem], wishes: Wishes
) -> MarksPlan:
    """What a training on this data will do.

    Raises:
        ArgumentError: a wish that can't be fulfilled.
        UnknownNameError: no such network or weights.
        DataError: there is nothing to learn from, or nothing to choose the best epoch by.
    """
    for part in ("train", "val"):
        if part not in dataset.parts:
            raise DataError(f"{dataset.root} has no {part} part, only {', '.join(dataset.parts)}")
    labels = task.names(dataset)
    for part, marked in dataset.parts.items():
        if not any(task.can_measure(item, labels) for item in marked.items):
            raise DataError(f"no image of the {part} part of {dataset.root} has {task.needs}")
    look, habits = look_at(dataset.images), task.habits
    network, source, why = _choose_network(wishes)
    preset = _make_preset(task, dataset, look, network, source, wishes.size)
    pipeline = parse_distortions(habits.distort if wishes.distort is None else wishes.distort)
    pipeline.check(preset)
    images = len(dataset.parts["train"])
    batch_size = min(images, wishes.batch_size or max(4, min(habits.batch_size, images // 8)))
    by_loss, why_loss = _chooses_by_loss(len(dataset.parts["val"]))
    sizes = {"num_classes": len(preset.labels), "in_channels": preset.channels, "dims": 2}
    arguments = sizes | task.arguments(preset, dataset, wishes.seed or 0)
    return MarksPlan(
        task=task.name,
        network=network,
        arguments=arguments | blueprint(find_entry(network).build, **arguments).choices,
        weights=source.name if source else None,
        freeze=_choose_freeze(wishes),
        preset=preset,
        pipeline=pipeline,
        mosaic=wishes.mosaic or 0.0,
        recipe=_make_recipe(wishes, habits, images, batch_size),
        batch_size=batch_size,
        precision=wishes.precision or "auto",
        reasons=tuple(
            filter(None, (why, f"sees the whole image, in {preset.size_hw[1]} x {preset.size_hw[0]} pixels", why_loss))
        ),
        by_loss=by_loss,
    )


def _chooses_by_loss(held_back: int) -> tuple[bool, str]:
    if held_back > _FEW:
        return False, ""
    return True, f"keeps the epoch with the lowest loss: the figure of {held_back} held-back images is too coarse"


def _choose_network(wishes: Wishes) -> tuple[str, Source | None, str]:
    """The network, what it starts from, and both in words; None is random weights."""
    if wishes.model or wishes.weights in (None, "none"):
        network = find_entry(wishes.model or PRETRAINED).name
    else:
        network = find_source(wishes.weights).network
    source, _ = choose_weights(network, wishes)
    return network, source, f"{network}, from {f'its {source.trained_on}' if source else 'random'} weights"


def _make_preset(
    task: MarksTask[MarkedItem, Found],
    dataset: MarkedDataset[MarkedItem],
    look: Look,
    network: str,
    source: Source | None,
    size: int | None,
) -> Preset:
    """The whole image in a frame whose sides are multiples of the stride, the larger one of `size`."""
    height, width = dataset.sizes.median_hw if dataset.sizes else (look.short_side, look.short_side)
    entry, habits = find_entry(network), task.habits
    side = size or min(habits.side, _multiple(habits.enlarge * max(height, width)))
    fixed = entry.fixed_size and size in (None, entry.size)
    frame = (entry.size, entry.size) if fixed else _frame(side, height / width)
    check_size(network, frame)
    labels = task.names(dataset)
    if source:
        return replace(source.preset, size_hw=frame, fit="letterbox", short_side=0, labels=labels)
    return Preset(frame, fit="letterbox", border=look.border, labels=labels)


def _frame(side: int, height_to_width: float) -> tuple[int, int]:
    """As high and wide as the images usually are, the longer side as asked for.

    Example:
        >>> _frame(512, 480 / 640), _frame(224, 1.0)
        ((384, 512), (224, 224))
    """
    shorter = min(side, max(_STRIDE, round(side * min(height_to_width, 1 / height_to_width) / _STRIDE) * _STRIDE))
    return (shorter, side) if height_to_width < 1 else (side, shorter)


def _multiple(pixels: float) -> int:
    """The next multiple of the stride of most networks."""
    return max(_STRIDE, math.ceil(pixels / _STRIDE) * _STRIDE)


def _choose_freeze(wishes: Wishes) -> str:
    if wishes.freeze == "auto":
        raise ArgumentError.of("freeze", "none, all or a stage: what to learn is tried for classes only", "auto")
    return wishes.freeze or "none"


def _make_recipe(wishes: Wishes, habits: Habits, images: int, batch_size: int) -> Recipe:
    given = dict(wishes.recipe or {})
    epochs = max(10, math.ceil(habits.steps * batch_size / images)) if wishes.epochs is None else wishes.epochs
    usual: dict[str, Any] = {"epochs": epochs, "lr": habits.rate, **habits.recipe}
    if wishes.optimizer in ("sgd", "momentum"):
        usual["lr"] = 10 * habits.rate
    usual |= {name: v for name, v in (("lr", wishes.lr), ("seed", wishes.seed)) if v is not None} | given
    return Recipe.usual(wishes.optimizer or "adamw", **{"warmup_epochs": min(1.0, epochs / 2), **usual})
