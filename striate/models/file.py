"""The model file: one .safetensors with the weights and, in its header, one JSON document about them.

Nothing in it can run code. The document sits under the single key "striate", because safetensors keeps no order
of keys and the same model must give the same bytes. Tensors are copied contiguous (safetensors refuses channels_last);
of tensors that are shared the first is stored and the others are named as ties. What is saved is checked against
the network that the document describes, so whatever was saved can be loaded.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from striate.atomic import atomic_write
from striate.errors import ArgumentError, ModelFileError
from striate.models.blueprint import Spec, blueprint, differences, listing, specs
from striate.models.document import ModelFile
from striate.models.network import Network
from striate.models.registry import find_entry
from striate.models.safetensors_header import MAX_HEADER_BYTES, parse_json, read_safetensors_header

__all__ = ["ModelFile", "load_model", "read_header", "save_model"]

_KEY = "striate"


def save_model(path: str | Path, network: nn.Module, header: ModelFile) -> None:
    """Write a network and what must be known of it, whole or not at all.

    The same network and header give the same bytes.

    Args:
        path: the file, named .safetensors by custom.
        network: what `header.network` and `header.arguments` build; on any device, in any memory format.
        header: what the file says of the weights.

    Raises:
        ArgumentError: the header is not JSON without NaN, is over 16 MB, or describes another network.
        OutputError: the file can't be written.

    Example:
        >>> from striate.models import create_model
        >>> from striate.preset import Preset
        >>> network = create_model("lenet5", num_classes=2, in_channels=1)
        >>> preset = Preset(size_hw=(32, 32), channels=1, mean=(33.3,), std=(78.6,), labels=("0", "1"))
        >>> arguments = {"num_classes": 2, "in_channels": 1, "dims": 2}
        >>> save_model("zero-or-one.safetensors", network, ModelFile("lenet5", arguments, "classify", preset))
        >>> network, header = load_model("zero-or-one.safetensors")
        >>> header.preset.labels
        ('0', '1')
    """
    state = network.state_dict()
    described = blueprint(find_entry(header.network).build, **header.arguments)
    if unlike := differences(described, specs(state)):
        raise ArgumentError(f"the header describes another network than the one to save:\n{listing(unlike)}")
    kept, ties = _untie(state)
    try:
        document = json.dumps({**header.to_dict(), "ties": ties}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as e:
        raise ArgumentError(f"header must be plain JSON without NaN: {e}") from e
    data = save_tensors(kept, {_KEY: document})
    if (length := int.from_bytes(data[:8], "little")) > MAX_HEADER_BYTES:
        raise ArgumentError.of("header", f"at most {MAX_HEADER_BYTES} bytes of JSON", length)
    with atomic_write(path) as f:
        f.write(data)


def read_header(path: str | Path) -> ModelFile:
    """What a model file says of itself, without reading the weights.

    Raises:
        ModelFileError: there is no such file, or it is no model file of this version of striate.
    """
    with _open(path) as f:
        return _read(f)[0]


def load_model(path: str | Path) -> tuple[Network, ModelFile]:
    """Build the network of a model file and fill it.

    Returns:
        the network on the CPU in eval mode, and what the file says of it.

    Raises:
        ModelFileError: there is no such file, it is no model file of this version of striate, or its tensors are
            not those of its network (all are listed).
    """
    with _open(path) as f:
        header, ties, tensors = _read(f)
        network = _describe(header)
        for name, kept in ties.items():
            if kept not in tensors or name in tensors:
                raise ModelFileError(f"the tie of {name!r} to {kept!r} is broken")
        tensors |= {name: tensors[kept] for name, kept in ties.items()}
        if unlike := differences(network, tensors):
            raise ModelFileError(f"the tensors are not those of its network {header.network}:\n{listing(unlike)}")
        f.seek(0)
        state = load_tensors(f.read())
    _fill(network, state, ties)
    return network.eval(), header


@contextmanager
def _open(path: str | Path) -> Iterator[BinaryIO]:
    """The file, and its name in front of whatever is wrong with it."""
    try:
        with Path(path).open("rb") as f:
            yield f
    except (ModelFileError, SafetensorError) as e:
        raise ModelFileError(f"{path}: {e}") from e
    except OSError as e:
        raise ModelFileError(f"can't read {path}: {e.strerror}") from e
    except MemoryError as e:
        raise ModelFileError(f"{path}: more tensors than memory holds") from e


def _read(f: BinaryIO) -> tuple[ModelFile, dict[str, str], dict[str, Spec]]:
    """The document, the ties (name -> the name it is stored under) and the stored tensors' specs."""
    metadata, tensors = read_safetensors_header(f)
    if _KEY not in metadata:
        raise ModelFileError("a safetensors file, but not one of striate's: its header has no 'striate'")
    document = parse_json(metadata[_KEY], "the document")
    if not isinstance(document, dict):
        raise ModelFileError("the document is not a JSON object")
    ties = document.pop("ties", {})
    if not isinstance(ties, dict) or not all(isinstance(kept, str) for kept in ties.values()):
        raise ModelFileError("the document's ties are not pairs of names")
    return ModelFile.from_dict(document), ties, tensors


def _describe(header: ModelFile) -> Network:
    """The network of a header, without numbers: sizes that a liar wrote cost nothing yet."""
    try:
        return blueprint(find_entry(header.network).build, **header.arguments)
    except Exception as e:  # arguments from a file can make a builder fail in any way
        raise ModelFileError(f"can't build {header.network!r} with {dict(header.arguments)}: {e}") from e


def _untie(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Contiguous copies of the tensors, each once, and for each further name of one the first: name -> first name."""
    first: dict[tuple[object, ...], str] = {}
    kept: dict[str, Tensor] = {}
    ties: dict[str, str] = {}
    for name, t in state.items():
        # a tensor without elements has no place in memory that would tell it from others
        place = (t.device, t.data_ptr(), t.shape, t.stride(), t.dtype) if t.numel() else (name,)
        if place in first:
            ties[name] = first[place]
        else:
            first[place] = name
            kept[name] = t.to("cpu", copy=True, memory_format=torch.contiguous_format)
    return kept, ties


def _fill(network: Network, state: dict[str, Tensor], ties: dict[str, str]) -> None:
    """Put tensors into a blueprint; tied names get the very same parameter."""
    parameters = dict(network.named_parameters(remove_duplicate=False))
    filled = {name: nn.Parameter(t, t.is_floating_point()) if name in parameters else t for name, t in state.items()}
    filled |= {name: filled[kept] for name, kept in ties.items()}
    network.load_state_dict(filled, assign=True)
