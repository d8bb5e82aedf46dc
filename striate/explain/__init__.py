"""What a network is, sees and costs; what its layers give and look for; for any module."""

from striate.explain.capture import capture, capturing
from striate.explain.patches import (
    LayerPatches,
    Patch,
    UnitPatches,
    cut_patch,
    find_patches,
    receptive_extent,
    seeing_row,
)
from striate.explain.strongest import Spot, Strongest
from striate.explain.table import Row, Table, table

__all__ = [
    "LayerPatches",
    "Patch",
    "Row",
    "Spot",
    "Strongest",
    "Table",
    "UnitPatches",
    "capture",
    "capturing",
    "cut_patch",
    "find_patches",
    "receptive_extent",
    "seeing_row",
    "table",
]
