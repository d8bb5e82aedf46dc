"""The figures of the paper, section II.B, and its equations in a slow rewrite."""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

from striate.explain import table
from striate.layers import trace
from striate.models import blueprint, create_model, find_entry
from striate.models.lenet_1998 import TABLE, SparseConv, Squash, Subsample
from striate.models.lenet_1998_codes import HEIGHT, WIDTH, class_codes

Array = NDArray[np.float64]
STAGES = ["c1", "s2", "c3", "s4", "c5", "f6", "rbf"]


def by_stage(layer: str) -> str:
    """The paper's name of the stage that a layer belongs to."""
    names = {"head.f6": "f6", "head.classifier": "rbf"}
    return layer.split(".")[1] if layer.startswith("stages.") else names.get(layer, "")


def test_the_shapes_of_the_papers_figure() -> None:
    network = create_model("lenet5_1998")
    rows = table(network, (1, 32, 32)).rows
    last = {by_stage(row.layer): row.shape_channels_last for row in rows}
    assert [last[stage] for stage in STAGES] == [
        (28, 28, 6),
        (14, 14, 6),
        (10, 10, 16),
        (5, 5, 16),
        (1, 1, 120),
        (84,),
        (10,),
    ]
    assert list(network.features(torch.zeros(1, 1, 32, 32))) == STAGES[:5]
    fields = {by_stage(row.layer): row.fields[0].size for row in rows if row.fields}
    assert [fields[stage] for stage in STAGES] == [5, 6, 14, 16, 32, 32, 32]


def test_sixty_thousand_parameters() -> None:
    counts = dict.fromkeys(STAGES, 0)
    for row in table(create_model("lenet5_1998"), (1, 32, 32)).rows:
        if row.parameters:
            counts[by_stage(row.layer)] += row.parameters
    assert list(counts.values()) == [156, 12, 1_516, 32, 48_120, 10_164, 0]
    assert sum(counts.values()) == 60_000


def test_340908_connections() -> None:
    """A unit has a connection for each of its inputs and one for its bias; a radial basis function has no bias.

    Inputs of convolutions and dense layers are their multiply-adds, those of subsampling the samples in its window.
    """
    network = create_model("lenet5_1998")
    counts = dict.fromkeys(STAGES, 0)
    for record in trace(network, (1, 32, 32)):
        if record.multiply_adds:
            counts[by_stage(record.name)] += record.multiply_adds + record.size
        elif record.window:
            counts[by_stage(record.name)] += record.size * (np.prod(record.window.kernel) + 1)
    counts["rbf"] = network.head.classifier.codes.numel()
    assert list(counts.values()) == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert sum(counts.values()) == 340_908


def test_what_the_maps_of_c3_see() -> None:
    """As the paper's text has it: six maps see three neighbours, six see four, three see two pairs, one sees all."""
    neighbours = lambda first, n: sorted((first + i) % 6 for i in range(n))  # noqa: E731
    assert [sorted(row) for row in TABLE[:6]] == [neighbours(i, 3) for i in range(6)]
    assert [sorted(row) for row in TABLE[6:12]] == [neighbours(i, 4) for i in range(6)]
    assert [sorted(set(range(6)) - set(row)) for row in TABLE[12:]] == [[2, 5], [0, 3], [1, 4], []]
    assert [sum(i in row for row in TABLE) for i in range(6)] == [10] * 6


def test_the_codes_are_ten_different_digits() -> None:
    codes = class_codes(10)
    assert codes.shape == (10, WIDTH * HEIGHT) == (10, 84)
    assert set(np.unique(codes)) == {-1.0, 1.0}
    differ = (codes[:, None] != codes).sum(2)
    assert min(differ[i, j] for i, j in product(range(10), repeat=2) if i != j) == 14
    alike = np.argsort(differ[8])[1:4]  # an 8 looks most like these
    assert set(alike) == {3, 6, 9}
    seven = codes[7].reshape(HEIGHT, WIDTH)
    assert seven[0].tolist() == [1] * WIDTH
    assert seven[-1].tolist() == [-1, 1, 1, -1, -1, -1, -1]


