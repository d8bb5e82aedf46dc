"""Features on disk are what the network answers, of these weights, this preset and these images, and of no others."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import Item, Loader, Mirror, Part, Pipeline, Translate
from striate.errors import ArgumentError, DataError, StriateError
from striate.models import create_model
from striate.preset import Preset
from striate.training import Recipe, fit, freeze, softmax_cross_entropy
from striate.training.cut import cut_network
from striate.training.feature_cache import FeatureCache
from striate.training.features import CachedFeatures, PartFeatures, describe_features

N = 13
PRESET = Preset((32, 32), 1, (120.0,), (60.0,), labels=("a", "b"))
PIPELINE = Pipeline((Mirror(), Translate(0.2)))


class Pictures:
    """A store of pictures that can be changed; it counts how often each is decoded."""

    def __init__(self, n=N):
        rng = np.random.default_rng(0)
        self.pictures = {str(i): rng.integers(0, 256, (32, 32, 1), dtype=np.uint8) for i in range(n)}
        self.loads = []

    def load(self, path, channels=1, at_least_hw=None):
        self.loads.append(path)
        return self.pictures[path]

    def digest(self, path):
        return hashlib.sha256(self.pictures[path].tobytes()).hexdigest()


@pytest.fixture
def part():
    return Part([Item(str(i), (i % 2,)) for i in range(N)], Pictures())


@pytest.fixture
def network():
    network = create_model("resnet20", num_classes=2, in_channels=1).eval()
    freeze(network, "all")
    return network


class Computed:
    """The frozen part of a network; it counts the images."""

    def __init__(self, network):
        self.frozen, self.images = cut_network(network).frozen, 0

    @torch.inference_mode()
    def __call__(self, images):
        self.images += len(images)
        return self.frozen(images).numpy()


def features_of(network, part, preset=PRESET, **options):
    """Filled; and how many images that took."""
    cut = cut_network(network)
    features = PartFeatures(
        FeatureCache(), part, preset, describe_features(network, cut, (64,), "fp32 on cpu"), **options
    )
    compute = Computed(network)
    features.fill(compute)
    return features, compute.images


def plain(n=N):
    return np.zeros(n, np.int64), np.arange(n)


DISTORTED = {"pipeline": PIPELINE, "views": 3, "seed": 5}


def test_rows_are_what_the_network_answers(part, network):
    features, computed = features_of(network, part)
    (batch,) = Loader(part, PRESET, batch_size=N).epoch(0)
    assert computed == N
    assert np.allclose(features.read(*plain()), Computed(network)(batch.images), atol=1e-6)


def test_view_v_is_what_a_loader_shows_in_epoch_v(part, network):
    features, computed = features_of(network, part, **DISTORTED)
    assert computed == 3 * N
    loader = Loader(part, PRESET, pipeline=PIPELINE, batch_size=N, seed=5)
    rows = {0: features.read(*plain())}
    for view in (1, 2):
        (batch,) = loader.epoch(view)
        rows[view] = features.read(np.full(N, view), np.arange(N))
        assert np.allclose(rows[view], Computed(network)(batch.images), atol=1e-6)
    assert not any(torch.equal(rows[a], rows[b]) for a, b in ((0, 1), (1, 2), (0, 2)))
    views = np.arange(N) % 3
    mixed = features.read(views, np.arange(N))
    assert all(torch.equal(row, rows[view][i]) for i, (view, row) in enumerate(zip(views.tolist(), mixed, strict=True)))


def test_a_second_time_costs_nothing(part, network):
    features_of(network, part, **DISTORTED)
    part.store.loads.clear()
    assert features_of(network, part, **DISTORTED)[1] == 0
    assert features_of(network, part)[1] == 0  # of one view, which is among those
    assert features_of(network, part, replace(PRESET, labels=("c", "d")))[1] == 0  # names are no pixels
    few = Part(part.items[5:], part.store)
    assert features_of(network, few)[1] == 0  # where an image stands is no matter
    assert part.store.loads == []


# What is changed, how it is asked for, and how many views are computed anew


def change_a_picture(network, part):
    part.store.pictures["3"][0, 0, 0] ^= 1


def change_a_weight(network, part):
    with torch.no_grad():
        next(iter(network.stages.values())).conv.weight.view(torch.int32)[0, 0, 0, 0] ^= 1


def change_a_statistic(network, part):
    next(iter(network.stages.values())).norm.running_var[0] *= 1.001


def change_the_head(network, part):
    with torch.no_grad():
        network.head.classifier.weight += 1


def nothing(network, part):
    pass


STALE = {
    "one bit of an image": (change_a_picture, {}, {}, 1),
    "one bit of an image, in all views": (change_a_picture, {}, DISTORTED, 3),
    "one bit of a weight": (change_a_weight, {}, {}, N),
    "a batch norm's statistic": (change_a_statistic, {}, {}, N),
    "the head, which features don't know": (change_the_head, {}, {}, 0),
    "the preset's mean": (nothing, {"mean": (120.5,)}, {}, N),
    "the preset's size": (nothing, {"size_hw": (40, 40)}, {}, N),
    "the preset's filter": (nothing, {"filter": "bicubic"}, {}, N),
    "the seed, of distorted views": (nothing, {}, DISTORTED | {"seed": 6}, 2 * N),
    "the pipeline, of distorted views": (nothing, {}, DISTORTED | {"pipeline": Pipeline((Mirror(),))}, 2 * N),
    "one view more": (nothing, {}, DISTORTED | {"views": 4}, N),
}


@pytest.mark.parametrize(("change", "preset", "options", "images"), STALE.values(), ids=STALE)
def test_nothing_is_ever_stale(part, network, change, preset, options, images):
    features_of(network, part, **DISTORTED)
    change(network, part)
    preset = replace(PRESET, **preset)
    features, computed = features_of(network, part, preset, **options)
    assert computed == images
    (batch,) = Loader(part, preset, batch_size=N).epoch(0)
    assert np.allclose(features.read(*plain()), Computed(network)(batch.images), atol=1e-6)


@pytest.mark.parametrize("module", ["cv2.__version__", "PIL.__version__", "torch.__version__"])
def test_another_decoder_is_another_file(part, network, monkeypatch, module):
    features_of(network, part)
    monkeypatch.setattr(module, "0.0.0")
    assert features_of(network, part)[1] == N


def test_broken_rows_are_computed_again(part, network):
    features, _ = features_of(network, part)
    (entry,) = FeatureCache().entries()
    data = bytearray(entry.path.read_bytes())
    data[-1] ^= 1  # in the last row
    data[len(data) // 2] ^= 128  # in the middle of some
    entry.path.write_bytes(data)
    with pytest.raises(StriateError, match="damaged"):
        features.read(*plain())
    again, computed = features_of(network, part)
    assert computed == 2
    (batch,) = Loader(part, PRESET, batch_size=N).epoch(0)
    assert np.allclose(again.read(*plain()), Computed(network)(batch.images), atol=1e-6)


def test_an_image_that_changes_while_it_is_read(part, network):
    """Its features would have stood under the old image's digest."""
    cut = cut_network(network)
    features = PartFeatures(FeatureCache(), part, PRESET, describe_features(network, cut, (64,), "fp32 on cpu"))
    change_a_picture(network, part)
    with pytest.raises(DataError, match="3 was changed while it was read"):
        features.fill(Computed(network))
    assert not any(entry.rows for entry in FeatureCache().entries())


