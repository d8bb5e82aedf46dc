"""Jobs: each knows its target, head, loss, metric and result."""

from striate.tasks.check import Check, Finding, check_plan, check_training
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask
from striate.tasks.compare import compare_runs
from striate.tasks.distort import draw_distortions
from striate.tasks.edges import draw_edges
from striate.tasks.ensemble import Ensemble
from striate.tasks.ensemble_folder import EnsembleFolder
from striate.tasks.ensemble_training import EnsembleOutcome, EnsembleRun, train_ensemble
from striate.tasks.evaluation import Evaluation, evaluate
from striate.tasks.gain import Contender, Gain
from striate.tasks.loading import load
from striate.tasks.network_table import network_table, parse_shape, side_by_side
from striate.tasks.plan import Plan, Wishes
from striate.tasks.prediction import Prediction, predict_files, write_predictions
from striate.tasks.run import Outcome, Run
from striate.tasks.start import train
from striate.tasks.suspects import SuspectLabel, Suspects, draw_suspects, suspect_labels

__all__ = [
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
    "Gain",
    "Outcome",
    "Plan",
    "Prediction",
    "Run",
    "SuspectLabel",
    "Suspects",
    "Wishes",
    "check_plan",
    "check_training",
    "compare_runs",
    "draw_distortions",
    "draw_edges",
    "draw_suspects",
    "evaluate",
    "load",
    "network_table",
    "parse_shape",
    "predict_files",
    "side_by_side",
    "suspect_labels",
    "train",
    "train_ensemble",
    "write_predictions",
]
