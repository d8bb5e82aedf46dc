"""How far encodings are from one another: between all pairs of two lists, or row by row.

All are sums over differences. |a|² + |b|² - 2ab would be faster, but where two encodings are near, rounding leaves
nothing of it; and near ones are what a threshold parts. Half precision is taken as float32.
"""

import torch
from torch import Tensor

from striate.errors import ArgumentError, ShapeError


def pairwise_distance(a: Tensor, b: Tensor) -> Tensor:
    """The Euclidean distance of every row of one list to every row of another: ‖a - b‖.

    Args:
        a: (N, D) encodings.
        b: (M, D), on the same device.

    Returns:
        (N, M), at least 0; in [0, 2] where rows have unit length. Its gradient between equal rows is 0.

    Raises:
        ShapeError: not two lists of encodings of one length.

    Example:
        >>> pairwise_distance(torch.tensor([[0.0, 0]]), torch.tensor([[3.0, 4], [0, 0]]))
        tensor([[5., 0.]])
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError.of("a and b", "of shapes (N, D) and (M, D)", (tuple(a.shape), tuple(b.shape)))
    return torch.cdist(*_as_floats(a, b), compute_mode="donot_use_mm_for_euclid_dist")


def squared_distance(a: Tensor, b: Tensor) -> Tensor:
    """The square of `pairwise_distance`: ‖a - b‖², (N, M), in [0, 4] where rows have unit length.

    Example:
        >>> squared_distance(torch.tensor([[0.0, 0]]), torch.tensor([[3.0, 4], [0, 0]]))
        tensor([[25.,  0.]])
    """
    return pairwise_distance(a, b).square()


def paired_distance(a: Tensor, b: Tensor) -> Tensor:
    """The Euclidean distance of each row to the one that stands at its place in the other list.

    Args:
        a, b: (N, D) encodings.

    Returns:
        (N,), as in `pairwise_distance`.

    Raises:
        ShapeError: not two lists of one shape.

    Example:
        >>> paired_distance(torch.tensor([[0.0, 0], [1, 1]]), torch.tensor([[3.0, 4], [1, 1]]))
        tensor([5., 0.])
    """
    if a.ndim != 2 or a.shape != b.shape:
        raise ShapeError.of("a and b", "both of shape (N, D)", (tuple(a.shape), tuple(b.shape)))
    a, b = _as_floats(a, b)
    distances: Tensor = torch.linalg.vector_norm(a - b, dim=1)
    return distances


def chi_square_terms(a: Tensor, b: Tensor, *, eps: float = 1e-6) -> Tensor:
    """What each feature adds to the χ² distance: (a - b)² / (|a| + |b| + ε).

    Of features that are nowhere negative, and with an ε of 0, that is the usual (a - b)² / (a + b). With ε the same
    holds for signed ones: no term is larger than |a| + |b|. Taigman et al., DeepFace, 2014, section 4.1, weigh the
    terms by a logistic unit.

    Args:
        a, b: features of shapes that broadcast, such as (N, D) both.
        eps: at least 0. Where all of a denominator is 0, so is the term.

    Returns:
        The terms, at least 0, of the shape that they broadcast to.

    Raises:
        ArgumentError: `eps` is negative.

    Example:
        >>> chi_square_terms(torch.tensor([3.0, -1, 0]), torch.tensor([1.0, 1, 0]), eps=0)
        tensor([1., 2., 0.])
    """
    if not eps >= 0:
        raise ArgumentError.of("eps", "at least 0", eps)
    a, b = _as_floats(a, b)
    total = a.abs() + b.abs() + eps
    return (a - b).square() / total.where(total > 0, 1.0)


def _as_floats(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the precision that both fit, float32 at least."""
    dtype = torch.promote_types(torch.promote_types(a.dtype, b.dtype), torch.float32)
    return a.to(dtype), b.to(dtype)
