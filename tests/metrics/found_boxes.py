"""Random images with objects on them, and a detector that finds most of them more or less well."""

import numpy as np

from striate.metrics import GroundTruth
from striate.results import Detections

LABELS = ("a", "b", "c", "d")


def make_truth(rng, most=8, ignored=0.2):
    count = rng.integers(0, most + 1)
    corners, sides = rng.uniform(0, 100, (count, 2)), rng.uniform(4, 60, (count, 2))
    classes = rng.integers(0, 3, count)  # nothing of class d
    return GroundTruth(np.hstack([corners, corners + sides]), classes, rng.random(count) < ignored)


def make_found(rng, truth):
    """Moved boxes, some of another class, some several times, some that are not there; confidences with ties."""
    sure = rng.integers(0, 3, len(truth)) if len(truth) else np.zeros(0, int)
    xyxy, classes = truth.xyxy.repeat(sure, axis=0), truth.class_id.repeat(sure)
    extra = make_truth(rng, 3, 0)
    xyxy, classes = np.vstack([xyxy, extra.xyxy]), np.append(classes, extra.class_id)
    xyxy = xyxy + rng.normal(0, 4, xyxy.shape)
    xyxy = np.hstack([np.minimum(xyxy[:, :2], xyxy[:, 2:]), np.maximum(xyxy[:, :2], xyxy[:, 2:])])
    classes = np.where(rng.random(len(classes)) < 0.1, 3, classes)
    confidence = rng.integers(0, 12, len(xyxy)) / 12
    return Detections(xyxy, confidence, classes, tuple(LABELS[i] for i in classes))


def make_images(seed, n=20, **options):
    rng = np.random.default_rng(seed)
    truths = [make_truth(rng, **options) for _ in range(n)]
    return [make_found(rng, truth) for truth in truths], truths
