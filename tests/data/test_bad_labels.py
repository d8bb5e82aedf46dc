"""The table of bad labels: what is wrong, in each format, and what the user is told."""

import pytest

from striate.data import open_boxes, open_points
from striate.errors import ArgumentError, DataError
from tests.data.marked import annotation, coco, picture, pictures, put, voc_object, xml

ONE = '{"id": 0, "file_name": "0.png", "width": 64, "height": 48}'
TURNED = coco(images='{"id": 0, "file_name": "0.png", "width": 48, "height": 64}')
TWICE = f"{annotation()},\n{annotation()}"


def coco_with(**changed: object) -> str:
    return coco(annotation(**changed))


COCO = {  # what is in a.json: what is said; 0.png and 1.png are there
    coco_with(bbox=[10, 5, 0, 15]): "a.json, line 5: ant on 0.png: it has no area: left 10, top 5, right 10, bottom 20",
    coco_with(bbox=[10, 5, -4, 15]): "line 5: ant on 0.png: its corners are swapped: left 10, right 6",
    coco_with(bbox=[70, 5, 4, 15]): "line 5: ant on 0.png: it lies outside the image of 64x48",
    coco_with(bbox=[float("nan"), 5, 4, 15]): "line 5: ant on 0.png: a coordinate is no number",
    coco_with(bbox=[1, 2, 3]): "annotation 1: bbox must be four numbers, left, top, width, height, got [1, 2, 3]",
    coco_with(bbox="1 2 3 4"): "bbox must be four numbers",
    coco_with(bbox=[1, 2, True, 4]): "bbox must be four numbers",
    coco_with(bbox=None): "bbox must be four numbers",
    coco_with(category_id=9): "line 5: annotation 1: there is no category 9",
    coco_with(category_id=None): "there is no category None",
    coco_with(image_id=3): "line 5: annotation 1: there is no image 3",
    coco_with(id=None): "line 5: annotation None: it has no id",
    coco(TWICE): "line 6: annotation 1: stands on line 5 already",
    coco("3"): "line 5: annotation None: it has no id",
    coco(images=f"{ONE},\n{ONE}"): "line 3: image 0 stands on line 2 already",
    coco(images=f"{ONE},\n{ONE.replace('0,', '1,')}"): "line 3: image 1: 0.png stands on line 2 already",
    coco(images=ONE.replace("0.png", "9.png")): "line 2: image 0: '9.png': no such file",
    coco(images=ONE.replace("0.png", " ")): "line 2: image 0 without a file_name",
    TURNED: "labels are for 48x64, but the image is 64x48; the image is turned by EXIF",
    coco(images=ONE.replace("64", "640")): "line 2: 0.png: the labels are for 640x48, but the image is 64x48",
    coco(categories='{"id": 0}'): "category 0 without a name",
    coco(categories='{"id": 0, "name": "a"},\n{"id": 0, "name": "b"}'): "category 0 stands on line 7 already",
    coco(categories='{"id": 0, "name": "a"}, {"id": 1, "name": "a"}'): "two categories are named 'a'",
    coco(annotation(), categories='{"id": 0, "name": "\\ud800"}'): "a name that is no text: '\\ud800'",
    coco()[:-3]: "a.json can't be read as JSON",
    '{"images": 1, "annotations": [], "categories": []}': "a.json has no list 'images'",
}  # fmt: skip

VOC = {  # the objects of 0.xml: what is said
    voc_object("30 6 11 20"): "0.xml, line 4: ant on 0.png: its corners are swapped: left 29, right 11",
    voc_object("11 6 10 20"): "it has no area",
    voc_object("65 1 70 9"): "it lies outside the image of 64x48",
    voc_object("nan 1 70 9"): "a coordinate is no number",
    voc_object() + voc_object("x 1 70 9"): "0.xml, line 5: ant: xmin must be a number, got 'x'",
    voc_object(name=" "): "0.xml, line 4: an object without a name",
    "<object><name>ant</name></object>": "line 4: ant: no bndbox",
    "<object><name>ant</name><bndbox><xmin>1</xmin></bndbox></object>": "ant: ymin must be a number, got ''",
    voc_object(more="<difficult>2</difficult>"): "line 4: ant: difficult, truncated, crowd must be 0 or 1, got '2'",
    "<object>": "0.xml, line 4: mismatched tag",
}

