"""What striate chooses where the user leaves the choice, and the reason that it gives."""

import json
import re

import pytest

from striate.data import PcaColour, Pipeline, Rotate, colour_components
from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.models import find_source, model_names
from striate.preset import Preset
from striate.tasks.plan import Plan, Wishes
from striate.tasks.planning import make_plan

installed = pytest.mark.skipif(
    not find_source("efficientnet_lite0").is_installed(), reason="the weights' package is not installed"
)


def plan(dataset, **wishes):
    return make_plan(dataset, Wishes(**wishes))


# The pictures (height, width, colours), and what is chosen for them: network, weights, side of the input, channels.
PICTURES = [
    ((28, 28), False, "lenet5", None, 32, 1),
    ((20, 63), False, "lenet5", None, 32, 1),
    ((28, 28), True, "resnet18", None, 32, 3),
    ((40, 50), True, "resnet18", None, 64, 3),
    ((63, 200), True, "resnet18", None, 64, 3),
    ((64, 64), True, "efficientnet_lite0", "efficientnet_lite0", 224, 3),
    ((64, 80), False, "efficientnet_lite0", "efficientnet_lite0", 224, 3),
]


@pytest.mark.parametrize(("hw", "coloured", "network", "weights", "side", "channels"), PICTURES)
def test_the_network_suits_the_pictures(make_dataset, hw, coloured, network, weights, side, channels):
    chosen = plan(make_dataset((5, 5), hw, coloured=coloured))
    assert (chosen.network, chosen.weights, chosen.freeze) == (network, weights, "auto" if weights else "none")
    assert (chosen.preset.size_hw, chosen.preset.channels) == ((side, side), channels)
    assert chosen.preset.labels == ("class 0", "class 1")
    why = "too small for a pretrained network" if weights is None else "photographs, 64 pixels on the short side"
    assert why in chosen.reasons[0]
    assert chosen.reasons[0].startswith(f"{network}: ")
    assert chosen.precision == "auto"


def test_reasons_are_given_for_what_was_chosen_alone(make_dataset):
    small, photos = make_dataset((5, 5)), make_dataset((5, 5), (70, 70), coloured=True)
    assert plan(small, model="lenet5", weights="none").reasons == ()
    assert [re.split(r":| \(", reason)[0] for reason in plan(photos).reasons] == [
        "efficientnet_lite0",
        "starts from efficientnet_lite0's ImageNet-1k weights",
        "tries the head first, and more while that gains",
        "sees 4 views of each image",
    ]
    assert plan(photos, weights="efficientnet_lite1").reasons[0] == "the network of the weights efficientnet_lite1"
    assert "random weights" in plan(photos, model="resnet18").reasons[0]
    assert plan(photos, model="resnet18", weights="none", freeze="conv2").reasons == (
        "the frozen stages keep their random weights",
    )


def test_small_pictures_do_not_start_from_fetched_weights(make_dataset, monkeypatch):
    """Those of resnet18 are for photographs; who wants them asks for the network."""
    monkeypatch.setattr("striate.models.Source.is_installed", lambda source: True)
    small = make_dataset((5, 5), coloured=True)
    assert plan(small).weights is None
    assert plan(small, model="resnet18").weights == "resnet18"


@installed
def test_weights_that_are_here_are_taken(make_dataset):
    chosen = plan(make_dataset((5, 5)), model="efficientnet_lite0")
    assert (chosen.weights, chosen.freeze) == ("efficientnet_lite0", "auto")


def test_weights_that_are_not_here(make_dataset, monkeypatch):
    """For a network that was asked for: random ones. For the one that was chosen: an error says what to install."""
    monkeypatch.setattr("striate.models.sources.Package.path", lambda package: None)
    assert plan(make_dataset((5, 5)), model="efficientnet_lite0").weights is None
    assert plan(make_dataset((5, 5), (70, 70))).weights == "efficientnet_lite0"


def test_pretrained_presets(make_dataset):
    """The weights' own, with the data's labels; at another size with the margin in proportion."""
    photos = make_dataset((5, 5), (70, 70), coloured=True)
    published = find_source("efficientnet_lite0").preset
    chosen = plan(photos).preset
    assert (chosen.mean, chosen.std, chosen.filter, chosen.short_side) == ((127.0,) * 3, (128.0,) * 3, "bicubic", 256)
    small = plan(photos, size=112).preset
    assert (small.size_hw, small.short_side, small.mean) == ((112, 112), 128, published.mean)
    assert plan(photos, weights="efficientnet_lite2").preset.size_hw == (260, 260)


def test_presets_of_random_weights_are_measured(make_dataset):
    dataset = make_dataset((20, 20), (32, 32), coloured=True)
    preset = plan(dataset).preset
    assert preset.mean == pytest.approx((127.5,) * 3, abs=2)
    assert preset.std == pytest.approx((73.9,) * 3, abs=2)
    assert preset.border == pytest.approx((127.5,) * 3, abs=8)


def test_classes_are_weighted_where_one_is_rare(make_dataset):
    assert plan(make_dataset((8, 4))).class_weights == ()
    chosen = plan(make_dataset((12, 4)))
    common, rare = chosen.class_weights
    assert rare / common == pytest.approx(3)
    assert chosen.reasons[-1] == "classes are weighted: 'class 1' has 4 images of 16"
    assert plan(make_dataset((12, 4), multilabel=True)).class_weights == ()


