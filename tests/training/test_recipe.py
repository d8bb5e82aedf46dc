import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError
from striate.training.recipe import USUAL, Recipe


@given(st.sampled_from(list(USUAL)), st.integers(1, 1000), st.integers(0, 2**64 - 1))
def test_there_and_back(optimizer, epochs, seed):
    recipe = Recipe.usual(optimizer, epochs=epochs, seed=seed)
    assert (recipe.optimizer, recipe.epochs, recipe.seed) == (optimizer, epochs, seed)
    assert (recipe.lr, recipe.weight_decay) == USUAL[optimizer]
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_defaults_are_the_usual_adamw():
    assert Recipe() == Recipe.usual("adamw")


def test_what_is_said_wins_over_the_usual():
    assert Recipe.usual("sgd", lr=0.5, weight_decay=0.0) == Recipe(optimizer="sgd", lr=0.5, weight_decay=0.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),  # an integer is meant
        ("optimizer", "lion"),
        ("lr", 0.0),
        ("lr", math.nan),
        ("lr", math.inf),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("weight_decay", -1e-4),
        ("schedule", "linear"),
        ("warmup_epochs", -1),
        ("warmup_epochs", 30),  # all of the 30 epochs
        ("label_smoothing", 1.0),
        ("clip_norm", -1.0),
        ("ema_decay", 1.0),
        ("mixup", -0.1),
        ("cutmix", math.inf),
        ("patience", -1),
        ("seed", -1),
        ("seed", 2**64),
    ],
)
def test_refusals_name_the_field(field, value):
    with pytest.raises(ArgumentError, match=rf"recipe\.{field} must be .*, got"):
        Recipe(**{field: value})


def test_other_refusals():
    with pytest.raises(ArgumentError, match=r"recipe\.optimizer must be one of sgd, momentum"):
        Recipe.usual("sdg")
    with pytest.raises(ArgumentError, match=r"recipe must be made of epochs, .*, got \['learning_rate'\]"):
        Recipe.from_dict({"learning_rate": 1})
    with pytest.raises(ArgumentError, match="recipe must be NAME=VALUE, got 'mixup'"):
        Recipe.parse("mixup")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().lr = 1.0
