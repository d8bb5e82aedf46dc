"""Batches of images with boxes and points: pixels and marks stay together, whoever prepares them."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data import MarkedLoader, box_rows, open_boxes, open_points, parse_distortions, point_rows
from striate.errors import ArgumentError, DataError
from striate.preset import Preset
from tests.squares import COLOURS, CORNERS, write_picture, write_squares

PRESET = Preset(size_hw=(96, 64), fit="letterbox", border=(120.0, 120.0, 120.0))
PIPELINE = parse_distortions("mirror, crop 0.6-1")


def pictures(batch):
    """Back to 0–255, (N, H, W, 3)."""
    return batch.images.numpy().transpose(0, 2, 3, 1) * PRESET.std + PRESET.mean


def bounds(shown, label):
    """The bounds of what has about the colour of a class."""
    y, x = np.nonzero(np.abs(shown - COLOURS[label]).max(axis=-1) < 50)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


@pytest.fixture
def boxes(tmp_path):
    return open_boxes(write_squares(tmp_path / "d", parts={"train": 24}, hw=(40, 60)) / "boxes.csv", val_share=0)


def load_boxes(dataset, epoch=0, **options):
    loader = MarkedLoader(dataset.parts["train"], PRESET, box_rows, **{"batch_size": 8, **options})
    try:
        return list(loader.epoch(epoch))
    finally:
        loader.close()


@pytest.mark.parametrize("pipeline", [None, PIPELINE], ids=["as it is", "distorted"])
def test_a_square_is_where_its_box_is(boxes, pipeline):
    """Letterboxed into a frame of another shape."""
    seen = 0
    for batch in load_boxes(boxes, pipeline=pipeline, shuffle=True):
        for shown, rows, index in zip(pictures(batch), batch.targets, batch.indices.tolist(), strict=True):
            item = boxes.parts["train"].items[index]
            for class_id, *box in (row.tolist() for row in rows if row[0] >= 0):
                label = boxes.classes[int(class_id)]
                assert boxes.classes[item.labels[0]] == label
                np.testing.assert_allclose(bounds(shown, label), box, atol=1.6)
                seen += 1
            if not len(item):
                assert (rows[:, 0] == -1).all()
    assert seen == 18 if pipeline is None else seen > 12  # a crop may leave a box out


@pytest.mark.parametrize("pipeline", [None, PIPELINE], ids=["as it is", "distorted"])
def test_points_are_where_the_corners_are(tmp_path, pipeline):
    """In the mirror, too, left stays left."""
    root = write_squares(tmp_path / "d", parts={"train": 24}, hw=(40, 60))
    dataset, whole = open_points(root / "points.csv", val_share=0), 0
    assert dataset.point_names == CORNERS
    loader = MarkedLoader(
        dataset.parts["train"], PRESET, point_rows, pipeline=pipeline, pairs=dataset.pairs, batch_size=8
    )
    for batch in loader.epoch(0):
        for shown, row in zip(pictures(batch), batch.targets, strict=True):
            corners = row[1:].reshape(4, 3)
            assert (corners[:, 2] == row[0]).all()
            if not row[0] or not ((corners[:, :2] > 2) & (corners[:, :2] < torch.tensor([62, 94]))).all():
                continue
            coloured = np.ptp(shown, axis=-1) > 60
            y, x = np.nonzero(coloured)
            left, right, top, bottom = x.min(), x.max() + 1, y.min(), y.max() + 1
            wanted = [[left, top], [right, top], [left, bottom], [right, bottom]]
            np.testing.assert_allclose(corners[:, :2], wanted, atol=1.6)
            whole += 1
    assert whole > 6


@pytest.mark.parametrize("mosaic", [0.0, 0.5, 1.0])
def test_any_number_of_workers_prepares_the_same(boxes, mosaic):
    options = {"pipeline": PIPELINE, "mosaic": mosaic, "shuffle": True, "seed": 3}
    for alone, shared in zip(load_boxes(boxes, **options), load_boxes(boxes, **options, workers=2), strict=True):
        for one, other in zip(alone, shared, strict=True):
            assert torch.equal(one, other)


def test_epochs_and_seeds_differ(boxes):
    options = {"pipeline": PIPELINE, "mosaic": 0.5}
    first, again = load_boxes(boxes, **options), load_boxes(boxes, **options)
    assert all(torch.equal(a.images, b.images) for a, b in zip(first, again, strict=True))
    for other in (load_boxes(boxes, epoch=1, **options), load_boxes(boxes, seed=1, **options)):
        assert not any(torch.equal(a.images, b.images) for a, b in zip(first, other, strict=True))


def test_the_share_of_mosaics(boxes):
    """An image of one square has one box; four in one may have up to four."""
    most = {share: load_boxes(boxes, pipeline=PIPELINE, mosaic=share) for share in (0.0, 0.5, 1.0)}
    boxes_of = {share: [(row[:, 0] >= 0).sum().item() for b in most[share] for row in b.targets] for share in most}
    assert max(boxes_of[0.0]) == 1
    several = {share: sum(count > 1 for count in boxes_of[share]) for share in most}
    assert 0 == several[0.0] < several[0.5] < several[1.0]


def test_mosaics_are_of_distorted_images_alone(boxes):
    """What is measured is never made of four."""
    plain, asked = load_boxes(boxes), load_boxes(boxes, mosaic=1.0)
    assert all(torch.equal(a.images, b.images) for a, b in zip(plain, asked, strict=True))


def test_mosaics_show_squares_where_their_boxes_are(boxes):
    found = 0
    for batch in load_boxes(boxes, pipeline=PIPELINE, mosaic=1.0):
        for shown, rows in zip(pictures(batch), batch.targets, strict=True):
            for class_id, left, top, right, bottom in (row.round().int().tolist() for row in rows if row[0] >= 0):
                inside = shown[top + 1 : bottom - 1, left + 1 : right - 1]
                if inside.size:
                    colour = np.median(inside, axis=(0, 1))
                    np.testing.assert_allclose(colour, COLOURS[boxes.classes[class_id]], atol=15)
                    found += 1
    assert found > 20


def test_crowds_and_difficult_boxes_are_left_out(tmp_path):
    root = write_squares(tmp_path / "d", parts={"train": 2})
    lines = ["path,label,x0,y0,x1,y1,difficult,crowd"]
    lines += ["train0.png,red,1,1,9,9,0,0", "train0.png,red,2,2,30,30,0,1", "train1.png,blue,3,3,9,9,1,0"]
    (root / "flags.csv").write_text("\n".join(lines))
    dataset = open_boxes(root / "flags.csv", val_share=0)
    loader = MarkedLoader(dataset.parts["train"], Preset((32, 32)), box_rows, batch_size=2)
    (batch,) = loader.epoch(0)
    red = dataset.classes.index("red")
    assert batch.targets.tolist() == [[[red, 1, 1, 9, 9]], [[-1, 0, 0, 0, 0]]]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("mosaic", [0.0, 1.0])
def test_a_broken_image_names_itself(boxes, workers, mosaic):
    """Broken since the data was opened; in a mosaic any of the four may be it."""
    broken = Path(boxes.root).parent / "train5.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(DataError, match=re.escape("train5.png")):
        load_boxes(boxes, pipeline=PIPELINE, mosaic=mosaic, workers=workers)


def test_images_of_other_sizes_in_a_batch(tmp_path):
    lines = ["path,label,x0,y0,x1,y1"]
    for name, hw in (("wide", (30, 90)), ("high", (90, 30)), ("tiny", (8, 8)), ("odd", (61, 47))):
        picture = np.full((*hw, 3), 120, np.uint8)
        height, width = hw
        box = [width // 4, height // 4, 3 * width // 4, 3 * height // 4]
        picture[box[1] : box[3], box[0] : box[2]] = COLOURS["red"]
        write_picture(tmp_path / f"{name}.png", picture)
        lines.append(f"{name}.png,red,{','.join(map(str, box))}")
    (tmp_path / "boxes.csv").write_text("\n".join(lines))
    dataset = open_boxes(tmp_path / "boxes.csv", val_share=0)
    (batch,) = load_boxes(dataset)
    for shown, rows in zip(pictures(batch), batch.targets, strict=True):
        box = rows[0, 1:]
        np.testing.assert_allclose(bounds(shown, "red"), box, atol=5)  # 8 pixels become 64: the rim is as wide
        np.testing.assert_allclose((box[:2] + box[2:]) / 2, [32, 48], atol=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mosaic": 1.1}, "mosaic must be a share in"),
        ({"mosaic": float("nan")}, "mosaic must be a share in"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"seed": -1}, "seed must be"),
        ({"workers": -1}, "workers must be at least 0"),
        ({"rank": 1}, "rank must be"),
    ],
)
def test_bad_input(boxes, options, message):
    with pytest.raises(ArgumentError, match=message):
        load_boxes(boxes, **options)