@pytest.mark.parametrize("images", [2, 9, 100, 1000])
def test_steps_suit_the_number_of_images(make_dataset, images):
    chosen = plan(make_dataset((images // 2, images - images // 2), (8, 8)))
    assert 1 <= chosen.batch_size <= images
    assert chosen.recipe.epochs >= 10
    if images >= 64:
        assert images / chosen.batch_size >= 8


def test_wishes_are_obeyed(make_dataset):
    wishes = {"model": "resnet34", "freeze": "conv2", "epochs": 7, "optimizer": "momentum", "lr": 0.03, "seed": 5}
    chosen = plan(make_dataset((5, 5)), **wishes, batch_size=3, size=96, precision="bf16", recipe={"patience": 2})
    recipe = chosen.recipe
    assert (chosen.network, chosen.freeze, chosen.batch_size, chosen.precision) == ("resnet34", "conv2", 3, "bf16")
    assert (recipe.epochs, recipe.optimizer, recipe.lr, recipe.seed, recipe.patience) == (7, "momentum", 0.03, 5, 2)
    assert chosen.preset.size_hw == (96, 96)
    assert plan(make_dataset((5, 5)), distort="none").pipeline == Pipeline(())
    assert plan(make_dataset((5, 5)), batch_size=99).batch_size == 10  # all there are


def test_colours_of_the_training_images_are_in_the_preset_where_a_distortion_wants_them(make_dataset):
    dataset = make_dataset((5, 5), coloured=True)
    assert plan(dataset).preset.colour_pca == ()
    assert "colour_pca" not in plan(dataset).preset.to_dict()
    chosen = plan(dataset, distort="rotate 5, pca")
    assert chosen.pipeline == Pipeline((Rotate(5), PcaColour()))
    preset = chosen.preset
    assert preset.colour_pca == colour_components(dataset.parts["train"])
    assert Preset.from_dict(json.loads(json.dumps(preset.to_dict()))) == preset


def test_one_epoch_has_room_for_its_warm_up(make_dataset):
    assert plan(make_dataset((5, 5)), epochs=1).recipe.warmup_epochs < 1


@pytest.mark.parametrize("name", model_names())
def test_every_network_can_be_planned_for_small_pictures(make_dataset, name):
    chosen = plan(make_dataset((5, 5)), model=name, weights="none")
    assert chosen.arguments == {"num_classes": 2, "in_channels": 1, "dims": 2}


# What is wished for grey pictures of 28 x 28, and why it can't be.
REFUSED = [
    ({"model": "lenet"}, UnknownNameError, "no model named 'lenet'; did you mean 'lenet5'"),
    ({"weights": "imagenet"}, UnknownNameError, "no weights named 'imagenet'"),
    ({"model": "resnet18", "weights": "mobilenet_v2"}, ArgumentError, "made for resnet18"),
    ({"size": 3}, ShapeError, "size must be 32 pixels a side for lenet5"),
    ({"size": 0}, ArgumentError, "size must be an integer of at least 1, got 0"),
    ({"model": "resnet18", "size": 31}, ShapeError, "at least 32 pixels a side for resnet18, got 31"),
    ({"batch_size": 0}, ArgumentError, "batch_size must be an integer of at least 1, got 0"),
    ({"epochs": 0}, ArgumentError, "epochs must be an integer of at least 1"),
    ({"lr": -1.0}, ArgumentError, "lr must be finite and positive"),
    ({"seed": -1}, ArgumentError, "seed must be an integer of 0"),
    ({"distort": "rotat 5"}, ArgumentError, "distort must be none, or a list of mirror .*; got 'rotat'"),
    ({"distort": "saturation"}, ArgumentError, "for saturation, which needs colours"),
    ({"distort": "pca"}, ArgumentError, "for PCA colour, which needs colours"),
    ({"recipe": {"nosuch": 1}}, ArgumentError, "nosuch"),
    ({"recipe": {"patience": -1}}, ArgumentError, "patience must be an integer of at least 0"),
    ({"recipe": {"lr": 1.0}}, ArgumentError, "lr has an argument of its own"),
]


@pytest.mark.parametrize(("wishes", "error", "message"), REFUSED)
def test_what_cannot_be_planned(make_dataset, wishes, error, message):
    with pytest.raises(error, match=message):
        plan(make_dataset((5, 5)), **wishes)


@pytest.mark.parametrize("name", ["squeezenet1_1", "nin_cifar", "lenet5_1998"])
def test_logits_of_one_sign_cannot_say_yes_and_no(make_dataset, name):
    with pytest.raises(
        ArgumentError, match=f"model must be a network whose logits can be .* several classes need.*{name}"
    ):
        plan(make_dataset((5, 5), multilabel=True), model=name, weights="none")


@pytest.mark.parametrize(
    "wishes", [{}, {"model": "vgg11"}, {"weights": "efficientnet_lite0"}, {"recipe": {"ema_decay": 0.9}}], ids=str
)
def test_a_plan_survives_json(make_dataset, wishes):
    chosen = plan(make_dataset((12, 4), coloured=True), **wishes)
    assert Plan.from_dict(json.loads(json.dumps(chosen.to_dict(), allow_nan=False))) == chosen


@installed
def test_pretrained_weights_are_not_thrown_away_by_plain_descent(make_dataset):
    """A tenth of the rate for random weights, or less."""
    photos = make_dataset((5, 5), (70, 70), coloured=True)
    assert plan(photos, freeze="none", optimizer="momentum").recipe.lr == pytest.approx(3e-3)
    assert plan(photos, freeze="all", optimizer="momentum").recipe.lr == pytest.approx(3e-2)
    assert plan(photos, weights="none", optimizer="momentum").recipe.lr == pytest.approx(0.1)
