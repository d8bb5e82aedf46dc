"""Made-up people for the tests of the gallery, and a search that is written plainly."""

import hashlib
from pathlib import Path

import numpy as np

from striate.faces import Gallery

DIM = 8


def unit(*shape, seed=0):
    rows = np.random.default_rng(seed).normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def digest(*of):
    return hashlib.sha256(repr(of).encode()).digest()


def digests(count, of="images"):
    return [digest(of, i) for i in range(count)]


def open_gallery(folder="gallery", encoder="toy", dim=DIM):
    return Gallery.open(folder, encoder=encoder, dim=dim)


def plain_search(names, encodings, query, top):
    """(name, distance) of the nearest people: a loop over all images."""
    best = {}
    for name, encoding in zip(names, encodings, strict=True):
        distance = sum((float(a) - float(b)) ** 2 for a, b in zip(encoding, query, strict=True)) ** 0.5
        best[name] = min(distance, best.get(name, np.inf))
    return sorted(best.items(), key=lambda item: (round(item[1], 12), item[0]))[:top]


def files_with(folder, *pieces):
    """The files of a folder that hold one of these bytes."""
    return [f.name for f in sorted(Path(folder).rglob("*")) if f.is_file() and any(p in f.read_bytes() for p in pieces)]


def assert_same(candidates, expected):
    assert [c.name for c in candidates.ranked] == [name for name, _ in expected]
    np.testing.assert_allclose([c.distance for c in candidates.ranked], [d for _, d in expected], atol=1e-12)
