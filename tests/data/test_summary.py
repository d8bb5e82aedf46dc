"""What `striate data show` tells."""

import json
import shutil
import zlib

import cv2
import numpy as np
import pytest

from striate.data import (
    Item,
    Part,
    channel_statistics,
    colour_components,
    open_data,
    read_image,
    summarize,
    write_image,
)
from striate.data.duplicates import find_near, thumbnail
from striate.errors import DataError


def test_summary_of_parts(write_pictures):
    root = write_pictures("d", [f"{p}/{c}/{i}.png" for p in ("train", "test") for c in "ab" for i in range(3)])
    shutil.copy(root / "train/a/0.png", root / "test/a/9.png")
    summary = summarize(open_data(root, val_share=0))
    assert summary.images == {"train": 6, "test": 7}
    assert summary.counts == {"train": {"a": 3, "b": 3}, "test": {"a": 4, "b": 3}}
    assert (len(summary.twins), summary.near, summary.compared, summary.bad) == (1, (), 13, ())
    plain = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert plain["twins"][0]["leak"]
    assert plain["sizes"] == {"min_hw": [24, 32], "median_hw": [24, 32], "max_hw": [24, 32]}


def test_what_only_decoding_shows(write_pictures):
    """A PNG whose pixels are nonsense under a right checksum: all that can be seen without decoding is fine."""
    root = write_pictures("d", [f"{c}/{i}.png" for c in ("ants", "bees") for i in range(5)])
    data = (root / "ants/0.png").read_bytes()
    at = data.index(b"IDAT")
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    chunk = b"IDAT" + bytes(end - at - 4)
    (root / "ants/0.png").write_bytes(data[:at] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[end + 4 :])
    (root / "bees/0.png").write_bytes(b"")
    summary = summarize(open_data(root, skip_bad=True))
    assert [tuple(p) for p in summary.bad] == [
        ("bees/0.png", "empty file (0 bytes)", 0),
        ("ants/0.png", "broken image: its pixels can't be decoded", 0),
    ]
    assert summary.compared == 8


def changed(pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The same picture as people make copies of it."""
    saved_again = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)
    half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return {"saved again": saved_again, "half": half, "brighter": cv2.convertScaleAbs(pixels, alpha=1.05, beta=8)}


@pytest.mark.parametrize("change", ["saved again", "half", "brighter"])
def test_near_duplicates_across_parts_come_first(write_pictures, change):
    root = write_pictures("d", [f"{p}/{c}/{i}.png" for p in ("train", "test") for c in "ab" for i in range(4)])
    for i in (0, 1):
        target = root / f"{('train', 'test')[i]}/b/copy{i}.png"
        write_image(target, changed(read_image(root / f"train/a/{i}.png"))[change])
    summary = summarize(open_data(root, val_share=0))
    assert summary.near_count == 2
    assert [n.leak for n in summary.near] == [True, False]
    assert (summary.near[0].first.path, summary.near[0].second.path) == ("train/a/1.png", "test/b/copy1.png")
    assert min(n.correlation for n in summary.near) > 0.99


def test_near_pairs_equal_a_slow_count():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, (40, 20, 20, 1))
    images = np.concatenate([base, np.clip(base[:30] + rng.integers(-30, 30, (30, 20, 20, 1)), 0, 255)]).astype(
        np.uint8
    )
    thumbs = np.stack([thumbnail(i) for i in images])
    slow = {(i, j) for i in range(70) for j in range(i + 1, 70) if np.corrcoef(thumbs[i], thumbs[j])[0, 1] >= 0.97}
    pairs = find_near(thumbs, at_least=0.97)
    assert {(i, j) for i, j, _ in pairs.nearest} == slow
    assert pairs.total == len(slow) > 10
    few = find_near(thumbs, at_least=0.97, most=3)
    assert (few.total, few.nearest) == (pairs.total, pairs.nearest[:3])


def test_images_of_one_tone_are_near_to_nothing():
    flat = np.stack([thumbnail(np.full((9, 9, 1), v, np.uint8)) for v in (0, 7, 255)])
    assert find_near(flat).total == 0
    assert find_near(np.zeros((0, 256), np.float32)).total == 0


class Constant:
    """A store whose images are made of one value each."""

    def load(self, path, channels=3, at_least_hw=None):
        return np.full((2, 3, channels), int(path), np.uint8)


def test_channel_statistics_weigh_images_alike(insects):
    part = Part(tuple(Item(v, (0,)) for v in ("10", "30")), Constant())
    assert channel_statistics(part, 1) == ((20.0,), (10.0,))
    assert channel_statistics(Part(part.items[:1], Constant()), 4) == ((10.0,) * 4, (1.0,) * 4)  # never 0
    dataset = open_data(insects, val_share=0)
    pixels = np.stack([dataset.parts["train"].load(i) for i in range(10)]).reshape(-1, 3).astype(float)
    mean, std = channel_statistics(dataset.parts["train"])
    assert np.allclose(mean, pixels.mean(0))
    assert np.allclose(std, pixels.std(0))


class Drawn:
    """A store of the pictures that it is given."""

    def __init__(self, *pictures):
        self.pictures = pictures

    @property
    def part(self):
        return Part(tuple(Item(str(i), (0,)) for i in range(len(self.pictures))), self)

    def load(self, path, channels=3, at_least_hw=None):
        return self.pictures[int(path)]


def test_colour_components_are_those_of_numpy():
    rng = np.random.default_rng(0)
    mixing = np.array([[40, 30, 20], [0, 15, -9], [5, -5, 5]])
    some = [np.clip(rng.normal(size=(300, 400, 3)) @ mixing + shift, 0, 255).astype(np.uint8) for shift in (90, 150)]
    rows = np.array(colour_components(Drawn(*some).part))
    covariance = np.cov(np.concatenate([s.reshape(-1, 3) for s in some]).T, bias=True)  # images of one size: all alike
    variances, directions = np.linalg.eigh(covariance)
    np.testing.assert_allclose((rows**2).sum(axis=1), variances[::-1], rtol=1e-9)
    cosines = np.sum(rows * directions.T[::-1], axis=1) / np.sqrt(variances[::-1])
    np.testing.assert_allclose(np.abs(cosines), 1, rtol=1e-9)
    np.testing.assert_allclose(rows.T @ rows, covariance, rtol=1e-9)
    assert (rows.sum(axis=1) > 0).all()


def test_a_set_of_one_colour_varies_along_it_alone():
    light = np.random.default_rng(0).integers(0, 60, (20, 30, 1)) * [4, 2, 1]
    rows = np.array(colour_components(Drawn(light.astype(np.uint8)).part))
    np.testing.assert_allclose(rows[0] / np.linalg.norm(rows[0]), np.array([4, 2, 1]) / np.sqrt(21), atol=1e-9)
    np.testing.assert_allclose(rows[1:], 0, atol=1e-4)
    assert not np.array(colour_components(Drawn(np.full((2, 3, 3), 7, np.uint8)).part)).any()


def test_no_statistics_of_nothing():
    with pytest.raises(DataError, match="no images"):
        colour_components(Part((), Constant()))
    with pytest.raises(DataError, match="no images"):
        channel_statistics(Part((), Constant()))


def test_statistics_of_mnist(real_data):
    """The field's own figures: .1307 and .3081 of 255."""
    mean, std = channel_statistics(open_data(real_data / "mnist", val_share=0).parts["train"], 1, sample=10000)
    assert np.allclose([mean[0] / 255, std[0] / 255], [0.1307, 0.3081], atol=1e-3)
