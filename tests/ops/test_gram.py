"""The costs of style transfer against NumPy written from the documents, and their gradients."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.ops import content_cost, gram_cost, gram_matrix, mean_gram, style_cost, total_variation

SIZES = [(1,), (7,), (5, 4), (3, 2, 4)]  # signals, images, volumes


def activations(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def slow_gram(a):
    """(C, *S) -> (C, C), one product at a time."""
    channels = a.shape[0]
    gram = np.zeros((channels, channels))
    for k in range(channels):
        for other in range(channels):
            for place in np.ndindex(a.shape[1:]):
                gram[k, other] += a[(k, *place)] * a[(other, *place)]
    return gram


def slow_style_cost(style, generated):
    """The documents' formula on two activations (C, H, W) of one size."""
    channels, height, width = generated.shape
    difference = slow_gram(style) - slow_gram(generated)
    return (difference**2).sum() / (2 * height * width * channels) ** 2


def slow_variation(x):
    """(C, H, W), neighbour by neighbour."""
    total = 0.0
    for c, i, j in np.ndindex(x.shape):
        total += (x[c, i + 1, j] - x[c, i, j]) ** 2 if i + 1 < x.shape[1] else 0
        total += (x[c, i, j + 1] - x[c, i, j]) ** 2 if j + 1 < x.shape[2] else 0
    return total


@pytest.mark.parametrize("size", SIZES)
def test_gram_matrices_are_those_of_the_documents(size):
    a = activations(2, 3, *size)
    found = gram_matrix(a).numpy()
    np.testing.assert_allclose(found, [slow_gram(one) for one in a.numpy()], rtol=1e-12)
    np.testing.assert_allclose(mean_gram(a).numpy(), found / np.prod(size), rtol=1e-12)


def test_the_costs_are_those_of_the_documents():
    first, second = activations(2, 3, 5, 4), activations(2, 3, 5, 4, seed=1)
    pairs = list(zip(first.numpy(), second.numpy(), strict=True))
    content = [((a - b) ** 2).sum() / 2 for a, b in pairs]
    np.testing.assert_allclose(content_cost(first, second).numpy(), content, rtol=1e-12)
    np.testing.assert_allclose(style_cost(first, second).numpy(), [slow_style_cost(a, b) for a, b in pairs], rtol=1e-12)
    np.testing.assert_allclose(total_variation(first).numpy(), [slow_variation(a) for a, _ in pairs], rtol=1e-12)


def test_a_style_of_another_size_counts_as_one_of_the_same_size():
    style, generated = activations(1, 3, 4, 6), activations(1, 3, 8, 6, seed=1)
    twice = torch.cat([style, style], dim=2)  # the same statistics at as many positions as the generated image has
    expected = slow_style_cost(twice[0].numpy(), generated[0].numpy())
    assert style_cost(style, generated).item() == pytest.approx(expected, rel=1e-12)


def test_one_style_serves_a_batch():
    style, batch = activations(1, 3, 4, 6), activations(5, 3, 4, 6, seed=1)
    each = [gram_cost(mean_gram(style), mean_gram(one[None])).item() for one in batch]
    assert gram_cost(mean_gram(style), mean_gram(batch)).tolist() == pytest.approx(each)


@pytest.mark.parametrize("cost", [content_cost, style_cost, lambda _, x: total_variation(x)])
def test_gradients_are_those_of_small_differences(cost):
    first, second = activations(2, 2, 3, 4), activations(2, 2, 3, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: cost(first, x), (second,))
    assert torch.autograd.gradgradcheck(lambda x: cost(first, x), (second,))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_have_the_layout_of_the_activations(layout):
    a = activations(2, 3, 5, 4).to(memory_format=layout).requires_grad_()
    weights = activations(2, 3, 3, seed=1)
    (found,) = torch.autograd.grad((weights * gram_matrix(a)).sum(), a)
    torch.testing.assert_close(found, torch.einsum("nkc,nchw->nkhw", weights + weights.mT, a.detach()))
    assert found.is_contiguous(memory_format=layout)


def test_gradients_are_those_of_the_paper():
    """Equations 2 and 6 of Gatys et al., 2015, where a rectified unit is at 0 or below nothing flows."""
    before, style = activations(1, 3, 4, 5).requires_grad_(), activations(1, 3, 4, 5, seed=1)
    content = activations(1, 3, 4, 5, seed=2)
    f = F.relu(before)
    flat, n, m = f.detach()[0].flatten(1), 3, 20
    open_ = flat > 0
    (found,) = torch.autograd.grad(content_cost(content, f).sum(), before, retain_graph=True)
    torch.testing.assert_close(found[0].flatten(1), (flat - content[0].flatten(1)) * open_)
    (found,) = torch.autograd.grad(style_cost(style, f).sum(), before)
    difference = flat @ flat.T - style[0].flatten(1) @ style[0].flatten(1).T
    torch.testing.assert_close(found[0].flatten(1), (flat.T @ difference).T * open_ / (n**2 * m**2))


def test_an_image_is_at_no_cost_to_itself():
    a = activations(1, 3, 4, 5)
    assert content_cost(a, a).item() == style_cost(a, a).item() == total_variation(torch.ones(1, 3, 4, 5)).item() == 0
    mixed = a.flatten(2)[..., torch.randperm(20)].reshape(a.shape)  # style does not see where something is
    assert style_cost(a, mixed).item() == pytest.approx(0, abs=1e-25)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gram_matrix(torch.zeros(2, 3)), r"a must be of shape \(N, C, \*S\)"),
        (lambda: total_variation(torch.zeros(2, 3)), r"x must be of shape"),
        (lambda: content_cost(torch.zeros(1, 2, 3), torch.zeros(1, 2, 4)), r"generated must be of shape \(N, \*\(2, 3"),
        (lambda: style_cost(torch.zeros(1, 2, 3), torch.zeros(1, 3, 3)), r"both of shape \(N, C, C\)"),
        (lambda: gram_cost(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)), r"both of shape \(N, C, C\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ShapeError, match=message):
        call()
