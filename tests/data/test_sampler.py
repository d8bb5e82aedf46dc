"""Batches cover every image once, whatever the sizes; chance depends on (seed, epoch, index) alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.sampler import count_batches, epoch_batches, order_rng, sample_rng
from striate.errors import ArgumentError


@given(st.integers(4, 200), st.integers(2, 50), st.integers(1, 4))
def test_no_image_is_lost_or_repeated(n, batch_size, world_size):
    shares = [epoch_batches(np.arange(n), batch_size, rank=r, world_size=world_size) for r in range(world_size)]
    assert {len(s) for s in shares} == {count_batches(n, batch_size, world_size)}
    batches = [b for share in shares for b in share]
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    lengths = {len(b) for b in batches}
    assert max(lengths) <= batch_size
    assert max(lengths) - min(lengths) <= 1
    assert count_batches(n, batch_size) == -(-n // batch_size)


def test_streams_differ_and_repeat():
    keys = [(s, e, i) for s in (0, 1, 2**64 - 1) for e in (0, 1) for i in (0, 1, 53_999)]
    first = [sample_rng(*key).random() for key in keys] + [order_rng(s, e).random() for s, e, _ in keys[::3]]
    again = [sample_rng(*key).random() for key in keys] + [order_rng(s, e).random() for s, e, _ in keys[::3]]
    assert first == again
    assert len(set(first)) == len(first)


def test_neighbours_are_not_alike():
    drawn = np.array([sample_rng(0, 0, i).random(4) for i in range(2000)])
    assert np.abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.05
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.03


@pytest.mark.parametrize(("n", "world_size"), [(0, 1), (0, 3)])
def test_no_images_no_batches(n, world_size):
    assert epoch_batches(np.arange(n), 4, world_size=world_size) == []


# fewer images than processes; batches of one that do not come out even
@pytest.mark.parametrize(("n", "batch_size", "world_size"), [(2, 4, 3), (4, 1, 3)])
def test_no_process_is_left_without(n, batch_size, world_size):
    with pytest.raises(ArgumentError, match=f"{n} images leave a process without any"):
        epoch_batches(np.arange(n), batch_size, world_size=world_size)
