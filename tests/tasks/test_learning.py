"""What a run does around its loop."""

import time

import striate
from striate.data import Loader


def test_workers_start_before_the_first_epoch(trained, monkeypatch):
    """Both loaders are ready when the clock of the first epoch begins; so it has no start of processes in it."""
    started = []
    start = Loader.start

    def watched(self, *arguments):
        start(self, *arguments)
        started.append(time.perf_counter())

    monkeypatch.setattr(Loader, "start", watched)
    (epoch,) = striate.train(trained.data, out="run", model="lenet5", epochs=1, precision="fp32", workers=1)
    assert len(started) == 2
    assert epoch.seconds < time.perf_counter() - started[1]
