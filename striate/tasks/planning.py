"""From data and wishes to a plan: what striate chooses where the user leaves the choice."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data import (
    Dataset,
    PcaColour,
    Pipeline,
    channel_statistics,
    colour_components,
    default_pipeline,
    parse_distortions,
)
from striate.errors import ArgumentError, DataError
from striate.models import SOURCES, Source, check_size, find_entry, find_source
from striate.preset import Preset
from striate.tasks.look import Look, look_at
from striate.tasks.plan import Plan, Wishes
from striate.training import Recipe, class_weights

PRETRAINED = "efficientnet_lite0"  # what a laptop runs, and what the embedded weights are for
_USUAL = {"all": (3e-3, 100, 10), "classifier": (3e-3, 100, 10), "auto": (3e-4, 300, 10)}  # rate, steps, fewest epochs
_PLAIN = 10  # times Adam's rate, for optimizers without its scaling
_VIEWS = 4  # of each image, where features are kept
_OF_DESCENT = ("epochs", "optimizer", "lr", "batch_size", "recipe", "views", "hidden", "last_stage")  # --freeze all
_UNBALANCED = 3.0  # images of the largest class for one of the smallest, from which on classes are weighted


def make_plan(dataset: Dataset, wishes: Wishes) -> Plan:
    """What a training on this data will do.

    Raises:
        ArgumentError: a wish that can't be fulfilled, such as a size that the network can't take.
        UnknownNameError: no such network or weights.
        DataError: there is nothing to learn from.
    """
    if "train" not in dataset.parts:
        raise DataError(f"{dataset.root} has no train part to learn from, only {', '.join(dataset.parts)}")
    look = look_at(dataset)
    network, why_network = choose_network(look, wishes)
    _check_sides(network, dataset)
    source, why_weights = choose_weights(network, wishes)
    preset = make_preset(dataset, look, network, source, wishes.size)
    freeze, why_freeze = _choose_freeze(source, wishes)
    counts = dataset.parts["train"].counts(dataset.num_classes)
    weights, why_classes = ((), "") if dataset.multilabel else weigh_classes(counts, dataset.classes)
    pipeline = default_pipeline(preset) if wishes.distort is None else parse_distortions(wishes.distort)
    preset = add_colours(preset, pipeline, dataset)
    pipeline.check(preset)
    images = len(dataset.parts["train"])
    batch_size = min(images, wishes.batch_size or usual_batch_size(images))
    recipe = make_recipe(wishes, images, batch_size, freeze, pretrained=source is not None)
    views, why_views = _choose_views(freeze, wishes, recipe, min(_VIEWS, recipe.epochs) if pipeline.steps else 1)
    return Plan(
        network=network,
        weights=source.name if source else None,
        freeze=freeze,
        preset=preset,
        pipeline=pipeline,
        recipe=recipe,
        batch_size=batch_size,
        precision=wishes.precision or "auto",
        class_weights=weights,
        reasons=tuple(filter(None, (why_network, why_weights, why_freeze, why_views, why_classes))),
        views=views,
        last_stage=wishes.last_stage,
        hidden=wishes.hidden or (),
    )


def choose_network(look: Look, wishes: Wishes) -> tuple[str, str]:
    """The network that suits the pictures, or the one that is asked for, and why."""
    if wishes.model:
        return find_entry(wishes.model).name, ""
    if wishes.weights and wishes.weights != "none":
        return find_source(wishes.weights).network, f"the network of the weights {wishes.weights}"
    if not look.small:
        return PRETRAINED, f"{PRETRAINED}: photographs, {look.short_side} pixels on the short side"
    name = "lenet5" if look.grey else "resnet18"
    colours = "grey" if look.grey else "coloured"
    return name, f"{name}: {colours} pictures of {look.short_side} pixels are too small for a pretrained network"


def _check_sides(network: str, dataset: Dataset) -> None:
    """Where images show any number of classes, the sign of each class's logit is the answer."""
    if dataset.multilabel and find_entry(network).one_sided:
        able = "a network whose logits can be positive or negative, as images that may show several classes need"
        raise ArgumentError.of("model", able, network)


def choose_weights(network: str, wishes: Wishes) -> tuple[Source | None, str]:
    """What a network starts from, and why; None is random weights."""
    if wishes.weights == "none":
        return None, ""
    if wishes.weights:
        source = find_source(wishes.weights)
        if source.network != network:
            raise ArgumentError.of("weights", f"made for {network}", f"{source.name}, made for {source.network}")
        return source, ""
    published = SOURCES.get(network)
    if published and (published.is_installed() if wishes.model else network == PRETRAINED):
        return published, f"starts from {network}'s {published.trained_on} weights"
    return None, f"{network} starts from random weights"