def test_further_classes_have_codes_of_their_own() -> None:
    codes = class_codes(1000)
    np.testing.assert_array_equal(codes[:10], class_codes(10))
    np.testing.assert_array_equal(codes[:300], class_codes(300))
    assert codes[10, :8].tolist() == [-1, -1, -1, 1, -1, -1, 1, 1]  # the same for ever: models are trained on them
    differ = (codes.shape[1] - codes @ codes.T) / 2
    assert differ[10:][~np.eye(1000, dtype=bool)[10:]].min() > 15


def test_a_blueprint_is_filled_by_loading() -> None:
    state = create_model("lenet5_1998", num_classes=12).state_dict()
    network = blueprint(find_entry("lenet5_1998").build, num_classes=12)
    assert network.head.classifier.codes.is_meta
    network.load_state_dict(state, assign=True)
    assert torch.equal(network.head.classifier.codes, torch.tensor(class_codes(12)))
    assert not any(t.is_meta for t in (*network.parameters(), *network.buffers()))
    assert network(torch.zeros(1, 1, 32, 32)).isfinite().all()


def test_the_codes_do_not_touch_torchs_random_numbers() -> None:
    torch.manual_seed(0)
    first = torch.rand(1)
    torch.manual_seed(0)
    class_codes(50)
    assert torch.equal(torch.rand(1), first)


def test_the_squashing_function_of_appendix_a() -> None:
    a = np.linspace(-4, 4, 17)
    squashed = Squash()(torch.tensor(a)).numpy()
    np.testing.assert_allclose(squashed, 1.7159 * (1 - 2 / (np.exp(4 / 3 * a) + 1)), rtol=1e-12)
    np.testing.assert_allclose(squashed[[6, 10]], [-1, 1], atol=1e-4)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_initial_weights_fill_their_range(dims: int) -> None:
    torch.manual_seed(0)
    network = create_model("lenet5_1998", dims=dims)
    groups = network.stages["c3"].conv.groups
    inputs = {
        network.stages["c1"].conv: 5**dims,
        network.stages["s2"].subsample: 2**dims,
        groups[0]: 3 * 5**dims,
        groups[1]: 4 * 5**dims,
        groups[2]: 6 * 5**dims,
        network.stages["c5"].conv: 16 * 5**dims,
        network.head.f6: 120,
    }
    for layer, count in inputs.items():
        drawn = torch.cat([p.flatten() for p in layer.parameters()]) * count / 2.4
        assert 0.4 < drawn.abs().max() <= 1
        assert abs(drawn.mean()) < 3 / (3 * len(drawn)) ** 0.5  # three standard errors


# The oracle: the paper's equations with numpy, place by place.


def slow_squash(a: Array) -> Array:
    return 1.7159 * np.tanh(2 / 3 * a)


def slow_conv(maps: Array, weight: Array, bias: float) -> Array:
    """Maps (C, H, W) seen by one unit's weights (C, 5, 5)."""
    height, width = maps.shape[1] - 4, maps.shape[2] - 4
    places = [(maps[:, y : y + 5, x : x + 5] * weight).sum() for y in range(height) for x in range(width)]
    return np.array(places).reshape(height, width) + bias


def slow_subsample(one: Array, weight: float, bias: float) -> Array:
    return weight * (one[::2, ::2] + one[::2, 1::2] + one[1::2, ::2] + one[1::2, 1::2]) + bias


