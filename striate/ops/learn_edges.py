"""A filter learned by backpropagation from images and what an edge detector should make of them."""

import torch
from torch import Tensor

from striate.errors import ArgumentError, ShapeError
from striate.ops.conv import cross_correlate
from striate.ops.size import Padding, output_size


def learn_filter(
    images: Tensor, targets: Tensor, size: int = 3, *, padding: Padding = "valid", max_steps: int = 1000
) -> Tensor:
    """The filter whose cross-correlation with the images comes nearest to the targets.

    Its numbers (nine for 3x3) start at zero and follow the gradient of the mean squared error by L-BFGS. The error
    is quadratic, so there is one lowest value, and one filter that reaches it if the images are varied enough.

    Args:
        images: (H, W), (N, H, W), or in colour (N, C, H, W). Any number type; computed in float64.
        targets: edge maps: (H', W'), or (N, H', W') for a batch, H' and W' as the padding gives them.
        size: side of the filter in pixels.
        padding: as in `pad_amounts`.
        max_steps: steps of the optimiser at most; it stops earlier where the gradient vanishes.

    Returns:
        (size, size), or (C, size, size) for colour images, float64.

    Raises:
        ShapeError: shapes don't fit each other.
        ArgumentError: a number is not finite, or max_steps is less than 1.

    Example:
        >>> from striate.ops.edges import edges
        >>> images = torch.rand(4, 16, 16, generator=torch.Generator().manual_seed(0))
        >>> learn_filter(images, edges(images, "scharr")).round(decimals=3).abs()
        tensor([[ 3.,  0.,  3.],
                [10.,  0., 10.],
                [ 3.,  0.,  3.]], dtype=torch.float64)
    """
    _check(images, targets, size, padding, max_steps)
    images, targets = images.detach().double(), targets.detach().double()
    scale = images.square().mean().sqrt().clamp_min(torch.finfo(torch.float64).tiny)
    images, targets = images / scale, targets / scale  # the filter stays the same, the steps become comparable
    depth = images.shape[1:-2] if images.ndim == 4 else ()
    weights = torch.zeros(*depth, size, size, dtype=torch.float64, device=images.device, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weights],
        max_iter=max_steps,
        tolerance_grad=1e-14,
        tolerance_change=1e-18,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = (cross_correlate(images, weights, padding=padding) - targets).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad():
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()


def _check(images: Tensor, targets: Tensor, size: int, padding: Padding, max_steps: int) -> None:
    if images.ndim not in (2, 3, 4) or images.numel() == 0:
        raise ShapeError.of("images", "(H, W), (N, H, W) or (N, C, H, W), not empty", tuple(images.shape))
    if max_steps < 1:
        raise ArgumentError.of("max_steps", "at least 1", max_steps)
    expected = (
        *images.shape[: min(images.ndim - 2, 1)],
        *(output_size(n, size, padding=padding) for n in images.shape[-2:]),
    )
    if targets.shape != expected:
        raise ShapeError.of("targets", f"of shape {expected} for these images", tuple(targets.shape))
    for name, values in (("images", images), ("targets", targets)):
        if not values.isfinite().all():
            raise ArgumentError(f"{name} must be finite, got NaN or infinity")
