"""`striate predict` where a model finds events in signals."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.output import note, print_json

if TYPE_CHECKING:
    from striate.tasks import EventFinder


def predict_events(
    finder: "EventFinder",
    paths: Sequence[str],
    *,
    out: Path | None,
    resample: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Say, draw and tell as JSON what happens, and when.

    Args:
        finder: what looks at the signals.
        paths: signals, folders or globs.
        out: the picture of one signal, or a folder for those of several; or None.
        resample: signals of another rate are brought to the model's.
        skip_bad: go on without files that can't be used.
        as_json: all of it as JSON.
    """
    from striate.draw.text import printable
    from striate.tasks import find_events

    start = time.perf_counter()
    found, bad = find_events(finder, paths, resample=resample, skip_bad=skip_bad, out=out)
    minutes = sum(one.seconds for one in found) / 60
    note(f"{minutes:,.1f} minutes of {len(found)} signals in {time.perf_counter() - start:.1f} s")
    for problem in bad:
        note(f"skipped {problem}")
    if out:
        note(f"drawn: {out}")
    if as_json:
        print_json([{"path": str(one.path), "seconds": one.seconds, **one.events.to_dict()} for one in found])
        return
    for one in found:
        print(f"{printable(str(one.path))}: {len(one.events)} events in {one.seconds:,.1f} s")
        for seconds, label, confidence in zip(
            one.events.seconds, one.events.labels, one.events.confidence, strict=True
        ):
            print(f"  {seconds:10.3f} s  {confidence:6.1%}  {printable(label)}")