def _choose_freeze(source: Source | None, wishes: Wishes) -> tuple[str, str]:
    if wishes.freeze == "auto" and (wishes.hidden or wishes.last_stage):
        raise ArgumentError("freeze auto tries new heads of its own: leave out hidden and last_stage, or freeze all")
    if wishes.freeze not in (None, "auto"):
        random = "the frozen stages keep their random weights" if wishes.freeze != "none" and not source else ""
        return str(wishes.freeze), random
    if not source:
        return "none", "all stages learn: random weights are not worth keeping" if wishes.freeze else ""
    if wishes.freeze or not any(getattr(wishes, name) is not None for name in _OF_DESCENT):
        return "auto", "tries the head first, and more while that gains (--freeze all stays with the head)"
    return "all", "trains the head alone: the stages are frozen (--freeze none trains them too)"


def _choose_views(freeze: str, wishes: Wishes, recipe: Recipe, usual: int) -> tuple[int, str]:
    if freeze == "none" or recipe.mixup or recipe.cutmix:
        if wishes.views:
            expected = "0 or left out unless stages are frozen and images are not mixed"
            raise ArgumentError.of("views", expected, wishes.views)
        return 0, ""
    if wishes.views is not None or freeze not in _USUAL:
        return wishes.views or 0, ""
    what = "one view" if usual == 1 else f"{usual} views"
    return usual, f"sees {what} of each image: the features are computed once, and kept"


def make_preset(dataset: Dataset, look: Look, network: str, source: Source | None, size: int | None) -> Preset:
    """What the network expects of an image: as its weights know it, or as the training images are."""
    if source:
        return _resize(replace(source.preset, labels=dataset.classes), network, size)
    entry = find_entry(network)
    channels = 1 if look.grey else 3
    mean, std = channel_statistics(dataset.parts["train"], channels)
    fitting = max(entry.smallest, _multiple(look.short_side))
    side = size or (entry.size if entry.fixed_size else min(entry.size, fitting))
    check_size(network, side)
    border = look.border[:channels]
    return Preset((side, side), channels, mean, std, border=border, labels=dataset.classes)


def _resize(preset: Preset, network: str, size: int | None) -> Preset:
    """The preset at another size, the margin around the central crop in proportion."""
    if size is None:
        return preset
    check_size(network, size)
    return replace(preset, size_hw=(size, size), short_side=round(preset.short_side * size / preset.size_hw[0]))


def add_colours(preset: Preset, pipeline: Pipeline, dataset: Dataset) -> Preset:
    """The preset with how the training images' colours vary, if a distortion draws from it."""
    if preset.channels < 3 or not any(isinstance(step, PcaColour) for step in pipeline.steps):
        return preset
    return replace(preset, colour_pca=colour_components(dataset.parts["train"]))


def _multiple(pixels: int) -> int:
    """The next multiple of 32, the stride of most networks."""
    return -(-pixels // 32) * 32


def weigh_classes(
    counts: NDArray[np.int64], classes: Sequence[str], noun: str = "images"
) -> tuple[tuple[float, ...], str]:
    """A weight of each class in the cost, and why; none where no class is rare.

    Args:
        counts: (K,) of the training part.
        classes: their names.
        noun: what was counted.

    Raises:
        ArgumentError: a class without any.

    Example:
        >>> weigh_classes(np.array([30, 10]), ["cat", "lynx"])
        ((0.6666..., 2.0), "classes are weighted: 'lynx' has 10 images of 40")
    """
    if counts.max() < _UNBALANCED * counts.min():
        return (), ""
    rare = classes[int(counts.argmin())]
    why = f"classes are weighted: {rare!r} has {counts.min()} {noun} of {counts.sum()}"
    return tuple(class_weights(counts.tolist()).tolist()), why


def usual_batch_size(images: int) -> int:
    """64, or 128 where there are many images, but at least 8 steps an epoch where there are few."""
    return 128 if images > 20_000 else max(8, min(64, images // 8))


def make_recipe(wishes: Wishes, images: int, batch_size: int, freeze: str, *, pretrained: bool) -> Recipe:
    """Enough steps for what has to be learned: a head is soon trained, a network from random weights is not."""
    rate, steps, fewest = _USUAL.get(freeze) or ((3e-4, 600, 10) if pretrained else (3e-3, 2000, 15))
    optimizer = wishes.optimizer or "adamw"
    usual: dict[str, Any] = {"epochs": min(60, max(fewest, math.ceil(steps * batch_size / images)))}
    if optimizer.startswith("adam"):
        usual["lr"] = rate
    elif pretrained:
        usual["lr"] = _PLAIN * rate
    if freeze == "auto":
        usual["stage_decay"] = 0.5
    named = {"epochs": wishes.epochs, "lr": wishes.lr, "seed": wishes.seed}
    usual |= {name: value for name, value in named.items() if value is not None} | dict(wishes.recipe or {})
    return Recipe.usual(optimizer, **{"warmup_epochs": min(0.5, usual["epochs"] / 2), **usual})
