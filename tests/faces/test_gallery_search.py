"""Who is nearest, against a plain loop over all images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.faces.gallery_search import nearest_people, product_slack
from tests.faces.galleries import plain_search, unit


def search(encodings, people, queries, k):
    found = nearest_people(encodings, np.asarray(people), queries, k)
    return [list(zip(n.people.tolist(), n.distances.tolist(), strict=True)) for n in found]


def assert_exact(encodings, people, queries, k):
    for query, found in zip(queries, search(encodings, people, queries, k), strict=True):
        expected = plain_search(people, encodings, query, len(set(people)))
        last = expected[min(k, len(expected)) - 1][1] if expected else 0
        expected = [e for e in expected if e[1] <= last + 1e-12]
        assert sorted(p for p, _ in found) == sorted(p for p, _ in expected)
        np.testing.assert_allclose([d for _, d in found], [d for _, d in expected], atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "people", "k"),
    [
        (0, 1, 1),  # nobody
        (1, 1, 1),
        (5, 5, 9),  # fewer people than asked for
        (300, 300, 5),
        (300, 3, 2),  # many images each
        (2000, 700, 5),  # more rows than a block of maxima
        (5000, 5000, 1),
    ],
)
def test_random_rows(rows, people, k):
    owners = np.random.default_rng(1).integers(people, size=rows)
    assert_exact(unit(rows, 16), owners.tolist(), unit(4, 16, seed=2), k)


@given(st.integers(0, 40), st.integers(1, 8), st.integers(1, 6), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_few_directions_and_so_many_ties(rows, people, k, seed):
    rng = np.random.default_rng(seed)
    directions = unit(5, 3)
    assert_exact(directions[rng.integers(5, size=rows)], rng.integers(people, size=rows).tolist(), directions[:2], k)


def test_somebody_owns_all_the_nearest_rows():
    rows, query = unit(6000, 16), unit(1, 16, seed=3)
    order = np.argsort(-(rows @ query[0]))
    people = np.arange(1, 6001)
    people[order[:4000]] = 0
    assert_exact(rows, people.tolist(), query, 3)


def test_all_rows_are_one():
    (found,) = search(np.repeat(unit(1, 4), 40_000, axis=0), np.arange(40_000), unit(1, 4), 2)
    assert len(found) == 40_000  # all are as near as the second: names decide
    assert {distance for _, distance in found} == {0.0}


@pytest.mark.parametrize("dim", [3, 128, 512])
def test_neighbours_closer_than_a_product_can_tell_are_told_apart(dim):
    queries = unit(3, dim)
    rows = queries[:1] + 3e-4 * unit(200, dim, seed=1) * np.linspace(0.5, 1, 200)[:, None]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    assert_exact(rows, list(range(200)), queries, 3)


def test_a_query_gets_the_same_to_the_bit_alone_in_a_batch_and_among_other_rows():
    rows, queries, people = unit(3000, 128), unit(8, 128, seed=5), np.arange(3000)
    together = search(rows, people, queries, 5)
    assert together == [search(rows, people, query[None], 5)[0] for query in queries]
    some = sorted({person for found in together for person, _ in found})
    assert together == search(rows[some], np.array(some), queries, 5)


@pytest.mark.parametrize("count", [3, 1000])
def test_rows_of_a_damaged_file_that_are_no_numbers_are_nobody(count):
    rows = unit(count, 8)
    rows[1] = np.nan
    people = [0, 1] + [0] * (count - 2)
    (found,) = search(rows, people, unit(1, 8, seed=9), 2)
    assert [person for person, _ in found] == [0]


def test_rows_may_lie_apart():
    rows = unit(400, 16)
    apart = np.zeros((400, 20), np.float32)
    apart[:, :16] = rows
    people, queries = np.arange(400), unit(2, 16, seed=6)
    assert search(apart[:, :16], people, queries, 4) == search(rows, people, queries, 4)


def test_many_queries_are_done_in_parts(monkeypatch):
    rows, people, queries = unit(100, 16), np.arange(100), unit(7, 16, seed=6)
    whole = search(rows, people, queries, 4)
    monkeypatch.setattr("striate.faces.gallery_search._MOST_SCORES", 250)
    monkeypatch.setattr("striate.faces.gallery_search._MOST_ROWS", 3)
    assert search(rows, people, queries, 4) == whole


@pytest.mark.parametrize("dim", [8, 128, 512])
def test_products_are_off_by_less_than_the_slack_allows(dim):
    rows, queries = unit(1000, dim), unit(10, dim, seed=1)
    exact = ((rows[None].astype(np.float64) - queries[:, None]) ** 2).sum(axis=2)  # (Q, N)
    off = np.abs((1 - exact / 2) - queries @ rows.T).max()
    assert off <= product_slack(dim) / 2
