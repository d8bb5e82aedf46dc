"""A network that tells content and style: the layers of a preset, of any picture."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import ArgumentError, UnknownNameError, WeightsError
from striate.explain import Table, capture, table
from striate.layers.dims import Conv
from striate.models import blueprint, find_entry, find_source
from striate.models.blueprint import differences, listing, specs
from striate.models.load_published import COUNTER, find_rename
from striate.models.tensor_file import parse_tensors, read_tensors
from striate.runtime import folded
from striate.tasks.stylize_preset import StylePreset
from striate.training.precision import Precision, autocast

INPUT = "input"


class StyleNetwork:
    """A picture in, the activations of a preset's layers out; gradients flow to the picture, none to the weights.

    The network ends at the last layer that is looked at. Batch norms are folded into their convolutions.

    Args:
        preset: which network, and how it is used.
        weights: a file of weights, with the names of `preset.names`; None takes the published ones.
        device: where it computes.
        precision: of convolutions; Gram matrices are float32 in either.

    Raises:
        UnknownNameError: no such network, weights or layer.
        ArgumentError: the preset's weights have to be given as a file.
        MissingExtraError, WeightsError: the weights are not here, broken, or lack something.

    Attributes:
        preset: the preset.
        notice: where the weights are from and under which licence.
    """

    def __init__(
        self,
        preset: StylePreset,
        *,
        weights: str | Path | None = None,
        device: torch.device | None = None,
        precision: Precision = "fp32",
    ):
        self.preset, self.precision, self.device = preset, precision, device or torch.device("cpu")
        tensors, self.notice = _read_weights(preset, weights)
        self._deep = [name for name in preset.layers if name != INPUT]
        network = _prepare(_filled(preset, tensors, self._deep), preset)
        self._network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        scale = 255 / torch.tensor(preset.std, device=self.device)
        self._scale = scale.view(3, 1, 1)
        self._shift = (torch.tensor(preset.mean, device=self.device) / torch.tensor(preset.std)).view(3, 1, 1)

    def __call__(self, picture: Tensor, layers: Sequence[str] | None = None) -> dict[str, Tensor]:
        """What each layer gives.

        Args:
            picture: (N, 3, H, W), RGB in 0–1.
            layers: some of the preset's; all of them by default.

        Returns:
            by name, float32 (N, C, H', W').
        """
        wanted = self.preset.layers if layers is None else layers
        deep = [name for name in wanted if name != INPUT]
        with autocast(self.device.type, self.precision):
            values = capture(self._network, deep, self._prepared(picture), stop=True) if deep else {}
        return {name: picture if name == INPUT else values[name].float() for name in wanted}

    def _prepared(self, picture: Tensor) -> Tensor:
        if self.preset.upsample > 1:
            picture = F.interpolate(picture, scale_factor=self.preset.upsample, mode="bilinear", align_corners=False)
        return (picture * self._scale - self._shift).contiguous(memory_format=torch.channels_last)

    def table(self, size_hw: tuple[int, int], *, whole: bool = False) -> Table:
        """The network's table for a picture of this size; with `whole` each layer that is looked at has one row."""
        sides = (side * self.preset.upsample for side in size_hw)
        return table(self._network, (3, *sides), whole=self._deep if whole else ())


def _read_weights(preset: StylePreset, weights: str | Path | None) -> tuple[dict[str, Tensor], str]:
    if weights is not None:
        return read_tensors(weights), f"weights {weights}"
    if not preset.weights:
        raise ArgumentError(
            f"weights must be a file for {preset.network} as this preset uses it: nobody publishes them"
        )
    source = find_source(preset.weights)
    return parse_tensors(source.read(), source.file_name), source.notice


def _filled(preset: StylePreset, tensors: dict[str, Tensor], layers: Sequence[str]) -> nn.Module:
    """The stages up to the last that is looked at, with their weights; a file may lack the others."""
    entry = find_entry(preset.network)
    network = blueprint(entry.build, num_classes=entry.classes)
    _check_layers(network, layers)
    names = list(network.stages)
    last = max(names.index(layer.split(".")[1]) for layer in layers)
    for name in names[last + 1 :]:
        del network.stages[name]
    body = _Stages(network.stages)
    rename, own = find_rename(preset.network, preset.names), body.state_dict()
    got = {rename(name): t.float() for name, t in tensors.items() if rename(name) in own}
    got |= {name: torch.zeros(t.shape, dtype=t.dtype) for name, t in own.items() if name.endswith(COUNTER)}
    if lines := [line for line in differences(body, specs(got)) if not line.endswith(COUNTER)]:
        raise WeightsError(f"the weights don't fit {preset.network} up to {names[last]}:\n{listing(lines)}")
    body.load_state_dict(got, assign=True)
    return body


class _Stages(nn.Module):
    """A network without its head."""

    def __init__(self, stages: nn.ModuleDict):
        super().__init__()
        self.stages = stages

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages.values():
            x = stage(x)
        return x


def _check_layers(network: nn.Module, layers: Sequence[str]) -> None:
    known = [name for name, _ in network.named_modules() if name.startswith("stages.")]
    for name in layers:
        if name not in known:
            raise UnknownNameError("layer", name, known)


def _prepare(body: nn.Module, preset: StylePreset) -> nn.Module:
    """Frozen, without batch norms, with the preset's order of colours, pooling and padding."""
    body = folded(body).requires_grad_(False)
    convs = [m for m in body.modules() if isinstance(m, Conv)]
    if preset.bgr:
        convs[0].weight.data = convs[0].weight.data.flip(1)
    for conv in convs:
        conv.padding_mode = preset.padding
    if preset.pooling == "average":
        _average_pools(body)
    return body


def _average_pools(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool2d):
            mean = nn.AvgPool2d(
                child.kernel_size, child.stride, child.padding, child.ceil_mode, count_include_pad=False
            )
            setattr(module, name, mean)
        else:
            _average_pools(child)
