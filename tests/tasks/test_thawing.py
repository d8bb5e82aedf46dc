"""--freeze auto: which candidates are tried, which is kept, and what is said of it."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

import striate
from striate.errors import ArgumentError, DivergenceError
from striate.models import create_model, find_source, load_model
from striate.tasks import ClassifyTask
from striate.tasks.held_back import paired_gain
from striate.tasks.learning import Job, can_regress, make_network
from striate.tasks.plan import Wishes
from striate.tasks.planning import make_plan
from striate.tasks.regression import Regression
from striate.tasks.run_folder import RunFolder
from striate.tasks.thawing import Thawing
from striate.training import regress_head

installed = pytest.mark.skipif(
    not find_source("efficientnet_lite0").is_installed(), reason="the extra 'pretrained' is not installed"
)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_gain_and_its_noise(pairs):
    """Against McNemar's: with b images won and c lost, gain (b - c) / n, and noise of two standard deviations."""
    before, after = np.array(pairs, float).T
    gain, noise = paired_gain(before, after, np.ones(len(before)))
    won, lost = int(((after == 1) & (before == 0)).sum()), int(((after == 0) & (before == 1)).sum())
    assert gain == pytest.approx((won - lost) / len(pairs))
    assert noise == pytest.approx(2 * np.sqrt(won + lost) / len(pairs))
    if gain > noise:  # what is called a gain, an exact test of one side finds unlikely by chance
        assert binomtest(won, won + lost, alternative="greater").pvalue < 0.05


def test_weights_of_images():
    before, after = np.array([0.0, 1, 1]), np.array([1.0, 1, 0])
    assert paired_gain(before, after, np.array([2.0, 1, 1])) == pytest.approx((0.25, 2 * np.sqrt(5) / 4))


@dataclass
class Scripted:
    """Something that learned, with so many mistakes on its first held-back images."""

    mistakes: int
    plan: object
    network: object
    targets: np.ndarray
    choice: object = None
    parameters: int = 1
    logits: np.ndarray = field(init=False)

    def epochs(self, *_):
        answers = self.targets.copy()
        answers[: self.mistakes] = 1 - answers[: self.mistakes]
        self.logits = np.eye(2, dtype=np.float32)[answers]
        yield SimpleNamespace(mistakes=self.mistakes, seconds=7.0)


class Script(Thawing):
    """Mistakes of each candidate in turn: the head, the hidden layer, 1, 2, 3 stages."""

    mistakes: tuple[int, ...] = ()

    def _learning(self, name, plan, network):
        number = {"head": 0, "hidden": 1, "thaw-1": 2, "thaw-2": 3, "thaw-3": 4, "thaw-4": 4}[name]
        return Scripted(self.mistakes[number], plan, network, self.job.targets("val"))


def tried(make_dataset, mistakes, counts=(12, 12), held_back=40, batch_size=None):
    dataset = make_dataset(counts, coloured=True)
    val = dataset.parts["val"]
    dataset.parts["val"] = type(val)(tuple(val.items[i % 2] for i in range(held_back)), val.store)
    plan = make_plan(dataset, Wishes(model="resnet20", weights="none", freeze="none", batch_size=batch_size))
    task = ClassifyTask(False)
    job = Job(dataset, task, "accuracy", SimpleNamespace(num_processes=1), "cpu", 0, print)
    thawing = Script(job, plan, RunFolder("run"), make_network(plan, dataset.parts["train"]))
    thawing.mistakes = mistakes
    list(thawing.epochs("fp32", None, None))
    return thawing


