"""From a network to something that can be called."""

from striate.runtime.engine import Engine, Logits
from striate.runtime.fold import folded
from striate.runtime.tiles import Predict, detect_tiled, tile_boxes

__all__ = ["Engine", "Logits", "Predict", "detect_tiled", "folded", "tile_boxes"]
