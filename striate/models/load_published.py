"""Published weights of any publisher, put into a network of the registry."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError, WeightsError
from striate.models.adapt import NewChannels, adapt_weights, check_new_channels
from striate.models.blueprint import listing, specs
from striate.models.network import CLASSIFIER, Network
from striate.models.registry import find_entry
from striate.models.rename import Rename
from striate.models.tensor_file import read_tensors, unwrap

_ASK = "\nnew_channels='mean' or 'repeat' adapts weights to other channels and dimensions"
_ALONG_AXES = "\na network of kernels along one axis has as many as there are axes: weights for images fill no other"
_WITHOUT_HEADS = "\nauxiliary=False builds the network without the heads that these weights lack"
COUNTER = "num_batches_tracked"  # of a batch norm; nothing is computed from it


def load_published(
    network: nn.Module,
    weights: Mapping[str, Tensor] | str | Path,
    source: str,
    *,
    new_channels: NewChannels | None = None,
) -> None:
    """Put published weights into a network, in place; a classifier of another number of classes stays as it is.

    Floating-point numbers get the network's precision. Batch norms' `num_batches_tracked`, which old files lack, and
    auxiliary heads, which the network may lack, are no error.

    Args:
        network: what `create_model` built, on any device.
        weights: a state dict, or a .safetensors, .pth, .pt, .th, .bin or (dlib's) .dat file; {"state_dict": …} and
            the prefix "module." are taken off. Of pickled files only tensors are read.
        source: whose names the tensors have: those of "torchvision", "timm", "facenet-pytorch", "akamaster", "dlib" or
            "efficientnet-lite", as `find_entry(network.name).published` lists them.
        new_channels: "mean" or "repeat" adapt weights for RGB images to a network for other channels or dimensions,
            as in `create_model`; None doesn't.

    Raises:
        ArgumentError: not a network of the registry, or nobody of this name publishes weights for it.
        WeightsError: the file can't be read, or a tensor is missing (listed under our name), surplus (under the
            publisher's) or of another shape (under both). The network is then as it was.

    Example:
        >>> from striate.models import create_model
        >>> network = create_model("resnet18")
        >>> load_published(network, {"fc.weights": torch.zeros(1000, 512)}, source="torchvision")
        Traceback (most recent call last):
        striate.errors.WeightsError: the weights don't fit resnet18:
          missing: stages.stem.0.conv.weight
          ...
          surplus: fc.weights
    """
    network = check_registered(network)
    rename = find_rename(network.name, source)
    if isinstance(weights, str | Path):
        fill_network(network, read_tensors(weights), rename, new_channels, what=f"the weights in {weights}")
    else:
        fill_network(network, unwrap(weights), rename, new_channels)


def check_registered(network: nn.Module) -> Network:
    """A network of the registry, as what it is.

    Raises:
        ArgumentError: it isn't one.
    """
    if not isinstance(network, Network) or not network.name:
        raise ArgumentError.of("network", "one that create_model built", type(network).__name__)
    return network


def find_rename(name: str, source: str) -> Rename:
    """How a publisher's names become those of the network of this name.

    Raises:
        ArgumentError: nobody of this name publishes weights for it.
    """
    published = find_entry(name).published
    if source not in published:
        publishers = ", ".join(published) or "nobody does"
        raise ArgumentError.of("source", f"one who publishes weights for {name} ({publishers})", source)
    return published[source]


def fill_network(
    network: Network,
    tensors: Mapping[str, Tensor],
    rename: Rename,
    new_channels: NewChannels | None = None,
    what: str = "the weights",
) -> None:
    """Put tensors of published names into a network.

    A network's own tensors are written to, but those of a blueprint are replaced.

    Args:
        network, new_channels: as in `load_published`.
        tensors: by their published names.
        rename: from these to the network's.
        what: they are, in front of what doesn't fit.

    Raises:
        WeightsError: all that doesn't fit; the network is then as it was.
    """
    if new_channels is not None:
        check_new_channels(new_channels)
    own = network.state_dict()
    names, surplus = _sort_out(network, tensors, rename)
    theirs = {ours: _with_precision(tensors[published], own[ours].dtype) for ours, published in names.items()}
    got = adapt_weights(theirs, network, new_channels) if new_channels else theirs
    if lines := _misfits(own, got, names) + surplus:
        adapted = got if new_channels else adapt_weights(theirs, network, "mean")
        hint = ""
        if len(_misfits(own, adapted, names) + surplus) < len(lines):
            hint = _ASK
        elif _loses_axes(own, theirs):
            hint = _ALONG_AXES
        elif all(line.startswith("missing: auxiliary.") for line in lines):
            hint = _WITHOUT_HEADS
        raise WeightsError(f"{what} don't fit {network.name}:\n{listing(lines, most=1000)}{hint}")
    fresh = _of_other_classes(own, got)
    state = {name: _fresh(name, t) if name in fresh or name not in got else got[name] for name, t in own.items()}
    network.load_state_dict(state, assign=any(t.is_meta for t in own.values()))


def _sort_out(network: Network, tensors: Mapping[str, Tensor], rename: Rename) -> tuple[dict[str, str], list[str]]:
    """Our name of each tensor that has one -> the published one; and a line for each surplus tensor."""
    own, names, surplus = network.state_dict(), {}, []
    for published in tensors:
        ours = rename(published)
        if ours.startswith("auxiliary.") and not network.auxiliary:
            continue
        if ours in own and ours not in names:
            names[ours] = published
        else:
            surplus.append(f"surplus: {published}")
    return names, surplus


def _with_precision(t: Tensor, dtype: torch.dtype) -> Tensor:
    """Floating-point numbers in another precision; others as they are."""
    return t.to(dtype) if t.is_floating_point() and dtype.is_floating_point else t


def _misfits(own: Mapping[str, Tensor], got: Mapping[str, Tensor], names: Mapping[str, str]) -> list[str]:
    """A line for each tensor that is missing or of another shape or kind."""
    missing = [f"missing: {name}" for name in own if name not in got and not name.endswith(COUNTER)]
    wanted, found, fresh = specs(own), specs(got), _of_other_classes(own, got)
    unlike = [
        f"{_both(name, names[name])}: the network has {wanted[name]}, these have {spec}"
        for name, spec in found.items()
        if spec != wanted[name] and name not in fresh
    ]
    return missing + unlike


def _loses_axes(own: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> bool:
    """Whether kernels along one axis of images are to go into a network that isn't for images."""
    return any(t.ndim == 4 != own[name].ndim and t.shape[2:].count(1) == 1 for name, t in theirs.items())


def _both(ours: str, published: str) -> str:
    """Both names of a tensor, or the one that it has."""
    return ours if ours == published else f"{ours} (published as {published})"


def _of_other_classes(own: Mapping[str, Tensor], got: Mapping[str, Tensor]) -> set[str]:
    """Names of the tensors of classifiers that differ from the published ones in the number of classes alone."""
    classifiers: dict[str, list[str]] = {}
    for name in own.keys() & got.keys():
        module = name.rpartition(".")[0]
        if CLASSIFIER in module.split("."):
            classifiers.setdefault(module, []).append(name)

    def differs_in_classes(name: str) -> bool:
        ours, theirs = own[name].shape, got[name].shape
        return ours[:1] != theirs[:1] and ours[1:] == theirs[1:]

    return {name for names in classifiers.values() if all(map(differs_in_classes, names)) for name in names}


def _fresh(name: str, t: Tensor) -> Tensor:
    """A tensor that isn't published, as it is; a blueprint's counter starts at 0."""
    return torch.zeros_like(t, device="cpu") if t.is_meta and name.endswith(COUNTER) else t
