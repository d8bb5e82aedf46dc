import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.explain.strongest import Spot, Strongest


def by_hand(activation, unit, k, per_image):
    """All positions of all images sorted in Python."""
    kept = []
    for image, a in enumerate(activation[:, unit].numpy()):
        spots = [Spot(float(a[p]), image, tuple(int(i) for i in p)) for p in np.ndindex(a.shape)]
        kept += sorted(spots, key=lambda s: -s.strength)[:per_image]
    return [s for s in sorted(kept, key=lambda s: -s.strength)[:k] if s.strength != 0]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    images=st.integers(1, 9),
    batch=st.integers(1, 4),
    k=st.integers(1, 6),
    per_image=st.integers(1, 5),
    shape=st.sampled_from([(), (1,), (5,), (3, 4), (2, 3, 2)]),
)
def test_as_by_hand_in_batches_of_any_size(seed, images, batch, k, per_image, shape):
    # Small integers, so that there are ties and zeros
    generator = torch.Generator().manual_seed(seed)
    activation = torch.randint(-2, 4, (images, 3, *shape), generator=generator).float()
    keep = Strongest([2, 0], k, per_image=per_image)
    for part in activation.split(batch):
        keep.add(part)
    assert keep.spots() == [by_hand(activation, unit, k, min(per_image, k)) for unit in (2, 0)]
    assert keep.images == images


def test_memory_stays_the_same():
    keep = Strongest(range(4), 3, per_image=2)
    for _ in range(5):
        keep.add(torch.rand(8, 4, 6, 6))
        assert keep._strength.shape == keep._image.shape == keep._place.shape == (4, 3)


def test_a_silent_unit_has_no_spot_and_one_that_is_never_positive_has():
    keep = Strongest([0, 1], 2)
    keep.add(torch.tensor([[0.0, -3.0], [0.0, -1.0]]))
    assert keep.spots() == [[], [Spot(-1.0, 1, ()), Spot(-3.0, 0, ())]]
    assert Strongest([0], 2).spots() == [[]]  # before any image


@pytest.mark.parametrize(("k", "per_image"), [(0, 1), (1, 0)])
def test_numbers_out_of_range(k, per_image):
    with pytest.raises(ArgumentError, match="at least 1, got 0"):
        Strongest([0], k, per_image=per_image)


def test_broken_activations():
    keep = Strongest([0], 2)
    keep.add(torch.zeros(1, 1, 3, 3))
    with pytest.raises(ShapeError, match=r"\(N, C, 3, 3\)"):
        keep.add(torch.zeros(1, 1, 3, 4))
    with pytest.raises(ArgumentError, match="NaN"):
        keep.add(torch.full((1, 1, 3, 3), torch.nan))
