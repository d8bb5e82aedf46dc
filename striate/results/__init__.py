"""What a model answers: small frozen records, checked at birth."""

from striate.results.classes import Classes
from striate.results.detections import Detections
from striate.results.events import Events
from striate.results.faces import FACE_POINTS, Face, Liveness
from striate.results.places import Landmarks, Localization
from striate.results.recognition import Candidate, Candidates, Match

__all__ = [
    "FACE_POINTS",
    "Candidate",
    "Candidates",
    "Classes",
    "Detections",
    "Events",
    "Face",
    "Landmarks",
    "Liveness",
    "Localization",
    "Match",
]
