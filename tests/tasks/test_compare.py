import json
import re
from pathlib import Path

import pytest

import striate
from striate.errors import ArgumentError, OutputError
from striate.tasks import compare_runs
from striate.tasks.run_folder import RunFolder


def test_a_finished_run(trained):
    (row,) = compare_runs([trained.run])
    lines = [json.loads(line) for line in (trained.run / "record.jsonl").read_text().splitlines()]
    best = [line for line in lines if line["event"] == "epoch" and line["best"]][-1]
    assert row["run"] == str(trained.run)
    assert (row["epochs"], row["best epoch"]) == (6, best["epoch"])
    assert row["validation accuracy"] == best["figures"]["accuracy"]
    assert row["test accuracy"] == lines[-1]["figures"]["test"]["accuracy"]
    assert (row["network"], row["freeze"]) == ("lenet5", "none")


def test_the_best_comes_first_and_an_unfinished_one_counts(trained):
    for _ in striate.train(trained.data, out="<b>half", model="lenet5", epochs=3, lr=1e-9):
        break
    rows = compare_runs(["<b>half", trained.run], "page.html")
    assert [row["run"] for row in rows] == [str(trained.run), "<b>half"]
    assert rows[0].keys() == rows[1].keys()
    assert rows[1]["test accuracy"] is None
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<b>half" not in page
    assert "&lt;b&gt;half" in page
    assert not re.search(r"<(script|link)|https?://(?!www\.w3\.org)", page)


def test_what_cannot_be_compared(trained):
    striate.train(trained.data, out="begun", model="lenet5")
    with pytest.raises(ArgumentError, match="run must be a folder with at least one epoch, got 'begun'"):
        compare_runs([trained.run, "begun"])
    with pytest.raises(ArgumentError, match="run must be a folder that `striate train` wrote"):
        compare_runs([trained.data])
    with pytest.raises(OutputError, match="can't write nowhere/page"):
        compare_runs([trained.run], "nowhere/page.html")
    assert RunFolder("begun").read()[0]["event"] == "start"
