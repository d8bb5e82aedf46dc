"""Which wishes are of some kinds of training alone. Elsewhere they are refused: an option is never ignored."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from striate.errors import ArgumentError
from striate.tasks.plan import Wishes

_MARKS = frozenset({"localize", "landmarks", "detect"})
_RECORDINGS = frozenset({"recordings", "events"})
_IMAGES = frozenset({"classes", "verify", "stylize"}) | _MARKS
_NAMES = {"classes": "classes of images", "recordings": "classes of signals, volumes or clips"}  # the rest are tasks


class _Owner(NamedTuple):
    """Whose some wishes, or parts of the recipe, are: in words, and of which kinds."""

    wishes: tuple[str, ...]
    whose: str
    kinds: frozenset[str]


_OWNERS = (
    _Owner(("loss",), "encoders and of tasks on boxes or points", _MARKS | {"verify"}),
    _Owner(("mosaic",), "detectors", frozenset({"detect"})),
    _Owner(("mining", "dim", "turned", "spliced"), "encoders", frozenset({"verify"})),
    _Owner(("styles", "strength"), "networks that paint", frozenset({"stylize"})),
    _Owner(("window", "symbols"), "signals with annotations", _RECORDINGS),
    _Owner(("channels", "resample"), "signals, volumes or clips", _RECORDINGS),
    _Owner(("views",), "classification of images", frozenset({"classes"})),
    _Owner(("last_stage", "hidden"), "classification of images and of encoders", frozenset({"classes", "verify"})),
    _Owner(("freeze",), "networks that recognise", (_IMAGES | _RECORDINGS) - {"stylize"}),
    _Owner(("size",), "whole images or recordings, and here the window says it", (_IMAGES | _RECORDINGS) - {"events"}),
)
_OWNERS_OF_RECIPE = (
    _Owner(("mixup", "label_smoothing"), "classification", _RECORDINGS | {"classes"}),
    _Owner(("cutmix",), "classification of images", frozenset({"classes"})),
)


def refuse_foreign(wishes: Wishes, kind: str) -> None:
    """Refuse what is asked for of another kind of training.

    Args:
        wishes: what the user asked for.
        kind: "classes" (of images), "recordings" (classes of those), or any other task by its name.

    Raises:
        ArgumentError: a wish that means nothing here; says of what it is.

    Example:
        >>> refuse_foreign(Wishes(task="verify", dim=64), "verify")
        >>> refuse_foreign(Wishes(task="verify", window=1.0), "verify")
        Traceback (most recent call last):
        striate.errors.ArgumentError: window is of signals with annotations: leave it out for verify
    """
    here = _NAMES.get(kind, kind)
    for name, whose in _foreign(_OWNERS, kind):
        if getattr(wishes, name) is not None:
            raise ArgumentError(f"{name} is of {whose}: leave it out for {here}")
    for name, whose in _foreign(_OWNERS_OF_RECIPE, kind):
        if name in (wishes.recipe or {}):
            raise ArgumentError(f"{name} in the recipe is of {whose}: leave it out for {here}")


def _foreign(owners: Sequence[_Owner], kind: str) -> Iterator[tuple[str, str]]:
    """What is of other kinds, each with whose it is."""
    return ((name, owner.whose) for owner in owners if kind not in owner.kinds for name in owner.wishes)
