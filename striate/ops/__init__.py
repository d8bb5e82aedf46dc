"""Pure functions on tensors and arrays; every other room may use them."""

from striate.ops import colour, geometry
from striate.ops.conv import convolve, cross_correlate, flip_filter
from striate.ops.edges import EdgeKind, edge_filter, edges, volume_filter
from striate.ops.learn_edges import learn_filter
from striate.ops.pool import avg_pool, global_pool, max_pool
from striate.ops.receptive import Field
from striate.ops.size import Padding, output_size, pad_amounts

__all__ = [
    "EdgeKind",
    "Field",
    "Padding",
    "avg_pool",
    "colour",
    "convolve",
    "cross_correlate",
    "edge_filter",
    "edges",
    "flip_filter",
    "geometry",
    "global_pool",
    "learn_filter",
    "max_pool",
    "output_size",
    "pad_amounts",
    "volume_filter",
]
