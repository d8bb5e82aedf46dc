"""LeNet-5 as it was published.

LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, section II.B (figure 2: the sizes;
table I: what C3 sees; equations 5 to 7; appendix A: the squashing function). Stages are named as in the paper.
All units up to F6 are squashed, those of C1 and C3 too, as the paper has it ("units in layers up to F6").
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from striate.layers import avg_pool, conv, sequential
from striate.layers.dims import Conv
from striate.models.lenet_1998_codes import class_codes
from striate.models.network import Network
from striate.models.registry import register

# Table I: which of S2's 6 maps each of C3's 16 maps sees.
TABLE = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


class Squash(nn.Module):
    """1.7159 tanh(2/3 a), which takes ±1 to ±1 and is nearly linear between (equation 6).

    Example:
        >>> Squash()(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([-1.0000,  0.0000,  1.0000])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return 1.7159 * torch.tanh(2 / 3 * x)


class Subsample(nn.Module):
    """The sum of each window of 2 samples a side, times a number per channel, plus another: (N, C, *S) -> (N, C, *S/2)

    Example:
        >>> subsample = Subsample(dims=1, channels=1)
        >>> _ = subsample.load_state_dict({"weight": torch.tensor([10.0]), "bias": torch.tensor([1.0])})
        >>> subsample(torch.tensor([[[1.0, 2, 3, 4]]]))
        tensor([[[31., 71.]]], grad_fn=<AddBackward0>)
    """

    def __init__(self, dims: int, channels: int):
        super().__init__()
        self.pool = avg_pool(dims, 2)
        self.inputs = 2**dims
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S / 2)"""
        per_channel = (-1, *[1] * (x.ndim - 2))
        return self.pool(x) * (self.inputs * self.weight).view(per_channel) + self.bias.view(per_channel)  # type: ignore[no-any-return]


class SparseConv(nn.Module):
    """A convolution of which every output channel sees a few input channels: (N, C, *S) -> (N, C', *(S - kernel + 1)).

    Output channels in a row that see equally many make one grouped convolution.

    Args:
        dims: number of spatial dimensions, 1 to 3.
        table: for each output channel the input channels that it sees.
        kernel: samples along each side of the filter.

    Example:
        >>> SparseConv(1, ((0, 1), (1, 2), (0, 1, 2)), kernel=5).groups
        ModuleList(
          (0): Conv1d(4, 2, kernel_size=(5,), stride=(1,), groups=2)
          (1): Conv1d(3, 1, kernel_size=(5,), stride=(1,))
        )
    """

    def __init__(self, dims: int, table: tuple[tuple[int, ...], ...], kernel: int):
        super().__init__()
        runs = [list(rows) for _, rows in groupby(table, key=len)]
        self.seen = [[channel for row in rows for channel in row] for rows in runs]
        self.groups = nn.ModuleList(
            conv(dims, len(seen), len(rows), kernel, padding=0, groups=len(rows))
            for seen, rows in zip(self.seen, runs, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C', *(S - kernel + 1))"""
        channels = torch.split(x, 1, dim=1)
        inputs = [torch.cat([channels[i] for i in seen], dim=1) for seen in self.seen]
        return torch.cat([group(part) for group, part in zip(self.groups, inputs, strict=True)], dim=1)


class CodeDistances(nn.Module):
    """Radial basis functions: minus the squared distance to the code of each class (equation 7), (N, 84) -> (N, K).

    Where there are positions, each is compared: (N, 84, *S) -> (N, K, *S).

    The codes are not trained. Cross-entropy of these logits is the paper's loss (equation 9) without its constant.

    Example:
        >>> distances = CodeDistances(num_classes=10)
        >>> distances(distances.codes[3:4]).argmax()
        tensor(3)
    """

    def __init__(self, num_classes: int):
        super().__init__()
        self.codes: Tensor
        self.register_buffer("codes", torch.tensor(class_codes(num_classes)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 84, *S) -> (N, K, *S)"""
        codes = self.codes.view(*self.codes.shape, *[1] * (x.ndim - 2))
        return -(x[:, None] - codes).square().sum(dim=2)  # (N, K, 84, *S) -> (N, K, *S)


def initialise(network: Network) -> Network:
    """Draw all parameters from ±2.4 / fan_in, evenly; returns the same network (appendix A)."""
    for module in network.modules():
        if isinstance(module, Conv | nn.Linear | Subsample):
            inputs = module.inputs if isinstance(module, Subsample) else module.weight[0].numel()
            for parameter in module.parameters():
                nn.init.uniform_(parameter, -2.4 / inputs, 2.4 / inputs)
    return network


def lenet_1998(*, dims: int = 2, in_channels: int = 1, num_classes: int = 10) -> Network:
    """(N, in_channels, 32, …) -> (N, num_classes); every side has 32 samples."""
    stages = {  # samples a side:
        "c1": sequential(conv=conv(dims, in_channels, 6, 5, padding=0), squash=Squash()),  # 28
        "s2": sequential(subsample=Subsample(dims, 6), squash=Squash()),  # 14
        "c3": sequential(conv=SparseConv(dims, TABLE, 5), squash=Squash()),  # 10
        "s4": sequential(subsample=Subsample(dims, 16), squash=Squash()),  # 5
        "c5": sequential(conv=conv(dims, 16, 120, 5, padding=0), squash=Squash()),  # 1
    }
    head = sequential(
        flatten=nn.Flatten(), f6=nn.Linear(120, 84), squash=Squash(), classifier=CodeDistances(num_classes)
    )
    return initialise(Network(stages, head))


@register(lenet_1998, size=32, channels=1, classes=10, fixed_size=True, one_sided=True)
def lenet5_1998(**options: Any) -> Network:
    """60,000 parameters for ten digits in grey; its classifier has none."""
    return lenet_1998(**options)