def test_twins_share_a_row(part, network):
    part.store.pictures["1"] = part.store.pictures["0"]
    features, _ = features_of(network, part)
    rows = features.read(*plain())
    assert torch.equal(rows[0], rows[1])
    assert FeatureCache().entries()[0].rows == N - 1


def test_processes_share_the_work(part, network):
    cut = cut_network(network)
    description = describe_features(network, cut, (64,), "fp32 on cpu")
    both = [PartFeatures(FeatureCache(), part, PRESET, description, **DISTORTED) for _ in range(2)]
    compute = Computed(network)
    for rank, features in ((1, both[1]), (0, both[0])):
        before = compute.images
        features.fill(compute, rank=rank, world_size=2)
        assert 0 < compute.images - before < 3 * N
    for features in both:
        features.fill(compute)  # what is still missing
    assert compute.images == 3 * N
    assert torch.equal(both[0].read(*plain()), both[1].read(*plain()))


def test_it_goes_on_where_it_was_stopped(part, network):
    cut = cut_network(network)
    many = Part([Item(str(i), ()) for i in range(70)], Pictures(70))
    features = PartFeatures(FeatureCache(), many, PRESET, describe_features(network, cut, (64,), "fp32 on cpu"))

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        features.fill(Computed(network), on_images=stop)
    kept = FeatureCache().entries()[0].rows
    assert 0 < kept < 70
    assert features_of(network, many)[1] == 70 - kept


