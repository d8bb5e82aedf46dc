"""Mining against plain loops over all triplets."""

import math
from itertools import product

import pytest
import torch

from striate.errors import ShapeError
from striate.training.mining import MINERS
from striate.training.relations import relate

MARGIN = 0.2

# What a batch may be like
BATCHES = {
    "identities of four": [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
    "unequal, mixed up": [3, 1, 3, 3, 2, 1, 3, 0],
    "one identity: no negative": [4, 4, 4],
    "one image each: no positive": [0, 1, 2, 3],
    "an identity with one image": [0, 0, 1],
    "a single image": [0],
    "pairs of a list": [[0, 0], [0, 0], [1, 0], [1, 1], [2, 0], [2, 0]],
    "triplets of a list": [[0, 0], [0, 0], [0, 1], [1, 0], [1, 0], [1, 1]],
}


def batch(targets, seed):
    """Squared distances of random unit-length encodings, float64, and relations."""
    generator = torch.Generator().manual_seed(seed)
    encodings = torch.randn(len(targets), 5, generator=generator, dtype=torch.float64)
    encodings /= encodings.norm(dim=1, keepdim=True)
    squared = (encodings[:, None] - encodings[None]).square().sum(2) * 0.5  # so that margins matter
    return squared, relate(torch.tensor(targets, dtype=torch.int64))


def is_known(targets, i, j):
    return not isinstance(targets[i], list) or targets[i][0] == targets[j][0]


def valid_triplets(targets):
    return [
        (a, p, n)
        for a, p, n in product(range(len(targets)), repeat=3)
        if a != p and targets[a] == targets[p] and targets[a] != targets[n] and is_known(targets, a, n)
    ]


def looped(mining, targets, d):
    """The triplets that a reader of the papers would pick, one by one."""
    valid = valid_triplets(targets)
    if mining == "batch-all":
        return [(a, p, n) for a, p, n in valid if d[a][p] - d[a][n] + MARGIN > 0]
    if mining == "batch-hard":
        return [
            (
                anchor,
                max((p for a, p, _ in valid if a == anchor), key=lambda p: d[anchor][p]),
                min((n for a, _, n in valid if a == anchor), key=lambda n: d[anchor][n]),
            )
            for anchor in sorted({a for a, _, _ in valid})
        ]
    found = []
    for anchor, positive in sorted({(a, p) for a, p, _ in valid}):
        negatives = [n for a, p, n in valid if (a, p) == (anchor, positive)]
        if mining == "semi-hard":
            near = d[anchor][positive]
            negatives = [n for n in negatives if near < d[anchor][n] < near + MARGIN]
        if negatives:
            found.append((anchor, positive, min(negatives, key=lambda n: d[anchor][n])))
    return found


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("mining", ["semi-hard", "hard", "batch-hard", "batch-all"])
def test_mining_equals_a_plain_loop(mining, name):
    for seed in range(5):
        squared, related = batch(BATCHES[name], seed)
        found = MINERS[mining](squared, related, MARGIN)
        assert found.shape == (len(found), 3)
        assert sorted(map(tuple, found.tolist())) == sorted(looped(mining, BATCHES[name], squared.tolist()))


@pytest.mark.parametrize("name", BATCHES)
def test_random_negatives(name):
    """Every anchor with every positive once, and every negative in the long run."""
    valid = valid_triplets(BATCHES[name])
    squared, related = batch(BATCHES[name], 0)
    torch.manual_seed(0)
    seen = set()
    for _ in range(100):
        found = list(map(tuple, MINERS["random"](squared, related, MARGIN).tolist()))
        assert sorted((a, p) for a, p, _ in found) == sorted({(a, p) for a, p, _ in valid})
        seen |= set(found)
    assert seen == set(valid)


def test_semi_hard_lies_between():
    """Distances of one anchor, by hand: the nearest beyond the positive, if within the margin."""
    related = relate(torch.tensor([0, 0, 1, 2, 3]))
    squared = torch.full((5, 5), 9.0)
    squared[0] = torch.tensor([0, 1.0, 0.9, 1.15, 1.1])
    assert MINERS["semi-hard"](squared, related, MARGIN).tolist() == [[0, 1, 4]]
    squared[0, 1] = 1.2  # all are nearer now
    assert MINERS["semi-hard"](squared, related, MARGIN).tolist() == []


def test_relations_are_symmetric_and_say_nothing_of_an_image_and_itself():
    for targets in BATCHES.values():
        same, different = relate(torch.tensor(targets, dtype=torch.int64))
        assert torch.equal(same, same.T)
        assert torch.equal(different, different.T)
        assert not (same & different).any()
        assert not (same | different).diagonal().any()


@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 2), ()])
def test_targets_of_another_shape(shape):
    with pytest.raises(ShapeError, match="targets"):
        relate(torch.zeros(math.prod(shape), dtype=torch.int64).reshape(shape))
