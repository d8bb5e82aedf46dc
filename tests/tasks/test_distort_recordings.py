"""A page of distorted signals, volumes and clips shows what a training on them sees."""

import io

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from striate.cli.app import app
from striate.data.sampler import sample_rng
from striate.draw import recording_limits, recording_picture
from striate.draw.traces import MARK
from striate.errors import ArgumentError
from striate.recordings import Recording, open_recordings
from striate.tasks import draw_distortions
from striate.tasks.distort_recordings import SIDE, recording_rows
from striate.tasks.plan import Wishes
from striate.tasks.recording_planning import make_recording_plan

SHAPES = {"signal": (2, 60), "volume": (1, 8, 9, 10), "clip": (3, 6, 12, 12)}


def write(path, kind, n=12):
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    values = rng.normal(0, 0.3, (n, *SHAPES[kind])) + labels.reshape(-1, *[1] * len(SHAPES[kind]))
    spacing = [0.5] if kind == "signal" else [0.5, 1.0, 1.0]
    np.savez(path, x=values.astype(np.float32), y=labels, kind=kind, spacing=spacing)
    return path


@pytest.mark.parametrize("kind", SHAPES)
def test_views_are_those_of_the_training(tmp_path, kind):
    data, wishes = write(tmp_path / "data.npz", kind), Wishes(distort="shift 0.2, warp 0.1, noise 0.3", seed=3)
    rows, plan = recording_rows(data, wishes, images=3, views=2, seed=3)
    dataset = open_recordings(data, seed=3)
    assert plan == make_recording_plan(dataset, wishes)
    assert [len(row.views) for row in rows] == [3, 3, 3]
    part = dataset.parts["train"]
    for row in rows:
        index = [item.path for item in part.items].index(row.path)
        recording = part.load(index)
        assert row.label == dataset.classes[part.items[index].labels[0]]
        assert np.array_equal(row.views[0].image, picture(recording, recording.values))
        for epoch, view in enumerate(row.views[1:]):
            distortion = plan.pipeline.sample(sample_rng(3, epoch, index), recording.size, plan.preset)
            seen = distortion.values(recording.values)
            assert np.array_equal(view.image, picture(recording, seen, recording.values))


def picture(recording: Recording, values, like=None):
    limits = recording_limits(recording.kind, recording.values if like is None else like)
    return recording_picture(recording.kind, values, recording.spacing, side=SIDE, limits=limits)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_page(tmp_path, kind):
    write(tmp_path / "data.npz", kind)
    arguments = ["distort", str(tmp_path / "data.npz"), "--out", str(tmp_path / "page.png"), "--images", "2"]
    result = CliRunner().invoke(app, [*arguments, "--views", "2"])
    assert result.exit_code == 0, result.output
    with Image.open(io.BytesIO((tmp_path / "page.png").read_bytes())) as page:
        assert np.asarray(page).std() > 0


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("signal", {"distort": "rotate 5"}, "distort must be none, or a list of shift"),
        ("signal", {"distort": "strech"}, "did you mean 'stretch'"),
        ("volume", {"distort": "mirror time"}, "depth, height, width"),
        ("signal", {"window": 1.0}, "window and symbols go together"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, kind, options, message):
    with pytest.raises(ArgumentError, match=message):
        draw_distortions(write(tmp_path / "data.npz", kind), tmp_path / "page.png", **options)
    assert not (tmp_path / "page.png").exists()


def test_windows_are_of_signals(tmp_path, write_stripes):
    data = write_stripes(tmp_path / "data", ("a", "b"))
    with pytest.raises(ArgumentError, match="window is of signals"):
        draw_distortions(data, tmp_path / "page.png", window=1.0, symbols=("N",))


def test_a_line_stands_at_the_annotation(tmp_path):
    """A beat is a spike, and its line goes wherever the spike is moved."""
    wfdb = pytest.importorskip("wfdb")
    beats = np.arange(50, 3000, 100)
    values = np.zeros((3100, 1))
    values[beats] = 1.0
    wfdb.wrsamp("100", fs=100, units=["mV"], sig_name=["I"], p_signal=values, fmt=["16"], write_dir=str(tmp_path))
    wfdb.wrann("100", "atr", beats, ["N", "V"] * (len(beats) // 2), write_dir=str(tmp_path))
    wishes = Wishes(distort="shift 0.3, stretch 0.2", window=0.8, symbols=("N", "V"))
    rows, _ = recording_rows(tmp_path, wishes, images=4, views=5, seed=0)
    for view in (view for row in rows for view in row.views):
        line = np.flatnonzero((view.image[:4] == MARK).all(axis=(0, 2)))
        spike = np.flatnonzero((view.image[:240] < 100).any(axis=(0, 2)))
        assert abs(line.mean() - spike.mean()) <= 2
