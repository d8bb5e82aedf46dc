"""Before an hour is lost: do labels, images, network and learning rate fit together? One batch tells."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.data import Batch, Dataset, Loader, Part
from striate.errors import ArgumentError
from striate.models import Network, find_entry
from striate.tasks.classes_start import open_and_plan
from striate.tasks.classify import ClassifyTask
from striate.tasks.learning import make_network
from striate.tasks.opening import wished_opening
from striate.tasks.plan import Plan, Wishes
from striate.training import Device, Overfit, Recipe, cut_network, freeze, is_frozen, overfit, pick_device

_MOST_IMAGES, _MOST_WHOLE = 32, 16  # of the batch: on features of frozen stages, and where all stages learn
_MOST_SECONDS, _MOST_OTHER_SECONDS = 30.0, 8.0  # at the planned learning rate, and at each of the others
_TOO_MUCH = 2.0  # nats above ignorance
_FLAT = 1.0  # standard deviation of an image's pixels, of 255, below which it shows nothing
_SANE = (0.01, 10.0, 200.0)  # least spread of inputs; largest value if we chose the preset, or who trained the weights


@dataclass(frozen=True)
class Finding:
    """What one test found.

    Attributes:
        name: of the test.
        passed: whether all is well.
        text: what was seen, and what to do where it is not.
    """

    name: str
    passed: bool
    text: str


@dataclass(frozen=True)
class Check:
    """What was found before a training.

    Attributes:
        findings: of each test.
        reasons: why the training is planned as it is.
        seconds: that it took.
    """

    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether all tests were passed."""
        return all(finding.passed for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"passed": self.passed, **asdict(self)}


def check_training(
    data: str | Path,
    wishes: Wishes | None = None,
    *,
    val_share: float | None = None,
    cut_seed: int | None = None,
    skip_bad: bool = False,
    device: Device = "auto",
    on_step: Callable[[int, float], None] | None = None,
) -> Check:
    """Whether the training that `striate.train` would do can learn one batch by heart, and if not, why. Writes nothing.

    Args:
        data, val_share, cut_seed, skip_bad: as in `striate.train`.
        wishes: its other arguments.
        device: where to compute.
        on_step: called after each step with the number of steps and the loss.

    Raises:
        DataError: bad data.
        ArgumentError: a wish that can't be fulfilled.

    Example:
        >>> check_training("photos", Wishes(lr=1e-7)).findings[-1].text  # doctest: +SKIP
        'learning rate 1e-07 is dead …: 0.001 learns the batch by heart in 7 steps'
    """
    wishes = wishes or Wishes()
    if wishes.task not in (None, "classify"):
        raise ArgumentError.of("task", "classify: other tasks are not tried on one batch", wishes.task)
    opening = wished_opening(wishes, val_share, cut_seed, skip_bad=skip_bad)
    dataset, plan = open_and_plan(data, wishes, opening)
    return check_plan(dataset, plan, device=device, on_step=on_step)


def check_plan(
    dataset: Dataset, plan: Plan, *, device: Device = "auto", on_step: Callable[[int, float], None] | None = None
) -> Check:
    """The same for a plan that is made already. Where freezing is "auto", the last stage and the head learn."""
    start, task = time.perf_counter(), ClassifyTask(dataset.multilabel)
    network = make_network(plan, dataset.parts["train"])
    names = list(network.stages)
    all_but_the_last = ["none", *names][len(names) - 1]
    freeze(network, all_but_the_last if plan.freeze == "auto" else plan.freeze)
    batch = _one_batch(dataset, plan, _MOST_WHOLE if _learns_whole(network) else _MOST_IMAGES)
    learner, inputs = _keep_frozen(network, batch.images, pick_device(device))
    targets = batch.targets.to(inputs.device)

    def attempt(recipe: Recipe, seconds: float) -> Overfit:
        return overfit(learner, inputs, targets, task.loss(0.0), recipe, most_seconds=seconds, on_step=on_step)

    planned = attempt(plan.recipe, _MOST_SECONDS)
    findings = (
        _labels(dataset, batch),
        _images(batch, plan),
        _first_loss(planned, dataset, plan),
        _gradient(planned),
        _one_batch_by_heart(planned, plan.recipe, attempt),
    )
    return Check(findings, plan.reasons, time.perf_counter() - start)


def _learns_whole(network: Network) -> bool:
    return not is_frozen(next(iter(network.stages.values())))


def _one_batch(dataset: Dataset, plan: Plan, most: int) -> Batch:
    """Training images as evaluation sees them, of each class in turn."""
    part = dataset.parts["train"]
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, item in enumerate(part.items):
        groups.setdefault(item.labels[:1], []).append(i)
    turns = chain.from_iterable(zip_longest(*groups.values()))
    chosen = [i for i in turns if i is not None][:most]
    few = Part([part.items[i] for i in chosen], part.store)
    classes = dataset.num_classes if dataset.multilabel else None
    return next(Loader(few, plan.preset, batch_size=most, multilabel_classes=classes).epoch(0))


