"""The image-transform network: shapes, styles of their own, and a model file."""

import pytest
import torch
from torch.nn import functional as F

from striate.errors import ArgumentError
from striate.models import ModelFile, find_entry, load_model, model_names, save_model
from striate.models.transform_net import StyleNorm, Unit
from striate.preset import Preset


def build(styles=2, **options):
    torch.manual_seed(0)
    return find_entry("transform_net_slim").build(num_classes=styles, **options)


@pytest.mark.parametrize(("name", "parameters"), [("transform_net_full", 1_679_235), ("transform_net_slim", 424_899)])
def test_parameters(name, parameters):
    assert sum(p.numel() for p in find_entry(name).build(num_classes=1).parameters()) == parameters


def test_another_style_costs_but_a_scale_and_a_shift_of_each_channel():
    one, two = (sum(p.numel() for p in build(k).parameters()) for k in (1, 2))
    assert two - one == 2 * (16 + 32 + 64 + 10 * 64 + 32 + 16)


@pytest.mark.parametrize("size", [(16, 16), (20, 36), (64, 32)])
def test_a_picture_comes_out_as_large_as_it_went_in(size):
    found = build()(torch.rand(3, 3, *size) * 2 - 1)
    assert found.shape == (3, 3, *size)
    assert found.abs().max() <= 1


def test_style_norm_is_instance_norm_with_numbers_of_the_style():
    norm = StyleNorm(2, 3)
    for p in norm.parameters():
        p.data = torch.randn_like(p)
    x = torch.randn(2, 3, 4, 5)
    found = norm(x, torch.tensor([[0.0, 1], [0.25, 0.75]]))
    for image, share in ((0, (0, 1)), (1, (0.25, 0.75))):
        scale = share[0] * norm.weight[0] + share[1] * norm.weight[1]
        shift = share[0] * norm.bias[0] + share[1] * norm.bias[1]
        expected = F.instance_norm(x[image : image + 1], weight=scale, bias=shift)
        torch.testing.assert_close(found[image : image + 1], expected)


def test_an_image_sees_its_own_style_alone():
    network = build().eval()
    for module in network.modules():
        if isinstance(module, StyleNorm):
            module.bias.data[1] += 0.5
    x = torch.rand(2, 3, 16, 16)
    both = network(x, torch.eye(2))
    torch.testing.assert_close(both[:1], network(x[:1]))  # the first style is what it takes if none is said
    torch.testing.assert_close(both[1:], network(x[1:], torch.tensor([[0.0, 1]])))
    assert (both[1:] - network(x[1:])).abs().max() > 0.01


def test_every_parameter_learns_from_the_styles_that_are_painted():
    network = build()
    network(torch.rand(2, 3, 16, 16), torch.eye(2)).square().sum().backward()
    still = [name for name, p in network.named_parameters() if not p.grad.any()]
    assert all(name.endswith("conv.bias") for name in still)  # the norm takes it away again


def test_borders_are_mirrored():
    unit = Unit(1, 1, 1, 3, rectify=False)
    flat = torch.ones(1, 1, 8, 8)
    torch.testing.assert_close(unit.conv(flat), torch.full((1, 1, 8, 8), unit.conv(flat)[0, 0, 4, 4].item()))


def test_it_is_no_classifier_and_has_a_model_file(tmp_path):
    assert "transform_net_slim" not in model_names()
    network, preset = build(), Preset(size_hw=(64, 64), mean=(127.5,) * 3, std=(127.5,) * 3, labels=("night", "wave"))
    arguments = {"num_classes": 2, "in_channels": 3, "dims": 2}
    save_model(tmp_path / "m.safetensors", network, ModelFile("transform_net_slim", arguments, "stylize", preset))
    loaded, header = load_model(tmp_path / "m.safetensors")
    x = torch.rand(1, 3, 16, 16)
    assert torch.equal(loaded(x), network.eval()(x))
    assert header.preset.labels == ("night", "wave")
    with pytest.raises(ArgumentError, match="dims must be one of 2"):
        find_entry("transform_net_slim").build(dims=3)
