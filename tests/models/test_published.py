"""The records of published weights, against what their publishers' own code says.

Those of torchvision 0.29.2 were compared with its `get_model_weights` by a script: URL, size, accuracy, resize and
crop, interpolation, mean and standard deviation. timm's are of `get_pretrained_cfg` (1.0.31) and its table of results,
facenet-pytorch's and akamaster's of their README files; four of akamaster's hashes are of the files themselves.
"""

import re

import pytest

from striate.errors import UnknownNameError
from striate.models import find_entry, model_names
from striate.models.published import SOURCES, find_source
from striate.models.sources import Package, Url

IMAGENET = [name for name, source in SOURCES.items() if source.trained_on == "ImageNet-1k"]


def test_names_and_nearest_names():
    assert all(name == source.name for name, source in SOURCES.items())
    with pytest.raises(UnknownNameError, match="did you mean 'efficientnet_lite0'"):
        find_source("efficientnet_light0")


def test_files_have_names_of_their_own():
    """In the cache they lie side by side."""
    files = [source.where.file for source in SOURCES.values() if isinstance(source.where, Url)]
    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"[\w.-]+\.(pth|pt|th|safetensors)", file) for file in files)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_record_says_what_it_takes_to_use_the_weights(source):
    entry = find_entry(source.network)
    assert source.names in entry.published
    assert source.name == source.network or source.name.startswith(f"{source.network}_")
    assert source.preset.channels == entry.channels
    assert source.preset.size_hw == (entry.size, entry.size)
    assert len(source.preset.labels) in (0, entry.classes)
    assert len(source.sha256) == 64 if isinstance(source.where, Package) else len(source.sha256) in (0, 8, 64)
    assert re.fullmatch(r"[0-9a-f]*", source.sha256)
    assert 50 < source.accuracy < 100
    assert source.licence in ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "MIT")
    assert source.to_dict()["preset"]["labels"] == len(source.preset.labels)
    if isinstance(source.where, Url):
        assert source.where.url.startswith("https://")
        if source.names != "minivision":  # its file's hash is of the file itself
            assert source.sha256[:8] in source.where.file  # publishers put the first eight digits into the name


def test_what_has_no_hash():
    assert [name for name, source in SOURCES.items() if not source.sha256] == [
        "inception_v4",
        "inception_resnet_v2",
        "inception_resnet_v1_vggface2",
        "inception_resnet_v1_casia_webface",
    ]


# Resize and crop as torchvision.models.get_model_weights and timm.get_pretrained_cfg give them, in pixels.
SIZES = {
    "resnet50": (256, 224),
    "resnet50_v2": (232, 224),
    "resnet152_v2": (232, 224),
    "mobilenet_v2": (256, 224),
    "mobilenet_v2_v2": (232, 224),
    "vgg16": (256, 224),
    "alexnet": (256, 224),
    "googlenet": (256, 224),
    "inception_v3": (342, 299),
    "inception_v4": (int(299 / 0.875), 299),
    "inception_resnet_v2": (int(299 / 0.8975), 299),
    "efficientnet_lite2": (292, 260),
}


@pytest.mark.parametrize(("name", "sizes"), SIZES.items(), ids=SIZES)
def test_resize_and_crop(name, sizes):
    preset = find_source(name).preset
    assert (preset.short_side, preset.size_hw[0]) == sizes
    assert preset.fit == "crop"


# (mean, standard deviation) of the first channel
SCALES = {
    "resnet50": (0.485 * 255, 0.229 * 255),
    "resnet20": (0.485 * 255, 0.229 * 255),
    # torchvision undoes ImageNet's scale inside of these two: x * (0.229 / 0.5) + (0.485 - 0.5) / 0.5
    "googlenet": (127.5, 127.5),
    "inception_v3": (127.5, 127.5),
    "inception_v4": (127.5, 127.5),
    "inception_resnet_v2": (127.5, 127.5),
    "inception_resnet_v1_vggface2": (127.5, 128),
    "efficientnet_lite0": (127, 128),
    "dlib_face": (122.782, 256),
}


@pytest.mark.parametrize(("name", "scale"), SCALES.items(), ids=SCALES)
def test_scale(name, scale):
    preset = find_source(name).preset
    assert (preset.mean[0], preset.std[0]) == pytest.approx(scale)


def test_faces_say_what_their_data_is():
    assert "withdrawn" in find_source("inception_resnet_v1_vggface2").notice
    assert "research only" in find_source("inception_resnet_v1_casia_webface").notice


def test_every_family_of_the_registry_that_others_published():
    """A network that knows published names has weights to load, and the other way round."""
    with_names = {name for name in model_names() if find_entry(name).published}
    assert {source.network for source in SOURCES.values()} == with_names
    assert set(IMAGENET) > {"alexnet", "vgg16_bn", "resnet152_v2", "googlenet", "inception_v3", "squeezenet1_1"}
