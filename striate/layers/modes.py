"""Eval mode for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Eval mode inside, every module's own mode again after (some are frozen in a mode of their own).

    Example:
        >>> dropout = nn.Dropout()
        >>> with evaluating(dropout):
        ...     print(dropout.training)
        False
        >>> dropout.training
        True
    """
    modes = [(m, m.training) for m in module.modules()]
    try:
        for m, _ in modes:
            m.training = False
        yield
    finally:
        for m, training in modes:
            m.training = training
