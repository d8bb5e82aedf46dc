"""Reading other people's files of tensors, none of which may run code."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from striate.errors import WeightsError

MAX_BYTES = 4 * 1024**3  # no published network of the registry has a file of a sixth of it


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU.

    Args:
        path: a .safetensors, .pth, .pt, .th or .bin file (of the latter, tensors alone are unpickled) or dlib's .dat.

    Raises:
        WeightsError: the file is missing, broken, over 4 GB, of another kind, or holds more than tensors.
    """
    path = Path(path)
    _reader(path.name)
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise WeightsError(f"{path} has {size} bytes; at most {MAX_BYTES} are read")
        data = path.read_bytes()
    except OSError as e:
        raise WeightsError(f"can't read {path}: {e.strerror}") from e
    return parse_tensors(data, path.name)


def parse_tensors(data: bytes, file_name: str) -> dict[str, Tensor]:
    """As `read_tensors`, of a file's bytes; its name tells the format.

    Example:
        >>> from safetensors.torch import save
        >>> parse_tensors(save({"bias": torch.zeros(2)}), "model.safetensors")
        {'bias': tensor([0., 0.])}
        >>> parse_tensors(b"PK", "model.pth")
        Traceback (most recent call last):
        striate.errors.WeightsError: model.pth: broken, or more than tensors (UnpicklingError)
    """
    reader = _reader(file_name)
    try:
        tensors = unwrap(reader(data))
    except WeightsError as e:
        raise WeightsError(f"{file_name}: {e}") from e
    except Exception as e:  # broken and hostile files make torch fail in any way; what it says is of its insides
        raise WeightsError(f"{file_name}: broken, or more than tensors ({type(e).__name__})") from None
    for name, t in tensors.items():
        if t.numel() * t.element_size() > t.untyped_storage().nbytes():
            raise WeightsError(f"{file_name}: {name!r} claims to be larger than what is stored of it")
    return tensors


def unwrap(content: object) -> dict[str, Tensor]:
    """The tensors by name, without what training scripts wrap them in: {"state_dict": …} and DataParallel's "module.".

    Raises:
        WeightsError: there is something else than dense tensors.

    Example:
        >>> unwrap({"state_dict": {"module.fc.bias": torch.zeros(2)}, "epoch": 3})
        {'fc.bias': tensor([0., 0.])}
    """
    tensors = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(tensors, Mapping):
        raise WeightsError(f"tensors by name were expected, got {type(tensors).__name__}")
    if not tensors:
        raise WeightsError("tensors by name were expected, got none")
    if strange := [name for name, t in tensors.items() if not (isinstance(name, str) and _is_dense(t))]:
        raise WeightsError(f"tensors by name were expected, got others at {', '.join(map(repr, strange[:20]))}")
    prefix = "module." if all(name.startswith("module.") for name in tensors) else ""
    return {name.removeprefix(prefix): t for name, t in tensors.items()}


def _is_dense(value: object) -> bool:
    """Whether it is a tensor of plain numbers in memory."""
    if not isinstance(value, Tensor):
        return False
    return value.layout is torch.strided and not (value.is_meta or value.is_nested or value.is_quantized)


def _unpickle_tensors(data: bytes) -> Any:
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _read_dlib(data: bytes) -> Any:
    from striate.models.dlib_file import read_dlib_weights

    return read_dlib_weights(data)


_READERS: dict[str, Callable[[bytes], Any]] = {
    ".safetensors": load_safetensors,
    **dict.fromkeys((".pth", ".pt", ".th", ".bin"), _unpickle_tensors),
    ".dat": _read_dlib,
}


def _reader(file_name: str) -> Callable[[bytes], Any]:
    """What reads a file of this name."""
    suffix = Path(file_name).suffix.lower()
    if suffix not in _READERS:
        raise WeightsError(f"{file_name} is none of the files that weights are read from: {', '.join(_READERS)}")
    return _READERS[suffix]
