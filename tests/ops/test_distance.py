"""Distances against scipy and scikit-learn, their gradients, and what must hold of any distance."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import additive_chi2_kernel

from striate.errors import ArgumentError, ShapeError
from striate.ops.distance import chi_square_terms, paired_distance, pairwise_distance, squared_distance

DISTANCES = (pairwise_distance, squared_distance, paired_distance)


def encodings(n: int, dim: int = 7, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, dim, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("n", "m", "dim"), [(1, 1, 1), (5, 9, 128), (60, 40, 3), (0, 4, 3), (4, 0, 3), (0, 0, 3)])
def test_equals_scipy(n, m, dim):
    a, b = encodings(n, dim), encodings(m, dim, seed=1)
    theirs = torch.from_numpy(cdist(a.numpy(), b.numpy()))
    torch.testing.assert_close(pairwise_distance(a, b), theirs)
    torch.testing.assert_close(squared_distance(a, b), theirs.square())
    k = min(n, m)
    torch.testing.assert_close(paired_distance(a[:k], b[:k]), theirs.diagonal())


@pytest.mark.parametrize("distance", DISTANCES)
def test_near_ones_are_told_apart_in_single_precision(distance):
    """Unit vectors 1e-5 apart, which |a|² + |b|² - 2ab would take for equal, or for ones with a distance of 3e-4."""
    a = torch.nn.functional.normalize(encodings(1, 128, dtype=torch.float32))
    b = a.clone()
    b[0, 0] += 1e-5
    wanted = float(b.double()[0, 0] - a.double()[0, 0])
    found = float(distance(a, b).squeeze())
    assert found == pytest.approx(wanted**2 if distance is squared_distance else wanted, rel=1e-5)


@pytest.mark.parametrize("distance", DISTANCES)
def test_gradients(distance):
    a, b = encodings(4).requires_grad_(), encodings(4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(distance, (a, b))


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_of_equal_rows_are_zero(distance, dtype):
    a = torch.ones(1, 5, dtype=dtype, requires_grad=True)
    distance(a, torch.ones(1, 5, dtype=dtype)).sum().backward()
    assert a.grad.tolist() == [[0.0] * 5]


@pytest.mark.parametrize("distance", DISTANCES)
def test_other_precisions(distance):
    """Half precision is computed in float32, integers too, and the wider of two precisions holds."""
    a, b = encodings(3), encodings(3, seed=1)
    for dtype in (torch.float16, torch.bfloat16):
        found = distance(a.to(dtype), b.to(dtype))
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, distance(a.to(dtype).float(), b.to(dtype).float()))
    assert distance(torch.tensor([[3, 0]]), torch.tensor([[0, 4]])).squeeze().item() in (5.0, 25.0)
    assert distance(a.float(), b).dtype == torch.float64


@given(st.integers(0, 2**32), st.integers(1, 5), st.floats(1e-3, 1e3))
@settings(max_examples=30)
def test_is_a_metric(seed, n, scale):
    a = scale * encodings(n, 3, seed)
    d = pairwise_distance(a, a)
    assert (d >= 0).all()
    assert (d.diagonal() == 0).all()
    torch.testing.assert_close(d, d.T)
    assert (d[:, None, :] <= d[:, :, None] + d[None] + 1e-9 * scale).all()


def test_chi_square_equals_scikit_learn():
    a, b = encodings(6).abs(), encodings(6, seed=1).abs()
    a[0, :3] = b[0, :2] = 0  # 0/0 is 0
    ours = chi_square_terms(a[:, None], b, eps=0).sum(dim=2)
    np.testing.assert_allclose(ours, -additive_chi2_kernel(a.numpy(), b.numpy()), atol=1e-12)


# first feature, second feature, ε, term
TERMS = [
    (3.0, 1.0, 0.0, 1.0),  # 4 / 4
    (3.0, -1.0, 0.0, 4.0),  # 16 / 4: the largest that there is, |a| + |b|
    (-3.0, -1.0, 0.0, 1.0),
    (2.0, 2.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 1e-6, 0.0),
    (1.0, 0.0, 1.0, 0.5),  # 1 / 2
]


@pytest.mark.parametrize(("a", "b", "eps", "term"), TERMS)
def test_chi_square_by_hand(a, b, eps, term):
    assert chi_square_terms(torch.tensor(a), torch.tensor(b), eps=eps).item() == pytest.approx(term)
    assert chi_square_terms(torch.tensor(b), torch.tensor(a), eps=eps).item() == pytest.approx(term)


@pytest.mark.parametrize("eps", [0.0, 1e-6])
def test_chi_square_gradients(eps):
    a, b = encodings(4).requires_grad_(), encodings(4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: chi_square_terms(a, b, eps=eps), (a, b))
    zero = torch.zeros(3, requires_grad=True)
    chi_square_terms(zero, torch.zeros(3), eps=eps).sum().backward()
    assert zero.grad.tolist() == [0.0] * 3


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("a", "b"), [((3, 2), (3, 4)), ((3,), (3,)), ((2, 3, 4), (2, 3, 4))])
def test_bad_shapes(distance, a, b):
    with pytest.raises(ShapeError, match=r"a and b must be"):
        distance(torch.zeros(a), torch.zeros(b))


def test_bad_input():
    with pytest.raises(ShapeError, match="both of shape"):
        paired_distance(torch.zeros(3, 2), torch.zeros(1, 2))  # nothing is broadcast
    with pytest.raises(ArgumentError, match="eps must be at least 0, got -1"):
        chi_square_terms(torch.zeros(2), torch.zeros(2), eps=-1)
