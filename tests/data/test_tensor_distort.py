"""A batch of tensors against the image path, image by image: a level of 255 here and there is all that differs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from striate.data.distort import Distortion, preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Mirror,
    PcaColour,
    Rotate,
    Saturation,
    Shear,
    Translate,
    Warp,
)
from striate.data.pipeline import Pipeline
from striate.data.tensor_distort import distort_batch
from striate.errors import ArgumentError, ShapeError
from striate.ops import geometry as g
from striate.preset import Preset

PCA = ((60.0, 60.0, 60.0), (20.0, 0.0, -20.0), (5.0, -10.0, 5.0))
MOTIONS = (Mirror(1.0), Crop(), Translate(0.1), Rotate(25), Shear(15))
TINTS = (Brightness(0.5), Contrast(0.5), Saturation(0.5), ColourShift(30), PcaColour(0.3))
GREY_TINTS = (Brightness(0.5), Contrast(0.5), ColourShift(30))
COFFEE = data.coffee()  # 400x600
RGBA = np.dstack([COFFEE, COFFEE[..., :1]])


def zone_plate(n):
    y, x = np.mgrid[:n, :n] + 0.5
    r_squared = (x - n / 2) ** 2 + (y - n / 2) ** 2
    return np.rint(127.5 + 127.5 * np.cos(np.pi * r_squared / n)).astype(np.uint8)[..., None].repeat(3, axis=2)


PICTURES = {"photo": COFFEE, "zone plate": zone_plate(400)}
SHRINKING, NEUTRAL, ENLARGING = 90, 400, 520  # of a short side of 400


def preset_of(channels, size, **fields):
    mean, std = (110.0, 100.0, 90.0, 5.0)[:channels], (50.0, 60.0, 70.0, 80.0)[:channels]
    pca = PCA if channels > 1 else ()
    return Preset(
        (size, size - 6), channels, mean, std, border=(120.6, 110.0, 20.0, 7.0)[:channels], colour_pca=pca, **fields
    )


def most_of_a_level(distortion):
    """What a change of colours makes of one level at most, in a pixel and in all (which move the mean grey)."""
    if distortion.colour is None:
        return 1.0
    change = np.abs(distortion.colour)
    return change[:-2, :-2].sum(axis=1).max() + change[:-2, -2].max()


def levels_apart(images, distortions, preset):
    """Differences in units of 0-255, (N, h, w, C)."""
    expected = np.stack([d.network_input(i, preset) for i, d in zip(images, distortions, strict=True)])
    tensors = [torch.from_numpy(i).permute(2, 0, 1) for i in images]
    found = distort_batch(tensors, distortions, preset)
    assert found.dtype == torch.float32
    assert found.is_contiguous()
    return np.abs(found.numpy() - expected).transpose(0, 2, 3, 1) * preset.std


@pytest.mark.parametrize("size", [SHRINKING, NEUTRAL, ENLARGING])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("step", [None, *MOTIONS, Warp(4), Erase(1.0)], ids=lambda s: type(s).__name__)
def test_motions_are_within_a_level(name, step, size):
    image, preset = PICTURES[name], preset_of(3, size)
    pipeline = Pipeline((step,) if step else ())
    distortions = [pipeline.sample(np.random.default_rng(i), image.shape[:2], preset) for i in range(3)]
    apart = levels_apart([image] * 3, distortions, preset)
    assert apart.max() < 1.01
    assert apart.mean() < 0.02


@pytest.mark.parametrize("size", [SHRINKING, NEUTRAL, ENLARGING])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("step", TINTS, ids=lambda s: type(s).__name__)
def test_colours_are_within_what_they_make_of_a_level(name, step, size):
    image, preset = PICTURES[name], preset_of(3, size)
    distortions = [Pipeline((step,)).sample(np.random.default_rng(i), image.shape[:2], preset) for i in range(3)]
    most = max(most_of_a_level(d) for d in distortions)
    apart = levels_apart([image] * 3, distortions, preset)
    assert apart.max() < most + 0.01
    assert apart.mean() < 0.02


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([1, 3, 4]),
    st.sampled_from([28, 64, 133]),
    st.sampled_from(["crop", "stretch", "letterbox"]),
    st.sampled_from(["bilinear", "bicubic", "area"]),
    st.integers(0, 10_000),
)
def test_all_together_on_images_of_all_sizes(channels, size, fit, filter, seed):
    rng = np.random.default_rng(seed)
    preset = preset_of(channels, size, fit=fit, filter=filter)
    several = Pipeline((*MOTIONS, *(TINTS if channels > 1 else GREY_TINTS), Warp(2), Erase(1.0), Erase(0.5)))
    pipelines = [several, Pipeline((Mirror(), Warp(1))), Pipeline(()), several]
    tops, lefts = rng.integers(0, 250, 4), rng.integers(0, 400, 4)
    images = [
        np.ascontiguousarray(RGBA[top : top + height, left : left + width, :channels])
        for top, left, height, width in zip(tops, lefts, [1, 40, 131, 150], [7, 200, 97, 150], strict=True)
    ]
    distortions = [p.sample(rng, image.shape[:2], preset) for p, image in zip(pipelines, images, strict=True)]
    apart = levels_apart(images, distortions, preset)
    most = max(most_of_a_level(d) for d in distortions)
    assert apart.max() < most + 0.01
    assert apart.mean() < 0.1


@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("fit", ["crop", "stretch", "letterbox"])
@pytest.mark.parametrize("size", [SHRINKING, 224, NEUTRAL, ENLARGING])
def test_evaluation_is_within_a_level(size, fit, filter):
    preset = preset_of(3, size, fit=fit, filter=filter)
    for image in (*PICTURES.values(), COFFEE[:131, :97], COFFEE[:1, :300]):
        image = np.ascontiguousarray(image)
        straight = preset_distortion(preset, image.shape[:2])
        mirrored = replace(straight, geometry=g.mirror(size - 6) @ straight.geometry)
        apart = levels_apart([image, image], [straight, mirrored], preset)
        assert apart.max() < 1.01
        assert apart.mean() < 0.02


@pytest.mark.parametrize("filter", ["nearest", "bicubic"])
def test_filters_that_no_pipeline_takes(filter):
    """A bent image by the preset's own filter, as crops at any place ask for; one of its matrices is a whole window."""
    preset = preset_of(3, 120)
    matrices = [g.rotate(3) @ g.scale(0.9), g.translate(0.31, 0.41) @ g.scale(1.3), g.scale(0.4), g.translate(-20, 30)]
    distortions = [
        Distortion(m, COFFEE.shape[:2], preset.size_hw, preset.border, filter=filter, exact=True) for m in matrices
    ]
    apart = levels_apart([COFFEE] * 4, distortions, preset)
    if filter == "nearest":  # places between two pixels go to either
        assert (apart > 0.01).mean() < 0.002
    else:
        assert apart.max() < 1.01
        assert apart.mean() < 0.02


