"""Real photographs: `STRIATE_DATA` names the folder where they are."""

import json
import zipfile
from pathlib import Path

import pytest

from striate.models import find_source
from striate.models.imagenet import LABELS, SYNSETS


@pytest.fixture
def photos(real_data):
    """A hundred photographs of ImageNet, one a class, whose names begin with the synset."""
    if not find_source("efficientnet_lite0").is_installed():
        pytest.skip("the package with EfficientNet-Lite0's weights is not installed")
    with zipfile.ZipFile(real_data / "imagenet-sample-100.zip") as archive:
        archive.extractall("photos")
    return Path("photos")


def test_the_embedded_network_on_photographs(striate, photos):
    """Each photograph's name begins with its synset, and EfficientNet-Lite0 was trained on its class."""
    code, out, err = striate("predict", "efficientnet_lite0", photos, "--json")
    assert code == 0, err
    assert "Apache-2.0" in err, "the licence is told"
    predictions = json.loads(out)
    assert len(predictions) == 100
    true = [LABELS[SYNSETS.index(Path(p["path"]).name.split("_")[0])] for p in predictions]
    places = [[one["label"] for one in p["labels"]] for p in predictions]
    assert sum(label == answer[0] for label, answer in zip(true, places, strict=True)) >= 86
    assert sum(label in answer for label, answer in zip(true, places, strict=True)) >= 96
