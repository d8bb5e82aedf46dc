import json

import pytest

from striate.training.records import Epoch, Progress


def make_epoch(number, best=False):
    return Epoch(number, 0.5, 0.01, {"accuracy": 0.9}, 3.0, 0.1, best)


def test_sums_are_over_images_not_over_steps():
    progress = Progress()
    progress.add(images=30, loss=1.0, seconds=2.0, waited=0.5)
    progress.add(images=10, loss=3.0, seconds=1.0, waited=0.5)
    assert progress.step == 2
    epoch = progress.finish(lr=0.1, figures={"accuracy": 0.7}, best=True, seconds=1.0)
    assert epoch == Epoch(1, 1.5, 0.1, {"accuracy": 0.7}, 4.0, 0.25, True)
    assert (progress.step, progress.images, progress.loss_sum, progress.seconds, progress.waited_seconds) == (0,) * 5


def test_there_and_back_through_json():
    progress = Progress([make_epoch(1, True), make_epoch(2)], 3, 24, 0.1 + 0.2, 1 / 3, 1e-17)
    assert Progress.from_dict(json.loads(json.dumps(progress.to_dict()))) == progress


@pytest.mark.parametrize(
    ("bests", "best", "out"),  # which epochs were the best so far; the best; whether a patience of 2 is at its end
    [
        ([], None, False),
        ([True], 1, False),
        ([True, False], 1, False),
        ([True, False, False], 1, True),
        ([True, False, True, False], 3, False),
        ([False, False], None, True),  # figures that were never a number
    ],
)
def test_patience(bests, best, out):
    progress = Progress([make_epoch(i, b) for i, b in enumerate(bests, 1)])
    assert (progress.best and progress.best.epoch) == best
    assert progress.out_of_patience(2) == out
    assert not progress.out_of_patience(0)