CASES = [  # mistakes of 40 -> what was kept, how many were tried, the last one's reason
    ((4, 0, 0, 0, 0), [True], "it comes first; nothing else is tried: 4 mistakes on 40 held-back images"),
    ((0, 0, 0, 0, 0), [True], "it comes first; nothing else is tried: 0 mistakes"),
    ((5, 5, 5, 5, 5), [True, False, False], r"\+0.0%, not more than noise, 0.0%"),
    ((20, 16, 16, 12, 8), [True, False, False], r"\+10.0%, not more than noise, 10.0%"),  # 4 of 40, by 2 √4: no gain
    ((20, 20, 14, 14, 0), [True, False, True, False], r"\+0.0%"),
    ((20, 12, 20, 0, 0), [True, True, False], r"-20.0%"),  # what thaws is compared with the hidden layer
    ((30, 30, 20, 10, 4), [True, False, True, True, True], "nothing else is tried: 4 mistakes"),
    ((30, 30, 3, 0, 0), [True, False, True], "nothing else is tried: 3 mistakes"),
]


@pytest.mark.parametrize(("mistakes", "kept", "reason"), CASES)
def test_what_is_tried_and_kept(make_dataset, mistakes, kept, reason):
    thawing = tried(make_dataset, mistakes)
    assert [trial.kept for trial in thawing.trials] == kept
    assert thawing.trials[-1].reason.count(";") <= 1
    assert re.search(reason, thawing.trials[-1].reason)
    best = max(i for i, trial in enumerate(thawing.trials) if trial.kept)
    assert thawing.history == [SimpleNamespace(mistakes=mistakes[best], seconds=7.0)]
    assert all(trial.seconds == 7 for trial in thawing.trials)  # resumed ones say what they took at first
    assert thawing.best.mistakes == mistakes[best]


def test_few_images_of_a_class_are_for_the_head_alone(make_dataset):
    (trial,) = tried(make_dataset, (20, 0, 0, 0, 0), counts=(30, 9)).trials
    assert "a class has 9 training images" in trial.reason


def test_batches_of_one_image_are_for_the_head_alone(make_dataset):
    """Its batch norm would refuse them in the midst of a run."""
    (trial,) = tried(make_dataset, (20, 0, 0, 0, 0), batch_size=1).trials
    assert "need batches of two images" in trial.reason


def test_how_each_candidate_learns(make_dataset):
    thawing = tried(make_dataset, (40, 40, 30, 20, 10))
    plans = []
    thawing._learning = lambda name, plan, network: plans.append((name, plan)) or SimpleNamespace(network=network)
    for _, make in list(thawing.candidates()):
        make()
    found = dict(plans)
    assert list(found) == ["head", "hidden", "thaw-1", "thaw-2", "thaw-4"]  # of resnet20: stem and three stages
    assert [plan.freeze for plan in found.values()] == ["all", "all", "stage2", "stage1", "none"]
    assert (found["hidden"].last_stage, found["hidden"].hidden) == ("stage2", (256,))
    assert found["head"].recipe.lr == pytest.approx(10 * found["thaw-1"].recipe.lr)
    assert found["thaw-4"].views == 0  # nothing is frozen, nothing is kept


@pytest.mark.parametrize(
    ("name", "multilabel", "able"),
    [
        ("resnet18", False, True),
        ("vgg11", False, True),  # its last dense layer alone
        ("resnet18", True, False),  # any number of classes an image
        ("squeezenet1_1", False, False),  # a convolution makes the logits, and a pool their mean
    ],
)
def test_which_classifiers_are_made_at_once(name, multilabel, able):
    assert can_regress(create_model(name, width=1 / 16, num_classes=2), ClassifyTask(multilabel)) is able


def test_a_classifier_without_biases_learns_by_descent():
    assert not can_regress(create_model("dlib_face", num_classes=2), ClassifyTask(False))


