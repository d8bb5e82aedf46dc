import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from striate.errors import ArgumentError, StriateError, UnknownNameError
from striate.training.fit import fit
from striate.training.freeze import freeze
from striate.training.losses import softmax_cross_entropy
from striate.training.precision import autocast
from striate.training.recipe import Recipe

SCRIPT = Path(__file__).with_name("toy.py")


def train(toy, recipe=None, network=None, batches=None, validate=None, **options):
    """Train the toy; its epochs and its final state dict."""
    network, batches = network or toy.make_network(), toy.Toy() if batches is None else batches
    options = {"loss": softmax_cross_entropy, "recipe": recipe or toy.RECIPE, "device": "cpu", **options}
    epochs = list(fit(network, batches, validate or toy.Toy().validate, **options))
    return epochs, network


def same(a, b):
    """Whether two networks are the same to the bit."""
    a, b = a.state_dict(), b.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def without_time(epochs):
    return [(e.epoch, e.loss, e.lr, dict(e.figures), e.best) for e in epochs]


@pytest.fixture(scope="module")
def uninterrupted(toy):
    torch.set_num_threads(1)
    return train(toy)


# What it does


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam", "adamw"])
def test_it_learns(toy, optimizer):
    recipe = Recipe.usual(optimizer, epochs=10, lr=0.1 if optimizer in ("sgd", "momentum") else 0.01)
    epochs, network = train(toy, recipe, batches=toy.Toy(batch_size=4))
    assert epochs[-1].loss < 0.6 * epochs[0].loss
    assert toy.Toy().validate(network)["accuracy"] >= 0.95


