"""Faces: find, align, encode, keep in a gallery."""

from striate.faces.align import DLIB_CHIP, FACENET_CHIP, Canonical
from striate.faces.choose import Choose, every, largest, most_central
from striate.faces.encoder import Encoder, Encodings, join_views
from striate.faces.encoder_preset import EncoderPreset, Threshold
from striate.faces.encoder_weights import write_preset
from striate.faces.find import FaceFinder
from striate.faces.gallery import Gallery
from striate.faces.gallery_entries import person_name
from striate.faces.gallery_export import check_export
from striate.faces.liveness import LivenessChecker, live_crop

__all__ = [
    "DLIB_CHIP",
    "FACENET_CHIP",
    "Canonical",
    "Choose",
    "Encoder",
    "EncoderPreset",
    "Encodings",
    "FaceFinder",
    "Gallery",
    "LivenessChecker",
    "Threshold",
    "check_export",
    "every",
    "join_views",
    "largest",
    "live_crop",
    "most_central",
    "person_name",
    "write_preset",
]
