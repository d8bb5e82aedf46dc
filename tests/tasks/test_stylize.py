"""Style transfer on a small VGG of random weights: costs, tiles, sizes, colours, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import striate
from striate.errors import ArgumentError, ImageError, UnknownNameError, WeightsError
from striate.models import blueprint, find_entry
from striate.ops import content_cost, style_cost, total_variation
from striate.tasks import STYLE_PRESETS, StylePreset, write_stylized
from striate.tasks.stylize_goal import Goal
from striate.tasks.stylize_network import StyleNetwork
from striate.tasks.stylize_pictures import luminance, sizes_in_turn, to_tensor
from striate.tasks.stylize_tiles import TiledNetwork, cut_tiles, lay_grid, tile_side

CONV1, CONV2 = "stages.stage1.0.activation", "stages.stage2.0.activation"
SMALL = StylePreset(
    network="vgg11",
    mean=(120.0, 110.0, 100.0),
    std=(60.0, 50.0, 40.0),
    content=CONV2,
    style={"input": 0.5, CONV1: 1.0, CONV2: 2.0},
    variation_weight=0.1,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The first two convolutions of a VGG-11, by torchvision's names."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "vgg11.safetensors"
    convs = {"features.0": nn.Conv2d(3, 64, 3), "features.3": nn.Conv2d(64, 128, 3)}
    save_file({f"{name}.{kind}": t.detach() for name, c in convs.items() for kind, t in c.named_parameters()}, path)
    return path


def picture(height, width, seed=0):
    """Smooth colours with some noise, uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x * f + y * g) for f, g in rng.uniform(0.05, 0.6, (3, 2))]
    return np.clip(128 + 80 * np.stack(waves, -1) + rng.normal(0, 8, (height, width, 3)), 0, 255).astype(np.uint8)


def small(weights, **options):
    """Iterates of a small transfer."""
    usual = {"model": SMALL, "weights": weights, "size": 32, "steps": 8, "device": "cpu"}
    return list(striate.stylize(picture(24, 32), picture(30, 30, seed=1), **usual | options))


def make_goal(network, content, style, side):
    grid = lay_grid(network)
    styles = TiledNetwork(network, grid, style.shape[2:], side).mean_grams(style, list(network.preset.style))
    return Goal(TiledNetwork(network, grid, content.shape[2:], side), content, styles, 1.5)


def tensors(content_hw=(40, 56), style_hw=(48, 32)):
    cpu = torch.device("cpu")
    return to_tensor(picture(*content_hw), content_hw, cpu), to_tensor(picture(*style_hw, seed=1), style_hw, cpu)


def plain_layers(weights, x):
    """What SMALL looks at, by torch alone."""
    from safetensors.torch import load_file

    loaded = load_file(weights)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (SMALL.mean, SMALL.std))
    first = torch.relu(
        nn.functional.conv2d((x * 255 - mean) / std, loaded["features.0.weight"], loaded["features.0.bias"], padding=1)
    )
    pooled = nn.functional.avg_pool2d(first, 2)
    second = nn.functional.conv2d(pooled, loaded["features.3.weight"], loaded["features.3.bias"], padding=1)
    return {"input": x, CONV1: first, CONV2: torch.relu(second)}


def test_losses_and_gradient_are_the_documents(weights):
    content, style = tensors()
    goal = make_goal(StyleNetwork(SMALL, weights=weights), content, style, 1000)
    x = torch.rand_like(content).requires_grad_()
    losses = goal.backward(x)
    generated, of_style = plain_layers(weights, x), plain_layers(weights, style)
    expected_content = goal.alpha * content_cost(plain_layers(weights, content)[CONV2], generated[CONV2]).sum()
    expected_style = sum(goal.lambdas[n] * style_cost(of_style[n], generated[n]).sum() for n in SMALL.style)
    variation = 0.1 * total_variation(x).sum() / (40 * 56)
    assert losses.content == pytest.approx(expected_content.item(), rel=1e-4)
    assert losses.style == pytest.approx(expected_style.item(), rel=1e-4)
    assert losses.variation == pytest.approx(variation.item(), rel=1e-4)
    assert losses.total == pytest.approx(losses.content + losses.style + losses.variation)
    (gradient,) = torch.autograd.grad(expected_content + expected_style + variation, x)
    torch.testing.assert_close(x.grad, gradient, rtol=1e-3, atol=1e-6)


def test_relative_weights_are_the_costs_of_a_picture_without_activations(weights):
    content, style = tensors()
    goal = make_goal(StyleNetwork(SMALL, weights=weights), content, style, 1000)
    of_content, of_style = plain_layers(weights, content), plain_layers(weights, style)
    nothing = {name: torch.zeros_like(a) for name, a in of_content.items()}
    assert goal.alpha * content_cost(of_content[CONV2], nothing[CONV2]).item() == pytest.approx(1, rel=1e-4)
    costs = {name: goal.lambdas[name] * style_cost(of_style[name], nothing[name]).item() for name in SMALL.style}
    assert costs == pytest.approx({name: 1.5 * w for name, w in SMALL.style.items()}, rel=1e-4)


