"""A member's process: what ends it, and what is left then."""

import multiprocessing
import os
import signal
import sys

import pytest

import striate
from striate.errors import StriateError
from striate.tasks.member_process import Member, train_members
from striate.training import Epoch

WITH = {"model": "lenet5", "epochs": 300, "batch_size": 8, "precision": "fp32", "workers": 0}


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by a signal")
def test_left_early_and_killed(write_stripes):
    """Who stops listening lets it save and end; a process that is killed is an error that says so."""
    data = write_stripes("d", ("across", "along"), per_class=6)
    begun = train_members([Member(1, {"data": str(data), "out": "run", **WITH}, 1)], 1)
    number, epoch = next((n, said) for n, said in begun if isinstance(said, Epoch))
    assert (number, epoch.epoch) == (1, 1)
    begun.close()
    assert not multiprocessing.active_children()
    resumed = train_members([Member(1, {"data": str(data), "out": "run", "resume": True}, 1)], 1)
    next(resumed)
    (process,) = multiprocessing.active_children()
    assert process.name == "member 1"
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(StriateError, match=r"member 1: its process was killed by signal 9; .* resumed by --resume"):
        list(resumed)
    assert not multiprocessing.active_children()
    run = striate.train(data, out="run", resume=True)  # what it left is whole
    assert next(iter(run)).epoch == 1


def test_an_error_is_told_in_one_line():
    told = train_members([Member(3, {"data": "nowhere", "out": "run"}, 1)], 1)
    with pytest.raises(StriateError, match=r"^member 3: no such file or folder: nowhere$"):
        list(told)
