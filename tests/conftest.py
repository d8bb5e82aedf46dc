"""Data sets and a finished training that the tests of tasks and of the command line share."""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import torch

from tests.squares import write_squares


def stripes(kind: int, seed: int, side: int = 28) -> np.ndarray:
    """A grey picture (side, side) that a small network soon tells from others: stripes of another width or direction.

    Args:
        kind: the class, 0 to 5.
        seed: shifts the stripes and adds noise, so that no two are the same.
    """
    rng = np.random.default_rng((kind, seed))
    y, x = np.mgrid[:side, :side]
    along = (x, y, x + y)[kind % 3] + rng.uniform(0, 8)
    waves = np.sin(along * (0.5 if kind < 3 else 1.2))
    return np.clip(128 + 90 * waves + rng.normal(0, 12, (side, side)), 0, 255).astype(np.uint8)


def write_stripes(root: str | Path, classes: Iterable[str], per_class: int = 8, side: int = 28, first: int = 0) -> Path:
    """Class folders of stripes, PNG: `root/CLASS/0.png` and so on; `first` gives other pictures."""
    for kind, name in enumerate(classes):
        Path(root, name).mkdir(parents=True)
        for i in range(per_class):
            write_png(Path(root, name, f"{i}.png"), stripes(kind, first + i, side))
    return Path(root)


def write_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())  # imwrite can't write some names


class Trained(NamedTuple):
    """A finished training: its run folder and its data."""

    run: Path
    data: Path

    @property
    def model(self) -> Path:
        return self.run / "model.safetensors"


TRAINING = {"model": "lenet5", "epochs": 6, "batch_size": 8, "precision": "fp32"}


@pytest.fixture(name="stripes")
def stripes_fixture() -> Callable[..., np.ndarray]:
    return stripes


@pytest.fixture(name="write_stripes", scope="session")
def write_stripes_fixture() -> Callable[..., Path]:
    return write_stripes


@pytest.fixture(name="write_png")
def write_png_fixture() -> Callable[..., None]:
    return write_png


class Files(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    """Finds nothing wrong with a client that hangs up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def web_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of a web server on this machine that serves its files."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "web"
    folder.mkdir()
    with QuietServer(("127.0.0.1", 0), partial(Files, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """LeNet-5 on three classes with train, val and test, trained once; nobody writes into it."""
    import striate

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("trained")
    for number, (part, per_class) in enumerate((("train", 16), ("val", 6), ("test", 6))):
        write_stripes(root / "data" / part, ("across", "along", "aslant"), per_class, first=100 * number)
    list(striate.train(root / "data", out=root / "run", **TRAINING))
    return Trained(root / "run", root / "data")


MARKED_TRAINING = {
    "localize": {"model": "lenet5", "epochs": 16, "distort": "none", "lr": 3e-3},
    "landmarks": {"model": "lenet5", "epochs": 16, "distort": "none", "lr": 3e-3},
    "detect": {"model": "squeezenet1_1", "weights": "none", "epochs": 6, "size": 64, "distort": "mirror", "lr": 3e-3},
}
MARKED_DATA = {"localize": "one/boxes.csv", "landmarks": "one/points.csv", "detect": "several/boxes.csv"}


@pytest.fixture(scope="session")
def marked_trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    """A small network for a task on squares with train, val and test, trained once; nobody writes into it."""
    import striate

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("marked")
    write_squares(root / "one")
    write_squares(root / "several", most=2, hw=(48, 64))

    def train(task: str) -> Trained:
        data, run = root / MARKED_DATA[task], root / task
        if not run.exists():
            options = MARKED_TRAINING[task] | {"batch_size": 8, "precision": "fp32"}
            list(striate.train(data, task=task, out=run, **options))
        return Trained(run, data)

    return train
