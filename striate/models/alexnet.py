"""AlexNet: the network that won ImageNet in 2012.

Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012 (figure 2).
Its layers' sizes hold for 227 pixels a side, not for the 224 of its text. Half of its filters sat on each of two GPUs,
towers that see each other in the third convolution and the dense layers alone; on one device that is groups=2, and
`split_towers` puts them on two again. Each tower normalises its own channels, as no arrow of figure 2 leads from one
into the other there (Caffe's AlexNet, made for one GPU, normalises across all). `alexnet_merged` has no towers.
`alexnet` is torchvision's, after Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014,
arXiv:1404.5997: fewer filters, no normalisation, two pixels of padding, dropout before the dense layers, not after.
Inputs that don't end in a 6x6 grid are averaged to one. The first weights are He's, not the papers'.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers import LRN, conv, grid_pool, max_pool, scale_channels, sequential
from striate.layers.dims import Conv
from striate.models.network import CLASSIFIER, Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

GRID = 6  # cells a side that the dense layers see
MEETINGS = ("stages.conv3", "head.dense1", "head.dense2")  # layers of a tower that see both


class TowerLRN(LRN):
    """Local response normalisation of each tower on its own: (N, C, *S) -> (N, C, *S)

    Args:
        towers: how many lie one after the other among the channels.
    """

    def __init__(self, towers: int):
        super().__init__()
        self.towers = towers

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S)"""
        return torch.cat([super(TowerLRN, self).forward(tower) for tower in x.chunk(self.towers, dim=1)], dim=1)


def unit(
    dims: int,
    c_in: int,
    c_out: int,
    kernel: int,
    stride: int = 1,
    *,
    padding: int | None = None,
    groups: int = 1,
    norm: nn.Module | None = None,
    pool: bool = False,
) -> nn.Sequential:
    """Convolution, ReLU and, where there are any, normalisation and overlapping pooling."""
    return sequential(
        conv=conv(dims, c_in, c_out, kernel, stride, padding="half" if padding is None else padding, groups=groups),
        activation=nn.ReLU(),
        norm=norm,
        pool=max_pool(dims, 3, 2) if pool else None,
    )


def dense_head(dims: int, channels: int, units: int, num_classes: int, *, dropout_first: bool) -> nn.Sequential:
    """(N, channels, *S) -> (N, num_classes), with dropout before both hidden layers or after them."""
    return sequential(
        pool=grid_pool(dims, GRID),  # (N, channels, 6, …)
        flatten=nn.Flatten(),
        dropout1=nn.Dropout(0.5) if dropout_first else None,
        dense1=nn.Linear(channels * GRID**dims, units),
        activation1=nn.ReLU(),
        dropout2=nn.Dropout(0.5),
        dense2=nn.Linear(units, units),
        activation2=nn.ReLU(),
        dropout3=None if dropout_first else nn.Dropout(0.5),
        classifier=nn.Linear(units, num_classes),
    )


