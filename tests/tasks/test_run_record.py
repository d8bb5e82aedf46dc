"""What a run records as it goes on; whole records: `test_run.py`, `test_marks_run.py`."""

import pytest

from striate.tasks.run_record import decide_precision, training_record

COMMAND = ["striate", "train", "photos"]


def never(*arguments):
    raise AssertionError(arguments)


@pytest.mark.parametrize(
    ("wish", "start"),
    [
        ("fp32", {"command": COMMAND}),  # what was asked for
        ("bf16", {"command": COMMAND}),
        ("auto", {"command": COMMAND, "precision": "bf16"}),  # what was measured before a resume
    ],
)
def test_nothing_is_measured_or_written(wish, start):
    before = dict(start)
    assert decide_precision(wish, start, never, never) == start.get("precision", wish)
    assert start == before


def test_it_is_measured_once_and_written():
    start, written = {"command": COMMAND}, []
    assert [decide_precision("auto", start, lambda: "bf16", written.append) for _ in range(2)] == ["bf16", "bf16"]
    assert written == [[{"command": [*COMMAND, "--precision", "bf16"], "precision": "bf16"}]]


def test_a_model_file_keeps_the_first_remarks():
    start = dict.fromkeys(("fingerprint", "cut_seed", "val_share", "images", "command"), 1)
    record = training_record({**start, "remarks": list(map(str, range(100))), "threads": 2}, {"freeze": "all"}, [], {})
    assert record == {**start, "remarks": list(map(str, range(20))), "plan": {"freeze": "all"}, "epochs": []}
