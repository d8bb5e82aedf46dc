import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.training.recipe import Recipe
from striate.training.schedules import learning_rate


def rates(steps_per_epoch=4, **fields):
    recipe = Recipe(**{"lr": 1.0, "epochs": 8, "warmup_epochs": 0, **fields})
    return [learning_rate(recipe, step, steps_per_epoch) for step in range(recipe.epochs * steps_per_epoch)]


def test_cosine():
    assert rates() == pytest.approx([0.5 + 0.5 * math.cos(math.pi * step / 32) for step in range(32)])


def test_step_falls_at_a_half_and_at_three_quarters():
    assert rates(schedule="step") == [1.0] * 16 + [0.1] * 8 + [0.01] * 8
    assert rates(schedule="step", warmup_epochs=1) == [0.25, 0.5, 0.75, 1.0] + [1.0] * 12 + [0.1] * 8 + [0.01] * 8


def test_constant():
    assert rates(schedule="constant") == [1.0] * 32


def test_warmup_rises_straight_then_cosine_takes_over_from_the_top():
    with_warmup = rates(warmup_epochs=2)
    assert with_warmup[:8] == pytest.approx([(step + 1) / 8 for step in range(8)])
    assert with_warmup[8:] == pytest.approx([0.5 + 0.5 * math.cos(math.pi * step / 24) for step in range(24)])


def test_half_an_epoch_of_one_step():  # the warm-up is shorter than a step
    assert rates(1, epochs=1, warmup_epochs=0.5) == [1.0]


@given(
    st.sampled_from(["cosine", "step", "constant"]),
    st.integers(1, 50),
    st.integers(1, 40),
    st.floats(0, 0.99),
    st.floats(1e-6, 10),
)
def test_always_positive_never_above_and_falling_after_the_warmup(schedule, epochs, steps, warm_share, lr):
    recipe = Recipe(schedule=schedule, epochs=epochs, lr=lr, warmup_epochs=warm_share * epochs)
    values = [learning_rate(recipe, step, steps) for step in range(epochs * steps)]
    assert all(0 < value <= lr for value in values)
    after = values[math.ceil(recipe.warmup_epochs * steps) :]
    assert after == sorted(after, reverse=True)