def alexnet_of_paper(
    towers: int, *, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the sizes are those of 227 pixels a side."""
    c1, c2, c3, c4, c5, units = (scale_channels(c, width) for c in (96, 256, 384, 384, 256, 4096))
    stages = {
        "conv1": unit(dims, in_channels, c1, 11, 4, padding=0, norm=TowerLRN(towers), pool=True),  # 227 -> 55 -> 27
        "conv2": unit(dims, c1, c2, 5, groups=towers, norm=TowerLRN(towers), pool=True),  # 27 -> 13
        "conv3": unit(dims, c2, c3, 3),
        "conv4": unit(dims, c3, c4, 3, groups=towers),
        "conv5": unit(dims, c4, c5, 3, groups=towers, pool=True),  # 13 -> 6
    }
    return he_initialise(Network(stages, dense_head(dims, c5, units, num_classes, dropout_first=False)))


def alexnet_of_torchvision(
    *, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the sizes are those of 224 pixels a side."""
    c1, c2, c3, c4, c5, units = (scale_channels(c, width) for c in (64, 192, 384, 256, 256, 4096))
    stages = {
        "conv1": unit(dims, in_channels, c1, 11, 4, padding=2, pool=True),  # 224 -> 55 -> 27
        "conv2": unit(dims, c1, c2, 5, pool=True),  # 27 -> 13
        "conv3": unit(dims, c2, c3, 3),
        "conv4": unit(dims, c3, c4, 3),
        "conv5": unit(dims, c4, c5, 3, pool=True),  # 13 -> 6
    }
    return he_initialise(Network(stages, dense_head(dims, c5, units, num_classes, dropout_first=True)))


def torchvision_names() -> Rename:
    """How torchvision's names, which number all layers in one row, become ours.

    Example:
        >>> rename = torchvision_names()
        >>> rename("features.3.weight"), rename("classifier.6.bias")
        ('stages.conv2.conv.weight', 'head.classifier.bias')
    """
    convolutions = {f"features.{row}": f"stages.conv{i}.conv" for i, row in enumerate((0, 3, 6, 8, 10), 1)}
    dense = {"classifier.1": "head.dense1", "classifier.4": "head.dense2", "classifier.6": "head.classifier"}
    return rename_layers(convolutions | dense)


@register(alexnet_of_torchvision, size=224, smallest=63, published={"torchvision": torchvision_names()})
def alexnet(**options: Any) -> Network:
    """61,100,840 parameters."""
    return alexnet_of_torchvision(**options)


@register(alexnet_of_paper, size=227, smallest=67)
def alexnet_2012(**options: Any) -> Network:
    """60,965,224 parameters, in two towers."""
    return alexnet_of_paper(2, **options)


@register(alexnet_of_paper, size=227, smallest=67)
def alexnet_merged(**options: Any) -> Network:
    """62,378,344 parameters."""
    return alexnet_of_paper(1, **options)


class Towers(nn.Module):
    """An `alexnet_2012` on two devices, half of its filters and of its hidden units on each: what `split_towers` gives.

    The towers exchange activations before the third convolution and before each dense layer, nowhere else.
    The classifier, which is one in the paper's figure too, is on the first device.

    Attributes:
        towers: of the first and of the second device, with the names of the network that was split.
        classifier: all of it.
        devices: the two.
    """

    def __init__(self, network: Network, devices: Sequence[str | torch.device]):
        super().__init__()
        self.devices = tuple(torch.device(device) for device in devices)
        self.layers = [f"stages.{name}" for name in network.stages]
        self.layers += [f"head.{name}" for name, _ in network.head.named_children() if name != CLASSIFIER]
        self.towers = nn.ModuleList(make_tower(network, side).to(device) for side, device in enumerate(self.devices))
        self.classifier = copy.deepcopy(network.head.get_submodule(CLASSIFIER)).to(self.devices[0])
        self.train(network.training)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, *S) on any device -> logits (N, num_classes) on the first"""
        maps = [x.to(device) for device in self.devices]
        for layer in self.layers:
            if layer in MEETINGS:
                maps = [join(maps, device) for device in self.devices]  # twice the channels
            maps = [tower.get_submodule(layer)(own) for tower, own in zip(self.towers, maps, strict=True)]
        logits: Tensor = self.classifier(join(maps, self.devices[0]))
        return logits

    def joined_state(self) -> dict[str, Tensor]:
        """A copy of the state dict of the `alexnet_2012` that these towers are halves of, on the first device."""
        first, second = self.towers[0].state_dict(), self.towers[1].state_dict()
        state = {name: join([half, second[name]], self.devices[0], dim=0) for name, half in first.items()}
        last = self.classifier.state_dict()
        return state | {f"head.{CLASSIFIER}.{name}": whole.clone() for name, whole in last.items()}


def join(halves: Sequence[Tensor], device: torch.device, dim: int = 1) -> Tensor:
    """What two devices hold, on one of them: two of (N, C, *S) -> (N, 2 * C, *S)"""
    return torch.cat([half.to(device) for half in halves], dim)


def make_tower(network: Network, side: int) -> nn.ModuleDict:
    """A copy of a network's first (0) or second tower: half of every layer's outputs; without the classifier."""
    tower = copy.deepcopy(nn.ModuleDict({"stages": network.stages, "head": network.head}))
    delattr(tower["head"], CLASSIFIER)
    for layer in tower.modules():
        for name, whole in list(layer.named_parameters(recurse=False)):
            half = whole.detach().chunk(2)[side].clone()
            layer.register_parameter(name, nn.Parameter(half, whole.requires_grad))
        if isinstance(layer, Conv):
            layer.in_channels, layer.out_channels = layer.in_channels // layer.groups, layer.out_channels // 2
            layer.groups = 1
        elif isinstance(layer, nn.Linear):
            layer.out_features //= 2
        elif isinstance(layer, TowerLRN):
            layer.towers = 1
    return tower


def split_towers(network: Network, devices: Sequence[str | torch.device]) -> Towers:
    """Put the two towers of an `alexnet_2012` on two devices, as in its paper's figure 2.

    The answers stay the same (but for dropout, which each device draws for itself). The parameters are copied, each to
    where it is used: make the optimizer afterwards, and take the trained network back with `joined_state`.

    Args:
        network: an `alexnet_2012`, fresh or trained, on any device.
        devices: of the first and of the second tower; both may be the same.

    Raises:
        ArgumentError: another network, or not two devices.

    Example:
        >>> from striate.models import create_model
        >>> network = create_model("alexnet_2012", num_classes=5, width=1 / 8)
        >>> towers = split_towers(network, ("cpu", "cpu"))
        >>> towers(torch.zeros(1, 3, 67, 67)).shape
        torch.Size([1, 5])
        >>> towers.towers[0]["stages"]["conv2"].conv.weight.shape, network.stages["conv2"].conv.weight.shape
        (torch.Size([16, 8, 5, 5]), torch.Size([32, 8, 5, 5]))
        >>> network.load_state_dict(towers.joined_state())
        <All keys matched successfully>
    """
    if network.name != "alexnet_2012":
        raise ArgumentError.of("network", "an alexnet_2012, which has two towers", network.name)
    if len(devices) != 2 or isinstance(devices, str):
        raise ArgumentError.of("devices", "two, one for each tower", devices)
    return Towers(network, devices)
