import numpy as np
import pytest

from striate.draw import distance_histogram, roc_curve
from striate.errors import ArgumentError

SPACE = "\N{NO-BREAK SPACE}"


def test_roc_curve(texts):
    far, tar = [0, 0, 0.001, 0.01, 0.01, 1], [0, 0.9, 0.9, 0.9, 0.95, 1]
    seen = texts(roc_curve(far, tar, (0.01, 0.95)))
    assert f"95.0{SPACE}% at 1.00{SPACE}%" in seen
    assert {f"0.1{SPACE}%", f"1{SPACE}%", f"10{SPACE}%", f"100{SPACE}%"} <= set(seen)
    assert not any(" at " in text for text in texts(roc_curve(far, tar)))


@pytest.mark.parametrize(
    ("far", "tar", "chosen"),
    [
        ([0, 0, 1], [0, 1, 1], (0, 1.0)),  # told apart without a mistake
        ([0, 1], [0, 1], (1.0, 1.0)),  # all distances are equal
        ([0, 1, 1], [0, 0, 1], (0, 0)),  # the wrong way round
        (np.linspace(0, 1, 10001), np.linspace(0, 1, 10001), (0.5, 0.5)),
    ],
)
def test_any_curve(texts, far, tar, chosen):
    assert any(" at " in text for text in texts(roc_curve(far, tar, chosen)))


def test_distance_histogram(texts):
    seen = texts(distance_histogram([0.2, 0.3, 1.1, 1.2], [True, True, False, False], 0.6))
    assert {"τ = 0.6", "same", "different"} <= set(seen)


@pytest.mark.parametrize("threshold", [0.0, 0.2, 7.5])
@pytest.mark.parametrize("distances", [[0, 0], [0.2, 0.2], [1e-9, 1e9]])
def test_any_histogram(texts, distances, threshold):
    assert f"τ = {threshold:g}" in texts(distance_histogram(distances, [True, False], threshold))


def test_bad_input():
    for far in ([], [0], [0.1, 1], [0, 0.5], [0, 0.7, 0.6, 1], [0, np.nan, 1], [[0, 1]]):
        with pytest.raises(ArgumentError, match="far must be numbers that rise from 0 to 1"):
            roc_curve(far, [0, 1])
    with pytest.raises(ArgumentError, match="tar must be 2 numbers, one for each of far"):
        roc_curve([0, 1], [0, 0.5, 1])
    for same in ([True, True], [False, False], [True], []):
        with pytest.raises(ArgumentError, match="same must be one for each distance"):
            distance_histogram([0.1, 0.2], same, 0.5)
    with pytest.raises(ArgumentError, match="distances must be finite and at least 0"):
        distance_histogram([0.1, np.nan], [True, False], 0.5)
