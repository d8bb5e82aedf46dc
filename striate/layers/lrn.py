"""Local response normalisation, AlexNet's."""

from torch import nn


class LRN(nn.LocalResponseNorm):
    """Each value is damped by its neighbours at the same place: a / (k + alpha * sum of a²) ** beta.

    The sum runs over `n` adjacent channels, fewer at the first and last ones. (N, C, *S) -> (N, C, *S)

    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks,
    2012, section 3.3. torch and Caffe divide alpha by n; this is the paper's formula.

    Args:
        n: neighbouring channels, the channel itself included; odd.
        alpha, beta, k: the constants of the formula.

    Example:
        >>> import torch
        >>> LRN(n=3, alpha=1, beta=1, k=0)(torch.tensor([[[1.0], [2.0], [4.0]]])).flatten()
        tensor([0.2000, 0.0952, 0.2000])
    """

    def __init__(self, n: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0):
        super().__init__(n, alpha * n, beta, k)
