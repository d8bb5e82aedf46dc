import json
import zipfile

import cv2
import numpy as np
import pytest
import torch

from striate.data import open_data, read_image
from striate.errors import ArgumentError, DataError, UnknownNameError
from striate.explain import Rectifier, capture
from striate.models import create_model
from striate.preset import Preset
from striate.tasks import strongest_patches, write_patches
from striate.tasks.every_image import every_image
from striate.tasks.image_subject import ImageSubject
from striate.tasks.open_subject import open_subject


@pytest.fixture
def pictures(tmp_path, stripes):
    """Twelve pictures in no classes."""
    (tmp_path / "some").mkdir()
    for i in range(12):
        cv2.imwrite(str(tmp_path / "some" / f"{i}.png"), stripes(i % 3, i))
    return tmp_path / "some"


def test_strengths_places_and_paths_are_those_of_the_network(trained, pictures):
    found = strongest_patches(trained.model, pictures, ["conv1", "stages.conv2"], units=[0, 5], k=3)
    assert [layer.row.layer for layer in found.layers] == ["stages.conv1", "stages.conv2"]
    subject = open_subject(trained.model)
    paths = [item.path for item in found.part.items]
    assert paths == sorted(f"{i}.png" for i in range(12))
    x = torch.cat([subject.input(read_image(pictures / path, channels=1)) for path in paths])
    for layer in found.layers:
        activation = capture(subject.network, [layer.row.layer], x)[layer.row.layer]
        for unit in layer.units:
            best = activation[:, unit.unit].flatten(1).max(1).values.sort(descending=True).values[:3]
            torch.testing.assert_close(torch.tensor([p.strength for p in unit.patches]), best[best != 0].detach())
            for p in unit.patches:
                assert activation[p.image, unit.unit, *p.position].item() == pytest.approx(p.strength, rel=1e-5)


@pytest.mark.parametrize("rule", [None, *Rectifier])
def test_the_page_and_the_document(trained, pictures, tmp_path, rule):
    told = []
    found = strongest_patches(trained.run, pictures, units=4, k=4, on_images=lambda *a: told.append(a))
    assert told[-1] == (12, 12)
    assert [layer.row.layer for layer in found.layers] == ["stages.conv1", "stages.conv2"]  # fewer than five stages
    write_patches(found, tmp_path / "page.png", reconstruct=rule)
    assert read_image(tmp_path / "page.png").std() > 10
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["images"] == 12
    patch = document["layers"][0]["units"][0]["patches"][0]
    assert set(patch) == {"path", "image", "strength", "position", "receptive_field"}


def test_zips_and_data_sets_with_classes(trained, pictures, tmp_path, write_stripes):
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as z:
        for path in pictures.iterdir():
            z.write(path, f"inner/{path.name}")
    in_zip, in_folder = (strongest_patches(trained.model, p, ["conv1"], k=2) for p in (tmp_path / "some.zip", pictures))
    assert [layer.units for layer in in_zip.layers] == [layer.units for layer in in_folder.layers]
    data = write_stripes(tmp_path / "classes", ["a", "b"])
    assert len(every_image(data)) == sum(map(len, open_data(data).parts.values())) == 16
    (tmp_path / "list.csv").write_text(
        "path,label\nclasses/a/0.png,a\nclasses/a/1.png,a\nclasses/b/0.png,b\nclasses/b/1.png,b\n"
    )
    assert len(every_image(tmp_path / "list.csv")) == 4


def test_other_tasks_and_published_weights_have_patches(pictures):
    found = strongest_patches("efficientnet_lite0", pictures, ["stem"], units=2, k=1)
    assert found.subject.preset.size_hw == (224, 224)
    assert found.layers[0].units[1].unit == 16


def test_bad_input(trained, pictures, tmp_path):
    (pictures / "bad.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"bad\.png"):
        strongest_patches(trained.model, pictures)
    found = strongest_patches(trained.model, pictures, ["conv1"], units=1, k=1, skip_bad=True)
    assert len(found.part) == 12
    with pytest.raises(ArgumentError, match=r"out must be a file ending in .png, got .*page.jpg"):
        write_patches(found, tmp_path / "page.jpg")
    with pytest.raises(UnknownNameError, match=r"did you mean .*'stages.conv1"):
        strongest_patches(trained.model, pictures, ["stages.conv"], skip_bad=True)
    with pytest.raises(ArgumentError, match="units must be some of 0 to 5"):
        strongest_patches(trained.model, pictures, ["conv1"], units=[6], skip_bad=True)
    with pytest.raises(DataError, match="no such"):
        strongest_patches(trained.model, tmp_path / "nothing")


def test_what_the_network_sees_is_what_is_cut(trained):
    subject = open_subject(trained.model)
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    back = subject.levels(subject.input(image)[0])
    assert np.abs(back.astype(int) - subject.seen(image)).max() <= 1


@pytest.mark.parametrize(
    ("model", "depths"),
    [
        ("efficientnet_lite0", ["stem", "stage2", "stage4", "stage6", "top"]),
        ("resnet20", ["stem", "stage1.1", "stage2.0", "stage3.0", "stage3.2"]),
        ("lenet5", ["conv1", "conv2"]),
    ],
)
def test_depths_from_first_to_last(model, depths):
    network = create_model(model)
    subject = ImageSubject(network, Preset(size_hw=(32, 32)), None, model)
    assert subject.depths() == [f"stages.{name}" for name in depths]
    assert subject.depths(1) == [f"stages.{depths[0]}"]
