import pytest
import torch
from torch import nn

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.explain import Target, grad_cam, last_map, spread
from striate.models import create_model


def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 5, 3),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(5, 3),
    )


def test_as_written_out_by_hand():
    network, x = net(), torch.rand(2, 2, 9, 8)
    found = grad_cam(network, x, Target([0, 2]), "1")
    for i, k in enumerate((0, 2)):
        a = network[0](x[i : i + 1]).relu().detach().requires_grad_()
        network[2](a).relu().mean((2, 3))[0].matmul(network[6].weight[k]).backward()
        weights = a.grad[0].mean((1, 2))
        torch.testing.assert_close(found[i], sum(w * m for w, m in zip(weights, a[0], strict=True)).relu())


def test_with_global_pooling_and_one_dense_layer_it_is_the_class_activation_map():
    """Zhou et al., 2015, but for the constant: the gradient of a mean over positions is the weight by their number."""
    network, x = net(), torch.rand(1, 2, 9, 8)
    a = network[:4](x)
    cam = torch.einsum("k,khw->hw", network[6].weight[1], a[0]).relu() / a[0, 0].numel()
    torch.testing.assert_close(grad_cam(network, x, Target(1), "3")[0], cam)


@pytest.mark.filterwarnings("ignore")  # captum's hooks
@pytest.mark.parametrize("layer", ["0", "1", "3"])
def test_as_captum(layer):
    attr = pytest.importorskip("captum.attr")
    network, x = net().eval(), torch.rand(2, 2, 9, 8)
    not_in_place = nn.Sequential(*[nn.ReLU() if isinstance(m, nn.ReLU) else m for m in network]).eval()
    peer = attr.LayerGradCam(not_in_place, not_in_place[int(layer)]).attribute(x, 1, relu_attributions=True)
    torch.testing.assert_close(grad_cam(network, x, Target(1), layer), peer[:, 0])


def test_signals_and_volumes():
    for dims, size in ((1, (20,)), (3, (8, 9, 10))):
        network = create_model("resnet20", num_classes=3, dims=dims, in_channels=1)
        x = torch.rand(2, 1, *size)
        maps = grad_cam(network, x, Target(0), "stages.stage1")
        assert maps.shape == (2, *size)
        assert (maps >= 0).all()
        assert spread(maps, size).shape == maps.shape


def test_state_stays():
    network = net().requires_grad_(False).train()
    with torch.inference_mode():
        grad_cam(network, torch.rand(1, 2, 9, 8), Target(0), "1")
    assert network.training
    assert all(p.grad is None for p in network.parameters())


def test_the_usual_layer():
    assert last_map(net(), (2, 9, 8)) == "3"
    assert last_map(create_model("resnet20", num_classes=3), (3, 32, 32)).startswith("stages.stage3")
    with pytest.raises(ArgumentError, match="no layer of this network has a map"):
        last_map(nn.Linear(3, 2), (3,))


def test_bad_layers():
    network, x = net(), torch.rand(1, 2, 9, 8)
    with pytest.raises(UnknownNameError):
        grad_cam(network, x, Target(0), "9")
    with pytest.raises(ShapeError, match=r"\(C, \*S\)"):
        grad_cam(network, x, Target(0), "6")
    with pytest.raises(ArgumentError, match="does not depend on layer '3'"):
        grad_cam(network, x, Target(0, "1"), "3")
    with pytest.raises(ArgumentError, match="within"):
        grad_cam(network, x, Target(3), "3")
