"""Images stay images, and recordings are found."""

from pathlib import Path

import numpy as np
import pytest

from striate.recordings import is_recordings

YES = {  # what lies there, and what is asked for
    "class folders": (("a/1.npy", "b/1.npy"), "."),
    "volumes": (("train/a/1.nii.gz",), "."),
    "tables in class folders": (("a/1.csv", "b/1.csv"), "."),
    "videos in class folders": (("a/1.mp4", "b/1.mp4"), "."),
    "records": (("100.hea", "100.dat"), "."),
    "a series": (("1.dcm", "2.dcm"), "."),
    "an npz": (("a.npz",), "a.npz"),
    "a record": (("100.hea",), "100.hea"),
    "a volume": (("a.NII.GZ",), "a.NII.GZ"),
    "sound": (("a.wav",), "a.wav"),
}
NO = {
    "nothing": ((), "missing"),
    "an empty folder": ((), "."),
    "photographs": (("a/1.jpg", "b/1.png"), "."),
    "photographs and a video": (("a/1.jpg", "b/1.jpg", "b/2.mp4"), "."),
    "photographs and a table": (("a/1.jpg", "b/1.jpg", "notes.csv"), "."),
    "frames of clips": (("a/1/1.jpg", "a/1/2.jpg"), "."),
    "a photograph": (("a.jpg",), "a.jpg"),
    "a video": (("a.mp4",), "a.mp4"),
    "shards": (("a-0.tar", "shards.txt"), "."),
    "digits": (("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"), "."),
    "a model": (("model.safetensors", "metrics.csv"), "."),
    "a zip": (("a.zip",), "a.zip"),
}
TABLES = {
    "path,label\na/1.npy,x\n": True,
    "label;path\n": False,
    'label,"path"\nx,"a\\1.nii.gz"\n': True,
    "path,label\nclip,x\n": True,  # a folder
    "path,label\na/1.jpg,x\n": False,
    "path,x0,y0,x1,y1,label\na/1.jpg,1,2,3,4,x\n": False,
    "path,label\n": False,
    "1,2\n3,4\n": True,
    "time,MLII\n0,1\n": True,
    "name,age\nann,8\n": False,
    "": False,
    "\0\n\0": False,
}


@pytest.mark.parametrize(("table", "is_one"), [(YES, True), (NO, False)])
def test_by_names(table, is_one, tmp_path, monkeypatch):
    for case, (files, asked) in table.items():
        folder = tmp_path / case
        folder.mkdir()
        monkeypatch.chdir(folder)
        for file in files:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).touch()
        assert is_recordings(asked) is is_one, case


@pytest.mark.parametrize("text", TABLES)
def test_tables(text):
    Path("clip").mkdir()
    Path("a.csv").write_text(text)
    assert is_recordings("a.csv") is TABLES[text]


def test_tables_in_no_class_folders():
    for name in ("1.csv", "2.csv"):
        Path(name).write_text("time,MLII\n0,1\n")
    assert is_recordings(".")
    Path("model.safetensors").touch()  # a run's folder, and its figures
    assert not is_recordings(".")


def test_ucr():
    Path("A_TRAIN.tsv").write_text("1\t2\t3\n")
    assert is_recordings("A_TRAIN.tsv")
    assert is_recordings(".")


def test_a_table_beside_frames():
    np.save("x.npy", np.ones(3))
    Path("1.png").touch()
    assert not is_recordings(".")
    Path("labels.csv").write_text("path,label\nx.npy,a\n")
    assert is_recordings(".")
