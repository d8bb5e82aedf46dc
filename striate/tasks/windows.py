"""Find objects with a classifier that has never seen a box: it looks at windows of several sizes, all over the image.

Each window is looked at on its own, or all of one size together by the network made dense.
Sermanet et al., OverFeat, 2013, arXiv:1312.6229, section 3.5.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import Pixels, read_image
from striate.errors import ArgumentError, UnknownNameError
from striate.models import DenseNetwork, Network, densify
from striate.ops import WindowGrid, batched_nms
from striate.results import Detections
from striate.runtime import Engine, Logits
from striate.tasks.classifier import Classifier, Image, OnBad, readings
from striate.tasks.ensemble import Ensemble
from striate.tasks.window_level import WindowLevel, window_level

_TILE = 1024  # pixels a side of what a dense network looks at together

Answers = Iterator[tuple[NDArray[np.float64], Logits]]  # boxes (N, 4) of some windows, and their logits (N, K)


class _Shown(NamedTuple):
    """What windows show, each time a window and a class."""

    xyxy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    class_id: NDArray[np.int64]


class SlidingWindows:
    """A classifier as a detector: images in, `Detections` out.

    The image is rescaled so that windows of each size become the network's input. Every window that shows a class with
    more than the threshold is a box; of boxes of one class that overlap the surest stays. A classifier says of
    whatever it sees that it is one of its classes, so it needs one for what is none of the others, which is named as
    `background`, or a high threshold.

    Args:
        classifier: what looks at the windows; not an ensemble.
        sizes: shorter sides of the windows in pixels of the image; their shape is that of the network's input, and so
            is their size if none is given.
        strides: pixels of the image from one window to the next, one for all sizes or one for each. None: the
            network's own total stride in the rescaled image, so that larger windows are further apart.
        dense: look at all windows of a size together, by the network made dense, at its own stride. A network that
            pads answers otherwise than to windows that are cut out, a deep one less surely: see `striate.densify`.
        threshold: in [0, 1]; a window shows what it is surer of.
        iou_threshold: in [0, 1]; of boxes of one class that overlap by more, one stays.
        background: classes that are never reported.

    Raises:
        ArgumentError: an ensemble; a number out of range; strides beside `dense`; a network that can't be made dense.
        UnknownNameError: the classifier knows no such class.

    Example:
        >>> import striate
        >>> windows = SlidingWindows(striate.load("efficientnet_lite0"), sizes=(112, 224), dense=True)
        >>> windows.count((300, 400))
        275
        >>> windows([np.zeros((300, 400, 3), np.uint8)])[0].labels
        ()
    """

    def __init__(
        self,
        classifier: Classifier | Ensemble,
        sizes: Sequence[int] = (),
        *,
        strides: Sequence[int] = (),
        dense: bool = False,
        threshold: float = 0.6,
        iou_threshold: float = 0.5,
        background: Sequence[str] = (),
    ):
        if isinstance(classifier, Ensemble):
            raise ArgumentError.of("classifier", "a single network", classifier.name)
        _check_shares(threshold=threshold, iou_threshold=iou_threshold)
        if dense and strides:
            raise ArgumentError.of("strides", "none where the network is dense: it has its own", tuple(strides))
        self.classifier, self.threshold, self.iou_threshold = classifier, threshold, iou_threshold
        self.sizes = tuple(sizes) or (min(classifier.preset.size_hw),)
        self.strides = _stride_of_each(self.sizes, strides)
        self._reported = _reported(classifier.labels, background)
        self._network = None if strides else _dense_network(classifier)
        self._dense = _engine_like(classifier.engine, self._network) if dense and self._network else None

    def __call__(self, images: Sequence[Pixels]) -> list[Detections]:
        """Images (H, W, C) of the preset's channels -> what is on each, the surest first."""
        return [self._find(image) for image in images]

    def predict(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> list[Detections]:
        """What is on each image, in its pixels, the surest first.

        Args:
            images: paths of image files, or uint8 arrays (H, W, C) with the preset's channels.
            on_bad: told of each file that can't be read, which then has no answer.

        Raises:
            ImageError: a file can't be read, and nobody is told.
            ShapeError: an array is not an image of the preset's channels.
            ArgumentError: windows so small that the image would be rescaled to more than memory should hold.
        """
        return [self._find(image) for image in readings(images, self.read, lambda pixels: pixels, on_bad)]

    def read(self, path: str | Path) -> Pixels:
        """The pixels of an image file, all of them, in the preset's channels."""
        return read_image(path, channels=self.classifier.preset.channels)

    def count(self, image_hw: tuple[int, int]) -> int:
        """How many windows an image of this height and width has."""
        return sum(rows * columns for rows, columns in (level.counts for level in self._levels(image_hw)))

    def _levels(self, image_hw: tuple[int, int]) -> Iterator[WindowLevel]:
        own = self._network.windows.stride if self._network else (1, 1)
        for size, stride in zip(self.sizes, self.strides, strict=True):
            yield window_level(image_hw, self.classifier.preset, size, stride=stride, own_stride_hw=(own[0], own[1]))

    def _find(self, image: Pixels) -> Detections:
        self.classifier.engine.check(image)
        levels = list(self._levels((image.shape[0], image.shape[1])))  # all sizes are checked before anything is seen
        shown = [self._shown(boxes, logits) for level in levels for boxes, logits in self._answers(image, level)]
        boxes, confidence, ids = (np.concatenate(parts) for parts in zip(*shown, strict=True))
        tensors = torch.from_numpy(boxes), torch.from_numpy(confidence), torch.from_numpy(ids)
        kept = batched_nms(*tensors, self.iou_threshold).numpy()
        labels = tuple(self.classifier.labels[i] for i in ids[kept])
        return Detections(boxes[kept], confidence[kept], ids[kept], labels)

    def _answers(self, image: Pixels, level: WindowLevel) -> Answers:
        planes = torch.from_numpy(level.distortion.network_input(image, self.classifier.preset))
        if self._dense and self._network:
            return dense_answers(self._dense, self._network.windows, planes, level)
        return crop_answers(self.classifier.engine, planes, level)

    def _shown(self, boxes: NDArray[np.float64], logits: Logits) -> _Shown:
        """What some windows show: (N, 4) and (N, K) -> M of what is reported."""
        p = self.classifier.task.probabilities(logits)
        window, class_id = np.nonzero((p > self.threshold) & self._reported)
        return _Shown(boxes[window], p[window, class_id], class_id)


def crop_answers(engine: Engine, planes: torch.Tensor, level: WindowLevel) -> Answers:
    """Each window cut out of the rescaled image (C, H, W), as many together as the engine takes."""
    height, width = level.window_hw
    boxes, places = level.boxes(), list(product(level.top.tolist(), level.left.tolist()))
    for start in range(0, len(places), engine.batch_size):
        some = slice(start, start + engine.batch_size)
        cut = [planes[:, top : top + height, left : left + width] for top, left in places[some]]
        yield boxes[some], engine.run([torch.stack(cut)])


def dense_answers(engine: Engine, windows: WindowGrid, planes: torch.Tensor, level: WindowLevel) -> Answers:
    """All windows of the rescaled image (C, H, W), or of tiles of it that share no window."""
    most = [max(1, (_TILE - size) // stride + 1) for size, stride in zip(windows.size, windows.stride, strict=True)]
    for row, column in product(*(range(0, count, n) for count, n in zip(level.counts, most, strict=True))):
        rows, columns = slice(row, row + most[0]), slice(column, column + most[1])
        height, width = windows.extent((len(level.top[rows]), len(level.left[columns])))
        top, left = level.top[row], level.left[column]
        logits = engine.run([planes[None, :, top : top + height, left : left + width]])  # (1, K, H', W')
        yield level.boxes(rows, columns), logits[0].reshape(logits.shape[1], -1).T


def _dense_network(classifier: Classifier) -> DenseNetwork:
    network = classifier.engine.network
    if not isinstance(network, Network):
        raise ArgumentError.of("classifier", "one whose network is a Network", type(network).__name__)
    return densify(network, classifier.preset.size_hw)


def _engine_like(engine: Engine, network: DenseNetwork) -> Engine:
    return Engine(network, engine.preset, device=engine.device, precision=engine.precision)


def _reported(labels: Sequence[str], background: Sequence[str]) -> NDArray[np.bool_]:
    """(K,) marks of the classes that are no background."""
    for name in background:
        if name not in labels:
            raise UnknownNameError("class", name, labels)
    return np.array([label not in background for label in labels])


def _stride_of_each(sizes: Sequence[int], strides: Sequence[int]) -> tuple[int, ...]:
    """One for each size; 0 is the network's own."""
    if min(sizes) < 1:
        raise ArgumentError.of("sizes", "numbers of pixels of at least 1", tuple(sizes))
    if len(strides) not in (0, 1, len(sizes)) or min(strides, default=1) < 1:
        raise ArgumentError.of("strides", "none, one, or one for each size, of at least 1 pixel", tuple(strides))
    each = tuple(strides) if len(strides) == len(sizes) else (tuple(strides) or (0,)) * len(sizes)
    if any(stride > size for size, stride in zip(sizes, each, strict=True)):
        raise ArgumentError.of("strides", f"at most as long as the windows, {tuple(sizes)}, without gaps", each)
    return each


def _check_shares(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise ArgumentError.of(name, "in [0, 1]", value)
