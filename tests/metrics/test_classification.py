import json

import numpy as np
import pytest

from striate.errors import ArgumentError, ShapeError
from striate.metrics import balanced_accuracy, classification, confusion_matrix, wilson_interval


def test_puts_the_figures_together(answers):
    p, t = answers(5, 200, 7)
    result = classification(p, t, list("abcdefg"))
    confusion = confusion_matrix(p, t)
    assert result.n == 200
    assert result.labels == tuple("abcdefg")
    assert np.array_equal(result.confusion, confusion)
    assert result.interval == wilson_interval(int(np.trace(confusion)), 200)
    assert result.balanced_accuracy == balanced_accuracy(confusion)
    assert [s.n for s in result.per_class] == confusion.sum(axis=1).tolist()
    assert result.accuracy < result.top5 < 1


def test_json_has_the_names_of_evaluate(answers):
    values = classification(*answers(5, 40, 3), ["x", "y", "z"]).to_dict()
    again = json.loads(json.dumps(values, allow_nan=False))
    assert again == values
    assert {"accuracy", "interval", "top5", "per_class", "confusion", "n"} <= set(values)
    assert {"balanced_accuracy", "f1", "calibration_error", "log_loss"} <= set(values)
    assert set(values["per_class"][0]) == {"label", "n", "precision", "recall", "f1"}
    assert isinstance(values["interval"], list)
    assert all(isinstance(cell, int) for row in values["confusion"] for cell in row)


@pytest.mark.parametrize(
    ("probabilities", "targets", "labels"),
    [
        ([[1.0]], [0], ["only"]),  # one class, one image
        ([[0.4, 0.6]], [0], ["a", "b"]),  # wrong, and b has no image
        (np.full((3, 6), 1 / 6), [5, 5, 5], list("abcdef")),  # five classes absent
    ],
)
def test_no_figure_is_nan(probabilities, targets, labels):
    values = classification(probabilities, targets, labels).to_dict()
    json.dumps(values, allow_nan=False)
    assert values["top5"] == (1 if len(labels) <= 5 else 0)


def test_float32_and_half_precision_sums_are_fine(answers):
    p, t = answers(2, 50, 30)
    assert classification(p.astype(np.float32), t, map(str, range(30))).n == 50
    assert classification(p.astype(np.float16), t.astype(np.uint8), map(str, range(30))).n == 50


def test_bad_input():
    with pytest.raises(ArgumentError, match="labels must be 2 names, one a class, got '1 names'"):
        classification([[0.5, 0.5]], [0], ["a"])
    with pytest.raises(ShapeError, match="at least one image"):
        classification(np.zeros((0, 2)), np.zeros(0, int), ["a", "b"])
