import tracemalloc
from pathlib import Path

import pytest
import torch

from striate.errors import WeightsError
from striate.models.dlib_file import read_dlib_weights
from tests.models import dlib_stream as w


def test_every_kind_of_layer() -> None:
    tensors = read_dlib_weights(w.small())
    assert {name: t.tolist() for name, t in tensors.items()} == {
        "conv1.weight": [[[[0, 1, 2]]], [[[3, 4, 5]]]],
        "conv1.bias": [6, 7],
        "affine1.weight": [8, 9],
        "affine1.bias": [10, 11],
        "conv2.weight": [[[[12]], [[13]]]],
        "conv2.bias": [14],
        "fc1.weight": [[15, 18], [16, 19], [17, 20]],
    }
    assert all(t.dtype == torch.float32 and t.is_contiguous() for t in tensors.values())
    assert len({t.untyped_storage().data_ptr() for t in tensors.values()}) == len(tensors)  # each can be saved alone


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "small.dat"
    path.write_bytes(w.small())
    from_path, from_bytes = read_dlib_weights(path), read_dlib_weights(w.small())
    assert list(from_path) == list(from_bytes)
    assert all(torch.equal(from_path[name], t) for name, t in from_bytes.items())


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"can't read .*missing\.dat: No such file"):
        read_dlib_weights(tmp_path / "missing.dat")


def test_cut_off_anywhere() -> None:
    data = w.small()
    for length in range(len(data)):
        with pytest.raises(WeightsError, match=r"at byte \d+ it is cut off: \d+ bytes wanted, \d+ left"):
            read_dlib_weights(data[:length])


def test_any_wrong_byte_is_an_error_or_another_number() -> None:
    data = w.small()
    for at in range(len(data)):
        for wrong in (0, 1, 0x7F, 0x88, 0xFF):
            try:
                read_dlib_weights(data[:at] + bytes([wrong]) + data[at + 1 :])
            except WeightsError as e:
                assert str(e).startswith("this is no face network of dlib: at byte ")  # noqa: PT017


LAYER = w.text("relu_") + w.TAIL
START = len(w.network(b"")) - 2  # bytes before the first layer; an integer follows it

# Bytes, and what is wrong with them.
BROKEN = [
    (b"", "at byte 0 it is cut off: 1 bytes wanted, 0 left"),
    (b"\x80\x02", "at byte 0 an integer of 0 bytes"),
    (b"\x09" + bytes(9), "at byte 0 an integer of 9 bytes"),
    (w.integer(2), "at byte 0 1 is due, not 2"),
    (w.integer(1) + w.text("loss_mmod_"), "at byte 2 'loss_metric_2' is due, not 'loss_mmod_'"),
    (w.integer(1) + w.integer(2**60), f"at byte 2 a name of {2**60} bytes"),
    (w.integer(1) + w.integer(-1), "at byte 2 a name of -1 bytes"),
    (w.small() + b"\x00", f"at byte {len(w.small())} it should end, but has 1 bytes more"),
    (w.network(LAYER)[:START] + w.text("bn_con2"), f"at byte {START} a layer 'bn_con2'; known are con_4, affine_,"),
    (w.network(w.text("relu_") + b"1x0"), f"at byte {START + 7} truth values are due, not b'1x0'"),
    (
        w.network(w.text("relu_") + b"110" + w.integers(2, *[2**62] * 4)),
        "it is cut off: 18092513943330655534932966407607485602",
    ),
    (w.network(w.text("relu_") + b"110" + w.integers(2, 1, 1, -1, 1)), "the sizes (1, 1, -1, 1)"),
    (w.network(w.text("relu_") + b"110" + w.integers(2, 0, 2**62, 1, 1)), "the sizes (0, "),
    (w.network(w.text("relu_") + b"110" + w.integers(1, 0, 0, 0, 0)), f"at byte {START + 10} 2 is due, not 1"),
    (
        w.network(w.text("fc_2") + w.integers(1, 2) + w.EMPTY + w.part(0, 0, 0, 0) + w.part(0, 0, 0, 0)),
        f"at byte {START + 10} weights of the sizes (0, 0, 0, 0) for 2 inputs and 1 outputs",
    ),
    (
        w.network(w.text("affine_") + w.tensor((3, 1, 1, 1), (1, 2, 3)) + w.part(1, 2, 1, 1) + w.part(1, 2, 1, 1)),
        f"at byte {START + 9} parameters of a layer in parts of [2, 2], but 3 numbers",
    ),
]


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_broken_and_hostile_files(data: bytes, message: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError) as error:
            read_dlib_weights(data)
        assert message in str(error.value)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
