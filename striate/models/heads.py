"""Heads by name: what takes the place of a network's own, for the job that it is to do.

A head is built by a function (network, num_classes, *, size, …) -> Network, which takes the network over; `size` is an
input's shape (C, *S), and what other keyword arguments it has are options of the network.
"""

import inspect
from collections.abc import Callable, Mapping

from striate.errors import UnknownNameError
from striate.models.grid_detector import grid_detector
from striate.models.network import Network
from striate.models.new_head import replace_head
from striate.models.place_head import landmarks_head, localize_head
from striate.models.pyramid_detector import pyramid_detector

BuildHead = Callable[..., Network]

USUAL_HEAD = "classify"
HEADS: Mapping[str, BuildHead] = {
    USUAL_HEAD: replace_head,
    "localize": localize_head,
    "landmarks": landmarks_head,
    "grid": grid_detector,
    "pyramid": pyramid_detector,
}


def find_head(name: str | None) -> BuildHead:
    """What builds the head of a name, or the usual one.

    Raises:
        UnknownNameError: no such head.
    """
    name = USUAL_HEAD if name is None else name
    if name not in HEADS:
        raise UnknownNameError("head", name, HEADS)
    return HEADS[name]


def head_options(name: str | None) -> tuple[str, ...]:
    """The options that a network has by its head, whose name is one of them.

    Raises:
        UnknownNameError: no such head.

    Example:
        >>> head_options("classify")
        ('head', 'last_stage', 'hidden')
    """
    parameters = inspect.signature(find_head(name)).parameters.values()
    own = (p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY and p.name != "size")
    return ("head", *own)
