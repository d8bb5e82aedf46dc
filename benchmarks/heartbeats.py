"""Every heartbeat of one person's half hour, found by a network that learned from another person's.

Data: mitbih.zip under the folder that STRIATE_DATA names: records 100 and 113 of the MIT-BIH Arrhythmia Database (Moody
and Mark, 2001), half an hour of two leads at 360 samples a second each, whose annotations `N` mark the peaks of beats.
`striate train --task events` learns from record 100 alone: windows of 0.8 s around its marks and windows away from
them, of which the last part of the record is held back; the threshold of an event is chosen there. The classifier is
made dense and answers for the whole of record 113, on which nothing is chosen. An event counts as found within 100 ms
of a mark, one event a mark. Timed is the answer for the record, from the file to the events, in one thread.

Both records have the lead MLII, and another one that differs; the network is given MLII alone. Intervals are Wilson's,
95 %, as if beats were independent.

Run: python benchmarks/heartbeats.py [--window 0.8] [--seed 0] [--out FOLDER]
"""

import argparse
import os
import time
import zipfile
from pathlib import Path

import torch

import striate

TRAINED, TESTED, MARK, LEAD = "100", "113", "N", "MLII"


def main() -> None:
    """Train on one record, find the beats of the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--window", type=float, default=0.8, help="seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("heartbeats-run"))
    arguments = parser.parse_args()
    if "STRIATE_DATA" not in os.environ:
        raise SystemExit("STRIATE_DATA must name the folder of mitbih.zip")
    torch.set_num_threads(1)
    out = arguments.out
    with zipfile.ZipFile(Path(os.environ["STRIATE_DATA"], "mitbih.zip")) as z:
        z.extractall(out)
    trained, tested = (out / "mitbih" / f"{record}.hea" for record in (TRAINED, TESTED))
    start = time.perf_counter()
    run = striate.train(
        trained,
        task="events",
        window=arguments.window,
        symbols=(MARK,),
        channels=(LEAD,),
        seed=arguments.seed,
        out=out / "run",
    )
    for epoch in run:
        print(f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, {epoch.figures}", flush=True)
    print(f"trained in {(time.perf_counter() - start) / 60:.1f} minutes")
    finder = striate.load(out / "run")
    start = time.perf_counter()
    finder.predict([tested])
    print(f"half an hour of signal in {time.perf_counter() - start:.1f} s")
    figures = striate.evaluate(finder, tested, part="all").figures
    print(f"{figures}\nhalf of those found are off by at most {1000 * figures.median_error_s:.1f} ms")


if __name__ == "__main__":
    main()
