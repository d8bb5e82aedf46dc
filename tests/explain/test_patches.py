import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import ArgumentError, UnknownNameError
from striate.explain import capture, cut_patch, find_patches, receptive_extent, seeing_row
from striate.layers import SamePad
from striate.models import create_model


class Parallel(nn.Module):
    """Inception's shape: branches of other sizes beside each other."""

    def __init__(self, c, stride=1):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                nn.Conv2d(c, 2, 1, stride),
                nn.Sequential(nn.Conv2d(c, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 3, stride, padding=1)),
                nn.Sequential(nn.Conv2d(c, 2, (1, 7), padding=(0, 3)), nn.Conv2d(2, 2, (7, 1), stride, padding=(3, 0))),
                nn.Sequential(nn.MaxPool2d(3, stride, padding=1), nn.Conv2d(c, 2, 1)),
            ]
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Skip(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.path = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(c, c, 3, padding=1))

    def forward(self, x):
        return x + self.path(x)


def vgg_like():
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(3, 3, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Conv2d(4, 4, 3, padding=1),
    )


def inception_like():
    return nn.Sequential(nn.Conv2d(2, 3, 5, 2, padding=1), Parallel(3), nn.MaxPool2d(3, 2, padding=1), Parallel(8, 2))


def tensorflow_same():
    layers = [SamePad(3, 2), nn.Conv2d(2, 4, 3, 2), nn.ReLU6(), SamePad(5, 2), nn.Conv2d(4, 4, 5, 2, groups=4)]
    return nn.Sequential(*layers, Skip(4), SamePad(3, 3), nn.Conv2d(4, 4, 3, 3))


def strides_and_holes():
    return nn.Sequential(
        nn.Conv2d(2, 3, (3, 4), (3, 2)), nn.Conv2d(3, 3, (2, 3), dilation=(3, 2)), nn.AvgPool2d(3, 2, 1)
    )


def seen_by_brute_force(net, shape):
    """The outputs of each layer that each pixel moves, changed by itself: (C, H', W', H, W) of bool."""
    base = torch.rand(1, *shape, dtype=torch.float64)
    changed = base.repeat(shape[1] * shape[2], 1, 1, 1)
    for i, (y, x) in enumerate(np.ndindex(*shape[1:])):
        changed[i, :, y, x] += 1e6  # so much that it wins every maximum; weights are positive, so nothing cancels
    layers = [str(i) for i in range(1, len(net))]
    with torch.no_grad():
        before, after = (capture(net, layers, x) for x in (base, changed))
    return {layer: (after[layer] - before[layer] > 1e-3).movedim(0, -1).unflatten(-1, shape[1:]) for layer in layers}


def bounds(moved):
    rows, columns = moved.any(1).nonzero(), moved.any(0).nonzero()
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def positive(net):
    torch.manual_seed(0)
    for p in net.parameters():
        p.data = p.data.abs() + 0.1
    for m in net.modules():
        if isinstance(m, nn.ReLU6):
            m.max_val = torch.inf  # or large changes are cut off
    return net.double().eval()


@pytest.mark.parametrize("size", [(21, 25), (24, 19)])
@pytest.mark.parametrize("build", [vgg_like, inception_like, tensorflow_same, strides_and_holes])
def test_the_extent_is_what_brute_force_sees(build, size):
    net, shape = positive(build()), (2, *size)
    for layer, moved in seen_by_brute_force(net, shape).items():
        row = seeing_row(net, layer, shape)
        assert row.shape == moved.shape[:3]
        for position in np.ndindex(*row.shape[1:]):
            extent, seen = receptive_extent(row, position), moved[:, *position].any(0)
            if not seen.any():
                assert row.kind == "SamePad"  # a zero beyond the border
                continue
            for (start, stop), (first, behind), n in zip(extent, bounds(seen), size, strict=True):
                assert first == start if start >= 0 else first >= 0, (layer, position)
                assert behind == stop if stop <= n else behind <= n, (layer, position)
                if build is not strides_and_holes:  # there the last pixel is beyond all windows, others see it
                    assert (first, behind) == (max(start, 0), min(stop, n)), (layer, position)


@pytest.mark.parametrize("build", [vgg_like, inception_like, tensorflow_same])
def test_a_patch_alone_makes_the_unit_as_strong_as_the_whole_image(build):
    """Everything outside the field may be anything; the strength and the place are those the network itself gives."""
    torch.manual_seed(1)
    net, images = build().eval(), torch.rand(5, 2, 29, 33)
    last = str(len(net) - 1)
    (layer,) = find_patches(net, images.split(2), {last: [0, 3]}, k=4)
    activation = net(images)
    for unit in layer.units:
        assert [p.strength for p in unit.patches] == sorted((p.strength for p in unit.patches), reverse=True)
        best = activation[:, unit.unit].flatten(1).max(1).values.sort(descending=True).values[:4]
        torch.testing.assert_close(torch.tensor([p.strength for p in unit.patches]), best)
        for patch in unit.patches:
            (top, bottom), (left, right) = [(max(start, 0), stop) for start, stop in patch.extent]
            other = torch.rand(2, 29, 33)
            other[:, top:bottom, left:right] = images[patch.image, :, top:bottom, left:right]
            there = net(other[None])[0, unit.unit, *patch.position].item()
            assert there == pytest.approx(patch.strength, rel=1e-5)


