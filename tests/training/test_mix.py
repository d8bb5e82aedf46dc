"""Mixed pixels and mixed targets tell the same share, whoever is mixed with whom."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.training.mix import cutmix, mix, mixup

seeds = st.integers(0, 10_000)
alphas = st.sampled_from([0.1, 1.0, 5.0])


def flat_pictures(n, size=(6, 9)):
    """Picture i is of value i + 1 all over; its target is a row of the identity, times 2."""
    values = torch.arange(1.0, n + 1)
    return values.view(n, 1, 1, 1).expand(n, 2, *size).clone(), 2 * torch.eye(n)


@settings(deadline=None)
@given(seeds, alphas, st.integers(1, 7))
def test_mixup_mixes_targets_as_pixels(seed, alpha, n):
    images, targets = flat_pictures(n)
    before = images.clone()
    mixed, shares = mixup(images, targets, np.random.default_rng(seed), alpha)
    expected = shares @ torch.arange(1.0, n + 1) / 2  # what the shares say that each picture's value is
    torch.testing.assert_close(mixed, expected.view(n, 1, 1, 1).expand_as(mixed))
    torch.testing.assert_close(shares.sum(1), torch.full((n,), 2.0))
    torch.testing.assert_close(
        shares.sum(0), torch.full((n,), 2.0)
    )  # each picture once as the first, once as the second
    assert torch.equal(images, before)


@settings(deadline=None)
@given(seeds, alphas, st.integers(1, 7), st.sampled_from([(6, 9), (1, 1), (40, 30)]))
def test_cutmix_shares_targets_by_area(seed, alpha, n, size):
    images, targets = flat_pictures(n, size=size)
    before = images.clone()
    mixed, shares = cutmix(images, targets, np.random.default_rng(seed), alpha)
    for i in range(n):
        counted = [(mixed[i] == j + 1).float().mean().item() for j in range(n)]
        np.testing.assert_allclose(shares[i].numpy() / 2, counted, atol=1e-6)
    other = (mixed != images).any(1)  # (n, H, W)
    for picture in other:
        rows, columns = picture.any(1).sum(), picture.any(0).sum()
        assert picture.sum() == rows * columns  # a rectangle
    assert torch.equal(images, before)


def test_shares_are_those_of_beta():
    images, targets = flat_pictures(2, size=(1, 1))
    drawn = [mixup(images, targets, np.random.default_rng(i), 0.4)[1][0, 0].item() / 2 for i in range(800)]
    inside = np.array([share for share in drawn if share < 1])  # where the order is another one
    assert inside.mean() == pytest.approx(0.5, abs=0.06)
    assert inside.var() == pytest.approx(1 / (4 * 1.8), rel=0.15)
    areas = [cutmix(*flat_pictures(2, size=(50, 50)), np.random.default_rng(i), 1.0)[1] for i in range(400)]
    covered = np.array([1 - area[0, 0].item() / 2 for area in areas if area[0, 1] > 0])
    assert 0.2 < covered.mean() < 0.4  # less than a half, for a part falls outside


def test_a_recipe_mixes_by_one_the_other_or_neither():
    images, numbers = torch.rand(4, 3, 8, 8), torch.tensor([2, 0, 1, 1])

    def mixed(mixup_alpha, cutmix_alpha, seed=0, targets=numbers):
        rng = np.random.default_rng(seed)
        return mix(images, targets, rng, num_classes=3, mixup_alpha=mixup_alpha, cutmix_alpha=cutmix_alpha)

    same, targets = mixed(0, 0)
    assert same is images
    assert targets is numbers
    one_hot = torch.eye(3)[numbers]
    for ours, theirs in zip(mixed(0.4, 0), mixup(images, one_hot, np.random.default_rng(0), 0.4), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(mixed(0, 1), cutmix(images, one_hot, np.random.default_rng(0), 1.0), strict=True):
        assert torch.equal(ours, theirs)
    # CutMix leaves a pixel either as it was or another's; mixup changes all of a picture that has another second one
    cut = [bool(torch.isin(mixed(1, 1, seed)[0], images).all()) for seed in range(60)]
    assert 15 < sum(cut) < 45
    several = torch.tensor([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 0]])
    shares = mixed(1, 0, targets=several)[1]
    assert shares.dtype == torch.float32
    assert ((shares >= 0) & (shares <= 1)).all()


def test_memory_order_stays():
    images = torch.rand(4, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    for way in (mixup, cutmix):
        mixed, _ = way(images, torch.eye(4), np.random.default_rng(0), 1.0)
        assert mixed.is_contiguous(memory_format=torch.channels_last)


def test_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ArgumentError, match="alpha must be finite and positive, got 0"):
        mixup(torch.zeros(2, 1), torch.eye(2), rng, 0)
    with pytest.raises(ShapeError, match=r"targets must be \(2, K\)"):
        mixup(torch.zeros(2, 1), torch.zeros(2), rng, 1.0)
    with pytest.raises(ShapeError, match=r"images must be \(N, C, H, W\) for CutMix"):
        cutmix(torch.zeros(2, 1), torch.eye(2), rng, 1.0)
