"""From boxes to objects: what is unlikely, what overlaps, and how many."""

import pytest
import torch

from striate.ops.best_boxes import best_boxes

BOXES = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [0, 0, 10, 10]])
SCORES = torch.tensor([[0.9, 0.2], [0.8, 0.3], [0.6, 0.7], [0.1, 0.6]])

# options, the (score, class) that stay
CASES = [
    ({}, [(0.9, 0), (0.7, 1), (0.6, 0), (0.6, 1)]),  # each class on its own; a box may be of two
    ({"score_threshold": 0.6}, [(0.9, 0), (0.7, 1)]),  # as the documents: up to .6 is dropped
    ({"most": 3}, [(0.9, 0), (0.7, 1), (0.6, 0)]),
    ({"candidates": 2}, [(0.9, 0)]),  # the second best overlaps the best
    ({"iou_threshold": 1.0, "score_threshold": 0.65}, [(0.9, 0), (0.8, 0), (0.7, 1)]),
    ({"score_threshold": 0.9}, []),
]


@pytest.mark.parametrize(("options", "kept"), CASES)
def test_what_stays(options, kept):
    found = best_boxes(BOXES, SCORES, **{"score_threshold": 0.15, "iou_threshold": 0.5, "most": 10, **options})
    assert [(round(s, 4), c) for s, c in zip(found.scores.tolist(), found.class_ids.tolist(), strict=True)] == kept
    assert found.xyxy.shape == (len(kept), 4)


def test_no_places():
    assert len(best_boxes(torch.zeros(0, 4), torch.zeros(0, 3), score_threshold=0, iou_threshold=0.5, most=5).xyxy) == 0
