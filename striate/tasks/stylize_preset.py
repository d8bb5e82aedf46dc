"""What of each network style is measured by: chosen once, by looking at pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from striate.errors import ArgumentError, UnknownNameError


@dataclass(frozen=True)
class StylePreset:
    """How a network is used for style transfer.

    J = α · Jcontent + β · Jstyle + γ · variation. The weights here are relative: a layer's cost is measured against
    what it would be if the generated image had no activations at all. Networks whose activations are large and small,
    and pictures of any size, then need the same weights.

    Attributes:
        network: its name in the registry.
        weights: published ones by name; empty where they have to be given as a file.
        names: whose names of tensors a file of weights has, see `striate.models.load_published`.
        mean, std: what the network expects of RGB in 0–255: (x - mean) / std.
        bgr: the weights expect blue first.
        content: the layer by which content is measured, or a block of several, as `named_modules` names it.
        style: layers by which style is measured -> their weight; "input" is the picture's own colours.
        content_weight: of Jcontent, beside a Jstyle of 1.
        variation_weight: of the total variation, which smooths.
        pooling: "average" puts means in the place of maxima, as Gatys et al. recommend.
        padding: of convolutions at the border; "zeros" as the network was trained.
        upsample: how many times larger the network sees the picture.

    Raises:
        ArgumentError: no layer for style, the picture itself as content, or a weight or factor out of range.
    """

    network: str
    content: str
    style: Mapping[str, float] = field(hash=False)
    weights: str = ""
    names: str = "torchvision"
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    bgr: bool = False
    content_weight: float = 1.0
    variation_weight: float = 0.0
    pooling: Literal["max", "average"] = "average"
    padding: Literal["zeros", "replicate"] = "zeros"
    upsample: int = 1

    def __post_init__(self) -> None:
        weights = (self.content_weight, self.variation_weight, *self.style.values())
        if not self.style or not all(0 <= w < float("inf") for w in weights):
            raise ArgumentError.of("preset", "with layers for style, and weights of at least 0", dict(self.style))
        if self.content == "input":
            raise ArgumentError.of("preset.content", "a layer of the network", self.content)
        if self.upsample < 1:
            raise ArgumentError.of("preset.upsample", "at least 1", self.upsample)

    @property
    def layers(self) -> tuple[str, ...]:
        """All the layers that are looked at, each once."""
        return tuple(dict.fromkeys((self.content, *self.style)))


_VGG19 = StylePreset(
    network="vgg19",
    weights="vgg19",
    content="stages.stage3.2.activation",
    style={
        "stages.stage1.0.activation": 0.3,
        "stages.stage2.0.activation": 0.5,
        "stages.stage3.0.activation": 1.0,
        "stages.stage3.3.activation": 2.0,
    },
    content_weight=0.05,
)

STYLE_PRESETS: Mapping[str, StylePreset] = {
    "efficientnet_lite0": StylePreset(
        network="efficientnet_lite0",
        weights="efficientnet_lite0",
        names="efficientnet-lite",
        mean=(127.0,) * 3,
        std=(128.0,) * 3,
        # Blocks end without an activation, so their outputs vary around 0. Gram matrices of what is never negative are
        # nearly all mean, and tell styles less apart.
        content="stages.stage3.1",
        style={
            "input": 2.0,
            "stages.stage1.0": 1.0,
            "stages.stage2.1": 1.0,
            "stages.stage3.1": 1.0,
            "stages.stage4.2": 1.0,
            "stages.stage5.2": 1.0,
        },
        content_weight=0.2,
        upsample=2,
    ),
    "vgg19": _VGG19,
    # Simonyan and Zisserman's own weights, of Caffe, as most papers on style use them
    "vgg19_caffe": replace(_VGG19, weights="", mean=(123.68, 116.779, 103.939), std=(1.0,) * 3, bgr=True),
}


def find_style_preset(name: str) -> StylePreset:
    """The preset of a name.

    Raises:
        UnknownNameError: there is none; the message suggests the nearest.

    Example:
        >>> find_style_preset("vgg19").upsample
        1
    """
    if name not in STYLE_PRESETS:
        raise UnknownNameError("style preset", name, STYLE_PRESETS)
    return STYLE_PRESETS[name]
