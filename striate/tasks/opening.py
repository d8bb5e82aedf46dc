"""How data is opened to train on it: what is held back, and whether bad files are left out. A run's record keeps it."""

from collections.abc import Mapping
from typing import Any, TypedDict

from striate.data import VAL_SHARE
from striate.errors import ArgumentError
from striate.tasks.plan import Wishes


class Opening(TypedDict):
    """The arguments that `open_data`, `open_identities`, `open_recordings` and the like share.

    Attributes:
        seed: decides which images are held back.
        val_share: how many of the training images those are, in (0, 1), where the data has no val part.
        skip_bad: leave out files that can't be read, and record them.
    """

    seed: int
    val_share: float
    skip_bad: bool


def recorded_opening(start: Mapping[str, Any]) -> Opening:
    """As the data of a run was opened.

    Args:
        start: the first line of its record.

    Example:
        >>> recorded_opening({"cut_seed": None, "val_share": 0.3, "skip_bad": False})
        {'seed': 0, 'val_share': 0.3, 'skip_bad': False}
    """
    share = start.get("val_share", VAL_SHARE)
    return Opening(seed=start["cut_seed"] or 0, val_share=share, skip_bad=start["skip_bad"])


def wished_opening(wishes: Wishes, val_share: float | None, cut_seed: int | None, *, skip_bad: bool) -> Opening:
    """As the data of a new training is opened; what is None is chosen, the seed of the cut as that of the training.

    Raises:
        ArgumentError: nothing would be held back, or all.
    """
    seed = (wishes.seed or 0) if cut_seed is None else cut_seed
    return Opening(seed=seed, val_share=wished_share(val_share), skip_bad=skip_bad)


def wished_share(val_share: float | None) -> float:
    """The share of the training images that is held back; the usual one for None.

    Raises:
        ArgumentError: nothing would be held back, or all.
    """
    share = VAL_SHARE if val_share is None else val_share
    if not 0 < share < 1:
        raise ArgumentError.of("val_share", "between 0 and 1: the best epoch is chosen on these images", share)
    return share
