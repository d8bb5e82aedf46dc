"""The engine of recordings against a slow rewrite: numpy's crop and normalisation, one recording at a time."""

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, DataError
from striate.models import create_model
from striate.recording_preset import RecordingPreset
from striate.recordings import Recording
from striate.runtime import RecordingEngine, folded

SIGNAL = RecordingPreset("signal", (60,), (0.01,), 2, (1.0, -2.0), (2.0, 0.5))
VOLUME = RecordingPreset("volume", (6, 8, 10), (1.0, 1.0, 2.0), 1, (3.0,), (4.0,))


def recordings(preset, n=5):
    rng = np.random.default_rng(0)
    shapes = [tuple(side + 2 * (i % 3) for side in preset.size) for i in range(n)]
    return [
        Recording(preset.kind, rng.normal(size=(preset.channels, *shape)).astype(np.float32), preset.spacing)
        for shape in shapes
    ]


def answered_slowly(network, preset, some):
    rows = []
    for one in some:
        inner = tuple(slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(one.size, preset.size, strict=True))
        mean, std = (np.reshape(v, (-1, *(1,) * preset.dims)) for v in (preset.mean, preset.std))
        x = (one.values[(slice(None), *inner)] - mean) / std
        with torch.no_grad():
            rows.append(network(torch.from_numpy(x[None].astype(np.float32))).numpy()[0])
    return np.array(rows)


@pytest.mark.parametrize(("preset", "name"), [(SIGNAL, "time_series_resnet"), (VOLUME, "small_convnet")])
def test_logits_equal_a_slow_rewrites(preset, name):
    torch.manual_seed(0)
    network = create_model(name, num_classes=3, in_channels=preset.channels, dims=preset.dims).eval()
    some = recordings(preset)
    expected = answered_slowly(network, preset, some)
    assert RecordingEngine(network, preset, batch_size=2)(iter(some)) == pytest.approx(expected, abs=1e-5)
    assert RecordingEngine(folded(network), preset)(some) == pytest.approx(expected, abs=1e-4)


def test_no_recordings_have_no_rows_but_all_classes():
    engine = RecordingEngine(create_model("resnet20", num_classes=4, in_channels=2, dims=1), SIGNAL)
    assert engine([]).shape == (0, 4)


def test_another_rate_is_refused_or_resampled():
    engine = RecordingEngine(create_model("resnet20", num_classes=4, in_channels=2, dims=1), SIGNAL)
    slow = np.cumsum(np.random.default_rng(0).normal(size=(2, 40)), axis=1).astype(np.float32)
    other = Recording("signal", slow, (0.02,))
    with pytest.raises(DataError, match="resample"):
        engine([other])
    assert engine([other], resample=True).shape == (1, 4)


def test_what_no_engine_takes():
    network = create_model("resnet20", num_classes=4, in_channels=2, dims=1)
    with pytest.raises(ArgumentError, match="batch_size"):
        RecordingEngine(network, SIGNAL, batch_size=0)
    with pytest.raises(DataError, match="trained on signals"):
        RecordingEngine(network, SIGNAL)(recordings(VOLUME, 1))
