"""Batches are the same to the bit for any number of workers and from any step; errors come whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.crops import arrange_crops, crop_inputs
from striate.data.distort import preset_distortion
from striate.data.loader import Loader
from striate.data.open import open_data
from striate.data.pipeline import COLOUR_PHOTOS, SMALL_GREY, Pipeline
from striate.data.records import Item, Part
from striate.errors import ArgumentError, DataError, ImageError, Problem
from striate.preset import Preset

GREY = Preset((12, 12), 1, (100.0,), (50.0,))
COLOUR = Preset((70, 66))


class Noise:
    """A store that makes its pictures up; one of them can't be read."""

    def __init__(self, size_hw=(12, 12), bad=""):
        self.size_hw, self.bad = size_hw, bad

    def load(self, path, channels=3, at_least_hw=None):
        if path == self.bad:
            raise ImageError("1 image can't be read", [Problem(path, "truncated")])
        return np.random.default_rng(int(path)).integers(0, 256, (*self.size_hw, channels), dtype=np.uint8)


def part(n, **store):
    return Part(tuple(Item(str(i), (i % 3,)) for i in range(n)), Noise(**store))


def tensors(batches):
    return [tuple(b) for b in batches]


def assert_same(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_workers_and_start_change_nothing():
    """One pair of workers serves three epochs, one of them left in the middle and one with a bad image."""
    settings = {"pipeline": COLOUR_PHOTOS, "batch_size": 4, "seed": 7, "shuffle": True}
    pictures = part(19, size_hw=(90, 81))
    alone = Loader(pictures, COLOUR, **settings)
    first, second = tensors(alone.epoch(0)), tensors(alone.epoch(1))
    torch.manual_seed(3)
    state = torch.get_rng_state()
    loader = Loader(pictures, COLOUR, workers=2, **settings)
    try:
        assert_same(first, tensors(loader.epoch(0)))
        left = loader.epoch(1)
        assert_same(second[:1], [tuple(next(left))])
        left.close()
        assert_same(second[2:], tensors(loader.epoch(1, start_step=2)))
        assert torch.equal(state, torch.get_rng_state())
    finally:
        loader.close()
    one = Loader(pictures, COLOUR, workers=1, **settings)
    assert_same(first[3:], tensors(one.epoch(0, start_step=3)))
    one.close()


def test_started_ahead():
    """The workers go on to the next epoch by themselves; what is asked for in its place comes just as well."""
    settings = {"pipeline": SMALL_GREY, "batch_size": 4, "seed": 7, "shuffle": True}
    alone = Loader(part(13), GREY, **settings)
    alone.start()  # without workers there is nothing to start
    epochs = [tensors(alone.epoch(e)) for e in range(4)]
    loader = Loader(part(13), GREY, workers=2, **settings)
    try:
        loader.start()
        assert_same(epochs[0], tensors(loader.epoch(0)))
        assert loader._begun[:3] == (1, 0, 4)
        assert_same(epochs[1], tensors(loader.epoch(1)))
        assert_same(epochs[3], tensors(loader.epoch(3)))
        (few,) = loader.some(2, np.array([5, 1]))
        assert few.indices.tolist() == [5, 1]
        loader.start(2, 1)
        assert_same(epochs[2][1:], tensors(loader.epoch(2, 1)))
        loader.close()
        assert_same(epochs[0], tensors(loader.epoch(0)))
        assert loader._begun is None
    finally:
        loader.close()


def test_what_is_begun_ahead_of_validation_is_used():
    """Its epochs are all the same, and it always asks for the first."""
    alone, loader = (Loader(part(13), GREY, batch_size=4, workers=workers) for workers in (0, 1))
    try:
        loader.start()
        for _ in range(2):
            assert_same(tensors(alone.epoch(0)), tensors(loader.epoch(0)))
            assert loader._begun[:3] == (0, 0, 4)
    finally:
        loader.close()


def test_pinned_where_it_is_asked_for():
    """A graphics card's matter: here it can only be seen that torch is told."""
    assert Loader(part(3), GREY, batch_size=3, pin=True)._batches.pin_memory
    assert not Loader(part(3), GREY, batch_size=3)._batches.pin_memory


@pytest.mark.parametrize("pipeline", [None, SMALL_GREY])
def test_any_start_step(pipeline):
    loader = Loader(part(11), GREY, pipeline=pipeline, batch_size=3, shuffle=True)
    whole = tensors(loader.epoch(2))
    assert len(whole) == len(loader) == 4
    for step in range(6):
        assert_same(whole[step:], tensors(loader.epoch(2, start_step=step)))


def test_an_epoch_has_its_own_order_and_distortions():
    loader = Loader(part(20), GREY, pipeline=SMALL_GREY, batch_size=20, shuffle=True)
    (first,), (second,) = loader.epoch(0), loader.epoch(1)
    assert sorted(first.indices.tolist()) == sorted(second.indices.tolist()) == list(range(20))
    assert first.indices.tolist() != second.indices.tolist()
    by_index = [batch.images[batch.indices.argsort()] for batch in (first, second)]
    assert all((a != b).any() for a, b in zip(*by_index, strict=True))
    plain = Loader(part(20), GREY, batch_size=20)
    assert_same(tensors(plain.epoch(0)), tensors(plain.epoch(1)))


def test_what_a_batch_holds():
    pictures = part(5)
    (batch,) = Loader(pictures, GREY, batch_size=8).epoch(0)
    assert batch.images.dtype == torch.float32
    assert batch.images.shape == (5, 1, 12, 12)
    assert batch.targets.tolist() == [0, 1, 2, 0, 1]
    assert batch.targets.dtype == batch.indices.dtype == torch.int64
    image = pictures.load(3, 1)
    np.testing.assert_allclose(batch.images[3, 0], (image[..., 0] - 100.0) / 50.0, atol=1e-6)


def test_several_classes_each():
    items = (Item("0", (0, 2)), Item("1", ()), Item("2", (1,)))
    (batch,) = Loader(Part(items, Noise()), GREY, batch_size=3, multilabel_classes=4).epoch(0)
    assert batch.targets.tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    assert batch.targets.dtype == torch.float32
    with pytest.raises(ArgumentError, match="0 shows 2 classes"):
        Loader(Part(items, Noise()), GREY, batch_size=3)


@pytest.mark.parametrize("workers", [0, 1])
def test_several_crops_of_each(workers):
    """Those of one image together, of pixels that are read once; without crops the preset's, to the bit."""
    pictures, ten = part(5, size_hw=(20, 31)), arrange_crops(10)
    loader = Loader(pictures, GREY, crops=ten, batch_size=2, workers=workers)
    batches = list(loader.epoch(0))
    loader.close()
    assert [tuple(b.images.shape) for b in batches] == [(20, 1, 12, 12), (20, 1, 12, 12), (10, 1, 12, 12)]
    assert [b.indices.tolist() for b in batches] == [[0, 1], [2, 3], [4]]
    expected = np.concatenate([crop_inputs(pictures.load(i, 1), GREY, ten) for i in range(5)])
    np.testing.assert_array_equal(torch.cat([b.images for b in batches]), expected)
    (once,) = Loader(pictures, GREY, batch_size=5).epoch(0)
    centre = [preset_distortion(GREY, (20, 31)).network_input(pictures.load(i, 1), GREY) for i in range(5)]
    np.testing.assert_array_equal(once.images, np.stack(centre))
    with pytest.raises(ArgumentError, match="crops must be one where images are distorted, got '10 crops'"):
        Loader(pictures, GREY, pipeline=SMALL_GREY, crops=ten, batch_size=2)


def test_processes_share_an_epoch():
    seen = [
        b.indices.tolist()
        for rank in range(2)
        for b in Loader(part(21), GREY, batch_size=4, shuffle=True, rank=rank, world_size=2).epoch(0)
    ]
    assert sorted(i for batch in seen for i in batch) == list(range(21))
    assert len(seen) == 6


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_image_is_named(workers):
    loader = Loader(part(9, bad="7"), GREY, batch_size=3, workers=workers)
    batches = loader.epoch(0)
    next(batches), next(batches)
    with pytest.raises(DataError) as caught:
        next(batches)
    loader.close()
    assert type(caught.value) is ImageError
    assert str(caught.value) == "1 image can't be read\n  7: truncated"
    assert caught.value.problems == (Problem("7", "truncated"),)


def test_no_images():
    loader = Loader(part(0), GREY, batch_size=3)
    assert len(loader) == 0
    assert list(loader.epoch(0)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"seed": -1}, {"seed": 2**64}, {"workers": -1}, {"rank": 1}, {"rank": -1}, {"world_size": 0}],
)
def test_refused(wrong):
    with pytest.raises(ArgumentError, match=f"^{'rank' if 'world_size' in wrong else next(iter(wrong))} must be"):
        Loader(part(3), GREY, **{"batch_size": 2, **wrong})


