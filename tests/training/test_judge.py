import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from striate.errors import UnknownNameError
from striate.training.judge import Judge
from striate.training.records import Epoch

ONE_PROCESS = SimpleNamespace(num_processes=1)


@pytest.mark.parametrize(
    ("value", "best", "lower", "preferred"),
    [
        (0.5, None, False, True),
        (math.nan, None, False, False),
        (math.nan, 0.5, False, False),
        (0.6, 0.5, False, True),
        (0.5, 0.5, False, False),  # the first of equals stays
        (0.6, 0.5, True, False),
        (0.4, 0.5, True, True),
    ],
)
def test_prefers(value, best, lower, preferred):
    epoch = None if best is None else Epoch(1, 0.0, 0.1, {"x": best}, 1.0, 0.0, True)
    assert Judge(lambda network: {}, "x", lower).prefers({"x": value}, epoch) == preferred


def test_without_a_monitor_each_epoch_is_preferred_to_those_before():
    best = Epoch(1, 0.0, 0.1, {"accuracy": 1.0, "loss": 0.0}, 1.0, 0.0, True)
    judge = Judge(lambda network: {"accuracy": 0.5}, None, lower_is_better=False)
    assert judge.prefers({"accuracy": 0.0, "loss": math.nan}, best)
    assert judge.figures(nn.Linear(1, 1), ONE_PROCESS) == {"accuracy": 0.5}


def test_validation_is_in_eval_mode_without_gradients():
    def validate(network):
        assert not network.training
        assert not network(torch.ones(1, 1)).requires_grad
        return {"accuracy": torch.tensor(0.5)}

    assert Judge(validate, "accuracy", False).figures(nn.Linear(1, 1), ONE_PROCESS) == {"accuracy": 0.5}


def test_a_figure_that_is_not_there():
    with pytest.raises(UnknownNameError, match="no figure of validate named 'acuracy'; did you mean 'accuracy'"):
        Judge(lambda network: {"accuracy": 1.0}, "acuracy", False).figures(nn.Identity(), ONE_PROCESS)


@pytest.mark.parametrize(("loss", "preferred"), [(0.1, True), (0.2, False), (0.3, False)])
def test_of_equal_scores_the_lower_loss_wins(loss, preferred):
    best = Epoch(1, 0.0, 0.1, {"accuracy": 1.0, "loss": 0.2}, 1.0, 0.0, True)
    assert Judge(lambda network: {}, "accuracy", False).prefers({"accuracy": 1.0, "loss": loss}, best) == preferred
