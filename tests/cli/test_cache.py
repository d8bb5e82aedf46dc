"""`striate cache`: what is listed, what is removed."""

import json
import os
import time

import numpy as np
import pytest

from striate.models.sources import cache_folder
from striate.training import FeatureCache


@pytest.fixture
def kept():
    """Features of two networks, of which one was used ten days ago, and a broken file."""
    for days, network, pipeline in ((10, "resnet18", None), (0, "resnet20", {"seed": 0, "pipeline": []})):
        preset = {"size_hw": [32, 64]}
        facts = {"network": network, "weights": "0123456789ab", "cut": "head.pool", "preset": preset, "views": pipeline}
        store = FeatureCache().open(facts | {"shape": [1000]}, [])
        store.append([bytes([i]) * 32 for i in range(3)], np.ones((3, 1000), np.float32))
        store.close()
        os.utime(store.path, (time.time() - 86_400 * days,) * 2)
    broken = FeatureCache().folder / "broken.features"
    broken.write_text("broken")
    os.utime(broken, (0, 0))


def test_nothing_is_kept(striate):
    code, out, err = striate("cache")
    assert (code, out) == (0, "")
    assert err == f"{cache_folder().parent / 'features'}: 0.0 of at most 10,000 MB\n"
    assert striate("cache", "prune", "--to-megabytes", 0) == (0, "", "removed 0 files, 0.0 MB\n")


@pytest.mark.usefixtures("kept")
def test_what_is_listed(striate):
    code, out, _ = striate("cache")
    columns, broken, old, new = out.splitlines()
    assert code == 0
    assert columns.split() == ["network", "weights", "cut", "input", "view", "rows", "MB", "last", "used"]
    assert broken.startswith("broken file")
    assert old.split()[:7] == ["resnet18", "01234567", "head.pool", "32×64", "plain", "3", "0.0"]
    assert new.split()[:6] == ["resnet20", "01234567", "head.pool", "32×64", "distorted", "3"]
    found = json.loads(striate("cache", "--json").out)
    assert [file["rows"] for file in found["files"]] == [0, 3, 3]
    assert found["bytes"] == sum(file["bytes"] for file in found["files"]) < found["most_bytes"]
    assert found["files"][1]["features"]["network"] == "resnet18"


@pytest.mark.usefixtures("kept")
def test_prune(striate):
    assert "broken file" in striate("cache", "prune").out
    (old,) = json.loads(striate("cache", "prune", "--older-than", 5, "--json").out)
    assert old["features"]["network"] == "resnet18"
    assert striate("cache", "prune", "--to-megabytes", 1).err == "removed 0 files, 0.0 MB\n"
    assert "resnet20" in striate("cache", "prune", "--to-megabytes", 0).out
    assert FeatureCache().entries() == []


def test_wrong_options(striate):
    code, _, err = striate("cache", "prune", "--older-than", -1)
    assert code == 2
    assert "--older-than" in err