def _keep_frozen(network: Network, images: Tensor, device: torch.device) -> tuple[nn.Module, Tensor]:
    """What of the network learns, and what it is shown: images, or what is frozen makes of them, computed once."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs
    images = images.to(device, memory_format=torch.channels_last)
    if _learns_whole(network):
        return network.train(), images
    cut = cut_network(network.train())
    with torch.no_grad():
        return cut.rest, cut.frozen.eval()(images)


def _labels(dataset: Dataset, batch: Batch) -> Finding:
    """Labels that contradict each other, or say nothing."""
    if dataset.conflicts:
        places = " and ".join(place.path for place in dataset.conflicts[0].places[:2])
        many = len(dataset.conflicts)
        return Finding(
            "labels", False, f"{many} pictures have two different labels, such as {places}: remove the wrong ones"
        )
    different = len(np.unique(batch.targets.numpy(), axis=0))
    if different < 2:
        return Finding("labels", False, "all images of the batch have the same label: there is nothing to tell apart")
    return Finding("labels", True, f"{different} different ones in a batch of {len(batch.targets)}, no contradiction")


def _images(batch: Batch, plan: Plan) -> Finding:
    """Images that are all the same, show nothing, or come in the wrong units."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (plan.preset.mean, plan.preset.std))
    flat = int(((batch.images * std + mean).flatten(1).std(1) < _FLAT).sum())
    rows = [(image.tobytes(), target.tobytes()) for image, target in zip(*map(Tensor.numpy, batch[:2]), strict=True)]
    different, pairs = len({image for image, _ in rows}), len(set(rows))
    centre, spread = float(batch.images.mean()), float(batch.images.std())
    seen = f"mean {centre:.2f}, standard deviation {spread:.2f} as the network sees them"
    least, chosen, published = _SANE
    most = published if plan.weights else chosen
    problem = ""
    if 2 * flat > len(rows):
        problem = f"{flat} of {len(rows)} are of a single colour: look at the files with `striate data show`"
    elif pairs > different:
        problem = f"{pairs - different} of {len(rows)} are the same to the network as one with another label"
    elif 2 * different < len(rows):
        problem = f"only {different} of {len(rows)} differ"
    elif not (spread >= least and max(abs(centre), spread) <= most):
        problem = f"{seen}: the preset's mean and std are not in the images' units, 0 to 255"
    return Finding("images", not problem, problem or f"{different} different ones, {seen}")


def _first_loss(planned: Overfit, dataset: Dataset, plan: Plan) -> Finding:
    """A network that knows nothing should not be sure of anything."""
    first, ignorance = planned.losses[0], math.log(2 if dataset.multilabel else dataset.num_classes)
    what = f"{first:.3f}, of ignorance {ignorance:.3f}"
    if find_entry(plan.network).one_sided and math.isfinite(first):
        return Finding("first loss", True, f"{what} (not judged: the logits of {plan.network} have one sign)")
    if first <= ignorance + _TOO_MUCH:
        return Finding("first loss", True, what)
    return Finding(
        "first loss", False, f"{what}: before anything is learned, the answers are too sure; are the inputs normalised?"
    )


def _gradient(planned: Overfit) -> Finding:
    if planned.broken:
        text = f"not finite in {_some(planned.broken)}: try a lower learning rate, or --recipe clip_norm=1"
    elif planned.silent:
        text = f"none reaches {_some(planned.silent)}: freeze them, or mend what stands between them and the loss"
    else:
        return Finding("gradient", True, "finite, and reaches all that learns")
    return Finding("gradient", False, text)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more parameters" if len(names) > 3 else "")


def _one_batch_by_heart(planned: Overfit, recipe: Recipe, attempt: Callable[[Recipe, float], Overfit]) -> Finding:
    """If the planned learning rate fails, whether another one would do."""
    text = f"learning rate {recipe.lr:g} {planned.outcome}"
    if planned.done:
        return Finding("one batch", True, text)
    if planned.late and not planned.exploded:
        return Finding("one batch", True, f"{text} (not judged)")
    for lr in _other_rates(recipe):
        other = attempt(replace(recipe, lr=lr), _MOST_OTHER_SECONDS)
        if other.done:
            return Finding("one batch", False, f"{text}; {lr:g} {other.outcome}: try --lr {lr:g}")
        if other.late:
            way = "a lower" if planned.exploded else "another"
            return Finding("one batch", False, f"{text}: try {way} one (there is no time to say which)")
    tried = ", ".join(f"{lr:g}" for lr in _other_rates(recipe))
    hint = "do the labels belong to the images? (`striate data suspects`, `striate distort`)"
    return Finding("one batch", False, f"{text}; none of {tried} learns it by heart: {hint}")


def _other_rates(recipe: Recipe) -> list[float]:
    """A tenth and tenfold, and what is usual for the optimizer."""
    usual = Recipe.usual(recipe.optimizer).lr
    return [lr for lr in dict.fromkeys((recipe.lr * 10, recipe.lr / 10, usual)) if lr != recipe.lr]
