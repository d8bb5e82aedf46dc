import torch

from striate.models import create_model, find_entry
from tests.models.published import check_published


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


def test_the_network_is_the_published_one() -> None:
    check_published("mobilenet_v2", "torchvision")


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("mobilenet_v2").published["torchvision"]
    assert [rename(key) for key in ("features.0.weight", "fc.weight", "")] == ["features.0.weight", "fc.weight", ""]
