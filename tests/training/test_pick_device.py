"""Devices, those that this machine lacks pretended."""

import pytest
import torch

from striate.errors import ArgumentError
from striate.training import pick_device


def pretend(monkeypatch, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted"),
    [(False, False, "cpu"), (True, False, "cuda"), (False, True, "mps"), (True, True, "cuda")],
)
def test_auto_takes_the_fastest(monkeypatch, cuda, mps, wanted):
    pretend(monkeypatch, cuda, mps)
    assert pick_device("auto") == torch.device(wanted)
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_here(monkeypatch, name):
    pretend(monkeypatch, False, False)
    with pytest.raises(ArgumentError, match=rf"device must be one that torch \S+ finds here \(cpu\), got '{name}'"):
        pick_device(name)
    pretend(monkeypatch, True, True)
    assert pick_device(name) == torch.device(name)
