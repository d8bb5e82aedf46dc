"""Faces found on images."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from striate.data.records import Pixels
from striate.errors import ArgumentError
from striate.faces.cascade import run_cascade
from striate.faces.octaves import Octaves
from striate.models.mtcnn import NOTICE, WINDOW, Mtcnn, load_mtcnn
from striate.results import Face
from striate.training.device import Device, pick_device

MOST_SIDE = 1280  # pixels of the longer side; larger images are reduced before anything is looked for
SMALLEST = 40
_TOGETHER = 32  # images whose pixels are kept at once
_LEAST_SPREAD = 1.0  # pixels between a face's points; those in one place can't be aligned


class FaceFinder:
    """Finds faces and five points on each, by MTCNN.

    Windows of 40 pixels, and again and again of 1/0.709 times as many, are looked at all over the image; what the three
    networks take for a face with a confidence of 0.6, 0.7 and 0.7 is one. An image with a side of more than 1,280
    pixels is first reduced to that, so that time and memory are bounded; a window then is a 32nd of that side.

    A face was found on each of the 3,200 images of Labeled Faces in the Wild, development view. Of 64 of these faces,
    made smaller, all were found at 30 pixels (the root of their box's area), 97 % at 25, and half at 20. Turned by 20
    degrees 98 % were found, by 30 95 %, by 40 86 %, by 90 hardly any: turn images upright first, as `read_image` does
    by their EXIF. An image of less than 40 pixels a side has no face, and five points in one place are none.

    Args:
        networks: in eval mode, on one device.
        smallest: pixels a side of the smallest window, at least 12; 20 finds faces half as large in twice the time.

    Attributes:
        notice: under which licence the weights are, and what they were trained on.

    Raises:
        ArgumentError: `smallest` is less.

    Example:
        >>> from striate.models.mtcnn import MTCNN
        >>> if MTCNN["pnet"].is_installed():
        ...     print(FaceFinder.open().find([np.zeros((100, 100, 3), np.uint8)]))
        [()]
    """

    notice = NOTICE

    def __init__(self, networks: Mtcnn, *, smallest: float = SMALLEST):
        if not smallest >= WINDOW:
            raise ArgumentError.of("smallest", f"at least {WINDOW} pixels", smallest)
        self.networks, self.smallest = networks, smallest

    @classmethod
    def open(cls, *, device: Device = "cpu", smallest: float = SMALLEST) -> Self:
        """A finder with the published weights.

        Raises:
            WeightsError: the package that carries them is not installed, or its files are not the published ones.
            ArgumentError: no such device here, or `smallest` is too small.
        """
        where = pick_device(device)
        return cls(Mtcnn(*(network.to(where) for network in load_mtcnn())), smallest=smallest)

    def find(self, images: Sequence[Pixels]) -> list[tuple[Face, ...]]:
        """The faces on each image, the largest first; no face is an empty tuple.

        Args:
            images: uint8 (H, W, C) of any sizes, C 1 (grey), 3 (RGB) or 4 (RGB and alpha, which shows white below).

        Returns:
            One tuple an image; what is found beside it changes no more than roundings.

        Raises:
            ShapeError, ArgumentError: an image is none.
        """
        starts = range(0, len(images), _TOGETHER)
        return [faces for start in starts for faces in self._find(images[start : start + _TOGETHER])]

    def _find(self, images: Sequence[Pixels]) -> list[tuple[Face, ...]]:
        octaves = [Octaves(image, MOST_SIDE) for image in images]
        found = run_cascade(self.networks, octaves, self.smallest)
        faces: list[list[Face]] = [[] for _ in images]
        for i, box, confidence, points in zip(*found, strict=True):
            if np.ptp(points, axis=0).max() < _LEAST_SPREAD:
                continue
            to_image = np.array(images[i].shape[1::-1]) / octaves[i].size_hw[::-1]
            left, top, right, bottom = (box.reshape(2, 2) * to_image).ravel().tolist()
            xy = tuple((x, y) for x, y in (points * to_image).tolist())
            faces[i].append(Face((left, top, right, bottom), float(confidence), xy))
        return [tuple(sorted(some, key=lambda face: -face.size)) for some in faces]
