import pytest
import torch

from striate.layers import ChannelAffine, kinds


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_it_is_a_batch_norm_whose_statistics_are_in_its_weights(dims: int) -> None:
    torch.manual_seed(dims)
    norm = kinds(dims).norm(3).eval()
    for t in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
        t.uniform_(0.5, 2)
    affine = ChannelAffine(3)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    affine.load_state_dict({"weight": scale, "bias": norm.bias - scale * norm.running_mean})
    x = torch.randn(2, 3, *(4, 5, 6)[:dims])
    torch.testing.assert_close(affine(x), norm(x))


def test_it_starts_as_the_identity() -> None:
    x = torch.randn(2, 4, 5)
    assert torch.equal(ChannelAffine(4)(x), x)
