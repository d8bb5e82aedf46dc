import json
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def boxes(write_png, stripes) -> str:
    for i in range(3):
        write_png(Path(f"{i}.png"), stripes(0, i))
    rows = "0.png,a,2,2,12,22,train\n1.png,a,0,0,20,10,train\n2.png,a,0,0,20,10,val\n"
    Path("boxes.csv").write_text("path,label,x0,y0,x1,y1,part\n" + rows)
    return "boxes.csv"


def test_table(striate, boxes):
    code, out, err = striate("anchors", boxes, "-k", 2, "--out", "anchors.png")
    assert (code, err) == (0, "the anchors over the sizes of the boxes: anchors.png\n")
    assert [line.split() for line in out.splitlines()[1:3]] == [
        ["10.0", "20.0", "0.3571", "0.7143"],
        ["20.0", "10.0", "0.7143", "0.3571"],
    ]
    assert "2 boxes, images 28 pixels on the longer side\n" in out
    assert out.endswith("mean IoU by number of anchors: 1: 0.667, *2: 1.000\n")
    with Image.open("anchors.png") as picture:
        assert picture.format == "PNG"


def test_json(striate, boxes):
    found = json.loads(striate("anchors", boxes, "-k", 1, "--side", 56, "--json").out)
    assert found["anchors"][0]["wh"] in ([20, 40], [40, 20], [30, 30])
    assert [row["k"] for row in found["mean_iou_by_number"]] == [1, 2]


def test_errors(striate, boxes):
    code, out, err = striate("anchors", boxes)
    assert (code, out) == (1, "")
    assert "k must be from 1 to the 2 different sizes" in err
    assert striate("anchors", "nowhere").code == 1
