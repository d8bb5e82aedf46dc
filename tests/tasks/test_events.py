"""Events found in records: from training to the figures, against windows that are looked at one by one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import striate
from striate.errors import ArgumentError, DataError, StriateError
from striate.models import create_model, load_model, read_header
from striate.recording_preset import RecordingPreset
from striate.recordings import Recording, open_recordings, read_annotations
from striate.results import Events
from striate.tasks import EventFinder, EventTask, evaluate_events, find_events
from striate.tasks.event_truth import Judged, Stretch, choose_threshold, stretches_of
from striate.tasks.events import event_cut
from striate.tasks.recording_plan import cut_from_dict
from tests.pulses import RATE, pulses, write_pulses

OPTIONS = {"task": "events", "window": 0.8, "symbols": ("N", "V"), "precision": "fp32", "epochs": 5}


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A run on one record, by its first lead; beside it another record."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("events")
    write_pulses(root / "one", "a", seconds=120)
    write_pulses(root / "two", "b", seconds=40, seed=7)
    run = striate.train(root / "one", out=root / "run", channels=("II",), **OPTIONS)
    list(run)
    return root, run


@pytest.fixture(scope="module")
def finder(learned):
    root, _ = learned
    return striate.load(root / "run")


def found_rightly(events, samples, symbols):
    """Whether each pulse was found once, within 60 ms, and by its name."""
    return (
        len(events) == len(samples)
        and (np.abs(events.seconds - samples / RATE) < 0.06).all()
        and list(events.labels) == symbols
    )


def test_what_is_written(learned):
    root, run = learned
    header = read_header(root / "run" / "model.safetensors")
    assert (header.task, header.network, header.arguments["dims"]) == ("events", "event_convnet", 1)
    assert header.preset.labels == ("background", "N", "V")
    assert (header.preset.channels, header.preset.channel_names) == (1, ("II",))
    assert header.thresholds == {"event": run.event_task.threshold, "refractory_s": 0.2, "tolerance_s": 0.1}
    assert cut_from_dict(header.record["plan"]["cut"]) == event_cut(0.8, ("N", "V"))
    figures = run.outcome.figures["val"]
    assert figures.found.sensitivity == figures.found.positive_predictivity == 1
    assert 15 < figures.found.hits < 50  # a fifth of about 160
    assert header.record["figures"]["val"]["named"] == figures.named == figures.found.hits
    assert "sensitivity 100.00%" in run.headline(figures)
    page = (root / "run" / "report.html").read_text()
    assert "Events of the val part" in page
    result = json.loads((root / "run" / "record.jsonl").read_text().splitlines()[-1])
    assert result["figures"]["val"] == json.loads(json.dumps(figures.to_dict()))


def test_another_record(learned, finder):
    root, _ = learned
    evaluation = striate.evaluate(finder, root / "two")
    assert (evaluation.part, evaluation.seconds) == ("all", 40)
    assert evaluation.figures.found.sensitivity == evaluation.figures.found.positive_predictivity == 1
    assert evaluation.figures.found.hits == len(pulses(40, 7)[1])  # the first and the last, too
    assert evaluation.remarks == ()
    one = evaluate_events(finder, root / "two" / "b.hea")
    assert one.figures == evaluation.figures


def test_the_record_that_it_learned_from(learned, finder):
    root, run = learned
    evaluation = evaluate_events(finder, root / "one")
    assert evaluation.part == "val"
    assert evaluation.figures == run.outcome.figures["val"]
    assert "chosen on these" in evaluation.remarks[0]
    assert evaluate_events(finder, root / "one", part="all").figures.found.hits == len(pulses(120)[1])


def test_scores_are_those_of_windows_one_by_one(learned, finder):
    root, _ = learned
    network, header = load_model(root / "run" / "model.safetensors")
    recording = finder.read(root / "two" / "b.hea")
    dataset = open_recordings(
        root / "two", cut=event_cut(0.8, ("N", "V")), channels=("II",), classes=header.preset.labels, val_share=0
    )
    odds = {}
    scores, step = finder._scores(recording, False)
    part = dataset.parts["train"]
    for index, item in enumerate(part.items[:40]):
        middle = int(item.path.rpartition("@")[2])
        if middle % 4 == 0:  # the network's stride
            window = (part.load(index).values - header.preset.mean[0]) / header.preset.std[0]
            with torch.inference_mode():
                odds[middle // 4] = network.eval()(torch.from_numpy(window)[None].float())[0].numpy()
    assert len(odds) >= 5
    assert step == pytest.approx(0.04)
    np.testing.assert_allclose(scores[:, list(odds)].T, list(odds.values()), atol=1e-4)


def test_any_signal(finder, tmp_path):
    signal, samples, symbols = pulses(30, 3)
    values = signal[None].astype(np.float32)
    (events,) = finder.predict([values])  # at the preset's rate
    assert found_rightly(events, samples, symbols)
    np.savez(tmp_path / "slow.npz", values=np.stack([signal[::2]]), spacing=2 / RATE)
    with pytest.raises(DataError, match="resample"):
        finder.predict([tmp_path / "slow.npz"])
    (resampled,) = finder.predict([tmp_path / "slow.npz"], resample=True)
    assert found_rightly(resampled, samples, symbols)
    np.save(tmp_path / "unknown.npy", values)
    with pytest.raises(DataError, match="doesn't say what it has"):
        finder.predict([tmp_path / "unknown.npy"])


def test_times_are_the_recordings_own(finder):
    """A clock that is off by half a thousandth is the preset's rate still, but half an hour later by a second."""
    signal, samples, _ = pulses(30, 3)
    recording = Recording("signal", signal[None].astype(np.float32), (1.0005 / RATE,))
    events = finder.find(recording)
    assert (np.abs(events.seconds - 1.0005 * samples / RATE) < 0.05).all()


