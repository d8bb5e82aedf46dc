"""What a network is, sees and costs; what its layers give and look for; for any module."""

from striate.explain.capture import capture, capturing
from striate.explain.filters import Filters, first_filters
from striate.explain.grad_cam import grad_cam, last_map, spread
from striate.explain.gradients import deconvnet, input_gradient, saliency, smooth_gradient
from striate.explain.occlusion import occlusion
from striate.explain.optimise import Regularisers, invert, maximise
from striate.explain.patches import (
    LayerPatches,
    Patch,
    UnitPatches,
    cut_patch,
    find_patches,
    receptive_extent,
    seeing_row,
    shown_extent,
)
from striate.explain.rectifiers import Rectifier
from striate.explain.strongest import Spot, Strongest
from striate.explain.table import Row, Table, table
from striate.explain.target import Target

__all__ = [
    "Filters",
    "LayerPatches",
    "Patch",
    "Rectifier",
    "Regularisers",
    "Row",
    "Spot",
    "Strongest",
    "Table",
    "Target",
    "UnitPatches",
    "capture",
    "capturing",
    "cut_patch",
    "deconvnet",
    "find_patches",
    "first_filters",
    "grad_cam",
    "input_gradient",
    "invert",
    "last_map",
    "maximise",
    "occlusion",
    "receptive_extent",
    "saliency",
    "seeing_row",
    "shown_extent",
    "smooth_gradient",
    "spread",
    "table",
]
