"""What may be enrolled: names, digests of images and encodings, checked before anything is stored."""

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError, ShapeError

MOST_NAME_CHARACTERS = 200
MOST_DIM = 8192
HASH_BYTES = 32
FARTHEST = 2.0  # that encodings of unit length can be apart
UNIT_TOLERANCE = 1e-5  # of ‖encoding‖; float32 that was made unit length is within 1e-6
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of surrogate pairs, line and paragraph separators
_DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they would turn the text around a name

Encodings = NDArray[np.float32]


@dataclass(frozen=True)
class Entries:
    """Images of people: row i is an image of the person `names[i]`.

    Attributes:
        names: of people, one each image.
        image_hashes: the SHA-256 of each image's bytes, 32 bytes.
        encodings: (N, D) float32 of unit length.
        created: when each was enrolled, in seconds since 1970.
    """

    names: tuple[str, ...]
    image_hashes: tuple[bytes, ...]
    encodings: Encodings
    created: tuple[int, ...]

    @classmethod
    def of(cls, names: Sequence[str], image_hashes: Sequence[bytes], encodings: ArrayLike, dim: int) -> "Entries":
        """Entries of this moment, from what a caller gave.

        Args:
            names: one for each image.
            image_hashes: one for each image.
            encodings: (N, D) of unit length.
            dim: D of the gallery.

        Raises:
            ArgumentError: a name, a digest or an encoding can't be stored.
            ShapeError: there are not as many of each, or the encodings have another D.
        """
        checked = check_encodings(encodings, dim)
        if not len(names) == len(image_hashes) == len(checked):
            counts = (len(names), len(image_hashes), len(checked))
            raise ShapeError.of("names, image_hashes and encodings", "as many of each", counts)
        for image_hash in image_hashes:
            if not isinstance(image_hash, bytes) or len(image_hash) != HASH_BYTES:
                raise ArgumentError.of("image_hashes", f"{HASH_BYTES} bytes each", image_hash)
        known = {name: person_name(name) for name in set(names)}
        people = tuple(known[name] for name in names)
        return cls(people, tuple(image_hashes), checked, (int(time.time()),) * len(people))


def person_name(name: str) -> str:
    """A name as a gallery stores it: Unicode's composed form (NFC) without spaces at its ends.

    Raises:
        ArgumentError: it is empty or too long, or has control characters.

    Example:
        >>> person_name(" Zoe\u0308 ") == "Zo\u00eb"
        True
    """
    if isinstance(name, str):
        plain = unicodedata.normalize("NFC", name).strip()
        bad = any(unicodedata.category(c) in _CONTROLS or c in _DIRECTIONS for c in plain)
        if 1 <= len(plain) <= MOST_NAME_CHARACTERS and not bad:
            return plain
    raise ArgumentError.of("name", f"1 to {MOST_NAME_CHARACTERS} characters, none of them a control character", name)


def check_encodings(encodings: ArrayLike, dim: int) -> Encodings:
    """(N, D) float32, contiguous, of unit length.

    Raises:
        ShapeError: they aren't (N, D).
        ArgumentError: one is not of unit length, or not of finite numbers.

    Example:
        >>> check_encodings([[0.6, 0.8], [3, 4]], 2)
        Traceback (most recent call last):
        striate.errors.ArgumentError: encodings must be of length 1 to 1e-05 each, got 5 in row 1
    """
    array = np.ascontiguousarray(encodings, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != dim:
        raise ShapeError.of("encodings", f"of shape (N, {dim})", array.shape)
    row = wrong_row(array)
    if row is not None:
        length = float(np.linalg.norm(array[row].astype(np.float64)))
        raise ArgumentError(f"encodings must be of length 1 to {UNIT_TOLERANCE} each, got {length:.6g} in row {row}")
    return array


def wrong_row(encodings: Encodings) -> int | None:
    """The first row that is not of unit length, or not finite; None if all are.

    Example:
        >>> wrong_row(np.array([[1, 0], [0, np.nan]], np.float32))
        1
    """
    lengths = np.sqrt(np.einsum("nd,nd->n", encodings, encodings, dtype=np.float64))
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))  # NaN compares false
    return int(wrong[0]) if len(wrong) else None


def check_threshold(threshold: float) -> float:
    """A distance up to which two images show the same person.

    Raises:
        ArgumentError: it is none that encodings can have.
    """
    if not (isinstance(threshold, int | float | np.floating) and 0 <= threshold <= FARTHEST):
        raise ArgumentError.of("threshold", f"a distance in [0, {FARTHEST:g}]", threshold)
    return float(threshold)


def check_identity(encoder: str, dim: int) -> None:
    """What a gallery knows of its encoder.

    Raises:
        ArgumentError: the identity is not a short text, or the number of dimensions is out of range.
    """
    if not isinstance(encoder, str) or not (1 <= len(encoder) <= 200 and encoder.isprintable()):
        raise ArgumentError.of("encoder", "its identity, 1 to 200 printable characters", encoder)
    if type(dim) is not int or not 1 <= dim <= MOST_DIM:
        raise ArgumentError.of("dim", f"an integer in [1, {MOST_DIM}]", dim)
