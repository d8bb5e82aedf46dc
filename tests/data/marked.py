"""Small data sets of boxes in each format, written by hand here so that nothing of striate's own writers is trusted."""

import json
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 64, 48


def put(name: str, content: str | bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def picture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


def pictures(*names: str) -> None:
    for seed, name in enumerate(names):
        put(name, picture(seed))


def coco(annotations: str = "", images: str = "", categories: str = "") -> str:
    """A COCO file with one element a line: images on line 2 and 3, annotations from 5 on, categories after them."""
    images = images or '{"id": 0, "file_name": "0.png", "width": 64, "height": 48},\n{"id": 7, "file_name": "1.png"}'
    categories = categories or '{"id": 0, "name": "ant"}, {"id": 5, "name": "bee"}'
    return f'{{"images": [\n{images}],\n"annotations": [\n{annotations}],\n"categories": [\n{categories}]}}\n'


def annotation(**changed: object) -> str:
    """A good one, but for what is changed; None leaves a key out."""
    whole = {"id": 1, "image_id": 0, "category_id": 0, "bbox": [10, 5, 20, 15], "iscrowd": 0, "area": 300} | changed
    return json.dumps({key: value for key, value in whole.items() if value is not None})


def xml(objects: str = "", size: str = "<width>64</width><height>48</height>", filename: str = "0.png") -> str:
    """A VOC file; its first object begins on line 4."""
    return (
        f"<annotation>\n<filename>{filename}</filename>\n<size>{size}<depth>3</depth></size>\n{objects}</annotation>\n"
    )


def voc_object(corners: str = "11 6 30 20", name: str = "ant", more: str = "") -> str:
    box = "".join(f"<{t}>{v}</{t}>" for t, v in zip(("xmin", "ymin", "xmax", "ymax"), corners.split(), strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{box}</bndbox></object>\n"


def said(dataset) -> list[str]:
    """The remarks, without those on classes that nothing trains."""
    return [str(remark) for remark in dataset.remarks if not remark.message.startswith("no box of")]
