"""Two answers to the same held-back images, by the figure that counts."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from striate.tasks import ClassifyTask
from striate.tasks.held_back import HeldBack

RNG = np.random.default_rng(0)
TAGS = RNG.integers(0, 2, (60, 4))


def tagged(wrong: int) -> np.ndarray:
    """Logits with so many of the tags wrong."""
    answers = TAGS.copy().ravel()
    answers[np.random.default_rng(1).permutation(answers.size)[:wrong]] ^= 1
    return np.where(answers.reshape(TAGS.shape) == 1, 3.0, -3.0).astype(np.float32)


def make(multilabel, targets, weights=None):
    monitor = "micro_f1" if multilabel else "accuracy"
    n = len(targets)
    return HeldBack(
        ClassifyTask(multilabel), targets, np.ones(n) if weights is None else weights, monitor, tuple("abcd")
    )


def test_several_labels_are_compared_by_their_f1():
    judge, before, after = make(True, TAGS), tagged(80), tagged(20)
    gain, noise = judge.compare(before, after)
    wanted = f1_score(TAGS, after > 0, average="micro") - f1_score(TAGS, before > 0, average="micro")
    assert gain == pytest.approx(wanted)
    assert 0 < noise < gain
    assert judge.score(after) == pytest.approx(f1_score(TAGS, after > 0, average="micro"))


def test_a_head_that_names_nothing_leaves_room():
    """Most tags are absent, so that saying nothing tells most of them right, and yet finds none."""
    rare = (RNG.random((60, 4)) < 0.1).astype(np.int64)
    nothing = np.full(rare.shape, -5.0, np.float32)
    judge = make(True, rare)
    gain, noise = judge.room(nothing)
    assert gain == 1.0
    assert gain > noise


@pytest.mark.parametrize(("wrong", "room"), [(4, False), (5, True), (0, False)])
def test_room_of_one_label(wrong, room):
    targets = np.arange(40) % 4
    answers = np.eye(4, dtype=np.float32)[np.where(np.arange(40) < wrong, (targets + 1) % 4, targets)]
    judge = make(False, targets)
    gain, noise = judge.room(answers)
    assert judge.mistakes(answers) == wrong
    assert (gain > noise) is room


def test_weights_make_each_class_count_alike():
    """Nine of one class and one of another: the one is worth nine."""
    targets = np.array([0] * 9 + [1])
    before, after = np.eye(4, dtype=np.float32)[np.zeros(10, int)], np.eye(4, dtype=np.float32)[targets]
    gain, _ = make(False, targets, np.array([1 / 9] * 9 + [1.0])).compare(before, after)
    assert gain == pytest.approx(0.5)
