"""What is chosen for recordings where nobody says, and what is refused."""

import json

import numpy as np
import pytest

from striate.data.records import Item
from striate.errors import ArgumentError, DataError, ShapeError, UnknownNameError
from striate.recordings import Recording, RecordingDataset, RecordingPart
from striate.recordings.cut import Cut
from striate.tasks import Wishes
from striate.tasks.planning import weigh_classes
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_planning import make_recording_plan

SIZES = {"signal": (50,), "volume": (8, 8, 8), "clip": (6, 12, 10)}


class Ramps:
    """Recordings of the sizes that their names say."""

    def __init__(self, kind, spacing):
        self.kind, self.spacing = kind, spacing

    def load(self, path):
        size = tuple(map(int, path.split("/")[1].split("x")))
        return Recording(self.kind, np.arange(np.prod(size), dtype=np.float32).reshape(1, *size), self.spacing)


def dataset(kind="signal", sizes=(), n=40, rare=None, spacings=None, cut_seed=0, parts=("train", "val")):
    """`n` recordings to train on and a quarter as many held back, of two classes."""
    sizes = sizes or (SIZES[kind],) * 3
    spacings = spacings or ((0.5,) * len(sizes[0]),)
    store = Ramps(kind, spacings[0])
    name = "x".join(map(str, sizes[1]))
    labels = [int(i >= (n // 2 if rare is None else rare)) for i in range(n)]
    made = {
        part: RecordingPart(
            [Item(f"{part}{i}/{name}", (labels[i],)) for i in range(n if part == "train" else n // 4)], store
        )
        for part in parts
    }
    return RecordingDataset("here", "arrays", kind, ("a", "b"), made, 1, (), tuple(sizes), spacings, cut_seed)


@pytest.mark.parametrize(
    ("kind", "network", "standardise"),
    [
        ("signal", "time_series_resnet", "training"),
        ("volume", "small_convnet", "each"),  # an MRI's numbers have no unit
        ("clip", "small_convnet", "training"),
    ],
)
def test_a_small_network_that_takes_recordings_as_they_are(kind, network, standardise):
    plan = make_recording_plan(dataset(kind), Wishes())
    assert (plan.network, plan.preset.standardise, plan.preset.fit) == (network, standardise, "crop")
    assert (plan.preset.size, plan.preset.spacing) == (SIZES[kind], (0.5,) * len(SIZES[kind]))
    mean = (np.prod(SIZES[kind]) - 1) / 2
    assert plan.preset.mean == pytest.approx((mean,))
    assert (plan.arguments["dims"], plan.freeze, plan.weights) == (len(SIZES[kind]), "none", None)
    assert RecordingPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_the_plan_of_windows_keeps_how_they_were_cut():
    plan = make_recording_plan(dataset(), Wishes(), Cut(0.8, ("N", "V"), background=2))
    assert RecordingPlan.from_dict(json.loads(json.dumps(plan.to_dict()))).cut == Cut(0.8, ("N", "V"), background=2)


@pytest.mark.parametrize(
    ("kind", "sizes", "wish", "size", "fit"),
    [
        ("signal", ((90,), (100,), (120,)), None, (100,), "crop"),  # the middle of each, of the median's length
        ("signal", ((90,), (100,), (120,)), 50, (50,), "stretch"),
        ("signal", ((9000,),) * 3, None, (9000,), "crop"),  # one axis alone is not too much
        ("volume", ((30, 40, 30),) * 3, None, (30, 40, 30), "crop"),
        ("volume", ((100, 200, 160),) * 3, None, (32, 64, 51), "stretch"),  # the proportions kept
        ("volume", ((100, 200, 160),) * 3, 20, (10, 20, 16), "stretch"),
        ("clip", ((16, 240, 320),) * 3, None, (16, 64, 64), "stretch"),  # the frames are not few pixels of one side
    ],
)
def test_sizes(kind, sizes, wish, size, fit):
    plan = make_recording_plan(dataset(kind, sizes), Wishes(size=wish))
    assert (plan.preset.size, plan.preset.fit) == (size, fit)
    if sizes[0] != sizes[1] and not wish:
        assert any("100 samples in the middle" in reason for reason in plan.reasons)


def test_several_spacings_are_refused_unless_they_may_be_resampled():
    several = dataset(spacings=((0.5,), (0.50001,), (0.25,)))
    with pytest.raises(ArgumentError, match=r"differently far apart \(0.5; 0.25 s\)"):
        make_recording_plan(several, Wishes())
    plan = make_recording_plan(several, Wishes(resample=True))
    assert (plan.resample, plan.preset.spacing) == (True, (0.5,))
    assert not make_recording_plan(dataset(spacings=((0.5,), (0.50001,))), Wishes()).resample, (
        "the same but for rounding"
    )


@pytest.mark.parametrize(
    ("n", "cut_seed", "parts", "again"),
    [
        (40, 0, ("train", "val"), True),
        (40, None, ("train", "val"), False),  # the data's own val part
        (1000, 0, ("train", "val"), False),  # many: what is held back is no loss
    ],
)
def test_few_are_learned_from_twice(n, cut_seed, parts, again):
    plan = make_recording_plan(dataset(n=n, cut_seed=cut_seed, parts=parts), Wishes())
    assert plan.again == again
    assert any("learns twice" in reason for reason in plan.reasons) == again


@pytest.mark.parametrize(
    ("kind", "n", "batch_size", "epochs"),  # as they were found to do on cross-validated training parts
    [
        ("signal", 40, 8, 150),  # not more than so many, however few
        ("signal", 80, 10, 150),
        ("signal", 3200, 64, 30),  # about so many steps in all
        ("signal", 20_000, 64, 10),  # not fewer than so many
        ("volume", 320, 32, 100),
        ("clip", 3200, 32, 10),
    ],
)
def test_the_length_of_the_training(kind, n, batch_size, epochs):
    plan = make_recording_plan(dataset(kind, n=n), Wishes())
    assert (plan.batch_size, plan.recipe.epochs) == (batch_size, epochs)


@pytest.mark.parametrize(
    ("kind", "size", "batch_size"),
    [("signal", (500,), 50), ("signal", (9000,), 7), ("signal", (100_000,), 4), ("volume", (64, 64, 64), 8)],
)
def test_a_batch_fits_into_memory(kind, size, batch_size):
    plan = make_recording_plan(dataset(kind, sizes=(size,) * 3, n=400), Wishes())
    assert plan.batch_size == batch_size


def test_a_rare_class_weighs_more():
    plan = make_recording_plan(dataset(rare=4), Wishes())
    assert plan.class_weights == pytest.approx((5.0, 40 / 72))
    assert any("'a' has 4 signals of 40" in reason for reason in plan.reasons)
    assert make_recording_plan(dataset(), Wishes()).class_weights == ()
    assert weigh_classes(np.array([3, 1]), "ab")[0]
    assert not weigh_classes(np.array([2, 1]), "ab")[0]


@pytest.mark.parametrize(
    ("wishes", "error", "word"),
    [
        ({"freeze": "auto"}, ArgumentError, "tried for images only"),
        ({"weights": "resnet18"}, ArgumentError, "say which model"),
        ({"model": "no such"}, UnknownNameError, "no such"),
        ({"model": "lenet5"}, ShapeError, "32 pixels a side for lenet5"),
        ({"model": "transform_net_slim"}, ArgumentError, "1 dimensions"),
        ({"distort": "tilt 3"}, ArgumentError, "tilt"),
    ],
)
def test_wishes_that_cant_be_fulfilled(wishes, error, word):
    with pytest.raises(error, match=word):
        make_recording_plan(dataset(), Wishes(**wishes))


def test_wishes_that_are_obeyed():
    wishes = {"model": "resnet20", "epochs": 7, "lr": 0.02, "optimizer": "momentum", "seed": 5, "distort": "none"}
    plan = make_recording_plan(dataset(), Wishes(**wishes, batch_size=10, precision="fp32", freeze="stage1"))
    assert (plan.network, plan.batch_size, plan.precision, plan.freeze) == ("resnet20", 10, "fp32", "stage1")
    assert (plan.recipe.epochs, plan.recipe.lr, plan.recipe.optimizer, plan.recipe.seed) == (7, 0.02, "momentum", 5)
    assert plan.pipeline.steps == ()


def test_nothing_to_learn_from():
    with pytest.raises(DataError, match="no train part"):
        make_recording_plan(dataset(parts=("val",)), Wishes())
    with pytest.raises(DataError, match="no val part to choose"):
        make_recording_plan(dataset(parts=("train",)), Wishes())
