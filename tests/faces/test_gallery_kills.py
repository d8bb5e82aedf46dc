"""Several processes, and kill -9 at any moment: what was acknowledged is there, what was removed is in no file."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faces.galleries import files_with, open_gallery
from tests.faces.gallery_worker import DIM, images_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start():
    """Starts a worker by a line for it; gives its process id."""
    command = [sys.executable, Path(__file__).with_name("gallery_worker.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as workers:

        def start(line):
            workers.stdin.write(f"{line}\n")
            workers.stdin.flush()
            return int(workers.stdout.readline())

        yield start
        workers.stdin.close()


def wait_for(process):
    while True:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.002)


def steps(journal):
    """(what, names) of each line that was written; a kill may cut off the last."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    for line in lines:
        what, *names = line.split("|")
        yield what, set(names)


class Ledger:
    """Who must be in the gallery, who must not, and who may be, all of them or none."""

    def __init__(self):
        self.there, self.gone = set(), set()

    def follow(self, journal):
        """The step that was begun and not acknowledged, and whom it was about."""
        begun = ("", set())
        for what, names in steps(journal):
            if what == "enrolled":
                self.there |= names
            elif what == "removed":
                self.gone |= names
            elif what == "removing":
                self.there -= names
            begun = (what, names) if what in ("enrolling", "removing") else ("", set())
        return begun

    def compare(self, people, begun):
        what, names = begun
        assert self.there <= people
        assert not self.gone & people
        assert people - self.there in (set(), names)
        if what == "removing" and not names & people:
            self.gone |= names
        self.there = people


def pieces_of(names):
    for name in names:
        yield name.encode()
        encodings, image_hashes = images_of(name)
        for encoding, image_hash in zip(encodings, image_hashes, strict=True):
            yield from (image_hash, encoding[:16].tobytes(), encoding[-16:].tobytes())


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_at_any_moment(start, kills):
    ledger, rng, journal = Ledger(), random.Random(kills), Path("journal")
    removed = 0
    for kill in range(kills):
        journal.unlink(missing_ok=True)
        process = start(f"churn {kill}")
        time.sleep(rng.uniform(0, 0.4))
        os.kill(process, signal.SIGKILL)
        wait_for(process)
        gone = set(ledger.gone)
        begun = ledger.follow(journal)
        with open_gallery(dim=DIM) as gallery:
            ledger.compare(set(gallery.people()), begun)
            assert gallery.check() == ()
            for name in sorted(ledger.there)[:: max(1, len(ledger.there) // 5)]:
                assert gallery.people()[name] == len(images_of(name)[0])
                assert gallery.identify(images_of(name)[0], top=1, threshold=0)[0].recognised.name == name
            assert files_with("gallery", *pieces_of(ledger.gone - gone)) == []
        removed += len(ledger.gone - gone)
    assert files_with("gallery", *pieces_of(ledger.gone)) == []
    assert removed
    assert ledger.there
    print(f"{kills} kills: {len(ledger.there)} people there, {removed} removed")


def test_two_processes_enrol_at_once_and_lose_nothing(start):
    processes = [start(f"enroll {who} 25") for who in ("a", "b")]
    for process in processes:
        wait_for(process)
    with open_gallery(dim=DIM) as gallery:
        assert set(gallery.people()) == {f"{who} {i}" for who in "ab" for i in range(25)}
        assert gallery.check() == ()
        assert all(
            gallery.identify(images_of(n)[0], top=1, threshold=0)[0].recognised.name == n for n in gallery.people()
        )
