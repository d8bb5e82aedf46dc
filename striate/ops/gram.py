"""The costs of neural style transfer: what an image shows, by activations, and how it looks, by their Gram matrices.

Gatys, Ecker and Bethge, A Neural Algorithm of Artistic Style, 2015, arXiv:1508.06576. Every cost is of each image of a
batch on its own. Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W; n positions in all.
"""

from typing import Any

import torch
from torch import Tensor

from striate.errors import ShapeError


def gram_matrix(a: Tensor) -> Tensor:
    """How often channels are active together: G[k, k'] = Σ over all positions of a[k] · a[k'].

    Args:
        a: (N, C, *S) activations, at least one spatial axis.

    Returns:
        (N, C, C), symmetric.

    Raises:
        ShapeError: no spatial axis.

    Example:
        >>> gram_matrix(torch.tensor([[[1.0, 2], [0, 3]]]))
        tensor([[[5., 6.],
                 [6., 9.]]])
    """
    if a.ndim < 3:
        raise ShapeError.of("a", "of shape (N, C, *S)", tuple(a.shape))
    gram: Tensor = _Gram.apply(a.flatten(2))  # type: ignore[no-untyped-call]
    return gram


class _Gram(torch.autograd.Function):
    """(N, C, n) -> (N, C, C); as its gradient is known to be one product, it takes one, where autograd takes two."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor) -> Tensor:
        ctx.save_for_backward(flat)
        gram: Tensor = flat @ flat.mT
        return gram

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        both = gradient + gradient.mT
        # In the layout of the activations, or else adding it to what comes from later layers reads across memory.
        slope: Tensor = (flat.mT @ both).mT if flat.mT.is_contiguous() else both @ flat
        return slope


def mean_gram(a: Tensor) -> Tensor:
    """The Gram matrix of one position on average, G / n, which is comparable between images of different sizes.

    Example:
        >>> mean_gram(torch.tensor([[[1.0, 2], [0, 3]]]))
        tensor([[[2.5000, 3.0000],
                 [3.0000, 4.5000]]])
    """
    return gram_matrix(a) / a[0, 0].numel()


def content_cost(content: Tensor, generated: Tensor) -> Tensor:
    """½ ‖a(C) - a(G)‖², over the activations of one layer.

    Args:
        content, generated: (N, C, *S) of the content image and of the generated one; N may be 1 in either.

    Returns:
        (N,)

    Raises:
        ShapeError: other sizes than N differ.

    Example:
        >>> content_cost(torch.zeros(1, 2, 3, 3), torch.ones(1, 2, 3, 3))
        tensor([9.])
    """
    if content.shape[1:] != generated.shape[1:]:
        raise ShapeError.of("generated", f"of shape (N, *{tuple(content.shape[1:])})", tuple(generated.shape))
    return (generated - content).square().flatten(1).sum(1) / 2


def style_cost(style: Tensor, generated: Tensor) -> Tensor:
    """1 / (2 · nH · nW · nC)² · ‖G(S) - G(G)‖², over the activations of one layer.

    A style image of another size counts as if it had as many positions as the generated one: both Gram matrices are
    divided by the number of theirs, which for equal sizes is the very same cost.

    Args:
        style: (N, C, *S') of the style image.
        generated: (N, C, *S) of the generated one.

    Returns:
        (N,)

    Raises:
        ShapeError: another number of channels, or no spatial axis.

    Example:
        >>> style_cost(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 3.0))  # (0 - 4 · 9)² / (2 · 2 · 2 · 1)²
        tensor([20.2500])
    """
    return gram_cost(mean_gram(style), mean_gram(generated))


def gram_cost(style: Tensor, generated: Tensor) -> Tensor:
    """`style_cost` of mean Gram matrices: ‖G(S) / n(S) - G(G) / n(G)‖² / (2 · nC)².

    Args:
        style, generated: (N, C, C), as `mean_gram` gives them; N may be 1 in either.

    Returns:
        (N,)

    Raises:
        ShapeError: not square matrices of one size.

    Example:
        >>> gram_cost(torch.zeros(1, 1, 1), torch.full((1, 1, 1), 9.0))
        tensor([20.2500])
    """
    shapes = tuple(style.shape), tuple(generated.shape)
    if not style.ndim == generated.ndim == 3 or len({*style.shape[1:], *generated.shape[1:]}) != 1:
        raise ShapeError.of("style and generated", "both of shape (N, C, C)", shapes)
    return (generated - style).square().sum((1, 2)) / (2 * style.shape[1]) ** 2


def total_variation(x: Tensor) -> Tensor:
    """How restless an image is: the sum of squared differences of neighbours, along each spatial axis.

    Mahendran and Vedaldi, Understanding Deep Image Representations by Inverting Them, 2015, arXiv:1412.0035, β = 2.

    Args:
        x: (N, C, *S).

    Returns:
        (N,)

    Raises:
        ShapeError: no spatial axis.

    Example:
        >>> total_variation(torch.tensor([[[[0.0, 1], [0, 3]]]]))  # 1 + 9 across, 0 + 4 down
        tensor([14.])
    """
    if x.ndim < 3:
        raise ShapeError.of("x", "of shape (N, C, *S)", tuple(x.shape))
    along = [x.diff(dim=axis).square().flatten(1).sum(1) for axis in range(2, x.ndim)]
    return torch.stack(along).sum(0)