@installed
def test_no_flags(write_png):
    """Stripes in colour and nothing said: the head is made at once, and then learns from val as well."""
    rng = np.random.default_rng(0)
    for name, axis in (("across", 0), ("along", 1)):
        Path("stripes", name).mkdir(parents=True)
        for i in range(15):
            wave = np.sin(np.arange(72) / rng.uniform(1.5, 3) + rng.uniform(0, 6)) * 100 + 128
            picture = np.repeat(np.broadcast_to(wave[:, None] if axis else wave, (72, 72))[..., None], 3, axis=2)
            picture = (picture * rng.uniform(0.5, 1, 3)).astype(np.uint8)
            write_png(Path(f"stripes/{name}/{i}.png"), picture)
    run = striate.train("stripes", out="run", size=64)
    (epoch,) = list(run)
    assert run.plan.freeze == "auto"
    (trial,) = run.trials
    assert (trial.name, trial.kept, trial.parameters) == ("the head", True, 2562)
    assert trial.cross_validated[0] > 0.8
    network, header = load_model("run/model.safetensors")
    assert header.record["learned_from_val"] is True
    assert header.record["plan"]["freeze"] == "classifier"
    lines = [json.loads(line) for line in Path("run/record.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["start", "trial", "epoch", "result"]
    assert run.outcome.figures["val"].accuracy == epoch.figures["accuracy"]
    frozen = create_model(run.plan.network, weights=run.plan.weights, **run.plan.arguments).state_dict()
    assert all(
        np.array_equal(frozen[k], v) for k, v in network.state_dict().items() if not k.startswith("head.classifier")
    )
    again = list(striate.train("stripes", out="again", size=64))
    assert [e.figures for e in again] == [epoch.figures]
    assert "it learned from them, too" in striate.evaluate("run", "stripes", part="val").remarks[0]


@installed
def test_auto_has_heads_of_its_own(write_stripes):
    data = write_stripes("data", ("across", "along"), per_class=10)
    with pytest.raises(ArgumentError, match="leave out hidden and last_stage, or freeze all"):
        striate.train(data, out="run", model="efficientnet_lite0", freeze="auto", hidden=(16,))


def test_a_candidate_that_diverges_is_not_kept(make_dataset, monkeypatch):
    """The head stays, and what thaws is tried."""
    epochs = Scripted.epochs

    def diverging(self, *arguments):
        if self.plan.hidden:
            raise DivergenceError("the loss became nan")
        return epochs(self, *arguments)

    monkeypatch.setattr(Scripted, "epochs", diverging)
    thawing = tried(make_dataset, (20, 0, 10, 10, 0))
    assert [(trial.kept, trial.score) for trial in thawing.trials] == [
        (True, 0.5),
        (False, None),
        (True, 0.75),
        (False, 0.75),
    ]
    assert thawing.trials[1].reason == "the loss became nan"
    json.dumps([trial.to_dict() for trial in thawing.trials], allow_nan=False)
    monkeypatch.setattr(Scripted, "epochs", lambda self, *_: (_ for _ in ()).throw(DivergenceError("nan")))
    with pytest.raises(DivergenceError):
        tried(make_dataset, (20, 0, 0, 0, 0))


def test_an_image_of_one_view_counts_like_one_of_four():
    """What is held back has evaluation's view alone; the classifier of all images is that of its rows four times."""
    rng = np.random.default_rng(0)
    targets = np.arange(20) % 2
    rows = rng.normal(size=(4, 20, 3)).astype(np.float32) + targets[:, None]
    held = rng.normal(size=(1, 8, 3)).astype(np.float32)

    @dataclass
    class Features:
        rows: np.ndarray

        def __len__(self):
            return self.rows.shape[1]

        @property
        def views(self):
            return len(self.rows)

        def read(self, views, indices):
            return torch.from_numpy(self.rows[views, indices])

    def part(views, labels):
        return SimpleNamespace(features=Features(views), targets=torch.from_numpy(labels))

    fitted = Regression(None, 2, (), 0).fit(0.1, [part(rows, targets), part(held, targets[:8])])
    x = np.concatenate([*rows, *[held[0]] * 4])
    known = regress_head(x, np.concatenate([np.tile(targets, 4), np.tile(targets[:8], 4)]), 2, 0.1)
    np.testing.assert_allclose(fitted.weight, known.weight, atol=1e-6)
