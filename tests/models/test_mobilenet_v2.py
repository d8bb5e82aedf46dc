import pytest
import torch

from striate.models import create_model, find_entry, find_source


def test_the_rows_of_the_papers_table() -> None:
    network = create_model("mobilenet_v2", num_classes=2).eval()
    with torch.inference_mode():
        shapes = {name: tuple(f.shape[1:]) for name, f in network.features(torch.zeros(1, 3, 224, 224)).items()}
    assert shapes == {
        "stem": (32, 112, 112),
        "stage1": (16, 112, 112),
        "stage2": (24, 56, 56),
        "stage3": (32, 28, 28),
        "stage4": (64, 14, 14),
        "stage5": (96, 14, 14),
        "stage6": (160, 7, 7),
        "stage7": (320, 7, 7),
        "top": (1280, 7, 7),
    }


def test_every_published_tensor_has_its_place() -> None:
    source = find_source("mobilenet_v2")
    if not source.is_installed():
        pytest.skip("the package that carries MobileNetV2's weights is not installed")
    published = torch.load(source.where.path(), weights_only=True)
    rename = find_entry("mobilenet_v2").rename
    renamed = {rename(key): t.shape for key, t in published.items()}
    assert len(renamed) == len(published) == 314
    assert renamed == {key: t.shape for key, t in create_model("mobilenet_v2").state_dict().items()}


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("mobilenet_v2").rename
    assert [rename(key) for key in ("features.0.weight", "fc.weight", "")] == ["features.0.weight", "fc.weight", ""]
