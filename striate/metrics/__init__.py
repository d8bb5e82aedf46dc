"""Figures of merit: plain functions on numpy arrays, and frozen records of what they found."""

from striate.metrics.accuracy import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusion_matrix,
    mean_over_present,
    top_accuracy,
    worst_mistakes,
)
from striate.metrics.calibration import ReliabilityBin, calibration_error, log_loss, reliability
from striate.metrics.classification import Classification, ClassScore, classification
from striate.metrics.interval import wilson_interval
from striate.metrics.landmarks import LandmarkFigures, PointScore, measure_landmarks
from striate.metrics.localization import LocalizationFigures, ObjectClassScore, measure_localization
from striate.metrics.multilabel import MultilabelClassification, TagScore, average_precision, multilabel
from striate.metrics.paired import PairedDifference, accuracy_difference, micro_f1_difference, paired_interval
from striate.metrics.suspects import Suspect, find_suspects
from striate.metrics.temperature import cross_tempered, fit_temperature

__all__ = [
    "ClassScore",
    "Classification",
    "LandmarkFigures",
    "LocalizationFigures",
    "MultilabelClassification",
    "ObjectClassScore",
    "PairedDifference",
    "PointScore",
    "ReliabilityBin",
    "Suspect",
    "TagScore",
    "accuracy",
    "accuracy_difference",
    "average_precision",
    "balanced_accuracy",
    "calibration_error",
    "class_scores",
    "classification",
    "confusion_matrix",
    "cross_tempered",
    "find_suspects",
    "fit_temperature",
    "log_loss",
    "mean_over_present",
    "measure_landmarks",
    "measure_localization",
    "micro_f1_difference",
    "multilabel",
    "paired_interval",
    "reliability",
    "top_accuracy",
    "wilson_interval",
    "worst_mistakes",
]