@pytest.mark.parametrize("upsample", [1, 2])
@pytest.mark.parametrize("padding", ["zeros", "replicate"])
def test_tiles_give_what_the_whole_picture_gives(weights, upsample, padding):
    network = StyleNetwork(replace(SMALL, upsample=upsample, padding=padding), weights=weights)
    content, style = tensors()
    whole, tiled = make_goal(network, content, style, 1000), make_goal(network, content, style, 16)
    assert len(whole.content) == 1
    assert len(tiled.content) == 12
    one, other = (torch.rand(content.shape, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    losses, in_tiles = whole.backward(one.requires_grad_()), tiled.backward(other.requires_grad_())
    assert in_tiles.to_dict() == pytest.approx(losses.to_dict(), rel=1e-4)
    torch.testing.assert_close(other.grad, one.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("size_hw", "side"), [((8, 8), 8), ((32, 48), 16), ((24, 40), 16), ((16, 8), 8)])
def test_tiles_make_up_the_picture(size_hw, side):
    covered = np.zeros(size_hw, int)
    for tile in cut_tiles(size_hw, side, 8):
        top, left, bottom, right = tile.own
        covered[top:bottom, left:right] += 1
        assert max(bottom - top, right - left) <= side
        assert tile.seen == (max(0, top - 8), max(0, left - 8), min(size_hw[0], bottom + 8), min(size_hw[1], right + 8))
    assert (covered == 1).all()


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_costs_fall_and_the_same_seed_gives_the_same_picture(weights, optimizer, start):
    first = small(weights, optimizer=optimizer, start=start, steps=12)
    again = small(weights, optimizer=optimizer, start=start, steps=12)
    assert [i.step for i in first] == list(range(1, 13))
    assert min(i.losses.total for i in first) < 0.9 * first[0].losses.total
    assert first[0].best
    assert all(i.image.dtype == np.uint8 and i.image.shape == (24, 32, 3) for i in first)
    np.testing.assert_array_equal(first[-1].image, again[-1].image)
    if start == "noise":
        other = small(weights, optimizer=optimizer, start=start, steps=1, seed=1)
        assert (first[0].image != other[0].image).any()


def test_bf16_gives_nearly_the_same_picture(weights):
    usual, halved = small(weights), small(weights, precision="bf16")
    assert halved[0].losses.total == pytest.approx(usual[0].losses.total, rel=0.02)
    assert np.abs(halved[-1].image.astype(float) - usual[-1].image).mean() < 8


def test_a_picture_in_its_own_style_stays(weights):
    content = picture(32, 32)
    *_, last = striate.stylize(content, content, model=SMALL, weights=weights, size=32, steps=3, device="cpu")
    assert last.losses.content + last.losses.style < 1e-3


def test_styles_are_mixed_by_their_weights(weights):
    styles = [picture(32, 32, seed=1), picture(32, 32, seed=2)]
    usual = {"model": SMALL, "weights": weights, "size": 32, "steps": 2, "device": "cpu"}

    def first_gradient_step(chosen, **options):
        *_, last = striate.stylize(picture(32, 32), chosen, **usual | options)
        return last.losses.style

    alone = first_gradient_step(styles[0])
    assert first_gradient_step(styles, style_weights=[1e6, 1e-6]) == pytest.approx(alone, rel=1e-3)
    assert first_gradient_step([styles[0]] * 2) == pytest.approx(alone, rel=1e-3)


def test_colours_are_kept_but_for_rounding(weights):
    iterates = small(weights, keep_colour=True, strength=100.0)
    content = to_tensor(picture(24, 32), (24, 32), torch.device("cpu"))
    made = torch.from_numpy(iterates[-1].image).permute(2, 0, 1)[None] / 255
    inside = ((made > 0.01) & (made < 0.99)).all(1, keepdim=True)  # where nothing was cut off
    ours, theirs = made - luminance(made), content - luminance(content)
    assert ((ours - theirs).abs() * inside).max() < 2 / 255
    assert (luminance(made) - luminance(content)).abs().max() > 0.05  # but something has happened


def test_sizes_grow_and_their_steps_add_up(weights):
    assert [side for side, _ in sizes_in_turn(1500, 100)] == [187, 375, 750, 1500]
    for side, steps in ((16, 1), (320, 1), (640, 2), (4000, 7)):
        turns = sizes_in_turn(side, steps)
        assert sum(n for _, n in turns) == steps
        assert all(n >= 1 for _, n in turns)
    iterates = small(weights, size=320, steps=3)
    assert [i.image.shape[1] for i in iterates] == [160, 160, 320]
    assert [i.best for i in iterates][0::2] == [True, True]


def test_less_memory_makes_smaller_tiles_until_none_fits(weights):
    network = StyleNetwork(SMALL, weights=weights)
    grid = lay_grid(network)
    sides = [tile_side(grid, (1200, 1600), gb * 1e9) for gb in (100, 2, 1, 0.1)]
    assert sides[0] == 1600
    assert sides == sorted(sides, reverse=True)
    assert all(side % grid.stride == 0 for side in sides)
    with pytest.raises(ArgumentError, match="memory_gb must be enough for 1600x1200 pixels"):
        tile_side(grid, (1200, 1600), 1e5)


def test_blue_first_weights_see_what_the_network_in_blue_first_order_sees(weights):
    content, _ = tensors()
    turned = StyleNetwork(replace(SMALL, mean=SMALL.mean[::-1], std=SMALL.std[::-1]), weights=weights)
    bgr = StyleNetwork(replace(SMALL, bgr=True), weights=weights)
    torch.testing.assert_close(bgr(content)[CONV2], turned(content.flip(1))[CONV2], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", STYLE_PRESETS)
def test_presets_name_layers_and_blocks_of_their_network(name):
    preset = STYLE_PRESETS[name]
    entry = find_entry(preset.network)
    known = {layer for layer, _ in blueprint(entry.build, num_classes=entry.classes).named_modules()}
    assert set(preset.layers) <= known | {"input"}


class Stops:
    """Iterates, and then Ctrl-C."""

    def __init__(self, iterates):
        self.iterates = iterates

    def __iter__(self):
        yield from self.iterates
        raise KeyboardInterrupt


def test_the_best_so_far_is_written_when_it_is_stopped(weights, tmp_path):
    iterates = small(weights)
    iterates.append(replace(iterates[0], step=9, best=False))
    seen = []
    made = write_stylized(Stops(iterates), tmp_path / "art.png", on_iterate=seen.append)
    best = [i for i in iterates if i.best][-1]
    assert not made.finished
    assert made.best is best
    assert seen == iterates
    np.testing.assert_array_equal(striate.data.read_image(tmp_path / "art.png"), best.image)
    with pytest.raises(KeyboardInterrupt):
        write_stylized(Stops([]), tmp_path / "nothing.png")
    assert not (tmp_path / "nothing.png").exists()


def test_previews_are_written_on_the_way(weights, tmp_path):
    there = []
    out = tmp_path / "art.png"
    made = write_stylized(small(weights), out, preview_every=3, on_iterate=lambda i: there.append(out.exists()))
    assert there == [False] * 3 + [True] * 5
    assert made.finished


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"size": 8}, ArgumentError, "size must be 16 to 16384, got 8"),
        ({"steps": 0}, ArgumentError, "steps must be 1 to"),
        ({"strength": -1.0}, ArgumentError, "strength must be at least 0"),
        ({"strength": float("nan")}, ArgumentError, "strength must be at least 0"),
        ({"start": "nothing"}, ArgumentError, "start must be one of content, noise"),
        ({"optimizer": "sgd"}, ArgumentError, "optimizer must be one of lbfgs, adam"),
        ({"style_weights": [1.0, 1.0]}, ArgumentError, "a positive number for each of 1 styles"),
        ({"style_weights": [0.0]}, ArgumentError, "a positive number for each of 1 styles"),
        ({"memory_gb": 0.1}, ArgumentError, "memory_gb must be enough"),
        ({"model": "vgg91"}, UnknownNameError, "did you mean 'vgg19'"),
        (
            {"model": replace(SMALL, content="stages.stage2.0.activatio")},
            UnknownNameError,
            "did you mean 'stages.stage2",
        ),
        (
            {"model": replace(SMALL, content="stages.stage3.0.activation")},
            WeightsError,
            "missing: stages.stage3.0.conv",
        ),
        ({"model": replace(SMALL, network="vgg13")}, WeightsError, "don't fit vgg13 up to stage2"),
        ({"weights": None}, ArgumentError, "weights must be a file"),
        ({"weights": "nothing.safetensors"}, WeightsError, "can't read nothing.safetensors"),
    ],
)
def test_what_can_not_be_done_is_refused_before_anything_is_computed(weights, options, error, message):
    usual = {"model": SMALL, "weights": weights, "size": 32}
    with pytest.raises(error, match=message):
        striate.stylize(picture(24, 32), picture(30, 30, seed=1), **usual | options)


def test_pictures_that_are_none_are_refused(weights):
    usual = {"model": SMALL, "weights": weights, "size": 32}
    with pytest.raises(ArgumentError, match=r"picture must be uint8 \(H, W, 3\)"):
        striate.stylize(picture(24, 32).astype(float), picture(30, 30), **usual)
    with pytest.raises(ImageError, match=r"nothing.jpg: no such file"):
        striate.stylize("nothing.jpg", picture(30, 30), **usual)
    with pytest.raises(ArgumentError, match="for each of 0 styles"):
        striate.stylize(picture(24, 32), [], **usual)


@pytest.mark.parametrize("values", [{"style": {}}, {"style": {CONV1: -1.0}}, {"upsample": 0}, {"content": "input"}])
def test_presets_are_checked(values):
    with pytest.raises(ArgumentError, match="preset"):
        replace(SMALL, **values)
