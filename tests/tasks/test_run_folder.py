from pathlib import Path

import pytest

from striate.errors import ArgumentError, DataError, OutputError
from striate.tasks.run_folder import RunFolder, free_folder

START = {"plan": {}, "label": '名前\u2028\x85 "quoted"'}


def test_a_record_comes_back_as_it_was():
    folder = RunFolder("a/b")
    folder.create()
    folder.write([START, {"event": "epoch", "loss": 0.1 + 0.2}])
    assert folder.read() == [START, {"event": "epoch", "loss": 0.1 + 0.2}]
    folder.write([START])
    assert folder.read() == [START]
    assert sorted(p.name for p in Path("a/b").iterdir()) == ["checkpoints", "record.jsonl"]


def test_nan_is_no_json():
    folder = RunFolder("a")
    folder.create()
    folder.write([START])
    with pytest.raises(ValueError, match="Out of range float"):
        folder.write([START, {"loss": float("nan")}])
    assert folder.read() == [START]


@pytest.mark.parametrize("what", ["record.jsonl", "checkpoints/last.safetensors"])
def test_an_old_run_is_never_written_over(what):
    folder = RunFolder("a")
    folder.refuse_old_run()  # there is none yet
    folder.create()
    folder.refuse_old_run()  # it is empty
    Path("a", what).write_bytes(b"")
    with pytest.raises(OutputError, match="a holds a run already: go on with --resume, or give another --out"):
        folder.refuse_old_run()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not the record of a run"),
        ('{"event": "epoch"}\n', "is not the record of a run"),
        ('{"plan": {}}\n{"ev', "line 2: not JSON"),
    ],
)
def test_broken_records(text, message):
    RunFolder("a").create()
    Path("a/record.jsonl").write_text(text)
    with pytest.raises(DataError, match=message):
        RunFolder("a").read()


def test_no_record():
    with pytest.raises(ArgumentError, match="run must be a folder that `striate train` wrote"):
        RunFolder("nowhere").read()


def test_a_folder_that_cannot_be_made():
    Path("file").touch()
    with pytest.raises(OutputError, match="can't make the folder file/run: Not a directory"):
        RunFolder("file/run").create()


def test_free_folders():
    for name in ("ants", "ants-2", "ants-3"):
        assert free_folder("runs", "ants") == Path("runs", name)
        Path("runs", name).mkdir(parents=True)
