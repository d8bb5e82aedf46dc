"""Paths that the input is added to.

Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable

from torch import Tensor, nn

from striate.layers.conv import conv_norm
from striate.layers.sequential import sequential


class Residual(nn.Module):
    """scale * path(x) + shortcut(x), or path(x) alone where there is no shortcut.

    Args:
        path, shortcut: modules of one output shape.
        scale: what the path is multiplied by before the shortcut is added (Szegedy et al., 2016,
            arXiv:1602.07261, section 3.3); 1 in residual networks.

    Example:
        >>> import torch
        >>> double = Residual(path=nn.Identity(), shortcut=nn.Identity())
        >>> double(torch.tensor([1.0, 2.0]))
        tensor([2., 4.])
    """

    def __init__(self, path: nn.Module, shortcut: nn.Module | None, scale: float = 1.0):
        super().__init__()
        self.path, self.shortcut, self.scale = path, shortcut, scale

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C', *S')"""
        y: Tensor = self.path(x)
        if self.shortcut is None:
            return y
        if self.scale != 1.0:
            y = self.scale * y
        return y + self.shortcut(x)  # type: ignore[no-any-return]


def inverted_residual(
    dims: int,
    channels: int,
    out: int,
    kernel: int,
    stride: int,
    expansion: int,
    unit: Callable[..., nn.Module] = conv_norm,
) -> Residual:
    """Expand by 1x1, filter each channel on its own, project by 1x1; (N, channels, *S) -> (N, out, *S / stride).

    The shortcut joins the narrow ends, where they are of one shape; the projection has no activation.

    Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381, figure 3.

    Args:
        dims: number of spatial dimensions, 1 to 3.
        channels, out: channels in and out.
        kernel, stride: of the depthwise convolution.
        expansion: how many times more channels between; 1 leaves the first 1x1 out.
        unit: makes convolution, norm and activation, as `conv_norm` does.

    Example:
        >>> [name for name, _ in inverted_residual(2, 16, 24, 3, 2, expansion=6).path.named_children()]
        ['expand', 'depthwise', 'project']
    """
    hidden = expansion * channels
    path = sequential(
        expand=unit(dims, channels, hidden, 1, activation=nn.ReLU6) if expansion > 1 else None,
        depthwise=unit(dims, hidden, hidden, kernel, stride, groups=hidden, activation=nn.ReLU6),
        project=unit(dims, hidden, out, 1),
    )
    return Residual(path, nn.Identity() if stride == 1 and channels == out else None)


def inverted_stage(
    dims: int,
    channels: int,
    out: int,
    kernel: int,
    stride: int,
    expansion: int,
    blocks: int,
    unit: Callable[..., nn.Module] = conv_norm,
) -> nn.Sequential:
    """Inverted residuals in a row, of which the first strides: (N, channels, *S) -> (N, out, *S / stride).

    Args:
        blocks: how many.
        dims, channels, out, kernel, stride, expansion, unit: as in `inverted_residual`.

    Example:
        >>> import torch
        >>> inverted_stage(1, 8, 16, 3, stride=2, expansion=6, blocks=3)(torch.zeros(1, 8, 32)).shape
        torch.Size([1, 16, 16])
    """
    first = inverted_residual(dims, channels, out, kernel, stride, expansion, unit)
    rest = [inverted_residual(dims, out, out, kernel, 1, expansion, unit) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)
