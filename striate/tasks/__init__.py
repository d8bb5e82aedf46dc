"""Jobs: each knows its target, head, loss, metric and result."""

from striate.tasks.anchors import AnchorChoice, choose_anchors
from striate.tasks.check import Check, Finding, check_plan, check_training
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask
from striate.tasks.compare import compare_runs
from striate.tasks.distort import draw_distortions
from striate.tasks.edges import draw_edges
from striate.tasks.ensemble import Ensemble
from striate.tasks.ensemble_folder import EnsembleFolder
from striate.tasks.ensemble_training import EnsembleOutcome, EnsembleRun, train_ensemble
from striate.tasks.evaluation import Evaluation, evaluate, evaluate_classes
from striate.tasks.gain import Contender, Gain
from striate.tasks.images import find_images
from striate.tasks.loading import load, load_classifier
from striate.tasks.marks_evaluation import MarksEvaluation, evaluate_marks
from striate.tasks.marks_prediction import FoundIn, draw_found, find_in_files
from striate.tasks.marks_predictor import MarksPredictor
from striate.tasks.marks_run import MarksRun
from striate.tasks.marks_start import AnyRun
from striate.tasks.network_table import network_table, parse_shape, side_by_side
from striate.tasks.plan import Plan, Wishes
from striate.tasks.prediction import Prediction, predict_files, write_predictions
from striate.tasks.run import Outcome, Run
from striate.tasks.start import train
from striate.tasks.suspects import SuspectLabel, Suspects, draw_suspects, suspect_labels
from striate.tasks.verify_run import VerifyRun
from striate.tasks.video import FrameDetections, annotate_video
from striate.tasks.window_files import Searched, search_files
from striate.tasks.windows import SlidingWindows

__all__ = [
    "AnchorChoice",
    "AnyRun",
    "Check",
    "Classifier",
    "ClassifyTask",
    "Contender",
    "Ensemble",
    "EnsembleFolder",
    "EnsembleOutcome",
    "EnsembleRun",
    "Evaluation",
    "Finding",
    "FoundIn",
    "FrameDetections",
    "Gain",
    "MarksEvaluation",
    "MarksPredictor",
    "MarksRun",
    "Outcome",
    "Plan",
    "Prediction",
    "Run",
    "Searched",
    "SlidingWindows",
    "SuspectLabel",
    "Suspects",
    "VerifyRun",
    "Wishes",
    "annotate_video",
    "check_plan",
    "check_training",
    "choose_anchors",
    "compare_runs",
    "draw_distortions",
    "draw_edges",
    "draw_found",
    "draw_suspects",
    "evaluate",
    "evaluate_classes",
    "evaluate_marks",
    "find_images",
    "find_in_files",
    "load",
    "load_classifier",
    "network_table",
    "parse_shape",
    "predict_files",
    "search_files",
    "side_by_side",
    "suspect_labels",
    "train",
    "train_ensemble",
    "write_predictions",
]
