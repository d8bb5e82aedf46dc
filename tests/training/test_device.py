import pytest
import torch

from striate.errors import ArgumentError
from striate.training.device import make_accelerator


def test_one_process_on_the_cpu():
    accelerator = make_accelerator("cpu")
    assert (accelerator.device, accelerator.num_processes) == (torch.device("cpu"), 1)
    assert accelerator.mixed_precision == "no"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_refusals():
    with pytest.raises(ArgumentError, match=r"device must be one that torch .* finds here .*, got 'cuda'"):
        make_accelerator("cuda")
    with pytest.raises(ArgumentError, match="device must be one of auto, cpu, cuda, mps, got 'gpu'"):
        make_accelerator("gpu")
