import re
from pathlib import Path

import pytest

import striate
from striate.errors import ArgumentError, DataError, ModelFileError
from striate.tasks import EnsembleFolder


def test_it_stands_for_its_members(trained, tmp_path):
    folder = EnsembleFolder(tmp_path / "e")
    assert not folder.is_there()
    folder.create()
    folder.write({"seeds": [0, 1]})
    for number in (1, 2):
        folder.member(number).create()
    with pytest.raises(ModelFileError, match=r"an ensemble without a model of member-1, member-2: train on with --res"):
        striate.load(folder.path)
    for number in (1, 2):
        folder.member(number).model.write_bytes(trained.model.read_bytes())
    ensemble = striate.load(folder.path)
    assert [m.name for m in ensemble.members] == [str(folder.path / "member-1"), str(folder.path / "member-2")]
    paths = sorted((trained.data / "test").glob("*/1.png"))
    assert ensemble.predict(paths) == striate.load(trained.model).predict(paths)


# What stands in ensemble.json, and what is said of it.
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "has no seeds"),
        (b"{}", "has no seeds"),
        (b'{"seeds": []}', "has no seeds"),
        (b'{"seeds": 3}', "has no seeds"),
    ],
)
def test_broken_records(content, message):
    Path("e").mkdir()
    Path("e/ensemble.json").write_bytes(content)
    with pytest.raises(DataError, match=message):
        striate.load("e")


def test_no_record():
    with pytest.raises(ArgumentError, match=re.escape("(with ensemble.json), got 'nowhere'")):
        EnsembleFolder("nowhere").read()