@pytest.mark.parametrize("options", [{"views": 0}, {"views": 2}], ids=str)
def test_wrong_views(part, network, options):
    with pytest.raises(ArgumentError, match="views must be at least 1, and 1 without a pipeline"):
        features_of(network, part, **options)


# Batches


def targets_of(part):
    return torch.tensor([item.labels[0] for item in part.items])


@pytest.mark.parametrize("world_size", [1, 2])
def test_batches_come_as_a_loader_gives_them(part, network, world_size):
    features, _ = features_of(network, part)
    options = {"batch_size": 3, "seed": 9, "shuffle": True, "world_size": world_size}
    for rank in range(world_size):
        cached = CachedFeatures(features, targets_of(part), **options, rank=rank)
        loader = Loader(part, PRESET, **options, rank=rank)
        assert len(cached) == len(loader)
        for epoch, start in ((0, 0), (1, 1), (4, len(loader))):
            pairs = list(zip(cached.epoch(epoch, start), loader.epoch(epoch, start), strict=True))
            assert len(pairs) == len(loader) - start
            for ours, theirs in pairs:
                assert torch.equal(ours.indices, theirs.indices)
                assert torch.equal(ours.targets, theirs.targets)
                assert np.allclose(ours.images, Computed(network)(theirs.images), atol=1e-6)


def test_an_image_is_seen_in_every_view(part, network):
    features, _ = features_of(network, part, **DISTORTED)
    rows = [features.read(np.full(N, view), np.arange(N)) for view in range(3)]
    cached = CachedFeatures(features, targets_of(part), batch_size=4, shuffle=True)
    seen = {(i, view) for e in range(3) for b in cached.epoch(e) for i, view in seen_views(b, rows)}
    assert seen == {(i, view) for i in range(N) for view in range(3)}


def seen_views(batch, rows):
    for i, row in zip(batch.indices.tolist(), batch.images, strict=True):
        yield i, next(view for view in range(3) if torch.equal(rows[view][i], row))


@pytest.mark.parametrize(("optimizer", "lr"), [("momentum", 1e-3), ("adamw", 1e-2)])
def test_training_on_features_is_training_on_images(part, optimizer, lr):
    """The same logits to 1e-5 after eight epochs, by the same loop in the same order; what is frozen has not moved."""
    results = []
    for cached in (False, True):
        torch.manual_seed(3)
        network = create_model("resnet20", num_classes=2, in_channels=1)
        freeze(network, "all")
        options = {"batch_size": 5, "seed": 1, "shuffle": True}
        trained, train = network, Loader(part, PRESET, **options)
        if cached:
            features, _ = features_of(network, part)
            trained, train = cut_network(network).rest, CachedFeatures(features, targets_of(part), **options)
        recipe = Recipe.usual(optimizer, epochs=8, lr=lr, ema_decay=0.9, clip_norm=1.0)
        losses = [
            epoch.loss
            for epoch in fit(trained, train, lambda n: {"accuracy": 0.5}, loss=softmax_cross_entropy, recipe=recipe)
        ]
        (batch,) = Loader(part, PRESET, batch_size=N).epoch(0)
        with torch.no_grad():
            results.append((losses, network.eval()(batch.images)))
    (losses, logits), (cached_losses, cached_logits) = results
    assert losses[-1] < losses[0]
    assert np.allclose(losses, cached_losses, atol=1e-5)
    assert (logits - cached_logits).abs().max() < 1e-5


def test_files_are_let_go(part, network):
    features, _ = features_of(network, part, **DISTORTED)
    features.close()
    for entry in FeatureCache().prune(most_bytes=0):
        assert not entry.path.exists()
