"""Pure functions on tensors and arrays; every other room may use them."""

from striate.ops import affine, box_codes, colour, geometry
from striate.ops.anchors import Assignment, Target, assign, read_volume, shape_iou, target_volume
from striate.ops.best_boxes import BestBoxes, best_boxes
from striate.ops.boxes import (
    box_area,
    box_iou,
    clip_boxes,
    cxcywh_to_xyxy,
    iou_blocks,
    paired_ciou,
    paired_giou,
    paired_iou,
    xywh_to_xyxy,
    xyxy_to_cxcywh,
    xyxy_to_xywh,
)
from striate.ops.choose_anchors import Anchors, kmeans_anchors
from striate.ops.conv import convolve, cross_correlate, flip_filter
from striate.ops.distance import chi_square_terms, paired_distance, pairwise_distance, squared_distance
from striate.ops.edges import EdgeKind, edge_filter, edges, volume_filter
from striate.ops.fuse_boxes import fuse_boxes
from striate.ops.gram import content_cost, gram_cost, gram_matrix, mean_gram, style_cost, total_variation
from striate.ops.learn_edges import learn_filter
from striate.ops.nms import batched_nms, gaussian_decay, linear_decay, nms, soft_nms
from striate.ops.peaks import pick_peaks
from striate.ops.place_codes import Place, place_targets, read_place, read_points
from striate.ops.pool import avg_pool, global_pool, max_pool
from striate.ops.receptive import Field
from striate.ops.size import Padding, output_size, pad_amounts
from striate.ops.window_grid import WindowGrid, window_boxes

__all__ = [
    "Anchors",
    "Assignment",
    "BestBoxes",
    "EdgeKind",
    "Field",
    "Padding",
    "Place",
    "Target",
    "WindowGrid",
    "affine",
    "assign",
    "avg_pool",
    "batched_nms",
    "best_boxes",
    "box_area",
    "box_codes",
    "box_iou",
    "chi_square_terms",
    "clip_boxes",
    "colour",
    "content_cost",
    "convolve",
    "cross_correlate",
    "cxcywh_to_xyxy",
    "edge_filter",
    "edges",
    "flip_filter",
    "fuse_boxes",
    "gaussian_decay",
    "geometry",
    "global_pool",
    "gram_cost",
    "gram_matrix",
    "iou_blocks",
    "kmeans_anchors",
    "learn_filter",
    "linear_decay",
    "max_pool",
    "mean_gram",
    "nms",
    "output_size",
    "pad_amounts",
    "paired_ciou",
    "paired_distance",
    "paired_giou",
    "paired_iou",
    "pairwise_distance",
    "pick_peaks",
    "place_targets",
    "read_place",
    "read_points",
    "read_volume",
    "shape_iou",
    "soft_nms",
    "squared_distance",
    "style_cost",
    "target_volume",
    "total_variation",
    "volume_filter",
    "window_boxes",
    "xywh_to_xyxy",
    "xyxy_to_cxcywh",
    "xyxy_to_xywh",
]