YOLO = {  # the lines of 0.txt: what is said
    "0 .5 .5 .2 .2\n\n2 .5 .5 .2 .2": "0.txt, line 3: there is no class 2: they are 0 to 1",
    "-1 .5 .5 .2 .2": "there is no class -1",
    "0.5 .5 .5 .2 .2": "there is no class 0.5",
    "ant .5 .5 .2 .2": "'ant' is no number",
    "0 .5 .5 .2": "0.txt, line 1: 4 numbers, where a box has 5 and an outline an odd number of at least 7",
    "0 .5 .5 .2 .2 .9": "6 numbers, where a box has 5",
    "0 320 240 64 48": "320 is no share of the image: YOLO's numbers are 0 to 1, not pixels",
    "0 .5 .5 0 .2": "0.txt, line 1: ant on 0.png: it has no area",
    "0 .5 .5 -.2 .2": "its corners are swapped",
    "0 nan .5 .2 .2": "a coordinate is no number",
    "0 1.5 .5 .2 .2": "it lies outside the image of 64x48",
    "0 1_0 .5 .2 .2": "'1_0' is no number",
}

HEAD = "path,label,x0,y0,x1,y1,part\n"
CSV = {
    f"{HEAD}0.png,ant,1,2,3\n": "boxes.csv, line 2: 5 columns where the first line has 7",
    f"{HEAD}9.png,ant,1,2,3,4,train\n": "line 2: '9.png': no such file",
    f"{HEAD},ant,1,2,3,4,train\n": "line 2: the path is empty",
    f"{HEAD}0.png,ant,1,2,3,4,dev\n": "the part is none of train, val, test",
    f"{HEAD}0.png,,1,2,3,4,train\n": "0.png: the label is empty",
    f"{HEAD}0.png,ant,1,,3,4,train\n": "0.png: y0 must be a number, got ''",
    f"{HEAD}0.png,ant,3,2,1,4,train\n": "boxes.csv, line 2: ant on 0.png: its corners are swapped: left 3, right 1",
    f"{HEAD}0.png,ant,1,2,3,4,train\n0.png,ant,1,2,3,4,val\n": "line 3: 0.png: in another part than on line 2",
    f"{HEAD}0.png,ant,1,2,3,4,train\n0.png,,,,,,train\n": "line 3: 0.png: says that there is nothing, while there are",
    f"{HEAD}0.png,,,,,,train\n0.png,ant,1,2,3,4,train\n": "line 3: 0.png: says that there is nothing, while there are",
    "path,label,x0,y0,x1,y1,crowd\n0.png,ant,1,2,3,4,9\n": "difficult, truncated, crowd must be 0 or 1, got '9'",
    f'{HEAD}"0.png,ant\n': "a stray quote",
    "path,path,label,x0,y0,x1,y1\n0.png,0.png,ant,1,2,3,4\n": "several columns 'path'",
}

POINTS = {
    "path,eye_x,eye_y\n0.png,1,\n": "points.csv, line 2: eye must be two numbers or empty, got '1' and ''",
    "path,eye_x,eye_y\n0.png,a,2\n": "eye must be two numbers or empty, got 'a' and '2'",
    "path,eye_x,eye_y\n0.png,inf,2\n": "line 2: 0.png: a point's coordinate is no number",
    "path,eye_x,eye_y,eye_v\n0.png,1,2,3\n": "eye_v must be 0, 1 or 2, got '3'",
    "path,eye_x,eye_y\n0.png,1,2\n0.png,1,2\n": "line 3: 0.png: stands on line 2 already",
}


def cases():
    for name, table in (("a.json", COCO), ("0.xml", VOC), ("0.txt", YOLO), ("boxes.csv", CSV), ("points.csv", POINTS)):
        for content, message in table.items():
            yield pytest.param(name, content, message, id=f"{name}: {message[:60]}")


