"""`striate data suspects` on pictures one of which lies in the wrong folder."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def mislabelled(write_stripes):
    write_stripes("data", ("across", "along", "aslant"), 8, first=500)
    Path("data/across/3.png").rename("data/along/a.png")
    return "data"


def test_a_list_and_a_page(striate, trained, mislabelled):
    code, out, err = striate("data", "suspects", mislabelled, "--model", trained.model, "--out", "page.png")
    assert code == 0, err
    first = out.splitlines()[1].split()
    assert [word for word in first[1:] if word != "sure" and "%" not in word] == [
        "along",
        "across",
        "train",
        "along/a.png",
    ]
    assert float(first[0]) < 0
    assert "look like another class than their label says" in out
    assert Path("page.png").stat().st_size > 1000
    assert "page.png" in err


def test_json(striate, trained, mislabelled):
    code, out, err = striate("data", "suspects", mislabelled, "--model", trained.model, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert {"network", "images", "accuracy", "interval", "found", "remarks", "expectation"} == set(document)
    assert document["found"][0]["path"] == "along/a.png"


def test_nothing_is_suspected(striate, trained):
    """The model's own training images, sorted as they were."""
    code, out, err = striate("data", "suspects", trained.data, "--model", trained.model, "--out", "page.png")
    assert code == 0, err
    assert "0 of 84 images" in out
    assert not Path("page.png").exists()


def test_a_page_of_another_kind_is_refused_before_anything_is_computed(striate, mislabelled):
    code, out, err = striate("data", "suspects", mislabelled, "--out", "page.jpg")
    assert (code, out) == (1, "")
    assert "ending in .png" in err
