"""Stopped and resumed is the same as never stopped, to the bit: whatever the moment and the number of workers.

A process of its own is started where a signal must end it; the rest runs in this process.
"""

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WITH = ("--model", "lenet5", "--epochs", "6", "--batch-size", "8", "--precision", "fp32")  # as `trained` was
STEPS = 36  # six epochs of 48 images in batches of 8

# `striate` with a signal to all its processes after a step, as a terminal sends it, and a checkpoint every so often.
STRIATE = """
import os, sys

import torch

from striate.cli import main
from striate.tasks import learning

if __name__ == "__main__":  # workers read this file too
    NUMBER, SIGNAL, SECONDS, *sys.argv[1:] = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:]
    fit = learning.fit

    def signalling(*arguments, on_step, **options):
        def watch(step):
            on_step(step)
            if (step.epoch - 1) * step.steps + step.step == NUMBER:
                os.killpg(0, SIGNAL)
        return fit(*arguments, on_step=watch, save_seconds=SECONDS, **options)

    learning.fit = signalling
    torch.set_num_threads(1)
    main()
"""


def signalled(number: int, sent: int, save_seconds: float, *arguments: object) -> subprocess.Popen[str]:
    """Start `striate`, which gets the signal after a step; its end."""
    Path("signalled.py").write_text(STRIATE)
    process = subprocess.Popen(
        [sys.executable, "signalled.py", *map(str, (number, int(sent), save_seconds, *arguments))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        process.out, process.err = process.communicate(timeout=120)
    return process


def epochs_of(run: str | Path) -> list[dict]:
    """The epochs of a record, without what depends on the clock."""
    lines = map(json.loads, Path(run, "record.jsonl").read_text().splitlines())
    return [
        {k: v for k, v in line.items() if k not in ("seconds", "waited")} for line in lines if line["event"] == "epoch"
    ]


posix = pytest.mark.skipif(os.name != "posix", reason="signals to groups of processes are POSIX's")


@posix
@pytest.mark.parametrize(
    ("workers", "save_seconds"),
    [
        ((0, 1), 1e9),  # resumed from the end of an epoch, by a worker
        ((1, 0), 0.0),  # resumed from the very step, without one
    ],
)
def test_killed_at_a_random_step(striate, trained, same_weights, workers, save_seconds):
    step = random.SystemRandom().randrange(7, STEPS)  # in the second epoch or later
    command = ("train", trained.data, "--out", "run", *WITH)
    process = signalled(step, signal.SIGKILL, save_seconds, *command, "--workers", workers[0])
    assert process.returncode == -signal.SIGKILL
    assert not Path("run/model.safetensors").exists()
    code, _, err = striate(*command, "--workers", workers[1], "--resume")
    assert code == 0, err
    assert epochs_of("run") == epochs_of(trained.run), f"killed after step {step}"
    assert same_weights("run/model.safetensors", trained.model), f"killed after step {step}"


@posix
def test_ctrl_c_with_a_worker(striate, trained, same_weights):
    """It says how to go on, by a command that a shell takes, and nothing else is printed by any process."""
    shutil.copytree(trained.data, "my data's")
    process = signalled(9, signal.SIGINT, 1e9, "train", "my data's", "--out", "the run", *WITH, "--workers", "1")
    assert process.returncode == 130
    assert "Traceback" not in process.err
    assert process.out == ""
    (command,) = re.findall(r"^stopped; go on with: striate (.*)$", process.err, re.MULTILINE)
    code, _, err = striate(*shlex.split(command), "--workers", "0")
    assert code == 0, err
    assert same_weights("the run/model.safetensors", trained.model)


@pytest.mark.parametrize("step", [1, 6, 9, 35, 36], ids="after step {}".format)
def test_ctrl_c_again_and_again(striate, trained, stop_at_step, same_weights, step):
    """Stopped at this step, then once more a step later or soon after the start."""
    command = ("train", trained.data, "--out", "run", "--workers", "0")
    with stop_at_step(step):
        code, out, err = striate(*command, *WITH)
    assert (code, out) == (130, "")
    assert "stopped; go on with: striate train" in err
    assert "Traceback" not in err
    with stop_at_step(step + 1):
        assert striate(*command, "--resume")[0] in (130, 0)
    if not Path("run/model.safetensors").exists():
        assert striate(*command, "--resume")[0] == 0
    assert same_weights("run/model.safetensors", trained.model)
    assert epochs_of("run") == epochs_of(trained.run)


def test_precision_is_measured_once(striate, trained, stop_at_step):
    """What `auto` chose is obeyed when the run is resumed, and so are the threads."""
    command = ("train", trained.data, "--out", "run", "--workers", "0")
    with stop_at_step(9):
        striate(*command, *WITH[:-2])
    start = json.loads(Path("run/record.jsonl").read_text().splitlines()[0])
    assert start["plan"]["precision"] == "auto"
    other = {"fp32": "bf16", "bf16": "fp32"}[start["precision"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("striate.tasks.recorded_run.choose_precision", lambda *arguments: other)
        assert striate(*command, "--resume")[0] == 0
    result = json.loads(Path("run/record.jsonl").read_text().splitlines()[-1])
    assert result["train_precision"] == start["precision"]


# What is done to a run that was stopped in its second epoch, what is typed after "train DATA --out run --resume",
# and what the message says.
REFUSED = [
    ("another learning rate", None, "--lr 0.5", "lr must be the run's own, 0.003, when it is resumed, got 0.5"),
    ("another distortion", None, "--distort none", "distort must be left out, as when the run began, got 'none'"),
    ("another seed", None, "--seed 3", "seed must be the run's own, 0, when it is resumed, got 3"),
    ("more epochs", None, "--epochs 9", "epochs must be the run's own, 6, when it is resumed, got 9"),
    ("another recipe", None, "--recipe patience=2", "recipe must be left out, as when the run began, got"),
    (
        "another network",
        None,
        "--model vgg16",
        "model must be the run's own, 'lenet5', when it is resumed, got 'vgg16'",
    ),
    ("another image", lambda: shutil.copy("data/val/along/0.png", "data/train/along/99.png"), "", "has other images"),
    ("one image less", lambda: Path("data/train/along/0.png").unlink(), "", "other images or labels"),
    ("no data", lambda: shutil.rmtree("data"), "", "no such file or folder: data"),
    ("no run", lambda: shutil.rmtree("run"), "", "run must be a folder that `striate train` wrote"),
    ("an empty record", lambda: Path("run/record.jsonl").write_text(""), "", "run/record.jsonl"),
    ("half a record", lambda: Path("run/record.jsonl").write_text('{"event": "sta'), "", "line 1: not JSON"),
    ("another's record", lambda: Path("run/record.jsonl").write_text('{"a": 1}\n'), "", "run/record.jsonl"),
    ("half a checkpoint", lambda: halve("run/checkpoints/last.safetensors"), "", "is not a whole checkpoint"),
    ("half the best", lambda: halve("run/checkpoints/best.safetensors"), "", "is not a whole checkpoint"),
    ("no best", lambda: Path("run/checkpoints/best.safetensors").unlink(), "", "best.safetensors"),
]


def halve(path: str) -> None:
    Path(path).write_bytes(Path(path).read_bytes()[: Path(path).stat().st_size // 2])


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    return tmp_path_factory.mktemp("half")


@pytest.fixture
def stopped(half, striate, trained, stop_at_step):
    """A run that was stopped in its second epoch, made once and copied; its data beside it."""
    if not (half / "run").exists():
        shutil.copytree(trained.data, half / "data")
        with stop_at_step(9):
            striate("train", half / "data", "--out", half / "run", "--workers", "0", *WITH)
    shutil.copytree(half, ".", dirs_exist_ok=True)


@pytest.mark.parametrize(("spoil", "wish", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
@pytest.mark.usefixtures("stopped")
def test_what_cannot_be_resumed(striate, spoil, wish, message):
    if spoil:
        spoil()
    before = {p: p.read_bytes() for p in Path("run").rglob("*") if p.is_file()}
    code, out, err = striate("train", "data", "--out", "run", "--workers", "0", "--resume", *wish.split())
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("error: ") or err.count("error: ") == 1
    assert "Traceback" not in err
    assert message in err
    assert {p: p.read_bytes() for p in Path("run").rglob("*") if p.is_file()} == before


@pytest.mark.usefixtures("stopped")
def test_the_same_arguments_may_be_said_again(striate):
    assert striate("train", "data", "--out", "run", "--workers", "0", "--resume", *WITH)[0] == 0


def test_a_recipe_need_not_be_said_again(striate, trained, stop_at_step):
    command = ("train", trained.data, "--out", "run", "--workers", "0")
    with stop_at_step(7):
        striate(*command, *WITH, "--recipe", "ema_decay=0.9", "--recipe", "patience=3")
    assert striate(*command, "--resume")[0] == 0
