"""Photographs without labels, from folders and zips."""

import zipfile

import numpy as np
import pytest

from striate.data import open_photos, write_image
from striate.errors import ArgumentError, DataError


@pytest.fixture
def photos(tmp_path):
    for i, name in enumerate(("a", "b", "deep/c", "deep/er/d", "e")):
        path = tmp_path / "photos" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, np.full((4, 6), 40 * i, np.uint8))
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    return tmp_path / "photos"


def names(dataset):
    return {part: [item.path for item in images.items] for part, images in dataset.parts.items()}


def test_all_images_are_found_and_some_held_back(photos):
    dataset = open_photos(photos, val_share=0.4)
    found = names(dataset)
    assert sorted(found["train"] + found["val"]) == ["a.png", "b.png", "deep/c.png", "deep/er/d.png", "e.png"]
    assert len(found["val"]) == 2
    assert names(open_photos(photos, val_share=0.4)) == found
    assert names(open_photos(photos, val_share=0.4, seed=3)) != found
    assert dataset.parts["train"].load(0).shape == (4, 6, 3)


def test_a_zip_is_read_as_its_folder(photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as z:
        for path in sorted(photos.rglob("*.*")):
            z.write(path, path.relative_to(photos))
    zipped, folder = open_photos(tmp_path / "photos.zip"), open_photos(photos)
    assert names(zipped) == names(folder)
    assert zipped.fingerprint == folder.fingerprint


def test_bad_data_is_refused(photos, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        open_photos(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"neither a folder nor a \.zip"):
        open_photos(photos / "notes.txt")
    with pytest.raises(ArgumentError, match="val_share"):
        open_photos(photos, val_share=1)
    (photos / "f.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"f\.png"):
        open_photos(photos)
    assert len(open_photos(photos, skip_bad=True).skipped) == 1
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no images in"):
        open_photos(tmp_path / "empty")
