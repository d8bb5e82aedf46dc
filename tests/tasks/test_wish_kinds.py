"""What is asked for of another kind of training is refused, by whichever way it is asked for."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import striate
from striate.errors import ArgumentError
from striate.tasks import Wishes, check_training, draw_distortions, train_ensemble
from striate.tasks.wish_kinds import refuse_foreign

# A wish, and by the columns' kinds whether it means something: 1 yes, 0 no.
KINDS = ("classes", "recordings", "events", "localize", "landmarks", "detect", "verify", "stylize")
TABLE = [
    ({"loss": "modern"}, "00011110"),
    ({"mosaic": 0.0}, "00000100"),
    ({"mining": "hard"}, "00000010"),
    ({"dim": 8}, "00000010"),
    ({"turned": True}, "00000010"),
    ({"spliced": True}, "00000010"),
    ({"styles": ("wave.png",)}, "00000001"),
    ({"strength": 0.0}, "00000001"),
    ({"window": 1.0}, "01100000"),
    ({"symbols": ("N",)}, "01100000"),
    ({"channels": ("red",)}, "01100000"),
    ({"resample": True}, "01100000"),
    ({"views": 0}, "10000000"),
    ({"last_stage": "conv1"}, "10000010"),
    ({"hidden": (8,)}, "10000010"),
    ({"freeze": "none"}, "11111110"),
    ({"size": 32}, "11011111"),
]
RECIPE = [
    ({"mixup": 0.2}, "11100000"),
    ({"label_smoothing": 0.1}, "11100000"),
    ({"cutmix": 1.0}, "10000000"),
    ({"patience": 5, "ema_decay": 0.9}, "11111111"),
]
ANYWHERE = {
    *("model", "weights", "epochs", "optimizer", "lr", "batch_size", "recipe", "seed", "precision", "distort", "task"),
}
IMAGES = [{"window": 1.0}, {"symbols": ["N"]}, {"resample": True}, {"channels": ["red"]}]  # which are of recordings


@pytest.mark.parametrize(("wish", "row"), TABLE)
def test_a_wish_is_of_some_kinds(wish, row):
    for kind, means_something in zip(KINDS, row, strict=True):
        if means_something == "1":
            refuse_foreign(Wishes(**wish), kind)
        else:
            with pytest.raises(ArgumentError, match=f"^{next(iter(wish))} is of .*: leave it out for "):
                refuse_foreign(Wishes(**wish), kind)


@pytest.mark.parametrize(("recipe", "row"), RECIPE)
def test_a_part_of_the_recipe_is_of_some_kinds(recipe, row):
    for kind, means_something in zip(KINDS, row, strict=True):
        if means_something == "1":
            refuse_foreign(Wishes(recipe=recipe), kind)
        else:
            with pytest.raises(ArgumentError, match=f"^{next(iter(recipe))} in the recipe is of classification"):
                refuse_foreign(Wishes(recipe=recipe), kind)


def test_no_wish_is_forgotten():
    assert {field.name for field in fields(Wishes)} == ANYWHERE | {name for wish, _ in TABLE for name in wish}


@pytest.mark.parametrize("wish", IMAGES)
@pytest.mark.parametrize("task", ["classify", "verify", "localize", "landmarks", "detect", "stylize"])
def test_what_is_of_recordings_is_refused_before_any_data_is_read(task, wish):
    Path("nothing").mkdir()
    with pytest.raises(ArgumentError, match=f"^{next(iter(wish))} is of signals"):
        striate.train("nothing", task=task, out="run", **wish)
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("task", "wish"),
    [
        ("classify", {"loss": "modern"}),
        ("classify", {"mosaic": 0.5}),
        ("classify", {"dim": 8}),
        ("classify", {"freeze": "none", "strength": 2.0}),
        ("classify", {"recipe": {"cutmix": 1.0}}),
        ("events", {"size": 9}),
        ("events", {"views": 2}),
        ("events", {"loss": "modern"}),
    ],
)
def test_what_is_not_of_recordings(task, wish):
    np.savez("signals.npz", x=np.zeros((8, 20)), y=np.arange(8) % 2)
    name = "cutmix" if "recipe" in wish else list(wish)[-1]
    with pytest.raises(ArgumentError, match=f"^{name} (in the recipe )?is of "):
        striate.train("signals.npz", task=task, out="run", **wish)


def test_a_check_an_ensemble_and_a_page_of_distortions_refuse_the_same(write_stripes):
    data = write_stripes("d", ("ant", "bee"), 4)
    for wish in ({"window": 1.0}, {"resample": True}, {"channels": ("red",)}, {"dim": 8}):
        name = next(iter(wish))
        with pytest.raises(ArgumentError, match=f"^{name} is of .*: leave it out for classes of images"):
            check_training(data, Wishes(**wish))
        with pytest.raises(ArgumentError, match=f"^{name} is of "):
            train_ensemble(data, 2, out="run", **wish)
    with pytest.raises(ArgumentError, match=r"^resample is of "):
        draw_distortions(data, "page.png", resample=True)
