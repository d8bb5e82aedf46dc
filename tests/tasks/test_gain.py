"""What is said of several networks and crops, against counts by hand."""

import numpy as np
import pytest

from striate.data import ONE_CROP, arrange_crops
from striate.metrics import paired_interval
from striate.tasks import ClassifyTask
from striate.tasks.gain import Answers, Timed

TARGETS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])


class Model:
    """Answers nothing; knows what a model knows of itself and its members."""

    task, labels = ClassifyTask(multilabel=False), ("a", "b")

    def __init__(self, *members, name="", num_bytes=1_000_000):
        self.members, self.name, self.num_bytes = members or (self,), name, num_bytes

    def aligned(self, answers):
        return list(answers)

    def mean(self, answers):
        return np.mean(answers, axis=0)


def answers(text, seconds):
    """ "+" is right and sure, "-" wrong and rather unsure."""
    right = np.array([{"+": 0.9, "-": 0.4}[letter] for letter in text])
    return Timed(np.where(np.stack([TARGETS == 0, TARGETS == 1], 1), right[:, None], 1 - right[:, None]), seconds)


def test_one_of_each_has_nothing_to_compare():
    own = (answers("++++++++++", 1.0),)
    found = Answers(Model(), ONE_CROP, TARGETS, own, own)
    assert (found.contenders(), found.gains()) == ((), ())


def test_crops():
    once, several = (answers("+++++--+++", 2.0),), (answers("++++-+++++", 16.0),)
    found = Answers(Model(name="m"), arrange_crops(10), TARGETS, once, several)
    assert [(c.name, c.score, c.seconds, c.megabytes) for c in found.contenders()] == [
        ("one crop", 0.8, 2.0, 1.0),
        ("10 crops", 0.9, 16.0, 1.0),
    ]
    (gain,) = found.gains()
    assert (gain.name, gain.over, gain.times_seconds, gain.times_megabytes) == ("10 crops", "one crop", 8.0, 1.0)
    assert (gain.change.gained, gain.change.lost) == (2, 1)
    assert gain.change.difference == pytest.approx(0.1)
    assert gain.change.interval == paired_interval(2, 1, 10)
    assert str(gain).startswith("10 crops over one crop: +10.00 points (95 % interval ")
    assert "so it may be chance); 2 images put right, 1 wrong; 8.0 times the time" in str(gain)
    assert "memory" not in str(gain)


def test_members():
    """Each is wrong somewhere else, and each is outvoted there by the two that are sure."""
    own = (answers("--++++++++", 1.0), answers("++--++++++", 2.0), answers("++++---+++", 3.0))
    whole = Model(*(Model(name=name) for name in "abc"), name="ensemble of 3", num_bytes=3_000_000)
    found = Answers(whole, ONE_CROP, TARGETS, own, own)
    rows = {c.name: (c.score, c.seconds, c.megabytes) for c in found.contenders()}
    assert list(rows) == ["a", "b", "c", "mean of the members", "ensemble of 3"]
    assert rows["mean of the members"] == pytest.approx((2.3 / 3, 2.0, 1.0))
    assert rows["ensemble of 3"] == (1.0, 6.0, 3.0)
    (gain,) = found.gains()
    assert (gain.name, gain.over, gain.times_seconds, gain.times_megabytes) == ("ensemble of 3", "a", 6.0, 3.0)
    assert (gain.change.difference, gain.change.gained, gain.change.lost) == (0.2, 2, 0)
    assert "3.0 times the memory of weights; that member is the best on these very images" in str(gain)
    assert gain.to_dict()["change"]["interval"] == list(gain.change.interval)


def test_members_with_crops():
    once = (answers("--++++++++", 1.0), answers("++--------", 1.0))
    several = (answers("--++++++++", 9.0), answers("++--++++++", 9.0))
    whole = Model(Model(name="a"), Model(name="b"), name="ensemble of 2", num_bytes=2_000_000)
    found = Answers(whole, arrange_crops(9), TARGETS, once, several)
    names = [c.name for c in found.contenders()]
    assert names == ["a", "b", "mean of the members", "ensemble of 2, one crop", "ensemble of 2, 9 crops"]
    crops, members = found.gains()
    assert (crops.name, crops.over, crops.times_seconds) == ("9 crops", "one crop", 9.0)
    assert (members.name, members.over, members.times_seconds) == ("ensemble of 2", "a", 2.0)


def test_a_single_other_crop():
    own = (answers("++++++++++", 1.0),)
    found = Answers(Model(), arrange_crops(1, (0.8,)), TARGETS, own, own)
    assert [c.name for c in found.contenders()] == ["one crop", "another crop"]
