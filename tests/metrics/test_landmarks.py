import numpy as np
import pytest

from striate.errors import ArgumentError, ShapeError
from striate.metrics import measure_landmarks, reference_distances
from striate.results import Landmarks

NAMES = ("left eye", "right eye", "nose")
TRUE = np.array([[10.0, 10], [30, 10], [20, 25]])
EYES = (0, 1)


def answer(points=TRUE, presence=0.9):
    return Landmarks(presence, NAMES, tuple(map(tuple, np.asarray(points, float).tolist())))


def faces(seed, n=40):
    """Random faces with points left out, some images without any, and what was found."""
    rng = np.random.default_rng(seed)
    xy = TRUE * rng.uniform(0.5, 3, (n, 1, 1)) + rng.normal(0, 1, (n, 3, 2))
    found = [answer(points, rng.random()) for points in xy + rng.normal(0, 2, xy.shape)]
    xy[rng.random((n, 3)) < 0.15] = np.nan
    present = rng.random(n) < 0.9
    return found, present, xy


def slow(found, present, xy, reference):
    """Image by image, point by point: mean errors of the images that tell their reference distance."""
    errors = []
    for one, there, points in zip(found, present, xy, strict=True):
        marked = [i for i in range(3) if not np.isnan(points[i]).any()]
        if reference is None:
            scale = np.hypot(*np.ptp(points[marked], axis=0)) if marked else 0
        else:
            scale = np.hypot(*(points[0] - points[1])) if {0, 1} <= set(marked) else 0
        if there and marked and scale > 0:
            errors.append(np.mean([np.hypot(*(np.array(one.xy[i]) - points[i])) for i in marked]) / scale)
    return errors


@pytest.mark.parametrize("reference", [EYES, None])
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_slow_rewrite(seed, reference):
    found, present, xy = faces(seed)
    figures = measure_landmarks(found, present, xy, NAMES, reference=reference)
    errors = slow(found, present, xy, reference)
    assert (figures.n, figures.present) == (40, len(errors))
    assert figures.mean_error == pytest.approx(np.mean(errors))
    assert figures.median_error == pytest.approx(np.median(errors))
    assert figures.failure_rate == pytest.approx(np.mean(np.array(errors) > 0.1))
    np.testing.assert_allclose(figures.errors, sorted(errors))
    assert figures.presence_accuracy == np.mean([f.found == p for f, p in zip(found, present, strict=True)])
    low, high = figures.interval
    assert low < figures.mean_error < high


def test_each_point():
    moved = TRUE + [[0, 0], [0, 2], [4, 0]]
    figures = measure_landmarks([answer(moved)], np.array([True]), TRUE[None], NAMES, reference=EYES)
    assert [(p.name, p.n, p.mean_error) for p in figures.per_point] == [
        ("left eye", 1, 0),
        ("right eye", 1, pytest.approx(0.1)),
        ("nose", 1, pytest.approx(0.2)),
    ]
    assert figures.mean_error == pytest.approx(0.1)
    assert figures.interval == (pytest.approx(0.1), pytest.approx(0.1))


def test_a_point_that_is_never_marked():
    xy = TRUE[None].copy()
    xy[0, 2] = np.nan
    figures = measure_landmarks([answer()], np.array([True]), xy, NAMES, reference=EYES)
    assert (figures.per_point[2].n, figures.per_point[2].mean_error, figures.mean_error) == (0, 0, 0)
    assert figures.to_dict()["per_point"][2] == {"name": "nose", "n": 0, "mean_error": 0}
    assert "errors" not in figures.to_dict()


def test_what_is_measured_though_it_counts_as_not_found():
    figures = measure_landmarks([answer(presence=0.1)], np.array([True]), TRUE[None], NAMES, reference=EYES)
    assert (figures.mean_error, figures.presence_accuracy, figures.present) == (0, 0, 1)


@pytest.mark.parametrize(
    ("points", "reference", "distance"),
    [
        (TRUE, EYES, 20),
        (TRUE, None, 25),  # 20 wide, 15 high
        ([[np.nan] * 2, [30, 10], [20, 25]], EYES, 0),  # an eye is not marked
        ([[np.nan] * 2, [30, 10], [26, 13]], None, 5),
        ([[np.nan] * 2] * 3, None, 0),
        ([[5, 5]] * 3, EYES, 0),
    ],
)
def test_reference_distances(points, reference, distance):
    assert reference_distances(np.array([points], float), reference) == pytest.approx([distance])


def test_bad_input():
    with pytest.raises(ShapeError, match="at least one image"):
        measure_landmarks([], np.zeros(0, bool), np.zeros((0, 3, 2)), NAMES)
    with pytest.raises(ShapeError, match="xy must be"):
        measure_landmarks([answer()], np.array([True]), np.zeros((1, 2, 2)), NAMES)
    with pytest.raises(ArgumentError, match="nothing to measure"):
        measure_landmarks([answer()], np.array([False]), TRUE[None], NAMES)
