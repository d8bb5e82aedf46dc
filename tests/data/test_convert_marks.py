"""What is converted and read again is the same to the bit, but for what is said."""

import json
import tempfile
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data import convert_marks, open_boxes, open_points
from striate.errors import ArgumentError, DataError, OutputError
from tests.data.marked import annotation, coco, picture, pictures, put, voc_object, xml

MILLIONTH = 10**-6
CLASSES = ("ant", "bee 2", "wasp, ‘é’ & <b>")
KEPT = ("xyxy", "labels", "difficult", "truncated", "crowd", "points", "visibility")


@st.composite
def boxes(draw, width, height):
    """Left, top, right, bottom as text with up to six decimals, inside of the image and with an area."""
    sides = []
    for size in (width, height):
        step = draw(st.sampled_from([1, 10**3, 10**6]))  # whole pixels, thousandths and millionths
        a, b = sorted(draw(st.sets(st.integers(0, size * step), min_size=2, max_size=2)))
        sides.append((f"{a / step:.6f}", f"{b / step:.6f}"))
    (left, right), (top, bottom) = sides
    return left, top, right, bottom


@st.composite
def tables(draw):
    """Sizes of images, and the lines of a CSV with their boxes."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 60)), min_size=1, max_size=3))
    lines = ["path,label,x0,y0,x1,y1,part,difficult,truncated,crowd", "0.png,ant,0,0,1,1,train,0,0,0"]
    lines += [f'0.png,"{name}",0,0,1,1,train,0,0,0' for name in CLASSES[1:]]
    for i, (width, height) in enumerate(sizes):
        part = "train" if i == 0 else draw(st.sampled_from(["train", "val", "test"]))
        found = draw(st.lists(st.tuples(boxes(width, height), st.sampled_from(CLASSES)), max_size=3))
        flags = draw(st.tuples(*[st.booleans()] * 3))
        lines += [
            f'{i}.png,"{name}",{",".join(box)},{part},{",".join(str(int(f)) for f in flags)}' for box, name in found
        ]
        lines += [f"{i}.png,,,,,,{part},,,"] if i and not found else []
    return sizes, "\n".join(lines)


def same(first, second, kept=KEPT):
    """Whether two data sets have the same classes, parts, images and marks, to the bit."""
    assert first.parts.keys() == second.parts.keys()
    for part in first.parts:
        ours, theirs = ({i.path.rpartition("/")[2]: i for i in d.parts[part].items} for d in (first, second))
        assert ours.keys() == theirs.keys()
        for name, item in ours.items():
            assert item.size_hw == theirs[name].size_hw
            for field in kept:
                np.testing.assert_array_equal(getattr(item, field), getattr(theirs[name], field))


@given(tables(), st.sampled_from(list(permutations(("coco", "voc", "csv"), 2))))
@settings(max_examples=20, deadline=None)
def test_any_boxes_through_any_formats(table, formats):
    sizes, text = table
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        data.mkdir()
        for i, (width, height) in enumerate(sizes):
            (data / f"{i}.png").write_bytes(cv2.imencode(".png", np.full((height, width), i, np.uint8))[1].tobytes())
        (data / "boxes.csv").write_text(text, encoding="utf-8")
        first = open_boxes(data, val_share=0)
        for n, to in enumerate((*formats, "yolo")):
            converted = convert_marks(data, Path(folder, str(n)), to)
            data = converted.folder
            second = open_boxes(data, val_share=0)
            assert first.classes == second.classes == CLASSES
            same(first, second, KEPT if to != "yolo" else ("xyxy", "labels"))
            flags = sum(getattr(i, f).sum() for p in first.parts.values() for i in p.items for f in KEPT[2:5])
            assert to != "yolo" or bool(flags) == any("boxes are" in line for line in converted.lost)


@given(
    st.lists(
        st.tuples(st.integers(-(10**8), 10**8), st.integers(-(10**8), 10**8), st.integers(0, 2)), min_size=3, max_size=3
    )
)
@settings(max_examples=25, deadline=None)
def test_any_points_through_coco(points):
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        data.mkdir()
        for i in range(2):
            (data / f"{i}.png").write_bytes(picture(i))
        cells = [f"{x * MILLIONTH:.6f},{y * MILLIONTH:.6f},{v}" if v else ",," for x, y, v in points]
        header = ",".join(f"{name}_{axis}" for name in ("left", "right", "nose tip") for axis in "xyv")
        (data / "p.csv").write_text(f"path,{header}\n0.png,{','.join(cells)}\n1.png,{',' * 8}\n")
        first = open_points(data, val_share=0)
        convert_marks(data, Path(folder, "coco"), "coco")
        second = open_points(Path(folder, "coco"), val_share=0)
        assert first.point_names == second.point_names
        same(first, second, ("present", "xy", "visibility"))


def test_the_order_of_classes_and_unused_ones_are_said_or_kept():
    pictures("images/0.png")
    put("labels/0.txt", "2 .5 .5 .25 .25\n0 .5 .5 .5 .5\n")
    put("data.yaml", "names: [wasp, bee, ant]\n")
    assert convert_marks("data.yaml", "c", "coco").lost == ()
    assert open_boxes("c", val_share=0).classes == ("wasp", "bee", "ant")
    assert convert_marks("c", "y", "yolo").lost == ("COCO's ids of images, classes and annotations",)
    assert open_boxes("y", val_share=0).classes == ("wasp", "bee", "ant")
    for to in ("voc", "csv"):
        assert convert_marks("y", to, to).lost == ("the order of the classes, and those without a box: wasp, bee, ant",)
        assert open_boxes(to, val_share=0).classes == ("ant", "wasp")


def test_what_is_written():
    pictures("d/0.png", "d/1.png")
    put("d/a.json", coco(annotation(iscrowd=1, bbox=[0.5, 5, 20, 15.25], area=305, segmentation=[[1, 2, 3, 4, 5, 6]])))
    voc = convert_marks("d", "voc", "voc")
    assert (voc.images, voc.boxes) == ({"train": 2}, 1)
    assert voc.lost == (
        "1 times: annotation's segmentation",
        "COCO's ids of images, classes and annotations",
        "for other programs: that 1 boxes are crowd, which stands in a field of striate's own",
        "the order of the classes, and those without a box: ant, bee",
    )
    text = Path("voc/Annotations/0.xml").read_text()
    assert "<xmin>1.5</xmin><ymin>6</ymin><xmax>20.5</xmax><ymax>20.25</ymax>" in text
    assert "<width>64</width><height>48</height><depth>3</depth>" in text
    assert "<crowd>1</crowd>" in text
    assert Path("voc/ImageSets/Main/train.txt").read_text() == "0\n1\n"
    assert Path("voc/JPEGImages/1.png").read_bytes() == Path("d/1.png").read_bytes()
    convert_marks("d", "yolo", "yolo")
    assert Path("yolo/labels/train/0.txt").read_text() == "0 0.16406250 0.26302083 0.31250000 0.31770833\n"
    assert Path("yolo/labels/train/1.txt").read_text() == ""
    assert Path("yolo/data.yaml").read_text() == "train: images/train\nnames:\n  0: ant\n  1: bee\n"
    convert_marks("d", "coco", "coco")
    document = json.loads(Path("coco/annotations/instances_train.json").read_text())
    assert document["images"][1] == {"id": 7, "file_name": "1.png", "width": 64, "height": 48}
    assert document["categories"] == [{"id": 0, "name": "ant"}, {"id": 5, "name": "bee"}]
    assert document["annotations"] == [
        {"id": 1, "image_id": 0, "category_id": 0, "bbox": [0.5, 5, 20, 15.25], "area": 305, "iscrowd": 1}
    ]
    convert_marks("d", "csv", "csv")
    assert Path("csv/boxes.csv").read_text().splitlines() == [
        "path,label,x0,y0,x1,y1,part,crowd",
        "images/train/0.png,ant,0.5,5,20.5,20.25,train,1",
        "images/train/1.png,,,,,,train,",
    ]


FACES = '{"id": 1, "name": "face", "keypoints": ["left_eye", "right_eye"]}'


def test_keypoints_go_into_a_table_of_their_own():
    pictures("d/0.png", "d/1.png")
    put("d/a.json", coco(annotation(category_id=1, keypoints=[10, 5, 2, 20, 6, 1]), categories=FACES))
    convert_marks("d", "csv", "csv")
    same(open_boxes("d", val_share=0), open_boxes("csv", val_share=0), KEPT[:5])
    same(open_points("d", val_share=0), open_points("csv", val_share=0), ("present", "xy", "visibility"))
    assert "the points of 1 boxes" in convert_marks("d", "yolo", "yolo").lost
    two = ",\n".join(annotation(id=i, category_id=1, keypoints=[10, 5, 2, 20, 6, 1]) for i in range(2))
    put("d/a.json", coco(two, categories=FACES))
    assert "the points of 2 boxes (a row holds those of one object)" in convert_marks("d", "again", "csv").lost
    assert not Path("again/points.csv").exists()
    convert_marks("d", "coco", "coco")
    same(open_boxes("d", val_share=0), open_boxes("coco", val_share=0))


def test_points_alone():
    pictures("d/0.png", "d/1.png")
    put("d/points.csv", "path,eye_x,eye_y,tip_x,tip_y\n0.png,10,5,30,20\n1.png,,,,\n")
    with pytest.raises(DataError, match="voc has no place for points; coco and csv have"):
        convert_marks("d", "voc", "voc")
    assert not Path("voc").exists()
    lost = convert_marks("d", "coco", "coco").lost
    assert lost == ("that 1 objects have no box: COCO wants one, and got the bounds of the points",)
    convert_marks("d", "csv", "csv")
    for folder in ("coco", "csv"):
        same(open_points("d", val_share=0), open_points(folder, val_share=0), ("present", "xy", "visibility"))


def test_names_that_clash():
    pictures("d/train/0.png", "d/val/0.png", "d/val/0.jpg", "d/val/1.png")
    lines = [f"{part}/{name},ant,1,2,3,4,{part}" for part, name in
             (("train", "0.png"), ("val", "0.png"), ("val", "0.jpg"), ("val", "1.png"))]  # fmt: skip
    put("d/boxes.csv", "\n".join(["path,label,x0,y0,x1,y1,part", *lines]))
    for to in ("voc", "yolo", "coco", "csv"):
        convert_marks("d", to, to)
        assert {name: len(part) for name, part in open_boxes(to).parts.items()} == {"train": 1, "val": 3}
    assert Path("voc/JPEGImages/1.png").exists()


def test_names_that_a_format_can_not_hold():
    pictures("d/0.png")
    put("d/a.json", coco(annotation(), '{"id": 0, "file_name": "0.png"}', '{"id": 0, "name": "a\\nb"}'))
    for to in ("voc", "csv"):
        with pytest.raises(DataError, match=rf"'a\\nb' has a control character in its name, which {to} can't hold"):
            convert_marks("d", to, to)
    for to in ("yolo", "coco"):
        convert_marks("d", to, to)
        assert open_boxes(to, val_share=0).classes == ("a\nb",)


def test_places():
    pictures("d/0.png")
    put("d/boxes.csv", "path,label,x0,y0,x1,y1\n0.png,ant,1,2,3,4\n")
    put("full/x", "")
    with pytest.raises(ArgumentError, match="out must be a folder outside of the data d"):
        convert_marks("d", "d/out", "coco")
    with pytest.raises(OutputError, match="full is there already"):
        convert_marks("d", "full", "coco")
    with pytest.raises(ArgumentError, match="to must be coco or voc or yolo or csv, got 'kitti'"):
        convert_marks("d", "out", "kitti")
    put("d/boxes.csv", "path,label,x0,y0,x1,y1\n0.png,ant,1,2,3,4\n0.png,bee,5,5,5,5\n")
    with pytest.raises(DataError, match="it has no area"):
        convert_marks("d", "out", "coco")
    assert not Path("out").exists()


def test_blood_cells_through_all_formats(real_data):
    first = open_boxes(real_data / "bccd-trainval.zip")
    data = real_data / "bccd-trainval.zip"
    for to in ("coco", "yolo", "csv", "voc"):
        converted = convert_marks(data, to, to)
        second = open_boxes(to)
        kept = KEPT if data.suffix or to == "coco" else ("xyxy", "labels")  # yolo has no flags
        same(first, second, kept)
        assert (converted.boxes, converted.images) == (3943, {"train": 205, "val": 87})
        data = Path(to)


def test_faces_through_coco(real_data):
    first = open_points(real_data / "mtfl-train.zip")
    convert_marks(real_data / "mtfl-train.zip", "coco", "coco")
    same(first, open_points("coco"), ("present", "xy", "visibility"))


def test_voc_flags_go_through_coco():
    pictures("d/0.png")
    put("d/0.xml", xml(voc_object(more="<difficult>1</difficult><truncated>1</truncated>")))
    assert len(convert_marks("d", "coco", "coco").lost) == 2
    same(open_boxes("d", val_share=0), open_boxes("coco", val_share=0))
