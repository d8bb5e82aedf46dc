"""Faces: find, align, encode, keep in a gallery."""

from striate.faces.align import DLIB_CHIP, FACENET_CHIP, Canonical
from striate.faces.choose import Choose, every, largest, most_central
from striate.faces.find import FaceFinder

__all__ = [
    "DLIB_CHIP",
    "FACENET_CHIP",
    "Canonical",
    "Choose",
    "FaceFinder",
    "every",
    "largest",
    "most_central",
]
