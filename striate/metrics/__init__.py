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
from striate.metrics.detection import ClassDetection, DetectionScores, detection_scores
from striate.metrics.detection_errors import NEAR, FalseAlarm, Miss, find_false_alarms, find_misses
from striate.metrics.events import (
    EventFigures,
    EventScore,
    choose_event_threshold,
    match_times,
    measure_events,
)
from striate.metrics.ground_truth import GroundTruth
from striate.metrics.interval import bootstrap_interval, wilson_interval
from striate.metrics.landmarks import LandmarkFigures, PointScore, measure_landmarks, reference_distances
from striate.metrics.localization import RIGHT_IOU, LocalizationFigures, ObjectClassScore, measure_localization
from striate.metrics.matching import Matches, match_boxes
from striate.metrics.multilabel import MultilabelClassification, TagScore, average_precision, multilabel
from striate.metrics.one_shot import OneShot, identify_one_shot
from striate.metrics.operating_point import OperatingPoint, choose_threshold, operating_point
from striate.metrics.paired import PairedDifference, accuracy_difference, micro_f1_difference, paired_interval
from striate.metrics.suspects import Suspect, find_suspects
from striate.metrics.temperature import cross_tempered, fit_temperature
from striate.metrics.verification import Verification, verification
from striate.metrics.verification_folds import TenFold, ten_fold
from striate.metrics.verification_roc import PairRates, Roc, rates_at, roc
from striate.metrics.verification_threshold import Calibration, calibrate, pairs_needed, quantile_interval

__all__ = [
    "NEAR",
    "RIGHT_IOU",
    "Calibration",
    "ClassDetection",
    "ClassScore",
    "Classification",
    "DetectionScores",
    "EventFigures",
    "EventScore",
    "FalseAlarm",
    "GroundTruth",
    "LandmarkFigures",
    "LocalizationFigures",
    "Matches",
    "Miss",
    "MultilabelClassification",
    "ObjectClassScore",
    "OneShot",
    "OperatingPoint",
    "PairRates",
    "PairedDifference",
    "PointScore",
    "ReliabilityBin",
    "Roc",
    "Suspect",
    "TagScore",
    "TenFold",
    "Verification",
    "accuracy",
    "accuracy_difference",
    "average_precision",
    "balanced_accuracy",
    "bootstrap_interval",
    "calibrate",
    "calibration_error",
    "choose_event_threshold",
    "choose_threshold",
    "class_scores",
    "classification",
    "confusion_matrix",
    "cross_tempered",
    "detection_scores",
    "find_false_alarms",
    "find_misses",
    "find_suspects",
    "fit_temperature",
    "identify_one_shot",
    "log_loss",
    "match_boxes",
    "match_times",
    "mean_over_present",
    "measure_events",
    "measure_landmarks",
    "measure_localization",
    "micro_f1_difference",
    "multilabel",
    "operating_point",
    "paired_interval",
    "pairs_needed",
    "quantile_interval",
    "rates_at",
    "reference_distances",
    "reliability",
    "roc",
    "ten_fold",
    "top_accuracy",
    "verification",
    "wilson_interval",
    "worst_mistakes",
]
