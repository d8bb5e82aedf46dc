import json
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from striate.errors import ArgumentError
from striate.metrics import choose_event_threshold, match_times, measure_events, wilson_interval
from striate.results import Events

TIMES = st.lists(st.integers(0, 60), max_size=12).map(lambda ticks: np.sort(np.array(ticks, np.float64)) / 20)


def most_pairs(found, true, tolerance):
    """By a maximum matching of the graph of all pairs that are near enough."""
    near = csr_matrix(np.abs(found[:, None] - true) <= tolerance)
    return int((maximum_bipartite_matching(near, perm_type="column") >= 0).sum())


@given(TIMES, TIMES, st.sampled_from([0, 0.05, 0.1, 0.3, 5]))
@settings(deadline=None)
def test_no_pairing_makes_more_pairs(found, true, tolerance):
    matched = match_times(found, true, tolerance)
    right = np.flatnonzero(matched >= 0)
    assert (np.abs(found[right] - true[matched[right]]) <= tolerance).all()
    assert len(set(matched[right].tolist())) == len(right) == most_pairs(found, true, tolerance)


def test_against_every_pairing():
    rng = np.random.default_rng(0)
    for _ in range(30):
        found, true = (np.sort(rng.uniform(0, 3, n)) for n in (4, 5))
        best = max(
            n
            for n in range(5)
            for some in combinations(range(4), n)
            for others in permutations(range(5), n)
            if all(abs(found[i] - true[j]) <= 0.4 for i, j in zip(some, others, strict=True))
        )
        assert (match_times(found, true, 0.4) >= 0).sum() == best


@pytest.mark.parametrize("strays", [0, 40])
def test_against_wfdbs_comparison(strays):
    processing = pytest.importorskip("wfdb.processing")
    rng = np.random.default_rng(1)
    true = np.cumsum(rng.integers(200, 400, 300))  # beats, at 360 samples a second
    kept = true[rng.random(300) > 0.1]
    found = np.unique([*(kept + rng.integers(-50, 51, len(kept))), *rng.integers(0, true[-1], strays)])
    theirs = processing.compare_annotations(true, found, 36)  # nearer than 36 samples
    answer, truth = (Events.marked(times / 360, ["N"] * len(times)) for times in (found, true))
    ours = measure_events([answer], [truth], ["N"], 35.5 / 360).found
    if strays:  # theirs pairs the nearest first, which leaves some over where they crowd
        assert theirs.tp <= ours.hits <= 1.05 * theirs.tp
    else:
        assert (ours.hits, ours.misses, ours.false_alarms) == (theirs.tp, theirs.fn, theirs.fp)


CASES = [  # found, true, hits, misses, false alarms
    ([], [], 0, 0, 0),
    ([], [1.0], 0, 1, 0),
    ([1.0], [], 0, 0, 1),
    ([1.0], [1.1], 1, 0, 0),  # just near enough
    ([1.0], [1.11], 0, 1, 1),
    ([1.0, 1.05], [1.0], 1, 0, 1),  # an event is found once
    ([1.0], [0.95, 1.05], 1, 1, 0),  # and finds one
    ([0.0, 9.0], [9.0], 1, 0, 1),
]


@pytest.mark.parametrize(("found", "true", "hits", "misses", "alarms"), CASES)
def test_counts(found, true, hits, misses, alarms):
    answer, truth = (Events.marked(times, ["N"] * len(times)) for times in (found, true))
    score = measure_events([answer], [truth], ["N"], 0.1 + 1e-9).found
    assert (score.hits, score.misses, score.false_alarms) == (hits, misses, alarms)
    assert score.sensitivity == (hits / (hits + misses) if hits + misses else 0)
    assert score.positive_predictivity == (hits / (hits + alarms) if hits + alarms else 0)


def test_names_and_places_are_told_apart():
    truth = [Events.marked([1, 2, 3, 4], "NNVV"), Events.marked([1], "V")]
    found = [Events.marked([1.05, 2, 3.02, 9], "NVVN"), Events.marked([], "")]
    figures = measure_events(found, truth, ["N", "V"], 0.1)
    assert (figures.found.hits, figures.found.misses, figures.found.false_alarms) == (3, 2, 1)
    assert figures.named == 2
    assert figures.median_error_s == pytest.approx(0.02)
    n, v = figures.per_class
    assert (n.hits, n.misses, n.false_alarms) == (1, 1, 1)
    assert (v.hits, v.misses, v.false_alarms) == (1, 2, 1)
    assert v.sensitivity_interval == wilson_interval(1, 3)
    assert v.f1 == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    told = json.loads(json.dumps(figures.to_dict(), allow_nan=False))
    assert told["found"]["sensitivity"] == 0.6
    assert "sensitivity 60.00%" in str(figures)


def test_threshold_against_all_there_are():
    rng = np.random.default_rng(3)
    true = [Events.marked(np.sort(rng.uniform(0, 60, 50)), "N" * 50) for _ in range(2)]
    found = []
    for truth in true:
        seconds = np.sort(np.concatenate([truth.seconds[:40] + rng.normal(0, 0.02, 40), rng.uniform(0, 60, 60)]))
        near = np.abs(seconds[:, None] - truth.seconds).min(1) < 0.05
        found.append(Events(seconds, ("N",) * 100, np.clip(rng.normal(0.3 + 0.4 * near, 0.15), 0, 1).round(2)))

    def errors(threshold):
        score = measure_events([f[f.confidence > threshold] for f in found], true, ["N"], 0.1).found
        return score.misses + score.false_alarms

    best = min(map(errors, np.arange(0, 1, 0.005)))
    assert errors(choose_event_threshold(found, true, 0.1)) <= best + best**0.5


CHOICES = [  # confidence of ten right ones and of some wrong ones, and the threshold
    (0.8, [0.4] * 9, 0.6),
    (0.8, [], 0.4),  # half way to nothing
    (0.8, [0.8] * 9, 0.4),  # what is equal can't be parted
    (0.8, [0.7], 0.4),  # one may be chance,
    (0.8, [0.7] * 2, 0.75),  # two are not
    (0.0, [0.4] * 9, 0.5),  # nothing is found: no threshold is better than another
    (0.0, [], 0.5),
]


@pytest.mark.parametrize(("right", "wrong", "threshold"), CHOICES)
def test_chosen_thresholds(right, wrong, threshold):
    truth = Events.marked(range(10), "N" * 10)
    seconds = [*range(10), *(20.0 + i for i in range(len(wrong)))]
    found = Events(np.array(seconds), ("N",) * len(seconds), np.array([*[right] * 10, *wrong]))
    assert choose_event_threshold([found], [truth], 0.1) == pytest.approx(threshold)


def test_bad_input():
    one = Events.marked([1], "N")
    with pytest.raises(ArgumentError, match="tolerance"):
        match_times(one.seconds, one.seconds, -1)
    with pytest.raises(ArgumentError, match="rising"):
        match_times(np.array([2.0, 1.0]), one.seconds, 1)
    for found, true in (([], []), ([one], [])):
        with pytest.raises(ArgumentError, match="same signals"):
            measure_events(found, true, ["N"], 0.1)
        with pytest.raises(ArgumentError, match="same signals"):
            choose_event_threshold(found, true, 0.1)
    with pytest.raises(ArgumentError, match="labels"):
        measure_events([one], [one], ["V"], 0.1)
    with pytest.raises(ArgumentError, match="labels"):
        measure_events([one], [one], ["N", "N"], 0.1)