SCRIPT = """
import sys, time
from striate.data.loader import Loader
from striate.data.open import open_data
from striate.preset import Preset

if __name__ == "__main__":
    part = open_data(sys.argv[1]).parts["train"]
    loader = Loader(part, Preset((12, 12)), batch_size=1, workers=1)
    for batch in loader.epoch(0):
        workers = [w.pid for w in loader._batches._iterator._workers]
        print(*workers, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals to a group of processes, or to the trainer alone")
@pytest.mark.parametrize("stop", ["Ctrl-C", "kill -9"])
def test_no_workers_are_left(tmp_path, stop):
    from striate.data.image import write_image

    for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / "data" / name, np.full((9, 9, 3), len(name) * hash(name) % 250, np.uint8))
    (tmp_path / "train.py").write_text(SCRIPT)
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, tmp_path / "train.py", tmp_path / "data"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    workers = [int(word) for word in process.stdout.readline().split()]
    if stop == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.kill()
    _, errors = process.communicate(timeout=30)
    assert workers
    assert errors.count("Traceback") == (stop == "Ctrl-C")  # the trainer's own; the worker leaves none
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{w}").exists() for w in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_hymenoptera_from_its_zip(tmp_path):
    folder = os.environ.get("STRIATE_DATA")
    if not folder:
        pytest.skip("STRIATE_DATA does not say where the data is")
    pictures = open_data(Path(folder) / "hymenoptera-train.zip").parts["train"]
    few = Part(pictures.items[:6], pictures.store)
    (batch,) = Loader(few, Preset((64, 64)), pipeline=Pipeline(COLOUR_PHOTOS.steps), batch_size=6).epoch(0)
    assert batch.images.isfinite().all()
    assert batch.images.std() > 0.5
