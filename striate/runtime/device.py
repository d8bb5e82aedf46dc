"""Where to compute."""

from typing import Literal, get_args

import torch

from striate.errors import ArgumentError

Device = Literal["auto", "cpu", "cuda", "mps"]


def pick_device(name: Device) -> torch.device:
    """The device of a name; "auto" is the fastest that this machine has.

    Args:
        name: "cuda" is a graphics card by NVIDIA or AMD, "mps" one by Apple.

    Raises:
        ArgumentError: no such device in this machine, or in the torch that is installed.

    Example:
        >>> pick_device("cpu")
        device(type='cpu')
        >>> pick_device("gpu")
        Traceback (most recent call last):
        striate.errors.ArgumentError: device must be one of auto, cpu, cuda, mps, got 'gpu'
    """
    if name not in get_args(Device):
        raise ArgumentError.of("device", f"one of {', '.join(get_args(Device))}", name)
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    names = [device for device, here in present.items() if here]
    if name == "auto":
        return torch.device(names[0])
    if name not in names:
        raise ArgumentError.of("device", f"one that torch {torch.__version__} finds here ({', '.join(names)})", name)
    return torch.device(name)
