"""airbench94: its stem whitens, and its filters start as the identity."""

import numpy as np
import pytest
import torch

from striate.models import create_model
from striate.models.airbench import whiten_stem

SIDES = {1: (400,), 2: (32, 32), 3: (12, 12, 12)}


@pytest.mark.parametrize(("dims", "channels"), [(1, 1), (1, 2), (2, 1), (2, 3), (3, 1)])
def test_patches_leave_the_stem_white(dims, channels):
    """Second moments of the answers to the very patches, by NumPy: the identity, whatever the images are like."""
    rng = np.random.default_rng(dims)
    noise = rng.normal(size=(6, channels, *SIDES[dims]))
    smooth = noise + 0.9 * np.roll(noise, 1, axis=-1) + 0.3 * rng.normal(size=(6, 1, *SIDES[dims]))  # neighbours alike
    images = torch.from_numpy(3 * smooth + 1).float()
    network = create_model("airbench94", in_channels=channels, dims=dims)
    whiten_stem(network, images)
    layer = network.stages["stem"].conv
    answers = layer(images).detach() - layer.bias.detach().view(1, -1, *[1] * dims)
    half = channels * 2**dims
    rows = answers.movedim(1, -1).reshape(-1, 2 * half).numpy()
    np.testing.assert_allclose(rows[:, :half].T @ rows[:, :half] / len(rows), np.eye(half), atol=2e-2)
    np.testing.assert_allclose(rows[:, half:], -rows[:, :half], atol=1e-4)
    assert not layer.weight.requires_grad
    assert layer.bias.requires_grad


def test_images_of_one_colour_blow_nothing_up():
    network = create_model("airbench94")
    whiten_stem(network, torch.full((4, 3, 32, 32), 0.5))
    assert network.stages["stem"].conv.weight.abs().max() <= 1 / 5e-4**0.5


def test_filters_start_as_the_identity():
    """What a block's second convolution is given, it passes on."""
    block = create_model("airbench94").stages["block2"]
    x = torch.randn(2, 256, 7, 7)
    assert torch.equal(block.conv2(x), x)
    assert torch.equal(block.conv1(x[:, :64])[:, :64], x[:, :64])
