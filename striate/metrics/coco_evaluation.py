"""The reference evaluator of detectors, COCO's, as faster-coco-eval has it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from striate.errors import ArgumentError, MissingExtraError
from striate.metrics.ground_truth import GroundTruth, check_detected
from striate.metrics.inputs import Floats, Ints
from striate.results import Detections

IOU_THRESHOLDS: Floats = np.linspace(0.5, 0.95, 10)
RECALLS: Floats = np.linspace(0, 1, 101)
MOST = 100  # detections of a class on an image, the surest, that COCO looks at


class CocoCurves(NamedTuple):
    """What the evaluator found; -1 for classes without objects.

    Attributes:
        precision: (10, 101, K) at each of `IOU_THRESHOLDS` and `RECALLS`; no lower than at any higher recall.
        recall: (10, K) the highest at each of `IOU_THRESHOLDS`.
    """

    precision: Floats
    recall: Floats


class CocoEvaluation:
    """Detections that were matched to objects once, to be summed up over all images or over any draw of them.

    Lin et al., Microsoft COCO: Common Objects in Context, 2014 (arXiv 1405.0312); as in its code, average precision is
    the mean of the interpolated precision at 101 recalls, and an object that is ignored takes any number of detections
    that lie in it by their own area's share.

    Args:
        detections: of each image.
        truths: of each image.
        num_classes: K.

    Raises:
        ArgumentError: there are no images, answers and images are not as many, or a class is none of the K.
        MissingExtraError: faster-coco-eval is not installed.
    """

    def __init__(self, detections: Sequence[Detections], truths: Sequence[GroundTruth], num_classes: int):
        check_detected(detections, truths)
        for name, lists in (("detections", detections), ("truths", truths)):
            highest = max((int(one.class_id.max()) for one in lists if len(one)), default=-1)
            if highest >= num_classes:
                raise ArgumentError.of(name, f"of class numbers below {num_classes}", highest)
        try:
            from faster_coco_eval import COCO, COCOeval_faster
        except ImportError as e:
            raise MissingExtraError("the figures of detectors", "detect") from e
        self._shape = num_classes, len(truths)
        frame = {
            "images": [{"id": i} for i in range(1, len(truths) + 1)],
            "categories": [{"id": k} for k in range(1, num_classes + 1)],
        }
        objects = COCO(frame | {"annotations": _numbered(map(_objects, range(1, len(truths) + 1), truths))})
        found = COCO(frame | {"annotations": _numbered(map(_found, range(1, len(truths) + 1), detections))})
        self._evaluator = COCOeval_faster(objects, found, "bbox", separate_eval=True)
        self._evaluator.params.areaRng = [[0, 1e10]]
        self._evaluator.params.areaRngLbl = ["all"]
        self._evaluator.params.maxDets = [MOST]
        self._evaluator.evaluate()
        self._matched = list(self._evaluator._evalImgs_cpp)  # class by class, image by image

    def curves(self, images: Ints | None = None) -> CocoCurves:
        """Sum up.

        Args:
            images: (N,) places of the images to count, of which some may stand there several times and others not at
                all; each once if left out.
        """
        if images is not None:
            rows = np.arange(self._shape[0])[:, None] * self._shape[1] + images  # (K, N)
            self._evaluator._evalImgs_cpp = [self._matched[i] for i in rows.ravel()]
        self._evaluator.accumulate()
        self._evaluator._evalImgs_cpp = self._matched
        result = self._evaluator.eval
        return CocoCurves(result["precision"][:, :, :, 0, 0], result["recall"][:, :, 0, 0])


def _numbered(images: Any) -> list[dict[str, Any]]:
    """All annotations with ids from 1: 0 means "none" to COCO."""
    return [one | {"id": i} for i, one in enumerate((one for image in images for one in image), 1)]


def _objects(image_id: int, truth: GroundTruth) -> list[dict[str, Any]]:
    entries = _entries(image_id, truth)
    return [one | {"iscrowd": int(crowd)} for one, crowd in zip(entries, truth.ignored, strict=True)]


def _found(image_id: int, detections: Detections) -> list[dict[str, Any]]:
    entries = _entries(image_id, detections)
    return [one | {"score": score} for one, score in zip(entries, detections.confidence.tolist(), strict=True)]


def _entries(image_id: int, boxes: GroundTruth | Detections) -> list[dict[str, Any]]:
    xywh = np.concatenate([boxes.xyxy[:, :2], boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]], axis=1)
    return [
        {"image_id": image_id, "category_id": k + 1, "bbox": box, "area": box[2] * box[3]}
        for k, box in zip(boxes.class_id.tolist(), xywh.tolist(), strict=True)
    ]
