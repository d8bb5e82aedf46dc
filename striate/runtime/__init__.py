"""From a network to something that can be called."""

from striate.runtime.engine import Engine, Logits
from striate.runtime.fold import folded

__all__ = ["Engine", "Logits", "folded"]
