"""Pipelines: limits of what is sampled, plain JSON and back, the defaults."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data import pipeline as p
from striate.data.distort import preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Flip,
    Mirror,
    PcaColour,
    Rotate,
    Saturation,
    Shear,
    Translate,
    Warp,
)
from striate.data.image import read_image
from striate.errors import ArgumentError, UnknownNameError
from striate.ops import geometry as g
from striate.preset import Preset

EVERY = (
    Mirror(),
    Flip(),
    Crop(),
    Translate(),
    Rotate(),
    Shear(),
    Brightness(),
    Contrast(),
    Saturation(),
    ColourShift(),
    PcaColour(),
    Warp(),
    Erase(),
)
PCA = ((60.0, 60.0, 60.0), (20.0, 0.0, -20.0), (5.0, -10.0, 5.0))  # orthogonal, as components are
STILL = (
    Mirror(0),
    Flip(0),
    Translate(0),
    Rotate(0),
    Shear(0),
    Brightness(0),
    Contrast(0),
    Saturation(0),
    ColourShift(0),
    PcaColour(0),
    Warp(0),
    Erase(0),
)


@pytest.mark.parametrize("fit", ["crop", "stretch", "letterbox"])
def test_without_strength_it_is_evaluation(fit):
    preset = Preset((64, 48), fit=fit, colour_pca=PCA)
    distortion = p.Pipeline(STILL).sample(np.random.default_rng(0), (131, 97), preset)
    np.testing.assert_allclose(distortion.geometry, preset_distortion(preset, (131, 97)).geometry, atol=1e-9)
    np.testing.assert_allclose(distortion.colour, np.eye(5))
    assert distortion.erased == ()


@given(
    st.sampled_from([(60, 90), (300, 40), (64, 64)]),
    st.sampled_from(["crop", "stretch"]),
    st.floats(0.1, 1),
    st.integers(0, 500),
)
def test_a_crop_is_a_part_of_the_image(size_hw, fit, share, seed):
    preset = Preset((64, 48), fit=fit)
    distortion = p.Pipeline((Crop((share, 1.0)),)).sample(np.random.default_rng(seed), size_hw, preset)
    left, top, right, bottom = g.apply_boxes(distortion.inverse, [[0, 0, 48, 64]])[0]
    assert left > -0.5 / 64 * size_hw[1]  # the preset's rounding to whole pixels
    assert top > -0.5 / 64 * size_hw[0]
    assert right < size_hw[1] * (1 + 0.5 / 64)
    assert bottom < size_hw[0] * (1 + 0.5 / 64)
    assert g.area_factor(distortion.geometry) > 0


def test_a_crop_takes_the_share_it_says():
    preset, shares = Preset((64, 64)), []
    for seed in range(300):
        distortion = p.Pipeline((Crop((0.2, 0.5)),)).sample(np.random.default_rng(seed), (100, 100), preset)
        box = g.apply_boxes(distortion.inverse, [[0, 0, 64, 64]])[0]
        shares.append((box[2] - box[0]) * (box[3] - box[1]) / 100**2)
    assert 0.2 <= min(shares) < 0.22
    assert 0.48 < max(shares) <= 0.5
    assert abs(np.mean(shares) - 0.35) < 0.02


def test_strengths_are_limits():
    rng, view = np.random.default_rng(0), p.View((64, 64), (0, 0, 64, 64))
    turns = [g.apply_points(Rotate(15).sample(rng, view), [[64, 32]])[0] for _ in range(200)]
    angles = [np.degrees(np.arctan2(32 - y, x - 32)) for x, y in turns]
    assert -15 <= min(angles) < -13
    assert 13 < max(angles) <= 15
    assert 60 < sum(g.mirrors(Mirror(0.5).sample(rng, view)) for _ in range(200)) < 140
    factors = [Brightness(0.3).sample(rng, Preset((8, 8)))[0, 0] for _ in range(200)]
    assert 0.7 <= min(factors) < 0.73
    assert 1.27 < max(factors) <= 1.3
    with_alpha = Preset((8, 8), 4, (0.0,) * 4, (1.0,) * 4, colour_pca=PCA)
    for tint in (ColourShift(40), PcaColour(0.5)):
        shift = tint.sample(rng, with_alpha)
        assert shift[:3, -1].all()
        assert shift[3, -1] == 0


def test_erased_rectangles_are_within_the_frame_and_as_large_as_they_may_be():
    rng, view = np.random.default_rng(0), p.View((60, 90), (0, 0, 90, 60))
    drawn = [Erase(0.5).sample(rng, view) for _ in range(1000)]
    boxes = np.array([box for box in drawn if box])
    assert 430 < len(boxes) < 570
    assert boxes.min() == 0
    assert (boxes[:, 2:].max(axis=0) == [90, 60]).all()
    sides = boxes[:, 2:] - boxes[:, :2]
    shares, aspects = sides.prod(axis=1) / 5400, sides[:, 1] / sides[:, 0]
    assert shares.min() > 0.015
    assert 0.37 < shares.max() < 0.42
    assert aspects.min() < 0.36
    assert aspects.max() > 2.4  # up to 3.3 where the frame's height leaves room
    small = p.View((1, 1), (0, 0, 1, 1))
    assert Erase(1).sample(rng, small) == (0, 0, 1, 1)


def test_pca_colour_is_drawn_from_the_preset():
    draws = [PcaColour(0.1).sample(np.random.default_rng(i), Preset((8, 8), colour_pca=PCA)) for i in range(2000)]
    shifts = np.array([draw[:3, -1] for draw in draws])
    axes = np.array(PCA)
    assert all(np.array_equal(draw[:3, :3], np.eye(3)) for draw in draws)
    np.testing.assert_allclose(np.cov(shifts.T), 0.01 * axes.T @ axes, rtol=0.12)  # Σ (σ λ)² p pᵀ
    assert np.abs(shifts.mean(axis=0)).max() < 0.6
    luma = np.array([0.299, 0.587, 0.114])
    assert draws[0][3, -1] == pytest.approx(luma @ shifts[0])  # the mean grey moves with it


def test_json_and_back():
    whole = p.Pipeline(EVERY)
    assert p.Pipeline.from_list(json.loads(json.dumps(whole.to_list()))) == whole
    assert whole.to_list()[2]["name"] == "crop"
    assert p.Pipeline.from_list([]) == p.Pipeline(())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: p.Pipeline.from_list([{"name": "miror"}]), UnknownNameError, "did you mean 'mirror'"),
        (lambda: p.Pipeline.from_list([{"name": "mirror", "chance": 1}]), ArgumentError, "mirror must be"),
        (lambda: p.Pipeline((Warp(), Warp())), ArgumentError, "one Warp at most"),
        (lambda: p.Pipeline(("mirror",)), ArgumentError, "made of Mirror"),
        (lambda: Mirror(1.5), ArgumentError, "within 0 to 1"),
        (lambda: Rotate(-1), ArgumentError, "within 0 to 180"),
        (lambda: Rotate(float("nan")), ArgumentError, "within 0 to 180"),
        (lambda: Erase(1.1), ArgumentError, "within 0 to 1"),
        (lambda: Erase(0.5, (0.0, 0.2)), ArgumentError, "rising"),
        (lambda: Crop((0.5, 0.2)), ArgumentError, "rising"),
        (lambda: Crop((0.0, 1.0)), ArgumentError, "rising"),
        (lambda: Crop(aspect=(0, 1)), ArgumentError, "above 0"),
        (lambda: Shear(61), ArgumentError, "within 0 to 60"),
        (lambda: PcaColour(-0.1), ArgumentError, "within 0 to 1"),
        (lambda: ColourShift(256), ArgumentError, "within 0 to 255"),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_saturation_of_a_grey_image_is_refused():
    grey = Preset((28, 28), 1, (33.0,), (78.0,))
    with pytest.raises(ArgumentError, match="needs colours"):
        p.Pipeline((Saturation(),)).sample(np.random.default_rng(0), (28, 28), grey)


def test_pca_colour_needs_colours_and_the_training_images():
    grey = Preset((28, 28), 1, (33.0,), (78.0,))
    with pytest.raises(ArgumentError, match="channels must be 3 or 4 for PCA colour, which needs colours, got 1"):
        p.Pipeline((PcaColour(),)).sample(np.random.default_rng(0), (28, 28), grey)
    with pytest.raises(ArgumentError, match="colour_components"):
        p.Pipeline((PcaColour(),)).sample(np.random.default_rng(0), (28, 28), Preset((28, 28)))


def test_defaults_fit_their_images():
    for channels in (1, 3):
        for size in (28, 64, 65, 224):
            preset = Preset((size, size), channels, (100.0,) * channels, (50.0,) * channels)
            default = p.default_pipeline(preset)
            image = np.zeros((80, 90, channels), np.uint8)
            seen = default.sample(np.random.default_rng(0), (80, 90), preset).network_input(image, preset)
            assert seen.shape == (channels, size, size)
    assert not any(isinstance(s, Mirror) for s in p.SMALL_GREY.steps)


def test_how_large_to_decode():
    preset = Preset((100, 200))
    assert p.decode_at_least_hw(preset) == (200, 400)
    assert p.decode_at_least_hw(preset, p.Pipeline((Crop((0.04, 1), (1, 1)),))) == (500, 1000)
    assert p.decode_at_least_hw(preset, p.Pipeline((Mirror(),))) == (100, 200)
    assert p.decode_at_least_hw(Preset((100, 100), short_side=120), p.Pipeline((Mirror(),))) == (120, 120)


def test_a_photograph_is_decoded_at_a_fraction_where_the_crop_allows():
    """Crops of 60 % and more of 1200x1600 pixels, at a fraction and whole: the same picture, and never enlarged."""
    rng = np.random.default_rng(0)
    smooth = cv2.resize(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8), (1600, 1200), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", noisy)[1].tobytes()
    preset, pipeline = Preset((224, 224), short_side=256), p.Pipeline((Mirror(), Crop((0.6, 1.0))))
    whole, fraction = read_image(data), read_image(data, at_least_hw=p.decode_at_least_hw(preset, pipeline))
    assert fraction.shape == (600, 800, 3)
    for seed in range(10):
        distortion = pipeline.sample(np.random.default_rng(seed), (1200, 1600), preset)
        assert np.linalg.svd(2 * distortion.geometry[:2, :2])[1].max() <= 1  # from a pixel of the fraction
        assert np.abs(distortion.image(whole) - distortion.image(fraction)).mean() < 1.5
