from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from striate.data import BoxItem, write_image
from striate.errors import ArgumentError, DataError, OutputError
from striate.ops import kmeans_anchors
from striate.preset import Preset
from striate.tasks import anchors as module
from striate.tasks import choose_anchors
from striate.tasks.anchors import seen_sizes

TALL, WIDE = (10, 20), (40, 20)


def make(*rows, part="train"):
    """Boxes at 1, 1 of images 60 wide and 40 high, an image each; None for nothing on it. Val is not looked at."""
    lines = ["path,label,x0,y0,x1,y1,part", "val.png,a,1,1,3,3,val"]
    write_image(Path("val.png"), np.full((40, 60, 1), 200, np.uint8))
    for i, size in enumerate(rows):
        write_image(Path(f"{i}.png"), np.full((40, 60, 1), i, np.uint8))
        box = f"a,1,1,{1 + size[0]},{1 + size[1]}" if size else ",,,,"
        lines.append(f"{i}.png,{box},{part}")
    Path("boxes.csv").write_text("\n".join(lines))
    return "boxes.csv"


def test_anchors_in_pixels_and_shares():
    choice = choose_anchors(make(TALL, WIDE, TALL, None), 2)
    np.testing.assert_allclose(choice.anchors.wh, [TALL, WIDE])
    assert choice.shares == (pytest.approx((10 / 60, 20 / 60)), pytest.approx((40 / 60, 20 / 60)))
    assert (choice.side, choice.boxes) == (60, 3)
    assert choice.others == {1: kmeans_anchors([TALL, WIDE, TALL], 1).mean_iou, 2: pytest.approx(1)}


def test_for_another_size_of_images():
    choice = choose_anchors(make(TALL, WIDE), 2, side=120)
    np.testing.assert_allclose(choice.anchors.wh, [(20, 40), (80, 40)])
    assert choice.to_dict()["anchors"][0] == {"wh": pytest.approx([20, 40]), "share": pytest.approx([1 / 6, 1 / 3])}


def test_large_images_count_like_small_ones():
    """The same box on an image three times as large is the same share of it."""
    make((10, 20), (30, 20))
    write_image(Path("1.png"), np.full((120, 180, 1), 9, np.uint8))
    rows = "0.png,a,1,1,11,21,train\n1.png,a,3,3,33,63,train\nval.png,,,,,,val\n"
    Path("boxes.csv").write_text("path,label,x0,y0,x1,y1,part\n" + rows)
    np.testing.assert_allclose(choose_anchors("boxes.csv", 1, side=60).anchors.wh, [TALL])
    assert choose_anchors("boxes.csv", 1).side == 120


def test_crowds_and_difficult_boxes_are_left_out():
    """Nobody learns to find them."""
    data = make(TALL, WIDE)
    head = "path,label,x0,y0,x1,y1,part,difficult,crowd"
    left_out = ("0.png,a,0,0,60,40,train,1,0", "1.png,a,0,0,3,3,train,0,1", "val.png,,,,,,val,,")
    Path(data).write_text("\n".join([head, "0.png,a,1,1,11,21,train,0,0", *left_out]))
    choice = choose_anchors(data, 1)
    np.testing.assert_allclose(choice.anchors.wh, [TALL])
    assert choice.boxes == 1
    Path(data).write_text("\n".join([head, *left_out]))
    with pytest.raises(DataError, match="no boxes to train on"):
        choose_anchors(data, 1)


def test_sizes_are_those_in_the_networks_frame():
    """A letterbox shrinks an upright image more than a lying one; what does not count is not there."""
    box, wide, high = np.array([[0.0, 0, 20, 10]]), (40, 60), (60, 40)
    items = [BoxItem("a", hw, box, np.array([0])) for hw in (wide, high)]
    items.append(replace(items[0], crowd=np.array([True])))
    seen = seen_sizes(items, Preset((40, 60), fit="letterbox"))
    np.testing.assert_allclose(seen, [(20, 10), (20 * 27 / 40, 10 * 40 / 60)])
    assert seen_sizes([], Preset((40, 60))).shape == (0, 2)


def test_of_very_many_some_are_drawn(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    data = make(*[(10 + i, 20) for i in range(9)])
    assert choose_anchors(data, 1, seed=4) == choose_anchors(data, 1, seed=4)
    assert choose_anchors(data, 1).boxes == 9


def test_bad_input():
    data = make(TALL, WIDE)
    with pytest.raises(ArgumentError, match="k must be from 1 to the 2 different sizes that there are, got 3"):
        choose_anchors(data, 3)
    with pytest.raises(ArgumentError, match="side must be at least 1 pixel, got 0"):
        choose_anchors(data, 1, side=0)
    with pytest.raises(OutputError):
        choose_anchors(data, 1, out="nowhere/anchors.png")
    with pytest.raises(DataError, match=r"boxes\.csv has no boxes to train on"):
        choose_anchors(make(TALL, WIDE, part="test"), 1)


def test_blood_cells(real_data):
    """Three kinds: small platelets, red cells of about 100 pixels, and large white ones."""
    choice = choose_anchors(real_data / "bccd-trainval.zip", 3)
    small, middle, large = (np.sqrt(w * h) for w, h in choice.anchors.wh)
    assert small < 50 < 80 < middle < 120 < 160 < large
    assert choice.anchors.mean_iou > 0.75
