"""Pipelines multiply their steps, are written down and come back, and follow from words."""

import numpy as np
import pytest

from striate.errors import ArgumentError, UnknownNameError
from striate.recording_preset import RecordingPreset
from striate.recordings import distortions as d
from striate.recordings.distort import RecordingDistortion
from striate.recordings.pipeline import CLIPS, SIGNALS, VOLUMES, RecordingPipeline, default_recording_pipeline
from striate.recordings.tint import Tint
from striate.recordings.wording import SIGNAL_WORDS, VOLUME_WORDS, parse_recording_distortions

SIGNAL = RecordingPreset("signal", (100,), (0.01,), 2, (1.0, -1.0), (1.0, 2.0))
VOLUME = RecordingPreset("volume", (8, 9, 10), (3.0, 1.5, 1.0), 1, (1.0,), (1.0,))
CLIP = RecordingPreset("clip", (8, 9, 10), (0.04, 1.0, 1.0), 1, (1.0,), (1.0,))
EVERY = {
    1: "mirror, shift 0.2, crop 0.8-0.9, stretch 0.1, warp 0.2, scale 0.3, wander 0.2, noise 0.1, drop 0.5",
    3: "mirror depth-width, shift 0.2, crop 0.8, zoom 0.1, rotate 20, warp 0.2, contrast, brightness, noise, drop",
}


def test_steps_are_multiplied_in_their_order():
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    both = RecordingPipeline((d.Shift(0.2), d.Scale(0.5), d.Stretch(0.3), d.Brightness(1.0))).sample(
        rng, (120,), SIGNAL
    )
    shift = RecordingPipeline((d.Shift(0.2),)).sample(again, (120,), SIGNAL)
    scale = d.Scale(0.5).sample(again, SIGNAL)
    stretch = RecordingPipeline((d.Stretch(0.3),)).sample(again, (100,), SIGNAL)
    light = d.Brightness(1.0).sample(again, SIGNAL)
    np.testing.assert_allclose(both.geometry, stretch.geometry @ shift.geometry)
    values = np.random.default_rng(0).normal(0, 1, (2, 100)).astype(np.float32)
    np.testing.assert_allclose(both.tint.apply(values), light.apply(scale.apply(values)), atol=1e-5)


def test_changes_one_after_another_are_one_change():
    rng = np.random.default_rng(0)
    for _ in range(30):
        changes = [
            Tint(rng.normal(size=2), rng.normal(size=2), rng.normal(size=(2, 9)).astype(np.float32) if more else None)
            for more in rng.random(3) < 0.5
        ]
        values = rng.normal(size=(2, 9)).astype(np.float32)
        slow = values
        for change in changes:
            slow = change.apply(slow)
        np.testing.assert_allclose(changes[0].then(changes[1]).then(changes[2]).apply(values), slow, atol=1e-5)


@pytest.mark.parametrize("preset", [SIGNAL, VOLUME, CLIP])
def test_what_is_written_down_comes_back_and_draws_the_same(preset):
    words = EVERY[preset.dims].replace("depth", "height")
    pipeline = parse_recording_distortions(words, preset.dims)
    again = RecordingPipeline.from_list(pipeline.to_list())
    assert again == pipeline
    size = tuple(n + 5 for n in preset.size)
    values = np.random.default_rng(0).normal(0, 1, (preset.channels, *size)).astype(np.float32)
    one, other, third = (
        p.sample(np.random.default_rng(s), size, preset) for p, s in ((pipeline, 1), (again, 1), (again, 2))
    )
    assert np.array_equal(one.values(values), other.values(values))
    assert not np.array_equal(one.values(values), third.values(values))
    assert isinstance(one, RecordingDistortion)


def test_every_word_has_its_usual_strength_and_reads_one():
    for dims, words in ((1, SIGNAL_WORDS), (3, VOLUME_WORDS)):
        named = {part.strip().split(" ")[0] for part in EVERY[dims].split(",")}
        assert named == set(words)
        for name, word in words.items():
            assert parse_recording_distortions(name, dims).steps == (word.usual,)
    assert parse_recording_distortions("none", 1).steps == ()
    assert parse_recording_distortions(" shift 0.3 ,noise", 1).steps == (d.Shift(0.3), d.Noise())


@pytest.mark.parametrize(
    ("text", "dims", "message"),
    [
        ("rotate 5", 1, "got 'rotate'"),
        ("strech", 1, "did you mean 'stretch'"),
        ("wander", 3, "got 'wander'"),
        ("", 1, "got ''"),
        ("shift,,noise", 1, "got ''"),
        ("shift much", 1, "shift with share of the frame 0-1, got 'shift much'"),
        ("shift 2", 1, "shift with share of the frame 0-1"),
        ("crop 0.9-0.5", 3, "crop with share of the sides"),
        ("mirror left", 3, "mirror with axes"),
        ("warp 0.1, warp 0.1", 3, "one Warp at most"),
        ("shift", 2, "dims must be 1 or 3"),
    ],
)
def test_words_that_mean_nothing(text, dims, message):
    with pytest.raises(ArgumentError, match=message):
        parse_recording_distortions(text, dims)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([{"name": "shif"}], UnknownNameError),
        ([{"name": "shift", "amount": 1}], ArgumentError),
        ([{"name": "shift", "share": 7}], ArgumentError),
    ],
)
def test_records_that_are_broken(values, error):
    with pytest.raises(error):
        RecordingPipeline.from_list(values)


def test_what_is_usual():
    for preset, usual in ((SIGNAL, SIGNALS), (VOLUME, VOLUMES), (CLIP, CLIPS)):
        assert default_recording_pipeline(preset) is usual
        usual.check(preset)
        assert not any(isinstance(step, d.Mirror) for step in usual.steps)
    with pytest.raises(ArgumentError, match="steps must be made of Mirror"):
        RecordingPipeline((3,))