def test_gaps_are_border_and_short_signals_are_looked_at(finder, tmp_path):
    path = write_pulses(tmp_path, "gap", seconds=30, seed=3, gap=slice(1000, 1500))
    _, samples, symbols = pulses(30, 3)
    kept = (samples < 980) | (samples > 1520)
    outside = [e for e in finder.find(finder.read(path)).seconds if not 9.8 < e < 15.2]
    assert len(outside) == kept.sum()
    assert len(finder.find(Recording("signal", np.zeros((1, 1), np.float32), (1 / RATE,)))) <= 1
    bump = np.exp(-((np.arange(40) - 20.0) ** 2) / 18)[None].astype(np.float32)  # half a window
    assert finder.predict([bump])[0].labels == ("N",)
    assert len(symbols) == len(samples)


def test_files_and_pictures(learned, finder, tmp_path):
    root, _ = learned
    found, bad = find_events(finder, [root / "two"], out=tmp_path / "b.png")
    assert [one.path.name for one in found] == ["b.hea"]
    assert bad == []
    assert (tmp_path / "b.png").read_bytes()[1:4] == b"PNG"
    (tmp_path / "bad.npy").write_bytes(b"no array")
    found, bad = find_events(
        finder,
        [root / "one" / "a.hea", root / "two" / "b.hea", tmp_path / "bad.npy"],
        skip_bad=True,
        out=tmp_path / "d",
    )
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["a.png", "b.png"]
    assert len(bad) == 1
    with pytest.raises(DataError, match="bad"):
        find_events(finder, [tmp_path / "bad.npy"], skip_bad=True)
    with pytest.raises(ArgumentError, match="png"):
        find_events(finder, [root / "two" / "b.hea"], out=tmp_path / "b.jpg")