def test_against_a_loop_written_by_hand(toy):
    recipe = Recipe(optimizer="sgd", lr=0.1, epochs=2, schedule="constant", warmup_epochs=0, weight_decay=0.0)
    epochs, network = train(toy, recipe, toy.make_network(plain=True))
    slow, costs = toy.make_network(plain=True), []
    for epoch in range(2):
        for images, targets in toy.Toy().epoch(epoch):
            cost = nn.functional.cross_entropy(slow(images), targets)
            gradients = torch.autograd.grad(cost, list(slow.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(slow.parameters(), gradients, strict=True):
                    parameter -= 0.1 * gradient
            costs.append(cost.item() * len(images))
    assert [e.loss for e in epochs] == pytest.approx([sum(costs[:4]) / toy.N, sum(costs[4:]) / toy.N], rel=1e-6)
    for a, b in zip(network.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_long_gradient_is_shortened(toy):
    recipe = Recipe(
        optimizer="sgd", lr=1.0, epochs=1, schedule="constant", warmup_epochs=0, weight_decay=0.0, clip_norm=0.01
    )
    batches, network = toy.Toy(batch_size=toy.N), toy.make_network(plain=True)
    before = nn.utils.parameters_to_vector(network.parameters()).detach().clone()
    train(toy, recipe, network, batches)
    moved = nn.utils.parameters_to_vector(network.parameters()).detach() - before
    assert moved.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_records_and_steps(toy):
    steps = []
    epochs, _ = train(toy, Recipe(epochs=2), on_step=steps.append)
    assert [(s.epoch, s.step, s.steps) for s in steps] == [(e, s, 4) for e in (1, 2) for s in range(1, 5)]
    assert [e.epoch for e in epochs] == [1, 2]
    assert [e.lr for e in epochs] == [steps[3].lr, steps[7].lr]
    assert all(e.seconds > 0 and 0 <= e.waited <= 1 for e in epochs)
    assert epochs[0].best


class Scripted:
    """A validation that answers what it is told to, and remembers the weights it saw."""

    def __init__(self, figures):
        self.figures, self.seen = iter(figures), []

    def __call__(self, network):
        self.seen.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        return {"score": next(self.figures)}


@pytest.mark.parametrize(
    ("figures", "lower", "bests", "best"),
    [
        ([0.1, 0.3, 0.2, 0.3], False, [True, True, False, False], 2),  # the first of equals
        ([0.1, 0.3, 0.05, 0.3], True, [True, False, True, False], 3),
        ([float("nan"), 0.3, float("nan"), 0.1], False, [False, True, False, False], 2),
    ],
)
@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_it_ends_with_the_weights_of_the_best_epoch(toy, figures, lower, bests, best, ema_decay):
    judge = Scripted(figures)
    recipe = Recipe(epochs=4, ema_decay=ema_decay)
    epochs, network = train(toy, recipe, validate=judge, monitor="score", lower_is_better=lower)
    assert [e.best for e in epochs] == bests
    assert not network.training
    assert all(torch.equal(tensor, judge.seen[best - 1][name]) for name, tensor in network.state_dict().items())


def test_patience(toy):
    judge = Scripted([0.1, 0.3, 0.2, 0.3, 0.9])
    epochs, _ = train(toy, Recipe(epochs=5, patience=2), validate=judge, monitor="score")
    assert len(epochs) == 4


def test_training_again_with_the_same_network(toy):
    network = toy.make_network()
    for _ in range(2):
        assert len(train(toy, Recipe(epochs=1), network)[0]) == 1


def test_memory_order_changes_no_shape_and_hardly_a_number(toy):
    volumes = nn.Sequential(nn.Conv3d(1, 2, 1), nn.Flatten(), nn.LazyLinear(2))  # has no channels_last
    volumes(torch.zeros(1, 1, 1, 8, 8))
    for network, batches in ((toy.make_network(plain=True), toy.Toy()), (volumes, Volumes(toy.Toy()))):
        epochs, _ = train(toy, Recipe(epochs=1), network, batches, lambda network: {"accuracy": 0}, channels_last=True)
        assert epochs[0].loss < 1.0
    filters = train(toy, Recipe(epochs=1), channels_last=True)[1].stages["conv2"][0].weight
    assert filters.is_contiguous(memory_format=torch.channels_last)


class Volumes:
    """The toy's images as volumes of depth one."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def epoch(self, epoch, start_step=0):
        for batch in self.batches.epoch(epoch, start_step):
            yield batch._replace(images=batch.images[:, :, None])


def test_bf16_trains_fp32_weights(toy):
    dtypes = set()

    def loss(logits, targets):
        dtypes.add(logits.dtype)
        return softmax_cross_entropy(logits, targets)

    epochs, network = train(toy, Recipe(epochs=2), precision="bf16", loss=loss)
    assert dtypes == {torch.bfloat16}
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert epochs[1].loss < 1.0
    with autocast("cpu", "fp32"):
        assert network(torch.zeros(1, 1, 8, 8)).dtype == torch.float32  # nothing is left on the network


# Frozen means frozen


@pytest.mark.parametrize("until", ["conv1", "all"])
def test_what_is_frozen_is_the_same_to_the_bit_after_an_epoch(toy, until):
    network, images = toy.make_network(), toy.Toy().images
    freeze(network, until)
    network.eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    outputs = network.features(images)

    train(toy, Recipe(epochs=1, ema_decay=0.9, lr=0.05), network, on_step=lambda step: network.train())  # a meddler
    last = list(outputs)[-1] if until == "all" else until
    assert torch.equal(network.features(images)[last], outputs[last])
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    frozen = tuple(f"stages.{name}." for name in (["conv1"] if until == "conv1" else network.stages))
    assert moved == {name for name in before if not name.startswith(frozen)}


# Stopped and resumed


class StopError(Exception):
    pass


def stop_at(number, error=StopError):
    """An `on_step` that raises after so many steps."""

    def on_step(step):
        if (step.epoch - 1) * step.steps + step.step == number:
            raise error

    return on_step


@pytest.mark.parametrize("number", range(1, 9))
def test_stopped_after_any_step_and_resumed_it_is_the_same_to_the_bit(toy, tmp_path, uninterrupted, number):
    epochs, network = uninterrupted
    with pytest.raises(StopError):
        train(toy, folder=tmp_path, save_seconds=0, on_step=stop_at(number))
    torch.rand(number)  # whatever happened to the random state
    resumed, again = train(toy, network=toy.make_network(seed=9), folder=tmp_path, resume=True)
    assert without_time(resumed) == without_time(epochs)
    assert same(again, network)


@pytest.mark.parametrize("number", [3, 4, 5, 7])
def test_steps_since_the_last_checkpoint_are_walked_again(toy, tmp_path, uninterrupted, number):
    with pytest.raises(StopError):
        train(toy, folder=tmp_path, on_step=stop_at(number))  # the last one is that of the epoch before, if any
    resumed, again = train(toy, folder=tmp_path, resume=True)
    assert without_time(resumed) == without_time(uninterrupted[0])
    assert same(again, uninterrupted[1])


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam"])
def test_every_optimizer_resumes_in_every_memory_order(toy, tmp_path, optimizer):
    options = {"recipe": Recipe.usual(optimizer, epochs=2, lr=0.01), "channels_last": True}
    _, network = train(toy, **options)
    with pytest.raises(StopError):
        train(toy, **options, folder=tmp_path, save_seconds=0, on_step=stop_at(6))
    assert same(train(toy, **options, folder=tmp_path, resume=True)[1], network)


@pytest.mark.parametrize("where", ["step", "validation", "loss"])
def test_ctrl_c_saves_and_is_raised(toy, tmp_path, uninterrupted, where):
    calls = []

    def interrupt_once():
        calls.append(where)
        if len(calls) == (1 if where == "validation" else 6):
            signal.raise_signal(signal.SIGINT)

    def validate(network):
        if where == "validation":
            interrupt_once()
        return toy.Toy().validate(network)

    def loss(logits, targets):  # in the middle of a step: batch norm has moved, the weights not yet
        if where == "loss":
            interrupt_once()
        return softmax_cross_entropy(logits, targets)

    on_step = (lambda step: interrupt_once()) if where == "step" else None
    with pytest.raises(KeyboardInterrupt):
        train(toy, folder=tmp_path, validate=validate, loss=loss, on_step=on_step)
    assert len(calls) == (1 if where == "validation" else 6)
    steps = []
    resumed, again = train(toy, folder=tmp_path, resume=True, on_step=steps.append)
    assert len(steps) == (4 if where == "validation" else 2)  # of 8: none was lost
    assert without_time(resumed) == without_time(uninterrupted[0])
    assert same(again, uninterrupted[1])


def test_resuming_what_is_finished_gives_its_records_and_its_best_weights(toy, tmp_path, uninterrupted):
    epochs, _ = train(toy, folder=tmp_path)
    resumed, network = train(toy, network=toy.make_network(9), folder=tmp_path, resume=True, on_step=stop_at(1))
    assert resumed == epochs
    assert same(network, uninterrupted[1])
    best = safetensors.torch.load_file(tmp_path / "best.safetensors")
    assert all(torch.equal(tensor, best[name]) for name, tensor in network.state_dict().items())


def test_resuming_after_patience_ran_out(toy, tmp_path):
    recipe = Recipe(epochs=5, patience=1)
    options = {"folder": tmp_path, "monitor": "score", "resume": True}
    epochs, _ = train(toy, recipe, validate=Scripted([0.2, 0.1]), **options)
    assert train(toy, recipe, validate=Scripted([]), **options)[0] == epochs


@pytest.mark.parametrize("mixing", [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}])
def test_mixed_images_are_the_same_after_a_resume(toy, tmp_path, mixing):
    recipe = Recipe(epochs=2, lr=0.01, **mixing)
    whole, network = train(toy, recipe, num_classes=2)
    assert without_time(whole) != without_time(train(toy, Recipe(epochs=2, lr=0.01))[0])

    def stop(step):
        if (step.epoch, step.step) == (2, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(toy, recipe, num_classes=2, folder=tmp_path, save_seconds=0, on_step=stop)
    resumed, again = train(toy, recipe, num_classes=2, folder=tmp_path, resume=True)
    assert without_time(resumed) == without_time(whole)
    assert same(again, network)


def test_mixing_class_numbers_needs_their_number(toy):
    with pytest.raises(ArgumentError, match="num_classes must be given where the recipe mixes images, got None"):
        train(toy, Recipe(mixup=0.2))


def test_a_checkpoint_knows_no_later_options_that_are_off(toy, tmp_path):
    """One that was written before the recipe had mixup goes on without it, and not with it."""
    from striate.training.checkpoint import refuse_differences

    then = {"recipe": {"lr": 0.1}}
    refuse_differences(tmp_path, then, {"recipe": {"lr": 0.1, "mixup": 0.0}})
    with pytest.raises(ArgumentError, match=r"recipe\.mixup: None then, 0\.2 now"):
        refuse_differences(tmp_path, then, {"recipe": {"lr": 0.1, "mixup": 0.2}})


def test_without_resume_it_starts_anew(toy, tmp_path, uninterrupted):
    train(toy, Recipe(epochs=1), folder=tmp_path)
    assert without_time(train(toy, folder=tmp_path)[0]) == without_time(uninterrupted[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"recipe": Recipe(lr=0.5)}, "recipe.lr: 0.01 then, 0.5 now"),
        ({"precision": "bf16"}, "precision: 'fp32' then, 'bf16' now"),
        ({"arguments": {"data": "b"}}, "data: 'a' then, 'b' now"),
        ({"freeze": "conv1"}, "trainable_parameters: 426 then, 378 now"),
        ({"batch_size": 4}, "steps_per_epoch: 4 then, 11 now"),
    ],
)
def test_other_arguments_are_refused(toy, tmp_path, changed, message):
    train(toy, folder=tmp_path, arguments={"data": "a"})
    network, batches = toy.make_network(), toy.Toy(changed.pop("batch_size", 11))
    freeze(network, changed.pop("freeze", "none"))
    with pytest.raises(ArgumentError) as error:
        train(
            toy,
            network=network,
            batches=batches,
            folder=tmp_path,
            resume=True,
            **{"arguments": {"data": "a"}, **changed},
        )
    assert message in str(error.value)


# Errors


def test_a_learning_rate_that_is_too_high(toy):
    recipe = Recipe(optimizer="sgd", lr=1e30, warmup_epochs=0)
    with pytest.raises(StriateError, match=r"the loss became (nan|inf) in epoch 1, step \d of 4, .*; try 1e\+29"):
        train(toy, recipe, toy.make_network(plain=True))


def test_images_that_are_not_numbers(toy):
    batches = toy.Toy()
    batches.images[3, 0, 0, 0] = float("nan")
    with pytest.raises(StriateError, match="the images of the batch hold values that are not finite"):
        train(toy, batches=batches)


def test_no_batches_and_no_such_figure(toy):
    with pytest.raises(ArgumentError, match="train must have at least one batch"):
        train(toy, batches=toy.Toy(size=0))
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        train(toy, monitor="acuracy")


def test_errors_in_the_arguments_come_at_the_call_not_at_the_first_epoch(toy):
    network = toy.make_network().requires_grad_(False)
    with pytest.raises(ArgumentError, match="all are frozen"):
        fit(network, toy.Toy(), toy.Toy().validate, loss=softmax_cross_entropy, recipe=Recipe(), device="cpu")


# Processes


def run_script(*arguments, launcher=()):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", *launcher, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_killed_with_a_worker_and_resumed_without_it_is_the_same_to_the_bit(toy, tmp_path):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    straight.mkdir()
    killed.mkdir()
    expected = toy.run(straight)
    assert run_script(killed, "--kill-at", 6, "--workers", 1).returncode == -signal.SIGKILL
    resumed = toy.run(killed)
    assert resumed.keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in resumed.items())


def test_two_processes_train_like_one(toy, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    expected = toy.run(one, plain=True)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    together = run_script(two, "--plain", launcher=launcher)
    assert together.returncode == 0, together.stderr
    first, second = (safetensors.torch.load_file(two / f"final-{rank}.safetensors") for rank in (0, 1))
    for name, tensor in expected.items():
        torch.testing.assert_close(first[name], tensor, rtol=1e-5, atol=1e-6)
        assert torch.equal(first[name], second[name])
