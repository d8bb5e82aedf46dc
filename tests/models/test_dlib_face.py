"""dlib's own descriptors, and a plain rewrite of its network."""

import json
import os
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models import blueprint, create_model, find_entry, load_published
from striate.models.dlib_face import PaddedResidual
from striate.models.dlib_file import read_dlib_weights
from tests.models.dlib_chips import chips

FIXTURE = Path(__file__).with_name("published") / "dlib_face.json"
FILE = "dlib_face_recognition_resnet_model_v1.dat"
MEAN = torch.tensor([122.782, 117.001, 104.298]).view(3, 1, 1)


def published_file() -> Path:
    """dlib's file: where STRIATE_DLIB_WEIGHTS says, or in the package face_recognition_models."""
    if path := os.environ.get("STRIATE_DLIB_WEIGHTS"):
        return Path(path)
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("neither STRIATE_DLIB_WEIGHTS is set nor the package face_recognition_models installed")
    return Path(spec.submodule_search_locations[0], "models", FILE)


def test_the_descriptors_that_dlib_computes() -> None:
    network = create_model("dlib_face")
    load_published(network, published_file(), source="dlib")
    recorded = json.loads(FIXTURE.read_text(encoding="utf-8"))["chips"]
    images = {name: (torch.tensor(chip).permute(2, 0, 1) - MEAN) / 256 for name, chip in chips().items()}
    with torch.inference_mode():
        descriptors = network.eval()(torch.stack(list(images.values())))
    assert list(recorded) == list(images)
    for name, descriptor in zip(images, descriptors, strict=True):
        wanted = torch.tensor(recorded[name]["descriptor"])
        torch.testing.assert_close(descriptor, wanted, rtol=0, atol=1e-5, msg=lambda m, name=name: f"{name}: {m}")


def test_every_tensor_of_the_published_file_has_its_place() -> None:
    tensors = read_dlib_weights(published_file())
    entry = find_entry("dlib_face")
    renamed = {entry.published["dlib"](name): t.shape for name, t in tensors.items()}
    assert len(renamed) == len(tensors) == 4 * 29 + 1
    assert renamed == {name: t.shape for name, t in blueprint(entry.build).state_dict().items()}


def test_the_pictures_are_those_that_dlib_saw() -> None:
    recorded = json.loads(FIXTURE.read_text(encoding="utf-8"))["chips"]
    assert {name: row["crc32"] for name, row in recorded.items()} == {
        name: zlib.crc32(chip.tobytes()) for name, chip in chips().items()
    }


def test_the_shapes_of_dlibs_chip() -> None:
    network = blueprint(find_entry("dlib_face").build)
    with torch.device("meta"), torch.no_grad():
        features = network.features(torch.zeros(1, 3, 150, 150))
    assert {name: tuple(f.shape[1:]) for name, f in features.items()} == {
        "stem": (32, 35, 35),
        "stage1": (32, 35, 35),
        "stage2": (64, 17, 17),
        "stage3": (128, 8, 8),
        "stage4": (256, 4, 4),
        "stage5": (256, 2, 2),
    }


def plain_descriptor(x: Tensor, tensors: dict[str, Tensor]) -> Tensor:
    """dlib's network written down operation by operation, its tensors under the names of its file."""

    def unit(i: int, x: Tensor, stride: int) -> Tensor:
        y = F.conv2d(x, tensors[f"conv{i}.weight"], tensors[f"conv{i}.bias"], stride, padding=1 if stride == 1 else 0)
        gamma, beta = tensors[f"affine{i}.weight"], tensors[f"affine{i}.bias"]
        return torch.einsum("nchw,c->nchw", y, gamma) + beta[None, :, None, None]

    x = F.max_pool2d(unit(1, x, 2).clamp(min=0), 3, 2)
    for first in range(2, 30, 2):
        stride = 2 if first in (8, 16, 22, 28) else 1
        y = unit(first + 1, unit(first, x, stride).clamp(min=0), 1)
        x = F.avg_pool2d(x, 2) if stride == 2 else x
        total = x.new_zeros([max(a, b) for a, b in zip(x.shape, y.shape, strict=True)])
        for part in (x, y):
            _, c, h, w = part.shape
            total[:, :c, :h, :w] += part
        x = total.clamp(min=0)
    return x.mean((2, 3)) @ tensors["fc1.weight"].T


@pytest.mark.parametrize("size", [(103, 103), (150, 150), (121, 144)])
def test_against_a_plain_rewrite(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = create_model("dlib_face", width=1 / 4).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.uniform_(0.3, 0.9)
    rename = find_entry("dlib_face").published["dlib"]
    names = [
        f"{kind}{i}.{tensor}" for kind in ("conv", "affine") for i in range(1, 30) for tensor in ("weight", "bias")
    ]
    state = network.state_dict()
    tensors = {name: state[str(rename(name))] for name in [*names, "fc1.weight"]}
    assert len(tensors) == len(state)
    x = torch.rand(2, 3, *size, dtype=torch.float64)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), plain_descriptor(x, tensors), rtol=1e-10, atol=0)


def test_what_is_missing_in_a_sum_is_zero_at_its_end() -> None:
    class Narrow(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :1]

    class Short(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 10 * x[:, :, :-1]

    x = torch.tensor([[[1.0, 2, 3], [4, 5, 6]]])
    assert PaddedResidual(Narrow(), Short())(x).tolist() == [[[11, 22, 3], [40, 50, 0]]]
