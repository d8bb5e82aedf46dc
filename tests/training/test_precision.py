import copy
import random
from itertools import count

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.training import precision
from striate.training.losses import softmax_cross_entropy
from striate.training.precision import autocast, bf16_agrees, choose_precision


def fake_clock(monkeypatch, fp32_seconds, bf16_seconds):
    """A clock by which passes take so long, fp32 and bf16 in turn (and one endless moment at the start)."""
    passes = count()

    def seconds(*_):
        number = next(passes)
        return 1000.0 if number < 2 else (fp32_seconds, bf16_seconds)[number % 2]

    monkeypatch.setattr(precision, "_seconds_of_pass", seconds)


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen"), [(1.0, 0.5, "bf16"), (1.0, 0.9, "fp32"), (1.15, 1.0, "bf16"), (1.0, 3.0, "fp32")]
)
def test_bf16_only_where_it_is_worth_it(toy, monkeypatch, fp32, bf16, chosen):
    fake_clock(monkeypatch, fp32, bf16)
    answer = choose_precision(toy.make_network(), torch.zeros(2, 1, 8, 8), torch.zeros(2).long(), softmax_cross_entropy)
    assert answer == chosen


def test_measuring_leaves_no_trace(toy):
    network = toy.make_network().eval()
    before = copy.deepcopy(network.state_dict())
    states = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    answer = choose_precision(network, torch.randn(4, 1, 8, 8), torch.tensor([0, 1, 0, 1]), softmax_cross_entropy)
    assert answer in ("fp32", "bf16")
    assert not network.training
    assert all(p.grad is None for p in network.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert states == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


def test_measuring_leaves_torchs_random_state(toy):
    network, images = toy.make_network(), torch.randn(4, 1, 8, 8)
    before = torch.get_rng_state()
    choose_precision(network, images, torch.tensor([0, 1, 0, 1]), softmax_cross_entropy, trials=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_autocast():
    layer, x = nn.Linear(2, 2), torch.zeros(1, 2)
    with autocast("cpu", "bf16"):
        assert layer(x).dtype == torch.bfloat16
    with autocast("cpu", "fp32"):
        assert layer(x).dtype == torch.float32


class Rough(nn.Module):
    """Logits that are off by so much where autocast is on."""

    def __init__(self, logits, off):
        super().__init__()
        self.logits, self.off = torch.tensor(logits), torch.tensor(off)

    def forward(self, x):
        return self.logits + self.off if torch.is_autocast_enabled("cpu") else self.logits


@pytest.mark.parametrize(
    ("logits", "off", "multilabel", "agrees"),
    [
        ([[2.0, 0.0]], [[0.0, 0.0]], False, True),
        ([[2.0, 0.0]], [[0.05, 0.0]], False, True),  # .8808 and .8859
        ([[2.0, 0.0]], [[0.5, 0.0]], False, False),  # .8808 and .9241
        ([[0.01, 0.0]], [[-0.02, 0.0]], False, False),  # the other class
        ([[4.0, 4.0]], [[0.0, 0.1]], True, True),
        ([[4.0, 0.01]], [[0.0, -0.02]], True, False),  # one label less
        ([[4.0, 1.0]], [[0.0, float("nan")]], False, False),
    ],
)
def test_agreement(logits, off, multilabel, agrees):
    network = Rough(logits, off).train()
    assert bf16_agrees(network, torch.zeros(1, 1), multilabel=multilabel) == agrees
    assert network.training


def test_agreement_on_nothing():
    with pytest.raises(ArgumentError, match="images must be at least 1"):
        bf16_agrees(nn.Identity(), torch.zeros(0, 2))


def test_agreement_on_a_real_network(toy):
    assert bf16_agrees(toy.make_network(), torch.randn(4, 1, 8, 8), tolerance=0.1)
