"""Verification as a task: how encoders learn what shows the same, and how well they tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import IdentityPairs, Part, RelatedPart, pairs_of
from striate.errors import ArgumentError, UnknownNameError
from striate.metrics import OneShot, Verification, identify_one_shot, verification
from striate.training import (
    MINERS,
    Cost,
    Mining,
    PairCost,
    PairFeatures,
    PairUnit,
    TripletCost,
    contrastive_cost,
)

VerifyLoss = Literal["triplet", "contrastive", "pair", "chi-square"]
Encodings = NDArray[np.float32]  # (N, D), rows of unit length
UNITS: Mapping[str, PairFeatures] = {"pair": "difference", "chi-square": "chi-square"}  # losses that learn one
USUAL_MINING: Mining = "semi-hard"
_PAIR = 2  # images in a row of a list of pairs, in which there are no triplets


def choose_loss(loss: str | None, mining: str | None, part: Part) -> tuple[VerifyLoss, Mining | None]:
    """The loss that is asked for, and how its triplets are chosen.

    Args:
        loss: "triplet", "contrastive", "pair" (a logistic unit on |f - f'|) or "chi-square" (on χ²); None for the
            first, or the second where a list of pairs has no triplets.
        mining: one of `striate.training.MINERS`, for triplets; None for "semi-hard".
        part: what is learned from; where a list says which images belong together, it chooses.

    Raises:
        UnknownNameError: no such loss or mining.
        ArgumentError: triplets of a list of pairs, or mining where there is nothing to choose.

    Example:
        >>> choose_loss(None, None, Part([], store=None))
        ('triplet', 'semi-hard')
        >>> choose_loss(None, None, RelatedPart([], store=None, rows=np.array([[0, 1]])))
        ('contrastive', None)
    """
    listed = isinstance(part, RelatedPart)
    of_pairs = is_of_pairs(part)
    asked = loss or ("contrastive" if of_pairs else "triplet")
    name = next((known for known in get_args(VerifyLoss) if known == asked), None)
    if name is None:
        raise UnknownNameError("loss of encoders", asked, get_args(VerifyLoss))
    if mining is not None and mining not in MINERS:
        raise UnknownNameError("mining", mining, MINERS)
    if name == "triplet" and of_pairs:
        others = "contrastive, pair or chi-square"
        raise ArgumentError(f"loss triplet learns from three images, and a row of this list has two: give {others}")
    if mining is not None and (listed or name != "triplet"):
        why = "a list says itself which images belong together" if listed else f"the loss {name} takes all pairs"
        raise ArgumentError(f"mining chooses triplets, and {why}: leave it out")
    if name != "triplet":
        return name, None
    return name, "random" if listed else next(known for known in MINERS if known == (mining or USUAL_MINING))


def is_of_pairs(part: Part) -> bool:
    """Whether a list relates a part's images two by two."""
    return isinstance(part, RelatedPart) and part.rows.shape[1] == _PAIR


def make_unit(loss: VerifyLoss, dim: int) -> PairUnit | None:
    """The pair classifier that learns with the encoder, where the loss has one."""
    return PairUnit(UNITS[loss], dim) if loss in UNITS else None


def make_cost(loss: VerifyLoss, mining: Mining | None, unit: PairUnit | None) -> Cost:
    """The cost of a batch's encodings, see `striate.training.Siamese`."""
    if unit:
        return PairCost(unit)
    return TripletCost(MINERS[mining]) if mining else contrastive_cost


@dataclass(frozen=True)
class VerifyFigures:
    """How well an encoder tells what shows the same.

    Attributes:
        n: images.
        n_identities: people or things that they show.
        distances: verification by the distance of encodings.
        one_shot: identification; None where only a list of pairs is known.
        unit: verification by the pair classifier, at a probability of one half, where one was trained.
        pairs_share_images: whether an image is in several pairs: the intervals of shares of pairs are then too short.
    """

    n: int
    n_identities: int
    distances: Verification
    one_shot: OneShot | None = None
    unit: Verification | None = None
    pairs_share_images: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; without the curves."""
        return {
            "n": self.n,
            "n_identities": self.n_identities,
            **self.distances.to_dict(),
            "one_shot": self.one_shot.to_dict() if self.one_shot else None,
            "pair_unit": self.unit.to_dict() if self.unit else None,
            "pairs_share_images": self.pairs_share_images,
        }

    def __str__(self) -> str:
        found = self.distances
        low, high = found.interval
        pairs = found.n_same + found.n_different
        short = ", too short: the pairs share images" if self.pairs_share_images else ""
        return (
            f"verification {found.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}{short}) of {pairs} pairs, AUC "
            f"{found.auc:.4f}, EER {found.eer:.2%}{self._one_shot}; {self.n} images of {self.n_identities} identities"
        )

    @property
    def _one_shot(self) -> str:
        if not self.one_shot:
            return ""
        number = self.one_shot.n_identities
        chance = f"among {number} identities, of which guessing names {100 / number:.3g} %"
        return f"; one-shot identification {self.one_shot.accuracy:.2%} {chance}"


def measure_encodings(
    encodings: Encodings,
    part: Part,
    *,
    threshold: float | None = None,
    unit: PairUnit | None = None,
    draws: int = 100,
) -> VerifyFigures:
    """Measure encodings of a part's images.

    Args:
        encodings: (N, D) of unit length, or (N, V·D) of V views, see `striate.faces.join_views`.
        part: the images; their labels, or their rows, say who is who.
        threshold: τ; None takes the best on these pairs.
        unit: a pair classifier to measure as well.
        draws: of enrolled images, see `identify_one_shot`.

    Raises:
        ArgumentError: the part has no pair that shows the same, or none that doesn't.
    """
    pairs = pairs_of(part)
    identities = np.array([item.labels[0] for item in part.items])
    named = not isinstance(part, RelatedPart)
    return VerifyFigures(
        len(part),
        len(np.unique(identities)),
        verification(pair_distances(encodings, pairs), pairs.same, threshold=threshold),
        identify_one_shot(encodings, identities, draws=draws) if named else None,
        verification(_unlikeness(unit, encodings, pairs), pairs.same, threshold=0.5) if unit else None,
        _share_images(pairs),
    )


def _share_images(pairs: IdentityPairs) -> bool:
    """Whether an image is in several pairs."""
    places = np.concatenate([pairs.first, pairs.second])
    return len(np.unique(places)) < len(places)


def pair_distances(encodings: Encodings, pairs: IdentityPairs) -> NDArray[np.float64]:
    """(M,) Euclidean distances of pairs.

    Args:
        encodings: (N, D)
        pairs: of its rows.
    """
    distances: NDArray[np.float64] = np.linalg.norm(
        encodings[pairs.first].astype(np.float64) - encodings[pairs.second], axis=1
    )
    return distances


@torch.no_grad()
def _unlikeness(unit: PairUnit, encodings: Encodings, pairs: IdentityPairs) -> NDArray[np.float64]:
    """(M,) the probability that a pair differs, by its classifier; of encodings in several views the mean logit's."""
    views = encodings.reshape(len(encodings), -1, len(unit.weight))  # (N, V, D)
    views = views * np.float32(np.sqrt(views.shape[1]))  # each of unit length
    first, second = (torch.from_numpy(views[side]) for side in (pairs.first, pairs.second))
    return torch.sigmoid(-unit.cpu()(first, second).double().mean(dim=1)).numpy()
