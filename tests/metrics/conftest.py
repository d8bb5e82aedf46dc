import numpy as np
import pytest


def make_answers(seed, n, k, sharpness=1.0):
    """Random probabilities (n, k) and targets (n,) that agree more often than chance."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) + sharpness * np.eye(k)[targets]
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True), targets


@pytest.fixture(scope="session")
def answers():
    return make_answers
