import json

import numpy as np
import pytest
import torch

from striate.data import read_image, write_image
from striate.errors import ArgumentError, ImageError, ModelFileError, ShapeError, UnknownNameError
from striate.explain import Target, input_gradient
from striate.models import ModelFile, create_model, save_model
from striate.preset import Preset
from striate.tasks import EXPLANATION_METHODS, explain, load_classifier, write_explanation
from striate.tasks.open_subject import open_subject


@pytest.fixture
def picture(tmp_path, stripes):
    write_image(tmp_path / "one.png", stripes(0, 500))
    return tmp_path / "one.png"


def test_the_class_is_the_classifiers_own(trained, picture):
    (answer,) = load_classifier(trained.model).predict([picture])
    found = explain(trained.model, picture, ["saliency"])
    assert found.name == f"{answer.label}, {answer.probability:.1%}"
    other = next(label for label in answer.labels if label != answer.label)
    assert explain(trained.model, picture, ["saliency"], label=other).name.startswith(f"{other}, ")


def test_every_method_draws_a_picture_and_the_sheet_holds_them(trained, picture, tmp_path):
    told = []
    found = explain(trained.run, picture, list(EXPLANATION_METHODS), on_work=lambda *a: told.append(a))
    assert len(found.pictures) == len(EXPLANATION_METHODS)
    assert all(p.image.dtype == np.uint8 and p.image.size for p in found.pictures)
    assert (256, 256) in told
    write_explanation(found, tmp_path / "why.png")
    assert read_image(tmp_path / "why.png").std() > 10
    assert len(json.loads(json.dumps(found.to_dict()))["pictures"]) == len(EXPLANATION_METHODS)


def test_what_is_drawn_if_no_method_is_named(trained, picture):
    titles = [p.title for p in explain(trained.model, picture).pictures]
    assert "Grad-CAM" in titles
    assert "deconvnet" in titles  # LeNet-5 pools maxima
    assert "feature inversion" not in titles
    titles = [p.title for p in explain(trained.model, picture, layer="conv2", unit=3).pictures]
    assert "Grad-CAM" not in titles


def test_without_max_pooling_a_deconvnet_says_so():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    (picture,) = explain("efficientnet_lite0", image, ["deconvnet"]).pictures
    assert picture.remark == "no max pooling: the same for every image"


def test_the_usual_layer_is_named_and_another_may_be_chosen(trained, picture):
    found = explain(trained.model, picture, ["grad-cam"])
    assert found.layer.startswith("stages.conv2")
    assert found.pictures[0].remark == f"at {found.layer}"
    assert explain(trained.model, picture, ["grad-cam"], layer="conv1").pictures[0].remark == "at stages.conv1"


def test_a_unit_is_explained_where_it_is_strongest(trained, picture):
    found = explain(trained.model, picture, ["saliency"], layer="conv1", unit=2)
    subject = open_subject(trained.model)
    x = subject.input(read_image(picture, channels=1))
    activation = subject.network.stages["conv1"](x)[0, 2]
    assert activation[found.target.position] == activation.max()
    assert input_gradient(subject.network, x, found.target).abs().sum() > 0
    assert isinstance(found.target, Target)


def test_models_without_classes_have_units(tmp_path, picture):
    arguments = {"num_classes": 4, "in_channels": 1, "dims": 2}
    preset = Preset(size_hw=(32, 32), channels=1, mean=(0.0,), std=(255.0,))
    header = ModelFile("lenet5", arguments, "verify", preset, thresholds={"distance": 1.0})
    save_model(tmp_path / "m.safetensors", create_model("lenet5", **arguments), header)
    with pytest.raises(ArgumentError, match="name a layer and one of its units"):
        explain(tmp_path / "m.safetensors", picture)
    assert explain(tmp_path / "m.safetensors", picture, layer="head.classifier", unit=3).target.position == ()


def test_bad_input(trained, picture, tmp_path):
    for arguments, error, message in [
        ({"methods": ["gradcam"]}, UnknownNameError, "did you mean 'grad-cam'"),
        ({"label": "acros"}, UnknownNameError, "no class named 'acros'"),
        ({"layer": "conv9", "methods": ["saliency"]}, UnknownNameError, "no layer named 'conv9'"),
        ({"unit": 3}, ArgumentError, "a unit needs the name of its layer"),
        ({"unit": 3, "layer": "conv1", "label": "across"}, ArgumentError, "a unit needs the name of its layer"),
        ({"unit": 6, "layer": "conv1"}, ArgumentError, "unit must be from 0 to 5"),
        ({"layer": "head.classifier", "methods": ["grad-cam"]}, ShapeError, "layer must be one that gives"),
    ]:
        with pytest.raises(error, match=message):
            explain(trained.model, picture, **arguments)
    with pytest.raises(ImageError):
        explain(trained.model, tmp_path / "nothing.png")
    with pytest.raises(ShapeError, match="image must be uint8"):
        explain(trained.model, np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ModelFileError, match="no model file"):
        explain("nothing.safetensors", picture)
    with pytest.raises(UnknownNameError):
        explain("efficientnet_lite9", picture)
    with pytest.raises(ArgumentError, match="out must be a file ending in"):
        write_explanation(explain(trained.model, picture, ["saliency"]), tmp_path / "why.jpg")
    assert torch.is_grad_enabled()
