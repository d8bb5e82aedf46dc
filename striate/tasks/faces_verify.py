"""Verification, 1:1: do two images show the same person or thing?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.results import Match
from striate.tasks.classifier import Image
from striate.tasks.faces_recogniser import Recogniser, Sighting

NO_FACE = "no face found"
_NOTHING = {"face": None, "faces_found": 0, "liveness": None, "live_probability": None, "remark": None}
_NO_ANSWER = {"same": None, "distance": None, "threshold": None}


@dataclass(frozen=True)
class Verified:
    """What came of comparing two images.

    Attributes:
        sightings: what was compared of each; None where no face was found.
        match: the answer; None where there is none, because a face is missing or not live.
    """

    sightings: tuple[Sighting | None, Sighting | None]
    match: Match | None

    @property
    def obstacles(self) -> tuple[str, str]:
        """For each image why there is no answer; empty where it is not to blame."""
        first, second = (obstacle(sighting) for sighting in self.sightings)
        return first, second

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; null is what is not known without an answer, or of an image without a face."""
        images = [{"obstacle": obstacle(s) or None, **(s.to_dict() if s else _NOTHING)} for s in self.sightings]
        return {**(self.match.to_dict() if self.match else _NO_ANSWER), "images": images}


def verify_images(recogniser: Recogniser, first: Image, second: Image) -> Verified:
    """Compare the faces on two images, or the whole images where the encoder takes these.

    Args:
        recogniser: what looks at them; its choice has to leave one face an image.
        first, second: paths of image files, or uint8 arrays (H, W, C).

    Raises:
        ArgumentError: the encoder has no threshold.
        ImageError: a file can't be read.

    Example:
        >>> blank = np.zeros((100, 100, 3), np.uint8)
        >>> verify_images(Recogniser.open("dlib_face", device="cpu"), blank, blank).obstacles
        ('no face found', 'no face found')
    """
    threshold = recogniser.threshold
    a, b = (one[0] if one else None for one in recogniser.look([first, second]))
    if a is None or b is None or a.refused or b.refused:
        return Verified((a, b), None)
    return Verified((a, b), Match(distance(a, b), threshold))


def distance(a: Sighting, b: Sighting) -> float:
    """‖f(A) - f(B)‖ in [0, 2]."""
    return float(np.linalg.norm(a.encoding.astype(np.float64) - b.encoding))


def obstacle(sighting: Sighting | None) -> str:
    """Why there is no answer to a sighting; empty if there is one."""
    if sighting is None:
        return NO_FACE
    return "its face is not live" if sighting.refused else ""
