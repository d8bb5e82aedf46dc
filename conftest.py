"""Every test and doctest runs in a folder of its own, with one thread and a fixed seed."""

import os
import signal
from pathlib import Path

import pytest
import torch

if "STRIATE_DATA" in os.environ:  # tests change their folder, so a relative path is resolved once
    os.environ["STRIATE_DATA"] = str(Path(os.environ["STRIATE_DATA"]).resolve())


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # one of several processes, which ignore Ctrl-C; some tests press it
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))  # no test takes weights that somebody has fetched


@pytest.fixture(autouse=True)
def one_thread_one_seed() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets that `STRIATE_DATA` names; the test is skipped where it is not set."""
    if "STRIATE_DATA" not in os.environ:
        pytest.skip("STRIATE_DATA does not name the folder of real data sets")
    return Path(os.environ["STRIATE_DATA"])