def test_a_page_of_mistakes(learned, finder, tmp_path):
    root, _ = learned
    evaluate_events(finder, root / "two", out=tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
    deaf = EventFinder(
        load_model(root / "run" / "model.safetensors")[0],
        finder.preset,
        replace(finder.task, threshold=1.0),
        finder.record,
    )
    evaluation = evaluate_events(deaf, root / "two", out=tmp_path / "all.png")
    assert evaluation.figures.found.hits == 0
    assert (tmp_path / "all.png").read_bytes()[1:4] == b"PNG"


def test_a_run_is_resumed(tmp_path):
    write_pulses(tmp_path / "data", "a", seconds=40)
    write_pulses(tmp_path / "data", "b", seconds=40, seed=5)
    options = OPTIONS | {"epochs": 2}
    whole = striate.train(tmp_path / "data", out=tmp_path / "whole", **options)
    list(whole)
    stopped = striate.train(tmp_path / "data", out=tmp_path / "stopped", **options)
    next(iter(stopped))
    again = striate.train(tmp_path / "data", out=tmp_path / "stopped", task="events", resume=True)
    list(again)
    assert again.outcome.figures == whole.outcome.figures
    first, second = (load_model(tmp_path / run / "model.safetensors")[0].state_dict() for run in ("whole", "stopped"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    held_back = stretches_of([whole.dataset.parts["val"]], whole=False)
    assert held_back in ([Stretch("a")], [Stretch("b")])  # records stay whole where there are several


def test_stretches():
    events = Events.marked([1.0, 4.9, 5.0, 9.0], "NNNN")
    assert Stretch.of_group("a, block 1, block 2 of 2") == Stretch("a, block 1", 0.5, 1.0)
    assert Stretch("a", 0.5, 1.0).within(events, 10.0).seconds.tolist() == [5, 9]
    assert len(Stretch("a").within(events, 10.0)) == 4
    marked = Events.marked([1.0], "N")
    faint = Events(np.array([1.0, 3.0]), ("N", "N"), np.array([0.3, 0.1]))
    assert choose_threshold([Judged(Stretch("a"), faint, marked, 10.0)], 0.1) == pytest.approx(0.15)


def test_marks_are_the_annotations(learned):
    root, _ = learned
    marks = read_annotations(root / "two" / "b.atr")
    _, samples, symbols = pulses(40, 7)
    assert marks.samples.tolist() == samples.tolist()
    assert list(marks.symbols) == symbols


def test_bad_wishes(learned, tmp_path):
    root, _ = learned
    for changed, message in [
        ({"window": None}, "window and symbols"),
        ({"symbols": None}, "window and symbols"),
        ({"channels": ("V9",)}, "V9"),
        ({"symbols": ("N", "X")}, "'X'"),
        ({"size": 50}, "here the window says it: leave it out for events"),
    ]:
        with pytest.raises(StriateError, match=message):
            striate.train(root / "one", out=tmp_path / "run", **(OPTIONS | changed))
    assert not (tmp_path / "run").exists()
    with pytest.raises(StriateError):
        striate.train(tmp_path, out=tmp_path / "run", **OPTIONS)


PRESET = RecordingPreset("signal", (80,), (0.01,), 1, (0.0,), (1.0,), labels=("N", "background"))
BAD_PRESETS = [
    (replace(PRESET, spacing=(0.0,)), "known rate"),
    (replace(PRESET, standardise="each"), "standardises"),
    (replace(PRESET, fit="stretch"), "crops"),
    (replace(PRESET, labels=("N", "V")), "background"),
]


@pytest.mark.parametrize(("preset", "message"), BAD_PRESETS)
def test_presets_that_are_not_of_events(preset, message):
    with pytest.raises(ArgumentError, match=message):
        EventFinder(create_model("event_convnet", dims=1), preset, EventTask.of_window(0.8))


def test_bad_signals_and_thresholds(learned, finder):
    with pytest.raises(DataError, match="channels"):
        finder.predict([np.zeros((2, 100), np.float32)])
    with pytest.raises(ArgumentError, match="event"):
        EventTask.restored({"refractory_s": 1.0, "tolerance_s": 1.0})
    for numbers in ((1.1, 1, 1), (0.5, 0, 1), (0.5, 1, float("nan"))):
        with pytest.raises(ArgumentError):
            EventTask(*numbers)
    root, _ = learned
    with pytest.raises(ArgumentError, match="striate predict"):
        striate.load([root / "run", root / "run"])
