"""The device and the processes of a training, from Hugging Face Accelerate."""

from typing import TYPE_CHECKING, Literal, get_args

import torch

from striate.errors import ArgumentError

if TYPE_CHECKING:
    from accelerate import Accelerator

Device = Literal["auto", "cpu", "cuda", "mps"]


def make_accelerator(device: Device = "auto") -> "Accelerator":
    """Accelerate's view of this process: its device, its rank, and how many train together.

    Started by `torchrun --nproc_per_node N`, the N processes share the work; otherwise there is one.
    Accelerate keeps the first device for the life of a process. Precision is not its matter here:
    `fit` shows its autocast.

    Raises:
        ArgumentError: the device isn't there.

    Example:
        >>> make_accelerator("cpu").device
        device(type='cpu')
    """
    if device not in get_args(Device):
        raise ArgumentError.of("device", f"one of {', '.join(get_args(Device))}", device)
    there = {"auto": True, "cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise ArgumentError.of("device", f"one that torch finds on this machine ({found})", device)
    from accelerate import Accelerator  # late: 0.07 s after torch

    return Accelerator(cpu=device == "cpu", mixed_precision="no")
