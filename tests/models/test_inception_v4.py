import pytest
import torch

from striate.models import blueprint, find_entry
from striate.models.inception_blocks import channels_after
from striate.models.inception_v4 import inception_c
from tests.models.published import check_published


def shapes(name: str, side: int, dims: int = 2) -> dict[str, tuple[int, ...]]:
    """Of every stage's activation, computed without numbers."""
    network = blueprint(find_entry(name).build, dims=dims).eval()
    with torch.device("meta"), torch.no_grad():
        return {stage: tuple(f.shape[1:]) for stage, f in network.features(torch.zeros(1, 3, *[side] * dims)).items()}


def test_the_grids_of_the_papers_figure_9() -> None:
    assert shapes("inception_v4", 299) == {
        "stem": (384, 35, 35),
        "inception_a": (384, 35, 35),
        "reduction_a": (1024, 17, 17),
        "inception_b": (1024, 17, 17),
        "reduction_b": (1536, 8, 8),
        "inception_c": (1536, 8, 8),
    }


def test_it_computes_what_timms_does() -> None:
    check_published("inception_v4", "timm")


# 256 channels from the 1x1, 256 from the pooling, and twice 256 along each axis.
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_c_splits_along_every_axis(dims: int) -> None:
    with torch.device("meta"):
        block = inception_c(dims, 16, 1.0)
        assert channels_after(block, 16) == block(torch.zeros(1, 16, *[3] * dims)).shape[1] == 512 * (1 + dims)


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("inception_v4").published["timm"]
    names = ["features.22.conv.weight", "features.3.conv2.weight", "head.weight", "weight", ""]
    assert [rename(name) for name in names] == names
