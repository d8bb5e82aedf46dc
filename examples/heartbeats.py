"""Every heartbeat of an electrocardiogram, by a network that learned from another one.

A folder of WFDB records with annotations, such as MIT-BIH's, in which N marks the peak of a beat; then a new record.

python examples/heartbeats.py records new/113.hea run [epochs]
"""

import sys

import numpy as np

import striate


def main(records: str, new: str, out: str, epochs: str = "10") -> None:
    """Train, find the beats of the new record, and tell how fast the heart is and how regular."""
    run = striate.train(records, task="events", window=0.8, symbols=("N",), out=out, epochs=int(epochs))
    for epoch in run:
        print(f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, {epoch.figures}")
    (events,) = striate.load(out).predict([new])
    intervals = np.diff(events.seconds)
    print(f"{len(events)} beats, {60 / np.median(intervals):.0f} a minute")
    print(f"from beat to beat {1000 * np.median(intervals):.0f} ms, changing by {1000 * intervals.std():.0f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
