"""What classification makes of logits, and of a model file's thresholds."""

import math

import numpy as np
import pytest
from scipy.special import expit, softmax

from striate.errors import ArgumentError, ModelFileError
from striate.tasks.classify import ClassifyTask, find_task

LOGITS = np.array([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0]], np.float32)


@pytest.mark.parametrize("temperature", [1.0, 0.25, 3.0])
def test_logits_are_divided_by_the_temperature(temperature):
    one, several = (ClassifyTask(multilabel, temperature=temperature) for multilabel in (False, True))
    assert np.allclose(one.probabilities(LOGITS), softmax(LOGITS / temperature, axis=1), atol=1e-7)
    assert np.allclose(several.probabilities(LOGITS), expit(LOGITS / temperature), atol=1e-7)


def test_no_images():
    assert ClassifyTask(False, temperature=2.0).probabilities(LOGITS[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("name", "thresholds", "task"),
    [
        ("classify", {}, ClassifyTask(False)),
        ("classify", {"temperature": 1.5}, ClassifyTask(False, temperature=1.5)),
        ("classify_multilabel", {"probability": 0.25}, ClassifyTask(True, 0.25)),
        ("classify_multilabel", {"probability": 0.25, "temperature": 2}, ClassifyTask(True, 0.25, 2)),
    ],
)
def test_the_task_of_a_model_file(name, thresholds, task):
    assert find_task(name, thresholds) == task


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.inf, math.nan])
def test_a_temperature_that_is_none(temperature):
    with pytest.raises(ModelFileError, match="temperature must be finite and above 0"):
        find_task("classify", {"temperature": temperature})
    with pytest.raises(ArgumentError, match="temperature must be finite and above 0"):
        ClassifyTask(False, temperature=temperature)


def test_an_unknown_task():
    with pytest.raises(ModelFileError, match="the task 'dream'"):
        find_task("dream", {})
