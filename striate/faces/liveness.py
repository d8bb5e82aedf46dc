"""Whether a face stood before the camera, or on paper or a screen."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.data import Pixels
from striate.draw.pixels import as_rgb, check_pixels
from striate.errors import ArgumentError, ModelFileError
from striate.models import create_model, find_source, load_model
from striate.results import Face, Liveness
from striate.runtime import Engine, folded
from striate.training import Device

LIVE = "live"  # the label of a face before the camera
ENLARGED = 2.7  # how many times as wide and as high as the face's box a crop is, if nothing else is said
_PUBLISHED = {"minifasnet_v2": ENLARGED, "minifasnet_v1se": 4.0}


class Look(NamedTuple):
    """One network, and how much of the image around a face it is shown.

    Attributes:
        engine: answers crops.
        enlarged: how many times as wide and as high as the face's box they are.
        aliased: they come to the network's size by plain bilinear interpolation, which aliases where they shrink, as
            MiniFASNet's authors did it for training too; if not, as the network's preset says.
    """

    engine: Engine
    enlarged: float
    aliased: bool = False

    def live(self, images: Sequence[Pixels], faces: Sequence[Face]) -> NDArray[np.float64]:
        """(N,) the probability that each face is live."""
        logits = self.engine(map(self._crop, images, faces))
        if not np.isfinite(logits).all():
            raise ModelFileError("the network that tells what is live answers no numbers: its weights are broken")
        powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))  # (N, K)
        shares: NDArray[np.float64] = powers[:, self.engine.preset.labels.index(LIVE)] / powers.sum(axis=1)
        return shares

    def _crop(self, image: Pixels, face: Face) -> Pixels:
        crop = live_crop(image, face, self.enlarged)
        height, width = self.engine.preset.size_hw
        return np.asarray(cv2.resize(crop, (width, height)), np.uint8) if self.aliased else crop


class LivenessChecker:
    """Tells faces before the camera from pictures of faces, by one image each.

    It is no proof. What it was not shown in training, such as a mask, a better screen or another camera, may deceive
    it: see `docs/liveness.md`.

    Args:
        looks: the networks, whose probabilities are averaged.
        threshold: a face is live if its probability is above it.
        notice: what to tell a person once, such as the licence of the weights.

    Raises:
        ArgumentError: no networks, or a threshold that is not in [0, 1].
    """

    def __init__(self, looks: Sequence[Look], *, threshold: float = 0.5, notice: str = ""):
        if not looks:
            raise ArgumentError.of("looks", "at least one", looks)
        if not 0 <= threshold <= 1:
            raise ArgumentError.of("threshold", "in [0, 1]", threshold)
        self.looks, self.threshold, self.notice = tuple(looks), threshold, notice

    @classmethod
    def open(
        cls,
        model: str | Path | None = None,
        *,
        enlarged: float = ENLARGED,
        threshold: float = 0.5,
        device: Device = "auto",
    ) -> "LivenessChecker":
        """A checker with networks; where there are none to be had, this raises, and nobody passes.

        Args:
            model: a classifier that was trained on crops of faces, one of whose labels is "live": its model file, or
                the folder of its run. None: MiniFASNet's two published networks.
            enlarged: how many times as wide and as high as a face's box the crops were that it was trained on, at
                least 1; the published networks know their own.
            threshold: a face is live if its probability is above it.
            device: where it computes.

        Raises:
            WeightsError: the published weights have not been fetched, or are not the published ones.
            ModelFileError: the file is missing, broken, or of a network that knows no class "live".
            ArgumentError: a number is out of range, or no such device.
        """
        if not enlarged >= 1:
            raise ArgumentError.of("enlarged", "at least 1", enlarged)
        if model is not None:
            return cls([Look(_trained(Path(model), device), enlarged)], threshold=threshold)
        looks = [Look(_published(name, device), times, aliased=True) for name, times in _PUBLISHED.items()]
        notice = "\n".join(find_source(name).notice for name in _PUBLISHED)
        return cls(looks, threshold=threshold, notice=notice)

    def check(self, images: Sequence[Pixels], faces: Sequence[Face]) -> list[Liveness]:
        """Whether each face is live.

        Args:
            images: uint8 (H, W, C) with C of 1, 3 or 4, as many as faces: an image with two faces comes twice.
            faces: each in pixels of its image.

        Returns:
            One answer a face, in their order.

        Raises:
            ArgumentError: images and faces are not as many, or the box of a face has no area.
            ShapeError: an image of another type or shape.
            ModelFileError: a network answers what is no number.
        """
        if len(images) != len(faces):
            raise ArgumentError.of("faces", f"{len(images)}, one for each image", len(faces))
        live = np.mean([look.live(images, faces) for look in self.looks], axis=0)  # (N,)
        return [Liveness(bool(p > self.threshold), float(min(1.0, p))) for p in live]


def live_crop(image: Pixels, face: Face, enlarged: float = ENLARGED) -> Pixels:
    """The part of an image that tells whether a face is live: the face, and what is around it.

    The box is enlarged around its centre, to as much as the image holds at most, and moved inside where it hangs over.

    Args:
        image: uint8 (H, W, C) with C of 1, 3 or 4.
        face: in pixels of the image.
        enlarged: how many times as wide and as high as the face's box, at least 1.

    Returns:
        uint8 (h, w, 3), not resized.

    Raises:
        ArgumentError: the box of the face has no area.
        ShapeError: an image of another type or shape.

    Example:
        >>> face = Face((40, 40, 60, 70), 1.0, ((45, 50), (55, 50), (50, 57), (46, 64), (54, 64)))
        >>> live_crop(np.zeros((200, 100, 3), np.uint8), face, enlarged=2).shape
        (60, 40, 3)
    """
    pixels = check_pixels(image)
    left, top, right, bottom = live_box(face, pixels.shape[:2], enlarged)
    return as_rgb(pixels[top:bottom, left:right])


def live_box(face: Face, image_hw: Sequence[int], enlarged: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of `live_crop` in whole pixels: at least one a side.

    Example:
        >>> face = Face((0, 40, 20, 70), 1.0, ((5, 50), (15, 50), (10, 57), (6, 64), (14, 64)))
        >>> live_box(face, (200, 100), 2), live_box(face, (200, 100), 4), live_box(face, (61, 100), 4)
        ((0, 25, 40, 85), (0, 0, 80, 120), (0, 1, 40, 61))
    """
    height, width = image_hw
    left, top, right, bottom = face.xyxy
    if left == right or top == bottom:
        raise ArgumentError.of("faces", "boxes with an area", face.xyxy)
    factor = min(enlarged, (width - 1) / (right - left), (height - 1) / (bottom - top))
    w, h = factor * (right - left), factor * (bottom - top)
    x = min(max((left + right - w) / 2, 0.0), width - w)
    y = min(max((top + bottom - h) / 2, 0.0), height - h)
    return int(x), int(y), max(int(x + w), int(x) + 1), max(int(y + h), int(y) + 1)


def _published(name: str, device: Device) -> Engine:
    return Engine(folded(create_model(name, weights=name).eval()), find_source(name).preset, device=device)


def _trained(path: Path, device: Device) -> Engine:
    """A classifier that was trained here, if it can tell what is live."""
    path = path / "model.safetensors" if path.is_dir() else path
    network, header = load_model(path)
    if header.task != "classify" or LIVE not in header.preset.labels or len(header.preset.labels) < 2:
        labels = f", of {', '.join(header.preset.labels[:20])}" if header.preset.labels else ""
        raise ModelFileError(f"{path} knows no class {LIVE!r} among others: its task is {header.task}{labels}")
    if header.preset.channels != 3:
        raise ModelFileError(f"{path} expects {header.preset.channels} channels; liveness is told from colours, 3")
    return Engine(folded(network), header.image_preset, device=device)
