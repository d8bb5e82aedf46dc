"""What `--check` finds: nothing where all is well, and each thing that was broken on purpose by its name."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data import Item, Part, Place, Twins
from striate.tasks import Wishes, check_plan, check_training
from striate.tasks.check import _one_batch
from striate.tasks.learning import make_network
from striate.tasks.planning import make_plan

CLASSES = ("across", "along", "aslant")
NAMES = ["labels", "images", "first loss", "gradient", "one batch"]


@pytest.fixture
def data(write_stripes):
    return write_stripes("data", CLASSES, 8)


def failed(check):
    """name -> text of what was not passed."""
    assert [finding.name for finding in check.findings] == NAMES
    return {finding.name: finding.text for finding in check.findings if not finding.passed}


def test_a_sound_training(data):
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    seen = []
    check = check_training(data, Wishes(model="lenet5"), on_step=lambda step, loss: seen.append(step))
    assert failed(check) == {}
    assert check.passed
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) <= 100
    document = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert (document["passed"], len(document["findings"])) == (True, 5)
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before  # nothing is written


@pytest.mark.parametrize(
    ("model", "freeze"), [("lenet5", "conv1"), ("resnet20", "all"), ("resnet20", "auto"), ("squeezenet1_1", "none")]
)
def test_frozen_stages_and_other_networks(data, model, freeze):
    wishes = Wishes(model=model, weights="none", freeze=freeze, lr=3e-3 if model != "squeezenet1_1" else 3e-4)
    found = failed(check_training(data, wishes))
    assert found.keys() <= {"first loss", "one batch"}  # random frozen stages may tell too little, and too loudly
    assert "one batch" not in found or freeze != "none" or model == "squeezenet1_1"


@pytest.mark.parametrize(
    ("lr", "what"), [(1e-7, "is dead"), (30.0, "explodes|% of the batch right|is dead"), (1e30, "explodes")]
)
def test_a_rate_that_cannot_learn_and_one_that_can(data, lr, what):
    found = failed(check_training(data, Wishes(model="lenet5", lr=lr, recipe={"warmup_epochs": 0.5})))
    assert "one batch" in found
    text = found["one batch"]
    assert text.startswith(f"learning rate {lr:g} ")
    assert re.search(what, text)
    assert "; 0.001 learns the batch by heart" in text
    assert text.endswith("try --lr 0.001")


def broken(dataset, change):
    """The data set with other pictures and labels in its train part: `change(index, picture, label)`."""
    part = dataset.parts["train"]
    pictures, items = {}, []
    for i, item in enumerate(part.items):
        picture, label = change(i, part.store.pictures[item.path], item.labels[0])
        pictures[item.path] = picture
        items.append(Item(item.path, (label,)))
    store = type(part.store)({**part.store.pictures, **pictures})
    return replace(dataset, parts=dataset.parts | {"train": Part(tuple(items), store)})


def check_broken(make_dataset, change, **plan):
    dataset = make_dataset([8, 8])
    sound = make_plan(dataset, Wishes(model="lenet5"))
    return failed(check_plan(broken(dataset, change), replace(sound, **plan)))


def test_random_pictures_can_be_learned_by_heart(make_dataset):
    assert check_broken(make_dataset, lambda i, picture, label: (picture, label)) == {}


def test_black_images(make_dataset):
    found = check_broken(make_dataset, lambda i, picture, label: (np.zeros_like(picture), label))
    assert found["images"] == "16 of 16 are of a single colour: look at the files with `striate data show`"
    assert "do the labels belong to the images?" in found["one batch"]


def test_the_same_image_with_any_label(make_dataset):
    one = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    found = check_broken(make_dataset, lambda i, picture, label: (one, label))
    assert found["images"] == "1 of 16 are the same to the network as one with another label"
    assert "none of 0.03, 0.0003, 0.001 learns it by heart" in found["one batch"]


def test_an_image_of_each_class_again_and_again(make_dataset):
    some = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 3), dtype=np.uint8)
    found = check_broken(make_dataset, lambda i, picture, label: (some[label], label))
    assert found == {"images": "only 2 of 16 differ"}


def test_constant_labels(make_dataset):
    found = check_broken(make_dataset, lambda i, picture, label: (picture, 0))
    assert found == {"labels": "all images of the batch have the same label: there is nothing to tell apart"}


def test_units_of_0_to_1(make_dataset):
    """A preset for pixels in [0, 1], the oldest mistake of all."""
    preset = replace(make_plan(make_dataset([8, 8]), Wishes(model="lenet5")).preset, mean=(0.45,), std=(0.22,))
    found = check_broken(make_dataset, lambda i, picture, label: (picture, label), preset=preset)
    assert "are not in the images' units, 0 to 255" in found["images"]
    assert "are the inputs normalised?" in found["first loss"]


def test_the_same_picture_with_two_labels(make_dataset):
    dataset = make_dataset([8, 8])
    twins = (Twins((Place("train", "0/1", (0,)), Place("train", "1/1", (1,)))),)
    found = failed(check_plan(replace(dataset, twins=twins), make_plan(dataset, Wishes(model="lenet5"))))
    assert found == {"labels": "1 pictures have two different labels, such as 0/1 and 1/1: remove the wrong ones"}


def test_parameters_out_of_reach(make_dataset, monkeypatch):
    def cut_off(plan, train):
        network = make_network(plan, train)
        network.stages["conv1"].register_forward_hook(lambda module, inputs, output: output.detach())
        return network

    monkeypatch.setattr("striate.tasks.check.make_network", cut_off)
    dataset = make_dataset([8, 8])
    found = failed(check_plan(dataset, make_plan(dataset, Wishes(model="lenet5"))))
    assert found["gradient"].startswith("none reaches stages.conv1.")


def test_a_network_too_slow_to_judge(make_dataset, monkeypatch):
    monkeypatch.setattr("striate.tasks.check._MOST_SECONDS", 0.0)
    dataset = make_dataset([8, 8])
    check = check_plan(dataset, make_plan(dataset, Wishes(model="lenet5")))
    assert failed(check) == {}
    assert "all there was time for" in check.findings[-1].text
    assert check.findings[-1].text.endswith("(not judged)")
    monkeypatch.setattr("striate.tasks.check._MOST_SECONDS", 9.0)
    monkeypatch.setattr("striate.tasks.check._MOST_OTHER_SECONDS", 0.0)
    wishes = Wishes(model="lenet5", lr=1e20)
    assert failed(check_plan(dataset, make_plan(dataset, wishes)))["one batch"].endswith("no time to say which)")


def test_several_classes_an_image(make_dataset):
    dataset = make_dataset([6, 6, 6], multilabel=True)
    plan = make_plan(dataset, Wishes(model="lenet5"))
    check = check_plan(dataset, plan)
    assert failed(check) == {}
    assert check.findings[2].text.endswith(f"of ignorance {math.log(2):.3f}")


def test_the_batch_has_every_class_in_turn(make_dataset):
    dataset = make_dataset([20, 3, 1])
    plan = make_plan(dataset, Wishes(model="lenet5"))
    assert _one_batch(dataset, plan, 32).targets.bincount().tolist() == [20, 3, 1]
    assert _one_batch(dataset, plan, 5).targets.tolist() == [0, 1, 2, 0, 1]


def test_the_random_state_is_left_alone(data):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check_training(data, Wishes(model="lenet5"))
    assert torch.equal(torch.get_rng_state(), before)