def slow_lenet(image: Array, p: dict[str, Array]) -> Array:
    """Logits of one image (1, 32, 32)."""

    def subsampled(maps: Array, stage: str) -> Array:
        weights, biases = p[f"stages.{stage}.subsample.weight"], p[f"stages.{stage}.subsample.bias"]
        return np.stack([slow_squash(slow_subsample(*each)) for each in zip(maps, weights, biases, strict=True)])

    def convolved(maps: Array, layer: str) -> Array:
        pairs = zip(p[f"{layer}.weight"], p[f"{layer}.bias"], strict=True)
        return np.stack([slow_squash(slow_conv(maps, weight, bias)) for weight, bias in pairs])

    s2 = subsampled(convolved(image, "stages.c1.conv"), "s2")
    groups = [f"stages.c3.conv.groups.{i}" for i in range(3)]
    weights = [weight for group in groups for weight in p[f"{group}.weight"]]
    biases = [bias for group in groups for bias in p[f"{group}.bias"]]
    units = zip(TABLE, weights, biases, strict=True)
    c3 = np.stack([slow_squash(slow_conv(s2[list(seen)], weight, bias)) for seen, weight, bias in units])
    c5 = convolved(subsampled(c3, "s4"), "stages.c5.conv").ravel()
    f6 = slow_squash(p["head.f6.weight"] @ c5 + p["head.f6.bias"])
    return np.array([-sum((x - w) ** 2 for x, w in zip(f6, code, strict=True)) for code in p["head.classifier.codes"]])


def test_the_whole_network_against_a_slow_rewrite() -> None:
    torch.manual_seed(1)
    network = create_model("lenet5_1998", num_classes=11).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)  # so that the squashing bends
    images = torch.randn(2, 1, 32, 32, dtype=torch.float64)
    parameters = {name: t.numpy() for name, t in network.state_dict().items()}
    with torch.inference_mode():
        logits = network(images).numpy()
    np.testing.assert_allclose(logits, [slow_lenet(image, parameters) for image in images.numpy()], rtol=1e-10)
    assert logits.std(axis=0).max() > 0.5  # it depends on the image


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_subsampling_adds_a_window(dims: int) -> None:
    subsample = Subsample(dims, 2)
    subsample.load_state_dict({"weight": torch.tensor([1.0, -0.5]), "bias": torch.tensor([0.0, 3.0])})
    with torch.inference_mode():
        y = subsample(torch.ones(1, 2, *(4,) * dims))
    assert y.shape == (1, 2, *(2,) * dims)
    assert (y[0, 0] == 2**dims).all()
    assert (y[0, 1] == 3 - 2**dims / 2).all()


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_sparse_convolution_sees_its_table_alone(dims: int) -> None:
    sparse = SparseConv(dims, TABLE, kernel=3)
    x = torch.randn(1, 6, *(4,) * dims)
    with torch.inference_mode():
        y = sparse(x)
        for channel in range(6):
            other = x.clone()
            other[:, channel] += 1
            changed = (sparse(other) != y).flatten(2).any(2)[0]
            assert changed.tolist() == [channel in row for row in TABLE]


def test_cross_entropy_is_the_papers_loss_without_its_constant() -> None:
    """Equation 9: the penalty y_D + log(e^-j + Σ e^-y_i), with j so large that it does not count."""
    network = create_model("lenet5_1998")
    with torch.inference_mode():
        logits = network(torch.randn(5, 1, 32, 32)).double()
    targets = torch.arange(5)
    penalties = -logits.numpy()
    paper = penalties[range(5), range(5)] + np.log(np.exp(-1000.0) + np.exp(-penalties).sum(1))
    assert cross_entropy(logits, targets).item() == pytest.approx(paper.mean(), rel=1e-9)


def test_it_learns_digits() -> None:
    torch.manual_seed(0)
    pixels, targets = load_digits(return_X_y=True)
    small = torch.tensor(pixels[:1500] / 8 - 1, dtype=torch.float32).reshape(-1, 1, 8, 8)
    images = torch.nn.functional.interpolate(small, (32, 32), mode="bilinear")
    classes = torch.tensor(targets[:1500])
    network = create_model("lenet5_1998")
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for step in range(60):
        batch = torch.arange(50 * step, 50 * step + 50) % 1250
        loss = cross_entropy(network(images[batch]), classes[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 2
    assert sum(losses[-10:]) / 10 < 1
    with torch.inference_mode():
        correct = network(images[1250:]).argmax(1) == classes[1250:]
    assert correct.float().mean() > 0.75
