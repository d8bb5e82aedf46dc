"""Results as pictures and pages: plain records and arrays in; SVG, PNG and HTML out."""

from striate.draw.anchors import anchors_png
from striate.draw.attribution import (
    filters_picture,
    mosaic_picture,
    overlay_picture,
    signed_levels,
    signed_picture,
    strength_picture,
)
from striate.draw.boxes import draw_detections, draw_localization, draw_outlines, draw_truth
from striate.draw.clip_strip import clip_strip
from striate.draw.close_ups import CloseUp, close_up
from striate.draw.compare import Run, comparison_curves, comparison_rows, render_comparison
from striate.draw.confusion import ConfusedPair, confused_pairs, confusion_map
from striate.draw.cumulative_error import cumulative_error
from striate.draw.curves import History, loss_curves, rate_curve, score_curves
from striate.draw.distances import distance_histogram
from striate.draw.edges import absolute_edges_picture, signed_edges_picture
from striate.draw.event_trace import event_trace_png, trace_rows
from striate.draw.explanation_sheet import Explained, explanation_sheet_png
from striate.draw.faces import draw_faces
from striate.draw.input_view import IMAGE_VIEW, InputView, recording_levels, view_of
from striate.draw.patch_page import LayerTiles, PatchTile, UnitTiles, patch_page_png
from striate.draw.pixels import png_bytes
from striate.draw.points import draw_landmarks, draw_true_points
from striate.draw.precision_recall import precision_recall
from striate.draw.recording import recording_limits, recording_picture
from striate.draw.reliability import Bin, reliability_diagram
from striate.draw.report import ClassRow, DataSummary, Panel, PartResult, Report, StartWeights, TrialRow, render_report
from striate.draw.roc import roc_curve
from striate.draw.sheet import Tile, sheet_png
from striate.draw.slices import slices_picture
from striate.draw.strengths import strength_curve
from striate.draw.suppression import suppression_picture
from striate.draw.target_volume import target_volume_png
from striate.draw.traces import spectrogram_picture, traces_picture
from striate.draw.verification_page import render_verification
from striate.draw.views import Row, View, views_png

__all__ = [
    "IMAGE_VIEW",
    "Bin",
    "ClassRow",
    "CloseUp",
    "ConfusedPair",
    "DataSummary",
    "Explained",
    "History",
    "InputView",
    "LayerTiles",
    "Panel",
    "PartResult",
    "PatchTile",
    "Report",
    "Row",
    "Run",
    "StartWeights",
    "Tile",
    "TrialRow",
    "UnitTiles",
    "View",
    "absolute_edges_picture",
    "anchors_png",
    "clip_strip",
    "close_up",
    "comparison_curves",
    "comparison_rows",
    "confused_pairs",
    "confusion_map",
    "cumulative_error",
    "distance_histogram",
    "draw_detections",
    "draw_faces",
    "draw_landmarks",
    "draw_localization",
    "draw_outlines",
    "draw_true_points",
    "draw_truth",
    "event_trace_png",
    "explanation_sheet_png",
    "filters_picture",
    "loss_curves",
    "mosaic_picture",
    "overlay_picture",
    "patch_page_png",
    "png_bytes",
    "precision_recall",
    "rate_curve",
    "recording_levels",
    "recording_limits",
    "recording_picture",
    "reliability_diagram",
    "render_comparison",
    "render_report",
    "render_verification",
    "roc_curve",
    "score_curves",
    "sheet_png",
    "signed_edges_picture",
    "signed_levels",
    "signed_picture",
    "slices_picture",
    "spectrogram_picture",
    "strength_curve",
    "strength_picture",
    "suppression_picture",
    "target_volume_png",
    "trace_rows",
    "traces_picture",
    "view_of",
    "views_png",
]