def test_a_network_whose_first_filter_is_a_sobel_finds_vertical_edges():
    rng = np.random.default_rng(0)
    images, edges = [], []
    for i in range(12):
        image = rng.uniform(0, 0.1, (1, 24, 24)).astype(np.float32)
        if i % 3 == 0:  # a vertical edge, dark to bright, at a column of its own
            column = int(rng.integers(4, 20))
            image[:, 6:18, column:] += 1 + i / 24
            edges.append((i, column))
        elif i % 3 == 1:  # a horizontal one, stronger
            image[:, int(rng.integers(4, 20)) :] += 2
        images.append(image)
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.ReLU(inplace=True))
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    net[0].weight.data = torch.stack([sobel, sobel.T])[:, None]
    # Zeros beyond the border make edges of their own: look at what is inside alone
    net.append(nn.ZeroPad2d(-1))
    (layer,) = find_patches(net, torch.from_numpy(np.stack(images)).split(5), {"2": [0]}, k=len(edges))
    patches = layer.units[0].patches
    assert sorted(p.image for p in patches) == [i for i, _ in edges]
    for patch in patches:
        column = dict(edges)[patch.image]
        (top, bottom), (left, right) = patch.extent
        assert left < column < right
        assert (bottom - top, right - left) == (3, 3)
        pixels, inside = cut_patch(images[patch.image][0], patch.extent)
        assert inside.all()
        assert (pixels[:, -1] - pixels[:, 0] > 0.8).all()  # from dark to bright along every row


def test_signals_volumes_dense_layers_and_stages():
    conv1 = nn.Sequential(
        nn.Conv1d(1, 3, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 2)
    )
    signals, dense = find_patches(conv1, [torch.rand(4, 1, 21)], {"0": 2, "4": [1]})
    patch = signals.units[0].patches[0]
    assert patch.extent == ((2 * patch.position[0], 2 * patch.position[0] + 5),)
    assert dense.units[0].patches[0].position == ()
    assert dense.units[0].patches[0].extent == ((0, 21),)
    (volume,) = find_patches(nn.Conv3d(1, 1, 2), [torch.rand(1, 1, 4, 5, 6)], {"Conv3d": 1})
    assert [b - a for a, b in volume.units[0].patches[0].extent] == [2, 2, 2]
    network = create_model("resnet20", num_classes=10)
    (stage,) = find_patches(network, [torch.rand(2, 3, 32, 32)], {"stages.stage1": 5}, k=1)
    assert [u.unit for u in stage.units] == [0, 3, 6, 9, 12]
    assert stage.row.fields[0].size == 15
    assert network.training


def test_several_patches_of_one_image():
    image = torch.zeros(1, 1, 1, 9)
    image[0, 0, 0, [2, 7]] = torch.tensor([3.0, 2.0])
    for per_image, found in ((1, [(0, 2)]), (2, [(0, 2), (0, 7)])):
        (layer,) = find_patches(nn.ReLU(), [image], {"ReLU": [0]}, per_image=per_image)
        assert [p.position for p in layer.units[0].patches] == found


def test_progress_is_told():
    seen = []
    find_patches(nn.ReLU(), [torch.ones(2, 1, 3), torch.ones(1, 1, 3)], {"ReLU": 1}, on_images=seen.append)
    assert seen == [2, 3]


@pytest.mark.parametrize(
    ("batches", "units", "message"),
    [
        ([], {"0": 1}, "batches must be at least one"),
        ([torch.rand(1, 1, 8, 8)], {"0": [2]}, "units must be some of 0 to 1"),
        ([torch.rand(1, 1, 8, 8)], {"0": []}, "units must be some of 0 to 1"),
        ([torch.rand(1, 1, 8, 8)], {"0": 0}, "units must be at least 1"),
        ([torch.rand(1, 1, 8, 8)], {"1": [0]}, "what layer '1' sees is not known"),
        ([torch.rand(1, 1, 8, 8)], {"7": [0]}, "no layer named '7'"),
    ],
)
def test_bad_input(batches, units, message):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Upsample(scale_factor=2, mode="bicubic"))
    with pytest.raises(ArgumentError, match=message):
        find_patches(net, batches, units)


def test_an_unknown_layer_suggests():
    with pytest.raises(UnknownNameError, match=r"did you mean .*stages.stage1"):
        find_patches(create_model("resnet20", num_classes=2), [torch.rand(1, 3, 8, 8)], {"stage.stage1": 1})


# Cutting: what the extent says, and what is cut of an axis of 4
@pytest.mark.parametrize(
    ("extent", "patch"),
    [
        ((0, 4), [1, 2, 3, 4]),
        ((1, 3), [2, 3]),
        ((-2, 2), [0, 0, 1, 2]),
        ((3, 6), [4, 0, 0]),
        ((-1, 5), [0, 1, 2, 3, 4, 0]),
        ((-3, -1), [0, 0]),  # wholly before
        ((5, 7), [0, 0]),  # wholly behind
    ],
)
def test_cutting(extent, patch):
    signal = np.arange(1, 5)
    cut, inside = cut_patch(signal, (extent,))
    assert cut.tolist() == patch
    assert inside.tolist() == [p > 0 for p in patch]
    image = signal[:, None, None] * np.ones((1, 3, 2), int)
    cut, inside = cut_patch(image, (extent, (1, 4)))
    assert cut[:, 0, 1].tolist() == patch
    assert inside[:, 1].tolist() == [p > 0 for p in patch]
    assert not inside[:, 2].any()
