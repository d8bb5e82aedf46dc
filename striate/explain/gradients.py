"""What in the input a unit depends on: gradients, and what deconvnets and guided backpropagation make of them.

Shapes: N samples, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.explain.rectifiers import Rectifier, rectified
from striate.explain.target import Target
from striate.layers import evaluating


def input_gradient(
    module: nn.Module, x: Tensor, target: Target, *, rectifier: Rectifier = Rectifier.GRADIENT
) -> Tensor:
    """How the target changes with each number of the input; the saliency of Simonyan et al. before its absolute value.

    The module runs in eval mode. Frozen parameters are no hindrance, and no parameter gets a gradient.

    Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2013, arXiv:1312.6034, section 3. With
    `Rectifier.GUIDED` it is guided backpropagation.

    Args:
        module: any; ReLU and ReLU6 may be modules or functions and may work in place.
        x: (N, C, *S)
        target: one number for each sample.
        rectifier: how ReLUs are gone through.

    Returns:
        (N, C, *S)

    Raises:
        UnknownNameError, ArgumentError, ShapeError: the target does not suit the module or x.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False))
        >>> gradient = input_gradient(net, torch.rand(1, 1, 2, 2), Target(2))
        >>> gradient.flatten().equal(net[1].weight[2])
        True
    """
    return _pull_back(module, x, target, rectifier)[0]


def deconvnet(module: nn.Module, x: Tensor, target: Target) -> Tensor:
    """What made a unit strong, projected back into the input: Zeiler and Fergus' reconstruction.

    All other units of the target's layer are set to zero; from there the signal goes down: back through the switches of
    max pooling (where windows overlap and chose the same position, values add up), rectified, and through transposed
    filters. A batch norm in eval mode is part of its convolution, without its constant.

    Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2013, arXiv:1311.2901, section 2.1.

    Args, Raises: as for `input_gradient`; a target with a position, or the logits, is one unit.

    Returns:
        (N, C, *S)

    Example:
        >>> net = nn.Sequential(nn.Conv1d(1, 2, 3, bias=False), nn.ReLU(inplace=True), nn.MaxPool1d(2))
        >>> net[0].weight.data[0] = torch.tensor([[1.0, 2, 1]])
        >>> x = torch.tensor([[[0.0, 0, 3, 0, 0, 0]]])
        >>> deconvnet(net, x, Target(0, "2", (0,)))  # the filter at its place, 6 times as strong
        tensor([[[ 0.,  6., 12.,  6.,  0.,  0.]]])
    """
    gradient, values = _pull_back(module, x, target, Rectifier.DECONVNET)
    return gradient * values.reshape(-1, *[1] * (x.ndim - 1))


def smooth_gradient(
    module: nn.Module,
    x: Tensor,
    target: Target,
    *,
    samples: int = 25,
    noise: float = 0.15,
    seed: int = 0,
    rectifier: Rectifier = Rectifier.GRADIENT,
) -> Tensor:
    """The mean gradient over noisy copies of the input: what stays when the gradient's own noise averages out.

    Smilkov et al., SmoothGrad: removing noise by adding noise, 2017, arXiv:1706.03825.

    Args:
        samples: noisy copies, at least 1; computed one after the other.
        noise: its standard deviation, as a share of the range (highest - lowest) of each sample of x, at least 0.
        seed: of the noise.
        module, x, target, rectifier, Raises: as for `input_gradient`.

    Returns:
        (N, C, *S)

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
        >>> x = torch.rand(2, 1, 2, 2)
        >>> torch.allclose(smooth_gradient(net, x, Target(0)), input_gradient(net, x, Target(0)))  # nothing to smooth
        True
    """
    if samples < 1:
        raise ArgumentError.of("samples", "at least 1", samples)
    if noise < 0:
        raise ArgumentError.of("noise", "at least 0", noise)
    generator = torch.Generator().manual_seed(seed)
    flat = x.detach().flatten(1)
    deviation = noise * (flat.amax(1) - flat.amin(1)).reshape(-1, *[1] * (x.ndim - 1))
    total = torch.zeros_like(x)
    for _ in range(samples):
        drawn = torch.randn(x.shape, generator=generator).to(x)
        total += input_gradient(module, x + deviation * drawn, target, rectifier=rectifier)
    return total / samples


def saliency(gradient: Tensor) -> Tensor:
    """How much the target depends on each position: the largest absolute gradient over channels, (N, C, *S) -> (N, *S).

    Example:
        >>> saliency(torch.tensor([[[1.0, -2.0], [-3.0, 0.0]]]))
        tensor([[3., 2.]])
    """
    return gradient.abs().amax(1)


def _pull_back(module: nn.Module, x: Tensor, target: Target, rule: Rectifier) -> tuple[Tensor, Tensor]:
    """The gradient by a rule for rectifiers (N, C, *S), and the target's values (N,)."""
    with evaluating(module), torch.inference_mode(False), torch.enable_grad(), rectified(rule):
        start = x.detach().clone().requires_grad_()
        values = target.values(module, start.clone())  # a copy: a first layer may work in place
        (gradient,) = torch.autograd.grad(values.sum(), start, materialize_grads=True)
    return gradient, values.detach()
