"""The command line, called in this process: a process of its own costs seconds to import torch."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from striate.cli import main
from striate.models import load_model
from striate.tasks import learning, recorded_run


class Result(NamedTuple):
    """What a command left: its exit code, and what it printed where."""

    code: int | str | None
    out: str
    err: str


@pytest.fixture
def striate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """`striate("train", "photos", "--out", "run")` is what a user types."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["striate", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return Result(caught.value.code, *capsys.readouterr())

    return call


@pytest.fixture
def stop_at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """Ctrl-C after a step of a training in this process, counted from 1 over all its epochs."""

    @contextmanager
    def stop(number: int) -> Iterator[None]:
        fit = learning.fit  # the same for all tasks

        def stopping(*arguments, on_step, **options):
            def watch(step):
                on_step(step)
                if (step.epoch - 1) * step.steps + step.step == number:
                    signal.raise_signal(signal.SIGINT)

            return fit(*arguments, on_step=watch, **options)

        with monkeypatch.context() as patch:
            patch.setattr(learning, "fit", stopping)
            patch.setattr(recorded_run, "fit", stopping)
            yield

    return stop


@pytest.fixture
def same_weights() -> Callable[[str | Path, str | Path], bool]:
    """Whether two model files hold the same weights, to the bit."""

    def same(first: str | Path, second: str | Path) -> bool:
        a, b = (load_model(path)[0].state_dict() for path in (first, second))
        return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)

    return same


def everything(folder: Path) -> dict[str, bytes | None]:
    """All that lies below a folder: files with their content, folders with None."""
    return {
        str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*") if not p.is_symlink() or p.is_file()
    }


@pytest.fixture
def refused(striate, tmp_path):
    """Run a command that must fail as the top of test_bad_input.py says; its message."""

    def call(*arguments):
        before = everything(tmp_path)
        code, out, err = striate(*arguments)
        assert code not in (0, None)
        assert "Traceback" not in err
        assert out == ""
        assert err.count("error: ") == 1 or code == 2
        assert everything(tmp_path) == before
        return err

    return call
