"""Jobs: each knows its target, head, loss, metric and result."""

from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask
from striate.tasks.compare import compare_runs
from striate.tasks.distort import draw_distortions
from striate.tasks.edges import draw_edges
from striate.tasks.ensemble import Ensemble
from striate.tasks.evaluation import Evaluation, evaluate
from striate.tasks.gain import Contender, Gain
from striate.tasks.loading import load
from striate.tasks.network_table import network_table, parse_shape, side_by_side
from striate.tasks.prediction import Prediction, predict_files, write_predictions
from striate.tasks.run import Outcome, Run
from striate.tasks.start import train

__all__ = [
    "Classifier",
    "ClassifyTask",
    "Contender",
    "Ensemble",
    "Evaluation",
    "Gain",
    "Outcome",
    "Prediction",
    "Run",
    "compare_runs",
    "draw_distortions",
    "draw_edges",
    "evaluate",
    "load",
    "network_table",
    "parse_shape",
    "predict_files",
    "side_by_side",
    "train",
    "write_predictions",
]
