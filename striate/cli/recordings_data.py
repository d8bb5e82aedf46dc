"""`striate data show` of signals, volumes and clips."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from striate.cli.findings import common_findings, print_findings
from striate.cli.output import print_json, print_table

if TYPE_CHECKING:
    from striate.recordings import RecordingSummary

MOST_SPACINGS = 5


def show_recordings(data: Path, *, seed: int, window: float | None, symbols: str, as_json: bool) -> None:
    """Print what the data is, and what should be mended.

    Args:
        data: the data.
        seed: by which a val part is cut.
        window: seconds of the windows that are cut out of annotated records.
        symbols: the annotations that count, with commas between them.
        as_json: all of it as JSON.
    """
    from striate.recordings import Cut, open_recordings, summarize_recordings

    if (window is None) != (not symbols):
        raise typer.BadParameter("--window and --symbols go together")
    cut = Cut(window, tuple(symbols.split(","))) if window is not None else None
    summary = summarize_recordings(open_recordings(data, seed=seed, skip_bad=True, cut=cut))
    if as_json:
        print_json(summary.to_dict())
        return
    _print_head(summary)
    rows = [(name, *(counts[name] for counts in summary.counts.values())) for name in summary.classes]
    total = ("recordings", *summary.recordings.values())
    groups = ("groups", *(summary.groups.get(part, "") for part in summary.counts))
    print_table(
        ("class", *summary.counts), [*rows, total, *([groups] if summary.groups else [])], right=tuple(summary.counts)
    )
    print_findings(_findings(summary))


def _print_head(s: "RecordingSummary") -> None:
    from striate.recording_preset import AXES

    cut = f"; val was cut out of train by seed {s.cut_seed}" if s.cut_seed is not None else ""
    print(f"{s.root}: {s.kind}, {len(s.classes)} classes{cut}")
    names = f" ({', '.join(s.channel_names)})" if s.channel_names else ""
    print(f"channels: {s.channels}{names}")
    low, median, high = ("x".join(map(str, size)) for size in s.sizes)
    print(f"samples along {' x '.join(AXES[s.shape])}: {low} to {high}, median {median}")
    more = f" and {len(s.spacings) - MOST_SPACINGS} more" if len(s.spacings) > MOST_SPACINGS else ""
    print(f"spacing: {'; '.join(_spacing(s, steps) for steps in s.spacings[:MOST_SPACINGS])}{more}")
    print(f"fingerprint: {s.fingerprint}\n")


def _spacing(s: "RecordingSummary", steps: Sequence[float]) -> str:
    """A step along each axis, with its unit; of signals and clips the rate too."""
    from striate.recording_preset import UNITS

    if not any(steps):
        return "unknown"
    named = [f"{step:.5g} {unit}" if step else "unknown" for step, unit in zip(steps, UNITS[s.shape], strict=True)]
    rate = f" ({1 / steps[0]:.6g} a second)" if s.shape != "volume" and steps[0] else ""
    return " x ".join(named) + rate


def _findings(s: "RecordingSummary") -> dict[str, list[str]]:
    """What should be mended before training, by kind."""
    return {
        **common_findings(s.bad, s.twins, "recording"),
        "Several spacings": [", ".join(_spacing(s, steps) for steps in s.spacings)] if len(s.spacings) > 1 else [],
    }