def test_images_that_were_decoded_smaller():
    preset = preset_of(3, 100)
    pipeline = Pipeline((Rotate(10), Crop((0.6, 1.0))))
    distortions = [pipeline.sample(np.random.default_rng(i), (800, 1200), preset) for i in range(2)]
    assert levels_apart([COFFEE, COFFEE[::2, ::2].copy()], distortions, preset).max() < 1.01


def test_a_batch_tensor_is_its_images_and_stays_as_it_was():
    preset, rng = preset_of(3, 64), np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (3, 3, 70, 80), dtype=np.uint8))
    before = images.clone()
    pipeline = Pipeline((*MOTIONS, *TINTS, Erase(1.0)))
    distortions = [pipeline.sample(rng, (70, 80), preset) for _ in images]
    together = distort_batch(images, distortions, preset)
    assert torch.equal(images, before)
    assert torch.equal(together, distort_batch(list(images), distortions, preset))
    alone = [distort_batch(images[i : i + 1], distortions[i : i + 1], preset) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), atol=2 / 50, rtol=0)  # a level, for other sums
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(together, distort_batch(images, distortions, preset))


@pytest.mark.parametrize("images", [[], torch.zeros(0, 3, 40, 50, dtype=torch.uint8)])
def test_no_images(images):
    assert distort_batch(images, [], preset_of(3, 64)).shape == (0, 3, 64, 58)


def one(preset, source_hw=(40, 50), steps=()):
    return Pipeline(steps).sample(np.random.default_rng(0), source_hw, preset)


COLOUR, GREY = preset_of(3, 32), preset_of(1, 32)
BYTES = torch.zeros(1, 3, 40, 50, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("images", "distortions", "error", "message"),
    [
        (BYTES, [], ArgumentError, "distortions must be 1, one for each image, got 0"),
        (BYTES.float(), [one(COLOUR)], ShapeError, r"images must be uint8 \(3, H, W\) each, got 'torch.float32"),
        (BYTES[0], [one(COLOUR)] * 3, ShapeError, r"got 'torch.uint8 \(40, 50\)"),
        (BYTES[:, :1], [one(COLOUR)], ShapeError, r"got 'torch.uint8 \(1, 40, 50\)"),
        (BYTES[:, :, :0], [one(COLOUR)], ShapeError, r"got 'torch.uint8 \(3, 0, 50\)"),
        (BYTES, [one(COLOUR, (30, 50))], ShapeError, "the same picture smaller"),
        (BYTES, [one(preset_of(3, 40))], ShapeError, r"distortions must be to \(32, 26\) in 3 channels"),
        (BYTES, [one(GREY)], ShapeError, "in 3 channels"),
        (
            [*BYTES, *BYTES],
            [one(COLOUR), preset_distortion(preset_of(3, 32, filter="bicubic"), (40, 50))],
            ArgumentError,
            "of one filter",
        ),
    ],
)
def test_refused(images, distortions, error, message):
    with pytest.raises(error, match=message):
        distort_batch(images, distortions, COLOUR)
