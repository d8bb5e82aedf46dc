from types import SimpleNamespace

import pytest

from striate.draw import reliability_diagram
from striate.errors import ArgumentError


def one(low, n=10, accuracy=0.5):
    return SimpleNamespace(low=low, high=low + 0.1, n=n, confidence=low + 0.05, accuracy=accuracy)


@pytest.mark.parametrize(
    "bins", [[one(0.9)], [one(0.0, n=1, accuracy=0.0)], [one(i / 10, n=10**i, accuracy=i / 9) for i in range(10)]]
)
def test_draws_accuracy_and_counts(bins, texts):
    shown = texts(reliability_diagram(bins))
    assert {"Accuracy when so sure", "share of the images", "how sure the network is"} <= set(shown)


def test_needs_a_bin():
    with pytest.raises(ArgumentError, match="bins must be at least one"):
        reliability_diagram([])
