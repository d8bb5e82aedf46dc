import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import event_trace_png, trace_rows
from striate.draw.event_trace import GAP, HEAD, LEFT, ROW, WIDTH, clock
from striate.errors import ArgumentError, ShapeError

BLUE, ORANGE = (0, 114, 178), (213, 94, 0)


def page(values, spacing, marks, rows):
    png = event_trace_png(values, spacing, {k: np.array(v, float) for k, v in marks.items()}, rows, "a $title$")
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)


def columns_of(picture, colour, top, bottom):
    near = (np.abs(picture[2 * top : 2 * bottom] - colour).sum(2) < 60).any(0)
    return np.flatnonzero(near) / 2


def test_marks_stand_at_their_places():
    wave = np.sin(np.arange(1000) / 9)[None]
    drawn = page(wave, 0.01, {"N": [2.5, 7.0, 11.0], "V": [5.0]}, [(0, 10), (10, 20)])
    assert drawn.shape == (2 * (HEAD + 2 * (ROW + GAP)), 2 * WIDTH, 3)
    first, second = HEAD - 8, HEAD + ROW + GAP - 8
    x = LEFT + (WIDTH - LEFT - GAP) * np.array([0.25, 0.7])
    found = columns_of(drawn, BLUE, first, first + 10)
    assert [found.min(), found.max()] == pytest.approx(x, abs=2)
    assert columns_of(drawn, ORANGE, first, first + 14).mean() == pytest.approx(LEFT + (WIDTH - LEFT - GAP) / 2, abs=2)
    assert columns_of(drawn, BLUE, second, second + 10).mean() == pytest.approx(LEFT + (WIDTH - LEFT - GAP) / 10, abs=2)


def test_a_short_spike_is_seen_in_any_length():
    values = np.zeros((1, 400_000))
    values[0, 199_700:200_300] = 5.0
    values[0, 200_000] = 6.0
    drawn = page(values, 0.001, {}, [(0, 400)])
    dark = (drawn[2 * HEAD :, 2 * LEFT :] < 90).all(2)
    columns = np.flatnonzero(dark[: ROW // 2].any(0)) / 2
    assert columns.mean() == pytest.approx((WIDTH - LEFT - GAP) / 2, abs=3)


EDGES = [  # samples, channels, rows
    (1, 1, [(0, 10)]),
    (50, 2, [(-5, 5), (3, 4)]),  # begins before the signal
    (50, 5, [(100, 110)]),  # lies behind it; three channels are drawn
]


@pytest.mark.parametrize(("samples", "channels", "rows"), EDGES)
def test_edge_cases(samples, channels, rows):
    drawn = page(np.full((channels, samples), 3.0), 0.1, {"none": []}, rows)
    assert drawn.shape[0] == 2 * (HEAD + len(rows) * (ROW * min(channels, 3) + GAP))


def test_rows_hold_the_whole_signal():
    for duration in (0.5, 10, 10.1, 399, 401, 86_400):
        rows = trace_rows(duration)
        assert rows[0][0] == 0
        assert rows[-1][0] < duration <= rows[-1][1]
        assert len(rows) <= 40


def test_clock():
    assert [clock(s) for s in (0, 59.999, 3600, -1)] == ["0:00", "1:00", "1:00:00", "-0:01"]


def test_bad_input():
    wave = np.zeros((1, 100))
    for values in (np.zeros(100), np.zeros((1, 0))):
        with pytest.raises(ShapeError, match="values"):
            page(values, 0.1, {}, [(0, 1)])
    for rows in ([], [(1, 1)]):
        with pytest.raises(ArgumentError, match="rows"):
            page(wave, 0.1, {}, rows)
    with pytest.raises(ArgumentError, match="spacing"):
        page(wave, 0.0, {}, [(0, 1)])
