"""Labels with damage anywhere are read or refused with a message; nothing else ever happens."""

import contextlib
import random
import shutil
from pathlib import Path

import pytest

from striate.data import open_boxes, open_points
from striate.errors import StriateError
from tests.data.marked import annotation, coco, pictures, put, voc_object, xml

FACE = '{"id": 1, "name": "face", "keypoints": ["left_eye", "right_eye"]}'
FILES = {
    "a.json": coco(annotation(category_id=1, keypoints=[10, 5, 2, 20, 6, 1]), categories=FACE),
    "0.xml": xml(voc_object(more="<difficult>1</difficult>")),
    "data.yaml": "path: x\ntrain: .\nnc: 2\nnames:\n  0: ant\n  1: bee\n",
    "0.txt": "0 .5 .5 .25 .25\n1 .1 .1 .2 .2 .3 .3\n",
    "boxes.csv": "path,label,x0,y0,x1,y1,part,crowd\n0.png,ant,1,2,3,4,train,0\n1.png,,,,,,train,\n",
    "points.csv": "path,eye_x,eye_y,eye_v,part\n0.png,1,2,2,train\n1.png,,,,train\n",
}
BESIDE = {"data.yaml": "0.txt", "0.txt": "data.yaml"}
PIECES = [b"null", b"true", b"[]", b"{}", b"-1", b"1e999", b"nan", b'""', b'"\\ud800"', b"\x00", b"\xff", b"*a", b"&a "]
PIECES += [b"9" * 400, b"..", b"/", b"\n", b",", b":", b"[", b"{", b"<", b"!!python/object:x ", b"2024-02-31", b'"']


def damaged(content: bytes, rng: random.Random) -> bytes:
    """With a few bytes cut out, or pieces put in or in the place of words."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        start = end = rng.randrange(len(data) + 1)
        while rng.random() < 0.9 and end < len(data) and chr(data[end]).isalnum():
            end += 1
        data[start:end] = rng.choice((b"", *PIECES)) if rng.random() < 0.8 else bytes(data[start : start + 9])
    return bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_read_or_refused(name):
    rng = random.Random(name)
    for n in range(40):
        shutil.rmtree("d", ignore_errors=True)
        Path("d").mkdir()
        pictures("d/0.png", "d/1.png")
        if name in BESIDE:
            put(f"d/{BESIDE[name]}", FILES[BESIDE[name]])
        put(f"d/{name}", damaged(FILES[name].encode(), rng))
        for read in (open_boxes, open_points):
            with contextlib.suppress(StriateError):
                read("d", val_share=0, skip_bad=n % 2 == 0)
