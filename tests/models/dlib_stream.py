"""dlib's serialisation, written: the opposite of `striate.models.dlib_file`, for networks of a few numbers."""

import struct
from collections.abc import Sequence
from math import prod


def integer(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def integers(*values: int) -> bytes:
    return b"".join(integer(v) for v in values)


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode()


def tensor(sizes: Sequence[int], numbers: Sequence[float]) -> bytes:
    return integers(2, *sizes) + struct.pack(f"<{len(numbers)}f", *numbers)


def part(*sizes: int) -> bytes:
    return integers(1, *sizes)


FRACTION = integers(-3, -2)  # -3 / 4
EMPTY = tensor((0, 0, 0, 0), ())
TAIL = b"110" + 3 * EMPTY


def parameters(*parts: tuple[tuple[int, ...], Sequence[float]]) -> tuple[bytes, bytes]:
    """All numbers of a layer as one tensor, and the sizes of its parts."""
    numbers = [number for _, some in parts for number in some]
    return tensor((len(numbers), 1, 1, 1), numbers), b"".join(part(*sizes) for sizes, _ in parts)


def conv(sizes: tuple[int, int, int, int], weight: Sequence[float], bias: Sequence[float]) -> bytes:
    numbers, parts = parameters((sizes, weight), ((1, sizes[0], 1, 1), bias))
    return text("con_4") + numbers + integers(sizes[0], *sizes[2:], 1, 1, 0, 0) + parts + 4 * FRACTION + TAIL


def affine(weight: Sequence[float], bias: Sequence[float]) -> bytes:
    sizes = (1, len(weight), 1, 1)
    numbers, parts = parameters((sizes, weight), (sizes, bias))
    return text("affine_") + numbers + parts + integer(0) + TAIL


def dense(inputs: int, outputs: int, weight: Sequence[float]) -> bytes:
    numbers, parts = parameters(((inputs, outputs, 1, 1), weight), ((0, 0, 0, 0), ()))
    return text("fc_2") + integers(outputs, inputs) + numbers + parts + integer(1) + 4 * FRACTION + TAIL


def pool(name: str) -> bytes:
    return text(name) + integers(2, 2, 2, 2, 0, 0) + TAIL


def network(first: bytes, *others: bytes) -> bytes:
    """Layers from the input on; an empty one is a tag."""
    versions = [1 if layer == b"" else 2 for layer in reversed(others)]
    start = integer(1) + text("loss_metric_2") + 2 * FRACTION + integers(*versions, 3)
    image = text("input_rgb_image_sized") + 3 * FRACTION + integers(150, 150)
    return start + image + first + integer(1) + b"".join(others)


def small() -> bytes:
    """Every kind of layer, and some tags; its tensors hold 0, 1, 2, … in the order of the file."""
    numbers = iter(range(100))
    take = lambda count: [next(numbers) for _ in range(count)]  # noqa: E731
    return network(
        conv((2, 1, 1, 3), take(prod((2, 1, 1, 3))), take(2)),
        affine(take(2), take(2)),
        text("relu_") + TAIL,
        pool("max_pool_2"),
        b"",
        conv((1, 2, 1, 1), take(2), take(1)),
        b"",
        pool("avg_pool_2"),
        text("add_prev_") + TAIL,
        dense(2, 3, take(6)),
    )
