import csv
import re
import shutil
from pathlib import Path

import pytest

import striate
from striate.errors import DataError, OutputError
from striate.results import Classes
from striate.tasks import Prediction, predict_files, write_predictions


@pytest.fixture(scope="module")
def classifier(trained):
    return striate.load(trained.model)


def test_a_folder(classifier, trained):
    predictions, bad = predict_files(classifier, [trained.data / "test"])
    assert len(predictions) == 18
    assert bad == []
    assert all(Path(path).parent.name == classes.label for path, classes in predictions)
    alone = classifier.predict([predictions[3].path])[0]
    assert predictions[3].classes.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_bad_files_are_all_listed_or_skipped(classifier, trained):
    shutil.copytree(trained.data / "test", "d")
    bad = {"d/across/1.png": b"", "d/along/x.jpg": b"hello", "d/aslant/2.png": b"\x89PNG\r\n\x1a\n"}
    for name, content in bad.items():
        Path(name).write_bytes(content)
    with pytest.raises(DataError, match=re.escape("3 of 19 images can't be read (--skip-bad goes on")) as caught:
        predict_files(classifier, ["d"])
    assert [p.path for p in caught.value.problems] == sorted(bad)
    assert caught.value.problems[0].message == "empty file (0 bytes)"
    predictions, skipped = predict_files(classifier, ["d"], skip_bad=True)
    assert [p.path for p in skipped] == sorted(bad)
    assert len(predictions) == 16
    assert all(Path(path).parent.name == classes.label for path, classes in predictions)  # none is out of place


def test_nothing_but_bad_files(classifier):
    Path("x.jpg").write_bytes(b"")
    assert predict_files(classifier, ["x.jpg"], skip_bad=True)[0] == []


PREDICTIONS = [
    Prediction('a, "b".jpg', Classes(("名前", "with, comma", 'quo"te'), (0.75, 0.15, 0.1))),
    Prediction("line\nend.jpg", Classes(('quo"te', "名前", "with, comma"), (1.0, 0.0, 0.0))),
]


@pytest.mark.parametrize("top", [1, 2, 3, 9])
def test_a_table_that_any_reader_of_csv_takes(top):
    write_predictions("out.csv", PREDICTIONS, top)
    with Path("out.csv").open(newline="", encoding="utf-8") as f:
        header, *rows = csv.reader(f)
    places = range(1, min(top, 3) + 1)
    assert header == ["path", *(f"{name}{i}" for i in places for name in ("label", "probability"))]
    for row, prediction in zip(rows, PREDICTIONS, strict=True):
        assert row[0] == prediction.path
        assert row[1::2] == list(prediction.classes.labels[:top])
        assert [float(p) for p in row[2::2]] == list(prediction.classes.probabilities[:top])


def test_a_table_of_nothing():
    write_predictions("out.csv", [], 5)
    assert Path("out.csv").read_text() == "path\n"


def test_a_table_that_cannot_be_written():
    with pytest.raises(OutputError, match=r"can't write nowhere/out\.csv"):
        write_predictions("nowhere/out.csv", PREDICTIONS, 1)
