"""The plan of a training of an encoder: everything that decides it, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from striate.data import (
    VIEWS,
    Dataset,
    Part,
    RelatedPart,
    default_pipeline,
    known_identities,
    pairs_of,
    parse_distortions,
)
from striate.errors import ArgumentError, DataError
from striate.tasks.look import look_at
from striate.tasks.plan import Plan, Wishes
from striate.tasks.planning import add_colours, choose_network, choose_weights, make_preset, make_recipe
from striate.tasks.verify import VerifyLoss, choose_loss, is_of_pairs
from striate.training import Mining

DIM = 128
BATCH = 64  # images: 16 identities with 4 each
IMAGES = 4  # of each identity in a batch, where there are identities enough
_LEAST = 4  # images in a batch: two of two identities


@dataclass(frozen=True)
class VerifyPlan(Plan):
    """Everything that decides the training of an encoder.

    Attributes:
        loss: what the encoder is trained by, see `choose_loss`.
        mining: how triplets are chosen; None where the loss takes all pairs.
        dim: D, how many numbers an encoding has.
        turned: learn from turned and mirrored identities as from others, see `striate.data.turn_identities`.
        spliced: learn from halves of two identities as from others, see `striate.data.splice_identities`.
        num_identities, num_images: P and K of `identity_batches`; a list's rows come in batches of `batch_size` images.
    """

    loss: VerifyLoss = "triplet"
    mining: Mining | None = None
    dim: int = DIM
    turned: bool = False
    spliced: bool = False
    num_identities: int = BATCH // IMAGES
    num_images: int = IMAGES

    @property
    def arguments(self) -> dict[str, Any]:
        """What the network is built with."""
        return super().arguments | {"num_classes": self.dim}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "VerifyPlan":
        """The inverse of `to_dict`."""
        plan = super().from_dict(values)
        assert isinstance(plan, VerifyPlan)
        return plan


def make_verify_plan(dataset: Dataset, wishes: Wishes) -> VerifyPlan:
    """What the training of an encoder on this data will do.

    Raises:
        ArgumentError: a wish that can't be fulfilled.
        UnknownNameError: no such network, weights, loss or mining.
        DataError: there is nothing to learn from, or nothing to choose the best epoch by.
    """
    _check_parts(dataset)
    train = dataset.parts["train"]
    _check_wishes(wishes, listed=isinstance(train, RelatedPart))
    loss, mining = choose_loss(wishes.loss, wishes.mining, train)
    look = look_at(dataset)
    network, why_network = choose_network(look, wishes)
    source, why_weights = choose_weights(network, wishes)
    preset = replace(make_preset(dataset, look, network, source, wishes.size), labels=())
    pipeline = default_pipeline(preset) if wishes.distort is None else parse_distortions(wishes.distort)
    preset = add_colours(preset, pipeline, dataset)
    pipeline.check(preset)
    freeze = wishes.freeze or "none"
    identities = _count_identities(train, wishes)
    most = max(Counter(item.labels for item in train.items).values())
    people, images = share_batch(wishes.batch_size or BATCH, identities, most)
    batch_size = (wishes.batch_size or BATCH) if isinstance(train, RelatedPart) else people * images
    return VerifyPlan(
        network=network,
        weights=source.name if source else None,
        freeze=freeze,
        preset=preset,
        pipeline=pipeline,
        recipe=make_recipe(wishes, len(train), batch_size, freeze, pretrained=source is not None),
        batch_size=batch_size,
        precision=wishes.precision or "auto",
        class_weights=(),
        reasons=tuple(
            filter(None, (why_network, why_weights, _why_loss(train, wishes), _reason(dataset, people, images)))
        ),
        last_stage=wishes.last_stage,
        hidden=wishes.hidden or (),
        loss=loss,
        mining=mining,
        dim=wishes.dim or DIM,
        turned=bool(wishes.turned),
        spliced=bool(wishes.spliced),
        num_identities=people,
        num_images=images,
    )


def share_batch(batch_size: int, identities: int, most: int) -> tuple[int, int]:
    """P and K of a batch: four images of each identity, or more where there are too few identities to fill it.

    Args:
        batch_size: images that are wished for.
        identities: how many there are.
        most: images of the one that has most.

    Raises:
        ArgumentError: a batch of fewer than four images.

    Example:
        >>> share_batch(64, 1000, most=20), share_batch(64, 5, most=20), share_batch(64, 5, most=10)
        ((16, 4), (5, 12), (5, 10))
    """
    if batch_size < _LEAST:
        raise ArgumentError.of("batch_size", f"at least {_LEAST}, two images of two identities", batch_size)
    people = max(2, min(identities, batch_size // IMAGES))
    return people, max(2, min(batch_size // people, most))


def _check_parts(dataset: Dataset) -> None:
    for name in ("train", "val"):
        if name not in dataset.parts:
            raise DataError(f"{dataset.root} has no {name} part, only {', '.join(dataset.parts)}")
    for name, part in dataset.parts.items():
        if len(set(pairs_of(part).same.tolist())) < 2:
            raise DataError(f"the {name} part of {dataset.root} needs two images of an identity, and two identities")


def _count_identities(train: Part, wishes: Wishes) -> int:
    """How many a batch can draw from, with those that are made of others."""
    own = len({item.labels for item in train.items})
    return (own**2 if wishes.spliced else own) * (VIEWS if wishes.turned else 1)


def _check_wishes(wishes: Wishes, *, listed: bool) -> None:
    for name in ("turned", "spliced"):
        if getattr(wishes, name) and listed:
            raise ArgumentError(f"{name} makes identities of identities, and a list has pairs: leave it out")
    if wishes.freeze == "auto":
        raise ArgumentError.of("freeze", "none, all or a stage: what to learn is tried for classes only", "auto")


def _why_loss(train: Part, wishes: Wishes) -> str:
    if wishes.loss or not is_of_pairs(train):
        return ""
    return "contrastive loss: a list of pairs has no triplets, from which an encoder usually learns"


def _reason(dataset: Dataset, people: int, images: int) -> str:
    """How batches are made, and whom the best epoch is chosen on."""
    if isinstance(dataset.parts["train"], RelatedPart):
        return "learns from the rows of the list, and from nothing else"
    known, held_back = known_identities(dataset, "val"), {item.labels for item in dataset.parts["val"].items}
    batches = f"batches of {people} identities with {images} images each"
    if known:
        return f"{batches}; {known} of the {len(held_back)} identities in val are learned from, too: it flatters"
    return f"{batches}; {len(held_back)} identities are held back"
