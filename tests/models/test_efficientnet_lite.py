import pytest
import torch
from skimage import data

from striate.layers import scale_channels
from striate.models import create_model, find_entry, find_source
from striate.models.efficientnet_lite import TABLE, scale_table

NAMES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")


@pytest.mark.parametrize("name", NAMES)
def test_every_published_tensor_has_its_place(name: str) -> None:
    source = find_source(name)
    if not source.is_installed():
        pytest.skip(f"the package that carries the weights {name} is not installed")
    published = torch.load(source.where.path(), weights_only=True)
    rename = find_entry(name).published["efficientnet-lite"]
    renamed = {rename(key): t.shape for key, t in published.items()}
    assert len(renamed) == len(published)
    assert renamed == {key: t.shape for key, t in create_model(name).state_dict().items()}


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("efficientnet_lite0").published["efficientnet-lite"]
    for key in ("_bn2.weight", "_blocks.0._se_reduce.weight", "_blocks", ""):
        assert rename(key) == key


def test_scaling_rounds_channels_to_eight_and_depths_up() -> None:
    assert [scale_channels(c, 1.0) for c in (16, 24, 40, 80, 112, 192, 320)] == [16, 24, 40, 80, 112, 192, 320]
    assert [scale_channels(c, 1.1) for c in (16, 24, 40, 80, 112, 192, 320)] == [16, 24, 48, 88, 120, 208, 352]
    assert scale_channels(10, 1.01) == 16  # 8 would be less than 90 %
    assert scale_channels(1, 1.1) == 8
    assert scale_table(1.0, 1.0) == list(TABLE)
    assert [blocks for _, _, _, blocks, _ in scale_table(1.0, 1.1)] == [1, 3, 3, 4, 4, 5, 1]


def test_batch_norms_and_padding_are_tensorflows() -> None:
    network = create_model("efficientnet_lite0", num_classes=2)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.01)}
    pads = [name for name, m in network.named_modules() if name.endswith("pad")]
    assert len(pads) == 5  # where it strides


def test_a_cat_is_a_cat() -> None:
    """The whole chain of published numbers: padding, eps, ReLU6, order of layers."""
    source = find_source("efficientnet_lite0")
    if not source.is_installed():
        pytest.skip("the package that carries the weights efficientnet_lite0 is not installed")
    photo = torch.from_numpy(data.chelsea()).permute(2, 0, 1).float()[None]  # (1, 3, 300, 451)
    crop = torch.nn.functional.interpolate(photo[..., 76:376], (224, 224), mode="bicubic", antialias=True)
    network = create_model("efficientnet_lite0", weights="efficientnet_lite0").eval()
    with torch.inference_mode():
        probabilities = network((crop - 127) / 128).softmax(1)[0]
    cats = {"tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"}
    share = {source.preset.labels[i]: p for i, p in enumerate(probabilities.tolist())}
    assert sum(p for label, p in share.items() if label in cats) > 0.7
