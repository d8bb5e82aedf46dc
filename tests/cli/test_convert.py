"""`striate data convert`, and `striate data show` on boxes and points."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def cells(write_png, stripes) -> str:
    """Six images with a box each, one of which reaches out of its image, and one with nothing on it."""
    Path("cells").mkdir()
    rows = ["path,label,x0,y0,x1,y1,part,truncated"]
    for i in range(7):
        write_png(Path("cells", f"{i}.png"), stripes(0, i))
        box = "red,4,2,14,22" if i % 2 else "white,0,0,40,28" if i == 4 else "white,1,1,7.5,9"
        rows.append(f"{i}.png,{box if i < 6 else ',,,,'},{'train' if i < 5 else 'val'},{int(i == 1)}")
    Path("cells/boxes.csv").write_text("\n".join(rows))
    return "cells"


REMARK = "boxes.csv, line 6: white on 4.png: reaches 12 pixels out of the image of 28x28: clipped"


def test_show_boxes(striate, cells):
    code, out, err = striate("data", "show", cells)
    assert (code, err) == (0, "")
    assert out.startswith("cells: CSV of boxes, 2 classes\nheight x width: 28x28 to 28x28, median 28x28\n")
    assert "images: 5 train (0 with nothing on them), 2 val (1 with nothing on them)\n" in out
    assert "boxes: 6, at most 1 on an image, 1 truncated\n" in out
    table = [line.split() for line in out.splitlines() if line.startswith(("red", "white"))]
    assert table == [["red", "2", "1", "10x20", "10x20", "10x20"], ["white", "3", "0", "6.5x8", "6.5x8", "28x28"]]
    assert f"Remarks (1)\n  {REMARK}\n" in out


def test_show_as_json(striate, cells):
    found = json.loads(striate("data", "show", cells, "--json").out)
    assert found["boxes"] == {"train": {"red": 2, "white": 3}, "val": {"red": 1, "white": 0}}
    assert found["box_sizes"]["red"] == {"min_wh": [10, 20], "median_wh": [10, 20], "max_wh": [10, 20]}
    assert (found["empty"], found["flags"], found["most"]) == ({"train": 0, "val": 1}, {"truncated": 1}, 1)
    assert found["remarks"][0]["line"] == 6
    assert found["bad"] == []


def test_show_what_is_bad(striate, cells):
    with Path("cells/boxes.csv").open("a") as f:
        f.write("\n5.png,red,9,9,2,10,val,0")
    code, out, _ = striate("data", "show", cells)
    assert code == 0
    assert "Bad files (1)\n  boxes.csv, line 9: red on 5.png: its corners are swapped: left 9, right 2\n" in out
    code, _, err = striate("data", "convert", cells, "--to", "coco", "--out", "c")
    assert (code, "its corners are swapped" in err, Path("c").exists()) == (1, True, False)
    code, out, err = striate("data", "convert", cells, "--to", "coco", "--out", "c", "--skip-bad")
    assert (code, out) == (0, "c: 6 images, 5 boxes\n")
    assert "left out: boxes.csv, line 9" in err


def test_show_points(striate, write_png, stripes):
    for i in range(4):
        write_png(Path(f"{i}.png"), stripes(0, i))
    rows = ["path,eye_x,eye_y,tip_x,tip_y", "0.png,1,2,3,4", "1.png,1,2,,", "2.png,,,,", "3.png,1,2,3,4"]
    Path("points.csv").write_text("\n".join(rows))
    code, out, _ = striate("data", "show", ".")
    assert code == 0
    assert out.startswith(".: CSV of points, 2 points; val was cut out of train by seed 0\n")
    table = [line.split() for line in out.splitlines() if line.startswith(("eye", "tip"))]
    assert table == [["eye", "3", "0", "0"], ["tip", "2", "0", "1"]]
    assert json.loads(striate("data", "show", "points.csv", "--json").out)["points"]["tip"]["not marked"] == 1


def test_convert(striate, cells):
    code, out, err = striate("data", "convert", cells, "--to", "yolo", "--out", "y")
    assert (code, out) == (0, "y: 7 images, 6 boxes\n")
    assert err == f"remark: {REMARK}\nnot kept: that 1 boxes are truncated\n"
    assert Path("y/labels/train/1.txt").read_text() == "0 0.32142857 0.42857143 0.35714286 0.71428571\n"
    told = json.loads(striate("data", "convert", "y", "--to", "voc", "--out", "v", "--json").out)
    assert told == {
        "folder": "v",
        "images": {"train": 5, "val": 2},
        "boxes": 6,
        "lost": [],
        "remarks": [],
        "skipped": [],
    }
    shown = [json.loads(striate("data", "show", data, "--json").out) for data in (cells, "v")]
    assert shown[0]["boxes"] == shown[1]["boxes"]
    assert shown[0]["box_sizes"] == shown[1]["box_sizes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("cells --to kitti --out k", "Invalid value for '--to'"),
        ("cells --to coco --out cells/k", "out must be a folder outside of the data cells"),
        ("cells --to coco --out cells", "out must be a folder outside of the data cells"),
        ("nowhere --to coco --out k", "no such file or folder: nowhere"),
        ("k.zip --to coco --out k", "no such file or folder: k.zip"),
    ],
)
def test_bad_wishes(striate, cells, arguments, message):
    code, out, err = striate("data", "convert", *arguments.split())
    assert (code in (1, 2), out) == (True, "")
    assert message in err
    assert not Path("k").exists()