@pytest.mark.parametrize(("name", "content", "message"), list(cases()))
def test_refused_with_file_and_line(name, content, message):
    pictures("0.png", "1.png")
    put(name, xml(content) if name == "0.xml" else content)
    if name == "0.txt":
        put("data.yaml", "names: [ant, bee]\n")
    with pytest.raises(DataError) as caught:
        (open_points if name == "points.csv" else open_boxes)(".")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no boxes in .: expected COCO's JSON, Pascal VOC's XML, YOLO's data.yaml, or a CSV with path,label"),
        ({"a.json": coco(annotation()), "data.yaml": "names: [a]"}, "several formats; name the one to use: a.json, da"),
        ({"a.json": coco(annotation()), "b.json": coco()}, "several COCO files for data without parts: a.json, b.json"),
        ({"train.json": coco(annotation()), "b.json": coco()}, "b.json names no part, while others do"),
        ({"a.json": coco()}, "not one box in ."),
        ({"data.yaml": "names: [a]"}, "no image has a label file: for 0.png it would be 0.txt"),
        ({"data.yaml": "names: [a]", "0.txt": "", "labels/7.txt": ""}, "7.txt: no image of this name"),
        ({"9.xml": xml(voc_object(), filename="9.png")}, "9.xml, line 1: no image of its name, nor '9.png'"),
        ({"0.xml": xml(voc_object()), "b.xml": "<b/>"}, "b.xml, line 1: the outermost element must be ann"),
        ({"Annotations/0.xml": xml(voc_object()), "ImageSets/Main/train.txt": "0\n5\n"}, "line 2: no XML for '5'"),
        ({"ImageSets/Main/train.txt": "0\n0\n", "Annotations/0.xml": xml(voc_object())}, "'0' stands here twice"),
        ({"a.json": coco(annotation()), "0.png": b"hello"}, "0.png: not a JPEG"),
        ({"a.json": coco(annotation()), "0.png": picture(0)[:200]}, "0.png: truncated PNG"),
    ],
)  # fmt: skip
def test_refused_as_a_whole(files, message):
    pictures("0.png", "1.png")
    for name, content in files.items():
        put(name, content)
    with pytest.raises(DataError) as caught:
        open_boxes(".")
    assert message in str(caught.value)


def test_skip_bad_leaves_out_whole_images():
    pictures("0.png", "1.png", "2.png")
    rows = ["0.png,ant,1,2,3,4", "0.png,ant,5,5,5,5", "1.png,ant,1,2,3,4", "1.png,ant,x,2,3,4", "2.png,bee,1,2,3,4"]
    put("boxes.csv", "\n".join(["path,label,x0,y0,x1,y1", *rows]))
    dataset = open_boxes(".", skip_bad=True, val_share=0)
    assert [item.path for item in dataset.parts["train"].items] == ["2.png"]
    assert [(p.path, p.line) for p in dataset.skipped] == [("boxes.csv", 5), ("boxes.csv", 3)]
    put("boxes.csv", "path,label,x0,y0,x1,y1\n0.png,ant,5,5,5,5")
    with pytest.raises(DataError, match=r"no image in \. can be used"):
        open_boxes(".", skip_bad=True)


def test_places_that_hold_nothing():
    for path in ("nowhere", "x.json"):
        with pytest.raises(DataError, match=f"no such file or folder: {path}"):
            open_boxes(path)
    put("photo.png", picture(0))
    with pytest.raises(DataError, match=r"no boxes in photo\.png"):
        open_boxes("photo.png")
    with pytest.raises(DataError, match=r"no points in photo\.png"):
        open_points("photo.png")
    put("bad.zip", "PK")
    with pytest.raises(DataError, match="can't be read as a zip"):
        open_boxes("bad.zip")


def test_nothing_outside_of_the_data_is_found(tmp_path):
    put("secret.png", picture(0))
    put("d/a.json", coco(annotation(), '{"id": 0, "file_name": "../secret.png"}'))
    put("d/boxes/boxes.csv", f"path,label,x0,y0,x1,y1\n{tmp_path}/secret.png,ant,1,2,3,4\n")
    for path in ("d/a.json", "d/boxes"):
        with pytest.raises(DataError, match=r"secret.png': no such file"):
            open_boxes(path)


def test_arguments():
    pictures("0.png", "1.png")
    put("a.json", coco(annotation()))
    with pytest.raises(ArgumentError, match="val_share must be in"):
        open_boxes(".", val_share=1)
    with pytest.raises(DataError, match=r"no class named 'ant'; did you mean 'ants'\?"):
        open_boxes(".", classes=["ants", "bee"])
    assert open_boxes(".", classes=["wasp", "ant"], val_share=0).parts["train"].items[0].labels.tolist() == [1]
