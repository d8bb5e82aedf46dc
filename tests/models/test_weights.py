"""Published weights: the files fit, and what does not fit is listed.

Tests of real files skip where the package is not installed.
"""

import dataclasses
import hashlib
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from striate.errors import ArgumentError, WeightsError
from striate.models import blueprint, create_model, find_entry, imagenet, registry
from striate.models.published import SOURCES, find_source
from striate.models.sources import Package
from striate.models.weights import load_pretrained

PACKAGED = ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "mobilenet_v2"]


def installed(name):
    source = find_source(name)
    if not source.is_installed():
        pytest.skip(f"{source.where.distribution} is not installed")
    return source


def published(source):
    """The source's tensors under our names, read here without striate's loader."""
    state = torch.load(source.where.path(), weights_only=True)
    rename = find_entry(source.network).published[source.names]
    return {rename(name): t for name, t in state.items()}


@pytest.fixture
def lenet_source(tmp_path, monkeypatch):
    """Makes a Source for lenet5 whose package carries what `torch.save` writes of a state dict."""

    entry = dataclasses.replace(find_entry("lenet5"), published={"torchvision": lambda name: name})
    monkeypatch.setitem(registry.ENTRIES, "lenet5", entry)

    def make(state, **changes):
        folder = tmp_path / "a_package"
        folder.mkdir()
        (folder / "__init__.py").write_text("raise AssertionError('a package of weights is found, never imported')")
        torch.save(state, folder / "w.pth")
        monkeypatch.syspath_prepend(tmp_path)
        values = {
            "name": "lenet5",
            "network": "lenet5",
            "where": Package("a-package", "a_package", "w.pth", "pretrained"),
            "sha256": hashlib.sha256((folder / "w.pth").read_bytes()).hexdigest(),
        }
        return dataclasses.replace(SOURCES["mobilenet_v2"], **values | changes)

    return make


def lenet(**arguments):
    return create_model("lenet5", **{"num_classes": 10, "in_channels": 1} | arguments)


# The list of classes


def test_the_thousand_classes():
    assert len(imagenet.LABELS) == len(set(imagenet.LABELS)) == len(set(imagenet.SYNSETS)) == 1000
    assert list(imagenet.SYNSETS) == sorted(imagenet.SYNSETS)
    assert all(re.fullmatch(r"n\d{8}", synset) for synset in imagenet.SYNSETS)
    assert all(label == label.strip() and label.isprintable() and "_" not in label for label in imagenet.LABELS)
    known = {0: "tench", 1: "goldfish", 20: "water ouzel", 50: "American alligator", 207: "golden retriever"}
    known |= {281: "tabby", 817: "sports car", 954: "banana", 999: "toilet tissue"}
    assert {i: imagenet.LABELS[i] for i in known} == known
    assert [label for label in imagenet.LABELS if "(" in label] == [
        "crane (bird)",
        "crane (machine)",
        "maillot (tights)",
        "maillot (swimsuit)",
    ]


def test_classes_of_the_sample_photographs():
    """Each file of the sample is named n01440764_tench.JPEG."""
    if "STRIATE_DATA" not in os.environ:
        pytest.skip("STRIATE_DATA is not set: the sample of ImageNet photographs is not here")
    with zipfile.ZipFile(Path(os.environ["STRIATE_DATA"]) / "imagenet-sample-100.zip") as archive:
        names = [Path(name).stem for name in archive.namelist() if name.endswith(".JPEG")]
    assert len(names) == 100
    ours = {f"{s}_{label.replace(' ', '_')}" for s, label in zip(imagenet.SYNSETS, imagenet.LABELS, strict=True)}
    assert set(names) <= ours


# The published files


@pytest.mark.parametrize("name", PACKAGED)
def test_a_published_file_fills_a_blueprint(name):
    source = installed(name)
    network = blueprint(find_entry(source.network).build)
    load_pretrained(network, source)
    wanted = published(source)
    assert all(torch.equal(t, wanted[n]) for n, t in network.state_dict().items())
    assert all(p.requires_grad for p in network.parameters())
    assert source.where.module not in sys.modules


def test_other_classes_leave_the_classifier_fresh():
    source = installed("efficientnet_lite0")
    torch.manual_seed(3)
    network = create_model("efficientnet_lite0", num_classes=5)
    fresh = network.head.classifier.weight.clone()
    load_pretrained(network, source)
    assert network.head.classifier.weight.equal(fresh)
    stem = "stages.stem.conv.weight"
    assert network.state_dict()[stem].equal(published(source)[stem])


# What does not fit


def test_a_package_is_found_and_never_imported(lenet_source):
    theirs, ours = lenet(), lenet()
    load_pretrained(ours, lenet_source(theirs.state_dict()))
    assert all(t.equal(ours.state_dict()[name]) for name, t in theirs.state_dict().items())


def test_all_that_does_not_fit_is_listed_and_nothing_is_changed(lenet_source):
    state = lenet().state_dict()
    del state["head.dense1.bias"]
    state["extra"] = torch.zeros(1)
    state["stages.conv1.conv.weight"] = torch.zeros(6, 3, 5, 5)
    network = lenet()
    before = {name: t.clone() for name, t in network.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        load_pretrained(network, lenet_source(state))
    assert str(caught.value).splitlines() == [
        "the weights 'lenet5' don't fit lenet5:",
        "  missing: head.dense1.bias",
        "  stages.conv1.conv.weight: the network has float32 (6, 1, 5, 5), these have float32 (6, 3, 5, 5)",
        "  surplus: extra",
        "new_channels='mean' or 'repeat' adapts weights to other channels and dimensions",
    ]
    assert all(t.equal(before[name]) for name, t in network.state_dict().items())


def test_a_classifier_of_another_width_is_an_error(lenet_source):
    state = lenet().state_dict() | {"head.classifier.weight": torch.zeros(12, 85)}
    with pytest.raises(WeightsError, match=r"classifier.weight: .*\(10, 84\).*\(12, 85\)"):
        load_pretrained(lenet(), lenet_source(state))


def test_weights_of_another_network(lenet_source):
    with pytest.raises(ArgumentError, match="the weights 'lenet5' are for lenet5, not for resnet20"):
        load_pretrained(create_model("resnet20"), lenet_source(lenet().state_dict()))


def test_a_file_that_is_no_tensors(lenet_source):
    with pytest.raises(WeightsError, match=r"^w\.pth: tensors by name were expected, got others at 'epoch'"):
        load_pretrained(lenet(), lenet_source(lenet().state_dict() | {"epoch": 3}))


def test_an_altered_file(lenet_source):
    with pytest.raises(WeightsError, match="not the published file: its sha256 is"):
        load_pretrained(lenet(), lenet_source(lenet().state_dict(), sha256="0" * 64))


def test_the_hash_is_of_what_is_loaded(lenet_source, monkeypatch):
    """The bytes are read once: a file that changes in between can't slip past its hash."""
    source = lenet_source(lenet().state_dict())
    reads = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path) or real(path))
    load_pretrained(lenet(), source)
    assert len(reads) == 1
