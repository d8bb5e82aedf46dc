"""Inception v2 against figure 5 of its paper, computed by hand."""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models import blueprint, create_model, find_entry

BUILD = find_entry("inception_v2").build
# Figure 5: 1x1; 3x3 reduce, 3x3; double 3x3 reduce, double 3x3; pooling and what is projected of it
FIGURE = """
3a  64  64  64  64  96 avg  32
3b  64  64  96  64  96 avg  64
3c   0 128 160  64  96 max   0
4a 224  64  96  96 128 avg 128
4b 192  96 128  96 128 avg 128
4c 160 128 160 128 160 avg 128
4d  96 128 192 160 192 avg 128
4e   0 128 192 192 256 max   0
5a 352 192 320 160 224 avg 128
5b 352 192 320 192 224 max 128
"""


def rows() -> list[tuple[str, str, list[int]]]:
    """(module, pooling, channels) of each row."""
    cells = [line.split() for line in FIGURE.split("\n") if line]
    return [(c[0], c[6], [int(n) for n in (*c[1:6], c[7])]) for c in cells]


def test_parameters_by_hand() -> None:
    def unit(a: int, b: int, side: int) -> int:
        return a * b * side**2 + 2 * b

    count = unit(3, 64, 7) + unit(64, 64, 1) + unit(64, 192, 3)
    filters, channels = 64 + 64 + 192, 192
    for _, _, (one, three_in, three, double_in, double, pool) in rows():
        for out in (one, pool):
            count += unit(channels, out, 1)
        count += unit(channels, three_in, 1) + unit(three_in, three, 3)
        count += unit(channels, double_in, 1) + unit(double_in, double, 3) + unit(double, double, 3)
        filters += one + three_in + three + double_in + 2 * double + pool
        channels = one + three + double + (pool or channels)
    count += (channels + 1) * 1000
    assert count == sum(p.numel() for p in blueprint(BUILD).parameters()) == 11_285_224
    # the count of the model that came from Caffe, whose convolutions have biases before the norm, too
    assert count + filters == 11_295_240


def test_the_stages() -> None:
    with torch.device("meta"), torch.no_grad():
        features = blueprint(BUILD).features(torch.zeros(1, 3, 224, 224))
    shapes = {name.removeprefix("inception"): (f.shape[2], f.shape[1]) for name, f in features.items()}
    assert shapes == {
        "conv1": (112, 64),
        "pool1": (56, 64),
        "conv2": (56, 192),
        "pool2": (28, 192),
        "3a": (28, 256),
        "3b": (28, 320),
        "3c": (14, 576),
        "4a": (14, 576),
        "4b": (14, 576),
        "4c": (14, 608),
        "4d": (14, 608),
        "4e": (7, 1056),
        "5a": (7, 1024),
        "5b": (7, 1024),
    }


def test_the_modules_compute_what_the_figure_says() -> None:
    network = create_model("inception_v2", width=1 / 8).eval()
    for name, value in network.named_buffers():
        if name.endswith(("mean", "var")):
            value.uniform_(0.5, 1.5)
    state = network.state_dict()
    x = torch.randn(1, 3, 70, 97)  # odd grids on the way: 35 x 49, 18 x 25, 9 x 13, 5 x 7, 3 x 4
    with torch.inference_mode():
        features = network.features(x)
        y = F.max_pool2d(unit(state, "conv1", x, 2), 3, 2, 1)
        y = F.max_pool2d(unit(state, "conv2.1", unit(state, "conv2.0", y)), 3, 2, 1)
        for name, pooling, _ in rows():
            y = slow_module(state, f"inception{name}", pooling, y)
            torch.testing.assert_close(features[f"inception{name}"], y, rtol=1e-4, atol=1e-4)
    assert y.shape[2:] == (3, 4)


def slow_module(state: dict[str, Tensor], name: str, pooling: str, x: Tensor) -> Tensor:
    stride = 2 if name in ("inception3c", "inception4e") else 1
    three = unit(state, f"{name}.conv3.1", unit(state, f"{name}.conv3.0", x), stride)
    double = unit(state, f"{name}.double3.1", unit(state, f"{name}.double3.0", x))
    double = unit(state, f"{name}.double3.2", double, stride)
    pool = F.avg_pool2d(x, 3, 1, 1) if pooling == "avg" else F.max_pool2d(x, 3, stride, 1)
    if stride == 2:
        return torch.cat([three, double, pool], 1)
    return torch.cat([unit(state, f"{name}.conv1", x), three, double, unit(state, f"{name}.pool.1", pool)], 1)


def unit(state: dict[str, Tensor], name: str, x: Tensor, stride: int = 1) -> Tensor:
    own = {key.removeprefix(f"stages.{name}."): t for key, t in state.items() if key.startswith(f"stages.{name}.")}
    x = F.conv2d(x, own["conv.weight"], None, stride, own["conv.weight"].shape[-1] // 2)
    mean, variance, gain, offset = (own[f"norm.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
    return F.relu(F.batch_norm(x, mean, variance, gain, offset, eps=1e-3))
