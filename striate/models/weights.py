"""The published weights that striate has a record of, put into a network."""

from torch import nn

from striate.errors import ArgumentError
from striate.models.adapt import NewChannels
from striate.models.load_published import check_registered, fill_network, find_rename
from striate.models.sources import Source
from striate.models.tensor_file import parse_tensors


def load_pretrained(network: nn.Module, source: Source, *, new_channels: NewChannels | None = None) -> None:
    """Put published weights into a network, in place; a classifier of another number of classes stays as it is.

    Args:
        network: of the kind that `source.network` names.
        source: where the weights are.
        new_channels: as in `load_published`.

    Raises:
        ArgumentError: another network.
        MissingExtraError: the package that carries them is not installed.
        WeightsError: no extra installs it, they have not been fetched, the file is not the published one, or a
            tensor is missing, surplus or of another shape (all are listed, and nothing is changed).

    Example:
        >>> from striate.models import create_model, find_source
        >>> source = find_source("efficientnet_lite0")
        >>> network = create_model(source.network, num_classes=5)
        >>> if source.is_installed():
        ...     load_pretrained(network, source)
    """
    network = check_registered(network)
    check_network(source, network.name)
    rename = find_rename(network.name, source.names)
    tensors = parse_tensors(source.read(), source.file_name)
    fill_network(network, tensors, rename, new_channels, what=f"the weights {source.name!r}")


def check_network(source: Source, name: str) -> None:
    """Refuse weights of another network than that of this name.

    Raises:
        ArgumentError: they are.
    """
    if source.network != name:
        raise ArgumentError(f"the weights {source.name!r} are for {source.network}, not for {name}")
