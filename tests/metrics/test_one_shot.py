"""One-shot identification against a plain loop."""

import numpy as np
import pytest

from striate.errors import ArgumentError, ShapeError
from striate.metrics import identify_one_shot


def unit(*shape, seed=0):
    vectors = np.random.default_rng(seed).normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_it_is_what_a_loop_over_all_choices_gives():
    """Of 3 identities with 2 images there are 8 ways to enrol; many draws come near their mean."""
    vectors, who = unit(6, 3), [4, 9, 9, 4, 7, 7]
    shares = []
    for enrolled in ((i, j, k) for i in (0, 3) for j in (1, 2) for k in (4, 5)):
        rest = [n for n in range(6) if n not in enrolled]
        right = sum(who[min(enrolled, key=lambda e: np.linalg.norm(vectors[e] - vectors[n]))] == who[n] for n in rest)
        shares.append(right / 3)
    found = identify_one_shot(vectors, who, draws=4000)
    assert found.accuracy == pytest.approx(np.mean(shares), abs=0.02)
    assert found.deviation == pytest.approx(np.std(shares), abs=0.02)
    assert (found.n, found.n_identities, found.draws) == (3, 3, 4000)


def test_what_is_enrolled_is_not_counted():
    """An identity with a single image is there to be taken for."""
    found = identify_one_shot([[1.0, 0], [1.0, 0], [0, 1.0]], [0, 0, 1])
    assert (found.accuracy, found.n) == (1.0, 1)


def test_the_same_seed_draws_the_same():
    vectors, who = unit(30, 4), np.arange(30) % 5
    assert identify_one_shot(vectors, who, draws=5) == identify_one_shot(vectors, who, draws=5)
    assert identify_one_shot(vectors, who, draws=5) != identify_one_shot(vectors, who, draws=5, seed=1)


# (identities, draws, error, what the message names)
BAD = [
    ([0, 0, 0], 1, ArgumentError, "identities"),
    ([0, 1, 2], 1, ArgumentError, "identities"),
    ([0, 0, 1], 0, ArgumentError, "draws"),
    ([0, 0], 1, ShapeError, "encodings"),
]


@pytest.mark.parametrize(("identities", "draws", "error", "names"), BAD)
def test_bad_arguments(identities, draws, error, names):
    with pytest.raises(error, match=names):
        identify_one_shot(unit(3, 2), identities, draws=draws)
