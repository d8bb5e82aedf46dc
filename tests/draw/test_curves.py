import math
from dataclasses import replace

import pytest

from striate.draw import History, loss_curves, rate_curve, score_curves
from striate.draw.canvas import BLUE, add_axes, inline_svg, new_figure
from striate.draw.curves import mark_epochs
from striate.errors import ArgumentError

nan = math.nan


def test_curves_say_what_they_show(history, texts):
    assert {"Loss", "training", "validation", "epoch", "best: epoch 2"} <= set(texts(loss_curves(history)))
    assert {"Accuracy", "training", "validation", "best: epoch 2"} <= set(texts(score_curves(history)))
    assert any("%" in text for text in texts(score_curves(history)))
    assert "Learning rate" in texts(rate_curve(history))
    assert "80.0\xa0%" in score_curves(history).splitlines()[0]


@pytest.mark.parametrize(
    ("epochs", "marked"),
    [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [*range(1, 9)]), (9, [2, 4, 6, 8]), (40, [6, 12, 18, 24, 30, 36])],
)
def test_the_epochs_that_have_numbers(epochs, marked):
    axes = add_axes(new_figure(480, 300), 48, 44, 16, 40)
    mark_epochs(axes, epochs)
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == marked


def test_an_abbreviation_stays_one(history, texts):
    assert "AUC" in texts(score_curves(replace(history, score_name="AUC")))
    assert "Mean AP" in texts(score_curves(replace(history, score_name="mean AP")))


def test_same_bytes_every_time(history):
    assert loss_curves(history) == loss_curves(history)


def test_training_score_may_be_missing(history, texts):
    assert "training" not in texts(score_curves(replace(history, train_score=())))


@pytest.mark.parametrize(
    "history",
    [
        History((0.9,), (0.8,), (0.5,), (0.1,), 1),  # one epoch
        History((0.9, nan), (0.8, math.inf), (0.5, nan), (0.1, 0.1), 1),  # diverged
        History((nan, nan), (nan, nan), (nan, nan), (0.0, 0.0), 2),  # from the start
        History((1e7, 2e-9), (1e7, 1e-9), (0.0, 1.0), (1e-5, 1e-9), 2),  # far apart
        History(*[tuple(i / 500 for i in range(400))] * 4, best=400),  # many
    ],
)
def test_odd_histories(history, parse_svg):
    for draw in (loss_curves, score_curves, rate_curve):
        parse_svg(draw(history))


def test_inline_takes_the_colours_of_the_page(history):
    svg = loss_curves(history)
    inline = inline_svg(svg)
    assert BLUE in svg
    assert BLUE not in inline
    assert "var(--series0)" in inline
    assert "var(--ink)" in inline
    assert "<style" not in inline
    assert 'width="480pt"' in svg
    assert 'width="480pt"' not in inline


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_loss": ()}, "train_loss must be one number for each epoch"),
        ({"val_loss": (0.1,)}, "val_loss must be 3 numbers, one for each epoch, got '1 numbers'"),
        ({"learning_rate": ()}, "learning_rate must be 3 numbers"),
        ({"train_score": (0.1,)}, "train_score must be 3 numbers"),
        ({"best": 0}, "best must be an epoch from 1 to 3, got 0"),
        ({"best": 4}, "best must be an epoch from 1 to 3, got 4"),
    ],
)
def test_bad_histories(history, change, message):
    with pytest.raises(ArgumentError, match=message):
        replace(history, **change)
