"""Modules that networks are made of, for signals, images and volumes."""

from striate.layers.affine import ChannelAffine
from striate.layers.branches import Branches
from striate.layers.conv import SamePad, conv, conv_norm
from striate.layers.depthwise import DepthwiseConv2d
from striate.layers.dims import Norm, along_axes, kinds
from striate.layers.lrn import LRN
from striate.layers.modes import evaluating
from striate.layers.pool import GlobalAvgPool, GlobalMaxPool, avg_pool, grid_pool, max_pool
from striate.layers.residual import Residual, inverted_residual, inverted_stage
from striate.layers.sequential import sequential
from striate.layers.trace import Record, trace
from striate.layers.width import scale_channels

__all__ = [
    "LRN",
    "Branches",
    "ChannelAffine",
    "DepthwiseConv2d",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "Norm",
    "Record",
    "Residual",
    "SamePad",
    "along_axes",
    "avg_pool",
    "conv",
    "conv_norm",
    "evaluating",
    "grid_pool",
    "inverted_residual",
    "inverted_stage",
    "kinds",
    "max_pool",
    "scale_channels",
    "sequential",
    "trace",
]
