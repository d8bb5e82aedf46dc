"""Encoder: images become short vectors, near each other where they show the same person or thing."""

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data import VIEWS, Crops, Pixels, arrange_crops, turn
from striate.errors import ModelFileError
from striate.faces.align import Canonical
from striate.faces.encoder_preset import EncoderPreset, Threshold
from striate.faces.encoder_weights import EncoderWeights, open_weights
from striate.preset import Preset
from striate.runtime import Engine, folded
from striate.training import Device

Encodings = NDArray[np.float32]  # (N, D), rows of length 1


class Encoder:
    """A network whose answers, brought to unit length, describe what images show.

    Distances between encodings are Euclidean, in [0, 2]. By batch or one by one, encodings are the same but for the
    rounding of the convolutions: within 1e-6 in each number.

    Args:
        weights: what `open_weights` found.
        device: where it computes.
        batch_size: the most inputs that are computed at once, mirror images counted.

    Example:
        >>> encoder = Encoder.open("dlib_face", device="cpu")
        >>> faces = [np.full((150, 150, 3), level, np.uint8) for level in (0, 255)]
        >>> encoder.encode(faces).shape, encoder.dim
        ((2, 128), 128)
    """

    def __init__(self, weights: EncoderWeights, *, device: Device = "auto", batch_size: int = 32):
        self.encoder_preset, self.notice = weights.preset, weights.notice
        self._engine = Engine(folded(weights.network), weights.input, device=device, batch_size=batch_size)
        self._crops: Crops = arrange_crops(2 if weights.preset.mirrored else 1)

    @classmethod
    def open(cls, encoder: str | Path, *, device: Device = "auto", batch_size: int = 32) -> "Encoder":
        """The encoder of a name or a file.

        Args:
            encoder: "dlib_face", "inception_resnet_v1_vggface2" or "inception_resnet_v1_casia_webface"; a model file
                (or the folder of a run) of the task "verify"; or the JSON that `striate faces calibrate` wrote.
            device: where it computes.
            batch_size: the most inputs that are computed at once.

        Raises:
            UnknownNameError: no encoder of this name.
            MissingExtraError: the package of the weights is not installed.
            WeightsError: the weights have not been fetched, or are not the published ones.
            ModelFileError: a file is broken, of another task, or not the one that was calibrated.
            ArgumentError: no such device.
        """
        return cls(open_weights(encoder), device=device, batch_size=batch_size)

    @property
    def name(self) -> str:
        """Of the weights: a published name, or the path of a model file."""
        return self.encoder_preset.weights

    @property
    def preset(self) -> Preset:
        """What the network expects of an image."""
        return self._engine.preset

    @property
    def canonical(self) -> Canonical | None:
        """Where a face's points have to stand in an image; None takes whole images, of anything."""
        return self.encoder_preset.canonical

    @property
    def calibration(self) -> Threshold | None:
        """τ and where it came from; None if nobody calibrated it."""
        return self.encoder_preset.threshold

    @property
    def threshold(self) -> float | None:
        """τ: encodings at most so far apart are taken for those of one; None if nobody calibrated it."""
        return self.calibration.distance if self.calibration else None

    @property
    def identity(self) -> str:
        """SHA-256 of all that an encoding depends on: encodings of different identities can't be compared."""
        return self.encoder_preset.identity(self.preset)

    @property
    def dim(self) -> int:
        """D, how many numbers an encoding has."""
        return int(self.encode([]).shape[1])

    def calibrated(self, threshold: Threshold) -> EncoderPreset:
        """What `write_preset` writes of this encoder with another τ."""
        return replace(self.encoder_preset, threshold=threshold)

    def encode(self, images: Iterable[Pixels]) -> Encodings:
        """Images -> encodings of unit length.

        Args:
            images: uint8 (H, W, C) with the preset's channels; faces as `canonical` has them.

        Returns:
            float32 (N, D), in the order of the images; N may be 0.

        Raises:
            ShapeError: an image of another type or shape.
            ModelFileError: the network answers zeros, or what is no number: it has not learned anything.
        """
        turned = self.encoder_preset.turned
        seen = (turn(image, view) for image in images for view in range(VIEWS)) if turned else images
        answers = self._engine(seen, crops=self._crops)  # (N·V, D)
        views = answers.reshape(-1, len(self._crops), answers.shape[1])  # (N, V, D)
        encodings = unit_length(views.mean(axis=1, dtype=np.float64))
        return join_views(encodings) if turned else encodings


def join_views(encodings: Encodings) -> Encodings:
    """Encodings of images in eight views each, as one of each image: the eight side by side, of unit length.

    The squared distance of two such is the mean of the eight of equal views: two images are compared turned each way,
    as eight encoders would. An encoder knows a turned symbol as another one, so the eight are wrong about different
    images; and unlike their mean, which would be the same for 6 and 9, they keep what is up.

    Args:
        encodings: (8 N, D) of unit length, the views of an image one after another.

    Returns:
        (N, 8 D)

    Example:
        >>> join_views(np.tile(np.float32([[0.6, 0.8]]), (8, 1))).shape
        (1, 16)
    """
    joined: Encodings = encodings.reshape(-1, VIEWS * encodings.shape[1]) / np.float32(math.sqrt(VIEWS))
    return joined


def unit_length(vectors: NDArray[np.float64]) -> Encodings:
    """Each row divided by its length.

    Args:
        vectors: (N, D)

    Raises:
        ModelFileError: a row of zeros, or with a number that is none.

    Example:
        >>> unit_length(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]], dtype=float32)
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all((lengths > 0) & np.isfinite(lengths)):
        raise ModelFileError("the encoder answers zeros, or no numbers: it has collapsed, or its weights are broken")
    encodings: Encodings = (vectors / lengths).astype(np.float32)
    return encodings
