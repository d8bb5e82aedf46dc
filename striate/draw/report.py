"""One training as one page: everything in a single HTML file that asks nothing of any server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from striate.draw.confusion import NAMES_UP_TO, confused_pairs, confusion_map
from striate.draw.curves import History, loss_curves, rate_curve, score_curves
from striate.draw.page import picture, render
from striate.draw.pixels import check_pixels, thumbnail_uri
from striate.draw.reliability import Bin, reliability_diagram
from striate.draw.sheet import Tile
from striate.draw.strengths import strength_curve
from striate.errors import ArgumentError


class ClassRow(Protocol):
    """The figures of one class; `average_precision` too where an image may show several classes."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def precision(self) -> float: ...  # noqa: D102
    @property
    def recall(self) -> float: ...  # noqa: D102
    @property
    def f1(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class PartResult:
    """How good the network is on one part of the data.

    Attributes:
        part: its name.
        remark: what it served for, which flatters the network; empty where it served for nothing.
        n: how many images it holds.
        score: the share that is right, in [0, 1].
        interval: low and high end of its 95 % interval, or None where the score is no share of the images.
        shares: further figures in [0, 1], by name.
        numbers: further figures of any size, by name.
        intervals: low and high ends of 95 % intervals of some of `shares`, by their names.
    """

    part: str
    remark: str
    n: int
    score: float
    interval: tuple[float, float] | None
    shares: Mapping[str, float]
    numbers: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class DataSummary:
    """What the network was trained and measured on.

    Attributes:
        path: where the data lies, as the user gave it.
        kind: how it is kept (folders, CSV, zip, …).
        fingerprint: digest of its contents.
        counts: for each part, how many images of each class, in the order of the labels.
        sizes: for each part, how many images.
        leaks: each an image that lies in several parts, as its paths.
        skipped: path and reason of each file that was left out.
    """

    path: str
    kind: str
    fingerprint: str
    counts: Mapping[str, Sequence[int]]
    sizes: Mapping[str, int]
    leaks: Sequence[Sequence[str]] = ()
    skipped: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class TrialRow:
    """One of several candidates: what learned, how good it was on the held-back images, and whether it was kept."""

    name: str
    score: float | None
    kept: bool
    parameters: int
    seconds: float
    reason: str


@dataclass(frozen=True)
class StartWeights:
    """The published weights that the training started from: their name, where they come from, their licence."""

    name: str
    source: str
    licence: str


@dataclass(frozen=True)
class Panel:
    """A section of its own: what it is about, a chart, and a table.

    Attributes:
        title: of the section.
        lead: what it shows, in a sentence or two.
        chart: SVG, or "".
        columns: of the table.
        rows: of the table, a value for each column; the first is a name.
    """

    title: str
    lead: str
    chart: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()


@dataclass(frozen=True)
class Report:
    """Everything that the page shows, as plain values; what is empty or None is left out.

    Attributes:
        title: what was trained on what.
        labels: names of the classes.
        results: the parts that were measured; the headline and the sections below are about the first.
        history: figures epoch by epoch.
        per_class: figures of each class of the first part.
        confusion: (K, K) counts of the first part, true × predicted; () where an image may show several classes.
        bins: how sure and how often right, for the calibration; or ().
        mistakes: the worst of them.
        mistakes_made: how many there are in all.
        data: what the network was trained on.
        layers: one row a layer; all rows have the same columns.
        command: what to type to do it again.
        facts: seed, versions, precision, device, … by name.
        weights: what the training started from, or None.
        trials: what was tried, where there were several candidates.
        losses: of a classifier that was made by regression: strength -> cross-validated loss.
        strength: the one that was chosen.
        cross_validated: accuracy of training images that were held back in turn, and its interval; or ().
        suspects: training images whose label looks wrong.
        panels: sections of the task's own.
        mistakes_lead: what the mistakes are, where they are no mixed up classes.
        counted: what `data.counts` counts.
        nouns: what the labels name: one of them, and several.
        things: what was looked at: one of them, and several.

    Raises:
        ArgumentError: there is no result.
    """

    title: str
    labels: Sequence[str]
    results: Sequence[PartResult]
    history: History
    per_class: Sequence[ClassRow]
    confusion: Sequence[Sequence[int]]
    bins: Sequence[Bin]
    mistakes: Sequence[Tile]
    mistakes_made: int
    data: DataSummary
    layers: Sequence[Mapping[str, object]]
    command: str
    facts: Mapping[str, object]
    weights: StartWeights | None = None
    trials: Sequence[TrialRow] = ()
    losses: Mapping[float, float] = field(default_factory=dict)
    strength: float = 0.0
    cross_validated: Sequence[float] = ()
    suspects: Sequence[Tile] = ()
    panels: Sequence[Panel] = ()
    mistakes_lead: str = ""
    counted: str = "images"
    nouns: tuple[str, str] = ("class", "classes")
    things: tuple[str, str] = ("image", "images")

    def __post_init__(self) -> None:
        if not self.results:
            raise ArgumentError.of("results", "at least one part", self.results)


def render_report(report: Report) -> str:
    """The report as one HTML page: pictures, style and letters inside, no script, no outside request.

    Args:
        report: what to show; its names and paths may hold anything, and are shown as text.

    Returns:
        The page, the same for the same report.
    """
    history, counts = report.history, report.confusion
    return render(
        "report.html",
        report=report,
        first=report.results[0],
        curves=[] if report.losses else [picture(draw(history)) for draw in (loss_curves, score_curves, rate_curve)],
        strengths=picture(strength_curve(report.losses, report.strength)) if report.losses else None,
        suspects=_with_thumbnails(report.suspects),
        confusion=picture(confusion_map(counts, report.labels)) if len(counts) else None,
        names_up_to=NAMES_UP_TO,
        pairs=confused_pairs(counts, report.labels) if len(counts) else (),
        weakest_first=sorted(enumerate(report.per_class), key=lambda row: (not row[1].n, row[1].f1)),
        reliability=picture(reliability_diagram(report.bins)) if report.bins else None,
        mistakes=_with_thumbnails(report.mistakes, 640 if report.mistakes_lead else 320),
        panels=[(panel, picture(panel.chart) if panel.chart else None) for panel in report.panels],
        columns=list(report.layers[0]) if report.layers else [],
    )


def _with_thumbnails(tiles: Sequence[Tile], side: int = 320) -> list[tuple[Tile, str, bool]]:
    return [(tile, thumbnail_uri(tile.image, side), _is_small(tile)) for tile in tiles]


def _is_small(tile: Tile) -> bool:
    """Whether its pixels should be shown as squares rather than blurred."""
    return max(check_pixels(tile.image).shape[:2], default=0) <= 64
