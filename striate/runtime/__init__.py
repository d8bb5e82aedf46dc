"""From a network to something that can be called."""

from striate.runtime.engine import Engine
from striate.runtime.fold import folded
from striate.runtime.pieces import Piece, cut_pieces, run_in_pieces
from striate.runtime.recording_engine import RecordingEngine
from striate.runtime.runner import Logits, Runner
from striate.runtime.tiles import Predict, detect_tiled, tile_boxes

__all__ = [
    "Engine",
    "Logits",
    "Piece",
    "Predict",
    "RecordingEngine",
    "Runner",
    "cut_pieces",
    "detect_tiled",
    "folded",
    "run_in_pieces",
    "tile_boxes",
]
