"""The device and the processes of a training, from Hugging Face Accelerate."""

from typing import TYPE_CHECKING, Literal, TypeVar, get_args

import torch

from striate.errors import ArgumentError

if TYPE_CHECKING:
    from accelerate import Accelerator

Device = Literal["auto", "cpu", "cuda", "mps"]
Choice = TypeVar("Choice")


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


def make_accelerator(device: Device = "auto") -> "Accelerator":
    """Accelerate's view of this process: its device, its rank, and how many train together.

    Started by `torchrun --nproc_per_node N`, the N processes share the work; otherwise there is one.
    Accelerate keeps the first device for the life of a process. Precision is not its matter here:
    `fit` shows its autocast.

    Raises:
        ArgumentError: the device isn't there, or this process trained on another one before.

    Example:
        >>> make_accelerator("cpu").device
        device(type='cpu')
    """
    wanted = pick_device(device)
    from accelerate import Accelerator  # late: 0.07 s after torch

    accelerator = Accelerator(cpu=wanted.type == "cpu", mixed_precision="no")
    if accelerator.device.type != wanted.type:
        raise ArgumentError(f"device must stay {accelerator.device.type} in this process, got {wanted.type}")
    return accelerator


def leave() -> None:
    """Take leave of the processes that this one trained with, if any; whoever started the process calls it at its end.

    Else their threads of communication are still there when Python ends, which aborts now and then.

    Example:
        >>> leave()
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()  # nobody goes while another still talks
        torch.distributed.destroy_process_group()


def agree(choices: list[Choice]) -> list[Choice]:
    """What the first of several processes that train together chose, in place of each one's own.

    Example:
        >>> _ = make_accelerator("cpu")
        >>> agree(["bf16"])
        ['bf16']
    """
    from accelerate.utils import broadcast_object_list

    agreed: list[Choice] = broadcast_object_list(choices)
    return agreed
