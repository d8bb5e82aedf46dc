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
from striate.tasks.evaluation import evaluate, evaluate_classes
from striate.tasks.evaluation_record import Evaluation
from striate.tasks.event_finder import EventFinder
from striate.tasks.events import EventTask
from striate.tasks.events_evaluation import EventsEvaluation, evaluate_events
from striate.tasks.events_prediction import FoundEvents, find_events
from striate.tasks.events_run import EventsRun
from striate.tasks.explanation import Explanation, explain, write_explanation
from striate.tasks.explanation_methods import EXPLANATION_METHODS
from striate.tasks.faces_calibrate import calibrate_encoder, encoder_threshold
from striate.tasks.faces_enroll import Enrolment, enroll_people, open_gallery
from striate.tasks.faces_evaluate import PairsEvaluation, evaluate_pairs, figure_rows, write_evaluation
from striate.tasks.faces_identify import Identified, Person, identify_people, recognition_threshold
from striate.tasks.faces_pairs import MeasuredPairs, measure_pairs
from striate.tasks.faces_people import PersonsImage, images_of_people
from striate.tasks.faces_pictures import draw_identified, draw_verified
from striate.tasks.faces_recogniser import Looked, Recogniser, Sighting
from striate.tasks.faces_verify import Verified, verify_images
from striate.tasks.gain import Contender, Gain
from striate.tasks.images import find_images
from striate.tasks.loading import load, load_classifier
from striate.tasks.marks_ensemble import MarksEnsemble
from striate.tasks.marks_evaluation import MarksEvaluation, evaluate_marks
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.marks_prediction import FoundIn, draw_found, find_in_files
from striate.tasks.marks_predictor import MarksPredictor
from striate.tasks.marks_run import MarksRun
from striate.tasks.network_table import network_table, parse_shape, side_by_side
from striate.tasks.outcome import Outcome
from striate.tasks.patches import Patches, strongest_patches, write_patches
from striate.tasks.picture_files import check_drawing, check_page
from striate.tasks.plan import Plan, Wishes
from striate.tasks.prediction import Prediction, predict_files, write_predictions
from striate.tasks.recording_classifier import RecordingClassifier
from striate.tasks.recording_evaluation import evaluate_recordings
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_prediction import predict_recordings, recording_files
from striate.tasks.recording_run import RecordingRun
from striate.tasks.run import Run
from striate.tasks.start import AnyRun, train
from striate.tasks.stylize_file import Stylized, write_stylized
from striate.tasks.stylize_goal import Losses
from striate.tasks.stylize_iterates import Iterate, stylize
from striate.tasks.stylize_painter import Painter, paint_images, paint_video
from striate.tasks.stylize_preset import STYLE_PRESETS, StylePreset
from striate.tasks.stylize_run import PaintRun
from striate.tasks.suspects import SuspectLabel, Suspects, draw_suspects, suspect_labels
from striate.tasks.verify_evaluation import VerifyEvaluation, evaluate_encoder
from striate.tasks.verify_run import VerifyRun
from striate.tasks.video import FrameDetections, annotate_video
from striate.tasks.window_files import Searched, search_files
from striate.tasks.windows import SlidingWindows

__all__ = [
    "EXPLANATION_METHODS",
    "STYLE_PRESETS",
    "AnchorChoice",
    "AnyRun",
    "Check",
    "Classifier",
    "ClassifyTask",
    "Contender",
    "Enrolment",
    "Ensemble",
    "EnsembleFolder",
    "EnsembleOutcome",
    "EnsembleRun",
    "Evaluation",
    "EventFinder",
    "EventTask",
    "EventsEvaluation",
    "EventsRun",
    "Explanation",
    "Finding",
    "FoundEvents",
    "FoundIn",
    "FrameDetections",
    "Gain",
    "Identified",
    "Iterate",
    "Looked",
    "Losses",
    "MarksEnsemble",
    "MarksEvaluation",
    "MarksFinder",
    "MarksPredictor",
    "MarksRun",
    "MeasuredPairs",
    "Outcome",
    "PaintRun",
    "Painter",
    "PairsEvaluation",
    "Patches",
    "Person",
    "PersonsImage",
    "Plan",
    "Prediction",
    "Recogniser",
    "RecordingClassifier",
    "RecordingPlan",
    "RecordingRun",
    "Run",
    "Searched",
    "Sighting",
    "SlidingWindows",
    "StylePreset",
    "Stylized",
    "SuspectLabel",
    "Suspects",
    "Verified",
    "VerifyEvaluation",
    "VerifyRun",
    "Wishes",
    "annotate_video",
    "calibrate_encoder",
    "check_drawing",
    "check_page",
    "check_plan",
    "check_training",
    "choose_anchors",
    "compare_runs",
    "draw_distortions",
    "draw_edges",
    "draw_found",
    "draw_identified",
    "draw_suspects",
    "draw_verified",
    "encoder_threshold",
    "enroll_people",
    "evaluate",
    "evaluate_classes",
    "evaluate_encoder",
    "evaluate_events",
    "evaluate_marks",
    "evaluate_pairs",
    "evaluate_recordings",
    "explain",
    "figure_rows",
    "find_events",
    "find_images",
    "find_in_files",
    "identify_people",
    "images_of_people",
    "load",
    "load_classifier",
    "measure_pairs",
    "network_table",
    "open_gallery",
    "paint_images",
    "paint_video",
    "parse_shape",
    "predict_files",
    "predict_recordings",
    "recognition_threshold",
    "recording_files",
    "search_files",
    "side_by_side",
    "strongest_patches",
    "stylize",
    "suspect_labels",
    "train",
    "train_ensemble",
    "verify_images",
    "write_evaluation",
    "write_explanation",
    "write_patches",
    "write_predictions",
    "write_stylized",
]
