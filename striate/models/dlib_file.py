"""Weights of dlib's face network from the file in which dlib publishes them, without dlib.

dlib writes a network inside out: the versions of all its layers, from the loss down to the input, then what each layer
holds, from the input up. An integer is its length in bytes with the sign in the highest bit, then its bytes (little
endian); a number with a fraction is two of them, mantissa and exponent of 2; a text is its length and its bytes;
a truth value is the character 0 or 1; a tensor is a version, four sizes and its float32 (little endian).
Everything is read with suspicion: what a file announces is compared with what it has left before anything is allocated.
"""

import io
import os
from collections import Counter
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import WeightsError

Array = NDArray[np.float32]
Sizes = tuple[int, ...]  # samples, channels, rows, columns

_MARK, _LAYER, _FIRST_LAYER = 1, 2, 3  # versions: of a tag or skip, which hold nothing; of layers
_LONGEST_TEXT = 64


def read_dlib_weights(source: str | Path | bytes) -> dict[str, Tensor]:
    """The tensors of dlib_face_recognition_resnet_model_v1.dat, or of any network of its kinds of layers.

    Args:
        source: the file, or its bytes.

    Returns:
        float32 tensors by the kind of their layer and its number among its kind, from the input on: "conv1.weight"
        (C', C, kernel, kernel) and "conv1.bias" (C',), "affine1.weight" and "affine1.bias" (C,), up to 29, and
        "fc1.weight" (outputs, inputs). `find_entry("dlib_face").published["dlib"]` gives the network's names for them.

    Raises:
        WeightsError: the file can't be read, is none of dlib's, cut off or too long; says at which byte.

    Example:
        >>> read_dlib_weights(b"PK")
        Traceback (most recent call last):
        striate.errors.WeightsError: this is no face network of dlib: at byte 0 an integer of 80 bytes
    """
    if isinstance(source, bytes):
        return _read_network(_Stream(io.BytesIO(source), len(source)))
    try:
        with Path(source).open("rb") as f:
            return _read_network(_Stream(f, os.fstat(f.fileno()).st_size))
    except OSError as e:
        raise WeightsError(f"can't read {source}: {e.strerror}") from e


class _Stream:
    """dlib's basic types, each read no further than the file goes."""

    def __init__(self, file: BinaryIO, size: int):
        self.file, self.size, self.at = file, size, 0

    def error(self, at: int, what: str) -> WeightsError:
        return WeightsError(f"this is no face network of dlib: at byte {at} {what}")

    def left(self) -> int:
        return self.size - self.at

    def take(self, count: int) -> bytes:
        data = self.file.read(count) if count <= self.left() else b""
        if len(data) != count:
            raise self.error(self.at, f"it is cut off: {count} bytes wanted, {self.left()} left")
        self.at += count
        return data

    def integer(self) -> int:
        at = self.at
        (first,) = self.take(1)
        length = first & 0x7F
        if not 1 <= length <= 8:
            raise self.error(at, f"an integer of {length} bytes")
        value = int.from_bytes(self.take(length), "little")
        return -value if first & 0x80 else value

    def integer_of(self, *known: int) -> int:
        at, value = self.at, self.integer()
        if value not in known:
            raise self.error(at, f"{' or '.join(map(str, known))} is due, not {value}")
        return value

    def skip_integers(self, count: int) -> None:
        for _ in range(count):
            self.integer()

    def skip_fractions(self, count: int) -> None:
        self.skip_integers(2 * count)

    def text(self) -> str:
        at, length = self.at, self.integer()
        if not 0 <= length <= _LONGEST_TEXT:
            raise self.error(at, f"a name of {length} bytes")
        return self.take(length).decode("latin-1")

    def text_of(self, known: str) -> None:
        at, text = self.at, self.text()
        if text != known:
            raise self.error(at, f"{known!r} is due, not {text!r}")

    def skip_truths(self, count: int) -> None:
        at, flags = self.at, self.take(count)
        if set(flags) - set(b"01"):
            raise self.error(at, f"truth values are due, not {flags!r}")

    def sizes(self) -> Sizes:
        at = self.at
        sizes = tuple(self.integer() for _ in range(4))
        if min(sizes) < 1 and any(sizes):  # a tensor that holds nothing has four zeros
            raise self.error(at, f"the sizes {sizes}")
        return sizes

    def part(self) -> Sizes:
        """The sizes of a part of a layer's parameters."""
        self.integer_of(1)  # version
        return self.sizes()

    def numbers(self) -> Array:
        """A tensor, flat."""
        self.integer_of(2)  # version
        return np.frombuffer(self.take(4 * prod(self.sizes())), "<f4")


