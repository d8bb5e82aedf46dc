"""The triplet loss: what shows the same shall be nearer than what doesn't, by a margin."""

from torch import Tensor

MARGIN = 0.2  # α, of Schroff et al.


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *, margin: float = MARGIN) -> Tensor:
    """Mean of max(‖f(A) - f(P)‖² - ‖f(A) - f(N)‖² + α, 0) over triplets; 0 where there are none.

    Schroff et al., FaceNet, 2015, arXiv:1503.03832, equation 3, which sums.

    Args:
        anchor, positive, negative: (T, D) encodings of unit length; the first two show the same, the third doesn't.
        margin: α, positive. A network that gives the same encoding to everything pays just as much.

    Returns:
        A scalar, at least 0.

    Example:
        >>> import torch
        >>> a, p, n = torch.tensor([[1.0, 0]]), torch.tensor([[0.6, 0.8]]), torch.tensor([[0.0, 1]])
        >>> triplet_loss(a, p, n).item(), triplet_loss(a, n, p).item()  # 0.8 and 2 apart, squared
        (0.0, 1.4...)
    """
    to_positive = (anchor - positive).square().sum(1)  # (T,)
    to_negative = (anchor - negative).square().sum(1)
    losses = (to_positive - to_negative + margin).clamp(min=0)
    return losses.sum() / max(len(losses), 1)
