"""Every distortion there is, alone: what is marked on an image is found where points, boxes and masks say.

mixup and CutMix are no distortions of an image: they share classes by what is seen (`tests/training/test_mix.py`), and
take nothing else.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data import distortions as d
from striate.data.distort import preset_distortion
from striate.data.pipeline import CATALOGUE, Pipeline
from striate.ops import geometry as g
from striate.preset import Preset

PCA = ((60.0, 60.0, 60.0), (20.0, 0.0, -20.0), (5.0, -10.0, 5.0))
MOVING = {
    "mirror": d.Mirror(1.0),
    "flip": d.Flip(1.0),
    "crop": d.Crop((0.4, 0.8)),
    "translate": d.Translate(0.2),
    "rotate": d.Rotate(60),
    "shear": d.Shear(25),
    "warp": d.Warp(4),
}
STAYING = {
    "brightness": d.Brightness(0.5),
    "contrast": d.Contrast(0.5),
    "saturation": d.Saturation(0.5),
    "colour_shift": d.ColourShift(50),
    "pca_colour": d.PcaColour(0.3),
    "erase": d.Erase(1.0),
}
EVERY = MOVING | STAYING
SIZE_HW = (120, 160)
PRESET = Preset((96, 112), border=(60.0, 60.0, 60.0), colour_pca=PCA)

steps = st.sampled_from(sorted(EVERY))
seeds = st.integers(0, 100_000)
shares = st.floats(0.25, 0.75)


def sampled(name, seed, preset=PRESET):
    return Pipeline((EVERY[name],)).sample(np.random.default_rng(seed), SIZE_HW, preset)


def is_seen(distortion, xyxy, margin):
    """Whether a box is in the frame, and nothing of it is erased."""
    left, top, right, bottom = xyxy
    inside = min(left, top) >= margin and right <= 112 - margin and bottom <= 96 - margin
    return inside and not any(
        left < r + margin and right > l - margin and top < b + margin and bottom > t - margin
        for l, t, r, b in distortion.erased  # noqa: E741
    )


def test_none_is_left_out():
    assert set(EVERY) == set(CATALOGUE.kinds)
    assert all(type(step) is CATALOGUE.kinds[name] for name, step in EVERY.items())


@settings(max_examples=200, deadline=None)
@given(steps, seeds, shares, shares)
def test_a_spot_is_found_at_its_point(name, seed, u, v):
    distortion, xy = sampled(name, seed), np.array([u * SIZE_HW[1], v * SIZE_HW[0]])
    there = distortion.points(xy)
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]] + 0.5
    radius = 2 / min(g.axis_factors(distortion.geometry))
    bump = np.exp(-((x - xy[0]) ** 2 + (y - xy[1]) ** 2) / (2 * radius**2))
    image = np.rint(60 + bump[..., None] * [150, 120, 90]).astype(np.uint8)
    if is_seen(distortion, [*there, *there], 12):
        seen = distortion.image(image).mean(axis=2)
        top, left = (int(c) - 10 for c in there[::-1])
        near = seen[top : top + 20, left : left + 20] - np.median(seen[top : top + 20, left : left + 20])
        weights = np.where(near > 0.1 * near.max(), near, 0)
        y, x = np.mgrid[top : top + 20, left : left + 20] + 0.5
        found = np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()
        assert np.abs(found - there).max() < 0.6
    np.testing.assert_allclose(distortion.back(there), xy, atol=1e-5)


@settings(max_examples=200, deadline=None)
@given(steps, seeds, shares, shares)
def test_a_rectangle_is_found_in_its_box_and_its_mask(name, seed, u, v):
    distortion = sampled(name, seed)
    left, top = round(u * 140), round(v * 100)
    box = [left, top, left + 15, top + 12]
    labels = np.zeros(SIZE_HW, np.uint8)
    labels[box[1] : box[3], box[0] : box[2]] = 1
    boxes, kept = distortion.boxes([box])
    mask = distortion.mask(labels)
    if kept.tolist() == [0] and is_seen(distortion, boxes[0], 4):
        rows, columns = np.nonzero(mask)
        bounds = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert np.abs(bounds - boxes[0]).max() < 2.5
        image = np.rint(60 + 150.0 * labels[..., None].repeat(3, axis=2)).astype(np.uint8)
        seen = distortion.image(image).mean(axis=2)
        inside, outside = np.median(seen[mask > 0]), np.median(seen[mask == 0])
        bright = seen > (inside + outside) / 2
        for a, t, b, c in distortion.erased:
            bright[t:c, a:b] = mask[t:c, a:b] > 0
        assert (bright != (mask > 0)).mean() < 0.02


@pytest.mark.parametrize("name", EVERY)
def test_what_moves_pixels_moves_labels_and_nothing_else_does(name):
    """So none of the tests above is passed by standing still."""
    before = preset_distortion(PRESET, SIZE_HW)
    xy = np.random.default_rng(0).uniform(20, 100, (20, 2))
    box = [[30, 30, 90, 80]]
    labels = np.arange(120 * 160).reshape(SIZE_HW)
    far = []
    for seed in range(5):
        after = sampled(name, seed)
        far.append(np.abs(after.points(xy) - before.points(xy)).max())
        moved = not np.array_equal(after.mask(labels), before.mask(labels))
        assert moved == (name in MOVING)
        assert (np.abs(after.boxes(box)[0] - before.boxes(box)[0]).max() > 1e-9) == (name in MOVING)
    assert max(far) > 2 if name in MOVING else max(far) < 1e-9


@pytest.mark.parametrize("name", EVERY)
def test_nothing_marked_is_nothing_moved(name):
    distortion = sampled(name, 0)
    boxes, kept = distortion.boxes(np.zeros((0, 4)))
    assert (boxes.shape, kept.shape) == ((0, 4), (0,))
    assert distortion.points(np.zeros((0, 2))).shape == (0, 2)
    assert distortion.points(np.zeros((0, 5, 2)), pairs=((0, 1),)).shape == (0, 5, 2)
    assert distortion.mask(np.zeros((*SIZE_HW, 0))).shape == (96, 112, 0)