def _read_network(stream: _Stream) -> dict[str, Tensor]:
    stream.integer_of(1)
    stream.text_of("loss_metric_2")
    stream.skip_fractions(2)  # margin and threshold
    versions = [stream.integer_of(_MARK, _LAYER, _FIRST_LAYER)]
    while versions[-1] != _FIRST_LAYER:
        versions.append(stream.integer_of(_MARK, _LAYER, _FIRST_LAYER))
    stream.text_of("input_rgb_image_sized")
    stream.skip_fractions(3)  # mean of red, green and blue
    stream.skip_integers(2)  # rows and columns
    tensors: dict[str, Tensor] = {}
    numbers: Counter[str] = Counter()
    for version in reversed(versions):
        if version != _MARK:
            tensors |= _read_layer(stream, numbers)
        if version == _FIRST_LAYER:
            stream.skip_integers(1)  # samples that one image becomes
    if stream.left():
        raise stream.error(stream.at, f"it should end, but has {stream.left()} bytes more")
    return tensors


def _read_layer(stream: _Stream, numbers: Counter[str]) -> dict[str, Tensor]:
    """The tensors of the next layer, whose number among its kind goes up."""
    at, kind = stream.at, stream.text()
    if kind not in _LAYERS:
        raise stream.error(at, f"a layer {kind!r}; known are {', '.join(_LAYERS)}")
    name, read = _LAYERS[kind]
    numbers[name] += 1
    parts = read(stream)
    stream.skip_truths(3)  # set up, gradient is stale, output is kept
    for _ in range(3):
        stream.numbers()  # gradients and output, left from training
    return {f"{name}{numbers[name]}.{part}": torch.tensor(array) for part, array in parts.items()}


def _split(stream: _Stream, at: int, numbers: Array, *parts: Sizes) -> list[Array]:
    """A layer's parameters in parts of the given sizes, which must use them up."""
    counts = [prod(sizes) for sizes in parts]
    if sum(counts) != len(numbers):
        raise stream.error(at, f"parameters of a layer in parts of {counts}, but {len(numbers)} numbers")
    flat = np.split(numbers, np.cumsum(counts)[:-1])
    return [array.reshape(sizes) for array, sizes in zip(flat, parts, strict=True)]


def _conv(stream: _Stream) -> dict[str, Array]:
    at, numbers = stream.at, stream.numbers()
    stream.skip_integers(7)  # filters, their rows and columns, strides, paddings
    weight, bias = _split(stream, at, numbers, stream.part(), stream.part())
    stream.skip_fractions(4)  # learning rates and weight decays
    return {"weight": weight, "bias": bias.ravel()}


def _affine(stream: _Stream) -> dict[str, Array]:
    at, numbers = stream.at, stream.numbers()
    weight, bias = _split(stream, at, numbers, stream.part(), stream.part())
    stream.integer_of(0)  # per channel, not per sample
    return {"weight": weight.ravel(), "bias": bias.ravel()}


def _dense(stream: _Stream) -> dict[str, Array]:
    outputs, inputs = stream.integer(), stream.integer()
    at, numbers = stream.at, stream.numbers()
    weight, _ = _split(stream, at, numbers, stream.part(), stream.part())
    if weight.shape != (inputs, outputs, 1, 1):
        raise stream.error(at, f"weights of the sizes {weight.shape} for {inputs} inputs and {outputs} outputs")
    stream.integer_of(1)  # without bias
    stream.skip_fractions(4)  # learning rates and weight decays
    return {"weight": np.ascontiguousarray(weight[:, :, 0, 0].T)}  # dlib multiplies from the right


def _pool(stream: _Stream) -> dict[str, Array]:
    stream.skip_integers(6)  # rows and columns, strides, paddings
    return {}


def _nothing(stream: _Stream) -> dict[str, Array]:
    return {}


_LAYERS: dict[str, tuple[str, Callable[[_Stream], dict[str, Array]]]] = {
    "con_4": ("conv", _conv),
    "affine_": ("affine", _affine),
    "fc_2": ("fc", _dense),
    "max_pool_2": ("max_pool", _pool),
    "avg_pool_2": ("avg_pool", _pool),
    "relu_": ("relu", _nothing),
    "add_prev_": ("add", _nothing),
}
