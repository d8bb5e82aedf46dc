"""A signal in rows, with what happens in it marked at its place."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.draw.canvas import INK, MUTED, RULE, new_figure
from striate.draw.class_colours import class_colour
from striate.draw.sheet import to_png, write_text
from striate.draw.text import shorten
from striate.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.floating]
Stretch = tuple[float, float]  # its beginning and its end, in seconds

WIDTH, ROW, GAP, HEAD, LEFT = 1000, 44, 16, 56, 64  # pixels; a row is so high for each channel
MOST_ROWS, MOST_CHANNELS, MOST_MARKS = 40, 3, 20_000
_USUAL_ROW_S = 10.0
_FILLED = 0.42  # of a row, either side of its middle


def trace_rows(duration_s: float) -> list[Stretch]:
    """A whole signal in rows of ten seconds, or in at most forty longer ones.

    Example:
        >>> trace_rows(25.0)
        [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0)]
        >>> len(trace_rows(1805.0)), trace_rows(1805.0)[1]
        (40, (46.0, 92.0))
    """
    seconds = max(_USUAL_ROW_S, float(np.ceil(duration_s / MOST_ROWS)))
    return [(i * seconds, (i + 1) * seconds) for i in range(max(1, int(np.ceil(duration_s / seconds))))]


def event_trace_png(
    values: Floats, spacing_s: float, marks: Mapping[str, Floats], rows: Sequence[Stretch], title: str
) -> bytes:
    """Stretches of a signal below each other, as one PNG page at twice the screen's usual resolution.

    Args:
        values: (C, L); the first three channels are drawn, each on a scale of its own, where it has most of its values.
        spacing_s: seconds from one sample to the next.
        marks: what to mark, by its name: (N,) seconds each.
        rows: which stretches; those of less time are shorter. What lies outside of the signal stays empty.
        title: above them.

    Raises:
        ShapeError: not (C, L).
        ArgumentError: no rows, one that does not last, or no spacing.

    Example:
        >>> beats = np.sin(np.arange(3600) / 20)[None]
        >>> event_trace_png(beats, 1 / 360, {"N": np.array([0.5, 1.5])}, trace_rows(10), "100")[1:4]
        b'PNG'
    """
    if values.ndim != 2 or not values.size:
        raise ShapeError.of("values", "(C, L)", values.shape)
    if not rows or not all(stop > start for start, stop in rows):
        raise ArgumentError.of("rows", "at least one, each of some time", rows)
    if not spacing_s > 0:
        raise ArgumentError.of("spacing_s", "positive", spacing_s)
    shown = values[:MOST_CHANNELS]
    pitch = ROW * len(shown) + GAP
    height = HEAD + len(rows) * pitch
    figure = new_figure(WIDTH, height)
    write_text(figure, GAP, 12, shorten(title, 110), INK, 13)
    axes = figure.add_axes((0, 0, 1, 1), frameon=False)
    axes.set(xticks=[], yticks=[], xlim=(0, WIDTH), ylim=(height, 0))  # a unit is a pixel, from the upper left corner
    per_second = (WIDTH - LEFT - GAP) / max(stop - start for start, stop in rows)
    scales = [_scale(channel) for channel in shown]
    for i, row in enumerate(rows):
        write_text(figure, GAP, HEAD + i * pitch, clock(row[0]), MUTED, 9)
        for j, (channel, scale) in enumerate(zip(shown, scales, strict=True)):
            _draw_channel(axes, channel, spacing_s, row, HEAD + i * pitch + j * ROW, per_second, scale)
    _draw_marks(axes, marks, rows, pitch, per_second)
    apart = min(160, (WIDTH - LEFT) // max(1, len(marks)))
    for i, name in enumerate(marks):
        write_text(figure, LEFT + apart * i, 34, f"| {shorten(name, max(1, apart // 8))}", _colour(i), 10)
    return to_png(figure)


def clock(seconds: float) -> str:
    """A time as people read it.

    Example:
        >>> clock(75), clock(3725.25), clock(-0.5)
        ('1:15', '1:02:05.25', '-0:00.5')
    """
    whole, rest = divmod(round(abs(seconds) * 100), 100)
    minutes, hours = whole // 60 % 60, whole // 3600
    text = f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
    fraction = f".{rest:02}".rstrip("0") if rest else ""
    return ("-" if seconds < 0 and (whole or rest) else "") + text + fraction


def _scale(channel: Floats) -> tuple[float, float]:
    """What is drawn lowest and highest: all but a few extreme samples."""
    low, high = np.percentile(channel[:: max(1, len(channel) // 100_000)], (0.1, 99.9))
    return (float(low), float(high)) if high > low else (float(low) - 1, float(low) + 1)


def _draw_channel(
    axes: "Axes",
    channel: Floats,
    spacing_s: float,
    row: Stretch,
    top: float,
    per_second: float,
    scale: tuple[float, float],
) -> None:
    low, high = scale
    first = max(0, int(np.ceil(row[0] / spacing_s)))
    part = channel[first : max(first, int(np.ceil(row[1] / spacing_s)))]
    axes.plot((LEFT, LEFT + (row[1] - row[0]) * per_second), (top + ROW / 2,) * 2, color=RULE, linewidth=0.5)
    places, heights = _outline(part, int(4 * (WIDTH - LEFT)))
    x = LEFT + ((first + places) * spacing_s - row[0]) * per_second
    share = np.clip((heights - low) / (high - low), -0.1, 1.1)
    axes.plot(x, top + ROW * (0.5 + _FILLED - 2 * _FILLED * share), color=INK, linewidth=0.6)


def _outline(part: Floats, most: int) -> tuple[Floats, Floats]:
    """Of more samples than can be seen the lowest and highest of each few: their places and heights."""
    each = 2 * -(-len(part) // most)
    if each <= 2:
        return np.arange(len(part), dtype=np.float64), part
    groups = np.pad(part, (0, -len(part) % each), mode="edge").reshape(-1, each)
    heights = np.stack([groups.min(1), groups.max(1)], axis=1).ravel()
    return np.arange(len(heights)) * each / 2, heights


def _draw_marks(
    axes: "Axes", marks: Mapping[str, Floats], rows: Sequence[Stretch], pitch: float, per_second: float
) -> None:
    """A short line above the trace for each; of more than can be told apart some are left out."""
    for number, seconds in enumerate(marks.values()):
        thinned = seconds[:: 1 + len(seconds) // MOST_MARKS]
        for i, (start, stop) in enumerate(rows):
            here = thinned[(thinned >= start) & (thinned < stop)]
            top = HEAD + i * pitch - 6 + 2 * (number % 3)  # so that two at one place are both seen
            axes.vlines(LEFT + (here - start) * per_second, top, top + 9, color=_colour(number), linewidth=1.6)


def _colour(number: int) -> str:
    return "#" + bytes(class_colour(number)).hex()
