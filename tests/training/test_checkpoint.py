import json
import time

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from striate.errors import ArgumentError, ModelFileError, OutputError
from striate.training.checkpoint import KEY, Checkpoints, State, read_tensors, write_tensors
from striate.training.ema import Ema
from striate.training.optimizers import make_optimizer
from striate.training.recipe import USUAL, Recipe


def make_state(toy, optimizer="adamw", seed=0, steps=2, channels_last=False):
    """A state after some steps."""
    network = toy.make_network(seed)
    if channels_last:
        network.to(memory_format=torch.channels_last)
    state = State(network, make_optimizer(network, Recipe.usual(optimizer)), Ema(network, 0.5))
    for step in range(steps):
        network(torch.randn(4, 1, 8, 8)).square().sum().backward()
        state.optimizer.step()
        state.ema.update(network, step)
        state.progress.add(4, 0.1, 0.2, 0.3)
    return state


def same(a, b):
    """The same names, and the same tensors to the bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("optimizer", USUAL)
def test_all_of_the_state_comes_back(toy, tmp_path, optimizer):
    state, other = make_state(toy, optimizer), make_state(toy, optimizer, seed=1, steps=0)
    Checkpoints(tmp_path, {"a": 1}, 60).save(state)
    Checkpoints(tmp_path, {"a": 1}, 60).load(other)
    assert same(state.tensors(), other.tensors())
    assert other.progress == state.progress
    assert [path.name for path in tmp_path.iterdir()] == ["last.safetensors"]


def test_optimizer_state_keeps_the_memory_order_of_its_parameter(toy, tmp_path):
    state = make_state(toy, channels_last=True)
    other = make_state(toy, channels_last=True, seed=1, steps=0)
    Checkpoints(tmp_path, {}, 60).save(state)
    Checkpoints(tmp_path, {}, 60).load(other)
    for before, after in zip(state.network.parameters(), other.network.parameters(), strict=True):
        assert after.stride() == before.stride()
        moments = other.optimizer.state[after]
        assert moments["exp_avg"].stride() == state.optimizer.state[before]["exp_avg"].stride()
        assert moments["step"].shape == ()
        assert torch.equal(moments["exp_avg"], state.optimizer.state[before]["exp_avg"])


def test_shared_tensors_and_odd_types_can_be_saved(tmp_path):
    one = torch.randn(3, 4)
    tensors = {"a": one, "b": one, "c": one.T, "d": torch.tensor(7), "e": torch.zeros(0, 2), "f": one.bfloat16()}
    write_tensors(tmp_path / "x.safetensors", tensors, {"π": [1 / 3, float("inf")]})
    back, document = read_tensors(tmp_path / "x.safetensors")
    assert same(tensors, back)
    assert document == {"π": [1 / 3, float("inf")]}


def test_best_is_of_the_average_and_survives_later_steps(toy, tmp_path):
    state, checkpoints = make_state(toy), Checkpoints(tmp_path, {}, 60)
    checkpoints.save_best(state)
    average = {name: tensor.clone() for name, tensor in state.ema.network.state_dict().items()}
    state.progress.finish(0.1, {"accuracy": 1.0}, best=True, seconds=0.0)
    checkpoints.save(state)
    with torch.no_grad():
        next(state.ema.network.parameters()).add_(1)
    other = make_state(toy, seed=1, steps=0)
    checkpoints.load(other)
    assert same(state.best, average)
    assert same(other.best, average)


def test_when_it_is_due(toy, tmp_path, monkeypatch):
    now, state = [100.0], make_state(toy)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    checkpoints, path, found = Checkpoints(tmp_path, {}, 60, saved_at=100.0), tmp_path / "last.safetensors", []
    for now[0] in (101.0, 159.9, 160.0, 161.0, 220.0):
        checkpoints.save_if_due(state)
        found.append(path.exists())
        path.unlink(missing_ok=True)
    assert found == [False, False, True, False, True]


def test_nothing_to_load_and_nowhere_to_save(toy, tmp_path):
    state = make_state(toy)
    before = {name: tensor.clone() for name, tensor in state.tensors().items()}
    for folder in (None, tmp_path):
        Checkpoints(folder, {}, 60).load(state)
    Checkpoints(None, {}, 60).save(state)
    Checkpoints(tmp_path, {}, 60, writes=False).save(state)  # the second of two processes
    assert same(before, state.tensors())
    assert list(tmp_path.iterdir()) == []


def test_other_arguments_are_refused_by_name_before_anything_is_loaded(toy, tmp_path):
    then = {"recipe": Recipe().to_dict(), "data": "5f2a", "size_hw": (28, 28), "old": True}
    now = {"recipe": Recipe(lr=0.5).to_dict(), "data": "99c1", "size_hw": [28, 28], "precision": "bf16"}
    Checkpoints(tmp_path, then, 60).save(make_state(toy))
    other = make_state(toy, seed=1, steps=0)
    before = {name: tensor.clone() for name, tensor in other.tensors().items()}
    with pytest.raises(ArgumentError) as error:
        Checkpoints(tmp_path, now, 60).load(other)
    assert str(error.value).splitlines()[1:] == [
        "  data: '5f2a' then, '99c1' now",
        "  old: True then, None now",
        "  precision: None then, 'bf16' now",
        "  recipe.lr: 0.001 then, 0.5 now",
    ]
    assert same(before, other.tensors())


def test_threads_are_obeyed(toy, tmp_path):
    torch.set_num_threads(2)
    Checkpoints(tmp_path, {}, 60).save(make_state(toy))
    torch.set_num_threads(1)
    Checkpoints(tmp_path, {}, 60).load(make_state(toy, steps=0))
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a checkpoint",
        np.random.default_rng(0).bytes(1000),
        safetensors.torch.save({"a": torch.zeros(2)}),  # somebody else's
        safetensors.torch.save({"a": torch.zeros(2)}, {KEY: "{"}),
    ],
)
def test_broken_ones_are_refused(toy, tmp_path, content):
    (tmp_path / "last.safetensors").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"last\.safetensors is not a whole checkpoint of this version"):
        Checkpoints(tmp_path, {}, 60).load(make_state(toy, steps=0))


def test_a_truncated_one_is_refused(toy, tmp_path):
    Checkpoints(tmp_path, {}, 60).save(make_state(toy))
    path = tmp_path / "last.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFileError):
        read_tensors(path)


def test_a_place_that_cannot_be_written(toy, tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        Checkpoints(tmp_path / "nowhere", {}, 60).save(make_state(toy))


def test_it_is_tensors_and_json(toy, tmp_path):
    Checkpoints(tmp_path, {"a": 1}, 60).save(make_state(toy))
    with safetensors.safe_open(tmp_path / "last.safetensors", "pt") as f:
        document = json.loads(f.metadata()[KEY])
    assert document["arguments"] == {"a": 1}
    assert document["progress"]["step"] == 2
    assert document["threads"] == torch.get_num_threads()


def test_a_network_that_does_not_fit(tmp_path):
    network = nn.Linear(2, 2)
    Checkpoints(tmp_path, {}, 60).save(State(network, make_optimizer(network, Recipe()), None))
    wider = nn.Linear(3, 2)
    with pytest.raises(ArgumentError, match=r"the checkpoint in .* is of another network"):
        Checkpoints(tmp_path, {}, 60).load(State(wider, make_optimizer(wider, Recipe()), None))
